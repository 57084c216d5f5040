// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/acpi_resources.hpp"

#include <algorithm>

#include "platform/aml.hpp"

namespace efilite::platform {

namespace {

constexpr std::string_view kDeviceOp = "\x5B\x82";
constexpr std::string_view kVirtioMmio = "\x08_HID\x0DLNRO0005";
constexpr std::string_view kResources = "_CRS";
constexpr std::string_view kConfigBase = "_CBA";

// Where `text` begins at `from` or behind; aml.size(): nowhere. Steps over as many bytes as it is long where one is none of its letters.
size_t find(ByteSpan aml, std::string_view text, size_t from) {
  uint64_t letters = 0;
  for (char c : text) letters |= uint64_t{1} << (c & 63);
  for (size_t last = from + text.size() - 1; last < aml.size();) {
    if ((letters >> (static_cast<uint8_t>(aml[last]) & 63) & 1) == 0) {
      last += text.size();
      continue;
    }
    const size_t first = last + 1 - text.size();
    if (memcmp(aml.data() + first, text.data(), text.size()) == 0) return first;
    ++last;
  }
  return aml.size();
}

// One item of a resource template [ACPI 6.5, 6.4], with its contents behind the length.
struct Item {
  uint8_t type;
  ByteSpan data;
};
constexpr uint8_t kEndTag = 0x0F;
constexpr uint8_t kMemory32 = 0x85, kMemory32Fixed = 0x86, kDWordSpace = 0x87, kWordSpace = 0x88, kQWordSpace = 0x8A;

// The first item, which is cut off `list`. nullopt at the end, or where it makes no sense.
std::optional<Item> next_item(ByteSpan& list) {
  auto tag = read_at<uint8_t>(list, 0);
  if (!tag) return std::nullopt;
  const bool large = (*tag & 0x80) != 0;
  const size_t header = large ? 3 : 1;
  const uint8_t type = large ? *tag : *tag >> 3;
  auto data = slice(list, header, large ? read_at<uint16_t>(list, 1).value_or(0xFFFF) : *tag & 7u);
  if (!data || type == kEndTag) return std::nullopt;
  list = list.subspan(header + data->size());
  return Item{type, *data};
}

struct Range {
  uint64_t first = 0;
  uint64_t size = 0;
  uint8_t kind = 0;  // 0: memory, 1: I/O ports
  bool produced = false;
};

// An address space descriptor [ACPI 6.5, 6.4.3.5]: kind, two bytes of flags, then granularity, first, last, translation and size.
std::optional<Range> address_space(ByteSpan data, size_t width) {
  Aml fields(data, 3);
  uint64_t value[5];
  for (uint64_t& v : value) {
    auto field = fields.little_endian(width);
    if (!field) return std::nullopt;
    v = *field;
  }
  const auto [granularity, first, last, translation, size] = value;
  if (size == 0 || last < first || last - first != size - 1 || translation != 0) return std::nullopt;
  return Range{first, size, read_at<uint8_t>(data, 0).value_or(0xFF), (read_at<uint8_t>(data, 1).value_or(1) & 1) == 0};
}

std::optional<Range> range_of(const Item& item) {
  switch (item.type) {
    case kWordSpace: return address_space(item.data, 2);
    case kDWordSpace: return address_space(item.data, 4);
    case kQWordSpace: return address_space(item.data, 8);
    case kMemory32:
    case kMemory32Fixed: {  // a byte of flags; first, or first to last and the alignment; the size
      auto first = read_at<uint32_t>(item.data, 1), size = read_at<uint32_t>(item.data, item.type == kMemory32 ? 13 : 5);
      if (first && size) return Range{*first, *size};
    }
  }
  return std::nullopt;
}

void read_virtio(ByteSpan list, Buses& buses) {
  while (auto item = next_item(list)) {
    auto range = range_of(*item);
    if (range && range->kind == 0) buses.add(MmioPlace{range->first, range->size});
  }
}

// Whoever produces addresses is a bridge to a bus of its own.
void read_bridge(ByteSpan list, Buses& buses) {
  while (auto item = next_item(list)) {
    auto range = range_of(*item);
    if (!range || !range->produced || range->kind > 1) continue;
    buses.add(core::PciWindow{range->kind == 0 ? core::RegisterSpace::Memory : core::RegisterSpace::Io, range->first, range->size});
  }
}

// What stands behind a name: its value, or a method that returns just that, whose flags come first.
Aml value_at(ByteSpan aml, size_t at) {
  const bool is_method = read_at<uint8_t>(aml, at + 1) == kReturnOp;
  return {aml, at + (is_method ? 2 : 0)};
}

// A buffer whose length is a constant, and so is what it begins with.
std::optional<ByteSpan> buffer_at(ByteSpan aml, size_t at) {
  Aml cursor = value_at(aml, at);
  if (cursor.byte() != kBufferOp || !cursor.package_length()) return std::nullopt;
  auto length = cursor.integer();
  if (!length) return std::nullopt;
  return cursor.rest().first(std::min<uint64_t>(*length, cursor.rest().size()));
}

void for_each_template(ByteSpan aml, void (*read)(ByteSpan list, Buses& buses), Buses& buses) {
  for (size_t at = find(aml, kResources, 0); at != aml.size(); at = find(aml, kResources, at + 1)) {
    if (auto list = buffer_at(aml, at + kResources.size())) read(*list, buses);
  }
}

}  // namespace

void find_resources(ByteSpan aml, Buses& buses) {
  for_each_template(aml, read_bridge, buses);
  // [PCI Firmware 3.2, 4.1.3] where MCFG does not tell. It can be no more than one segment then: which one is said elsewhere.
  auto base = value_at(aml, find(aml, kConfigBase, 0) + kConfigBase.size()).integer();
  if (base && buses.ecam.empty()) buses.add(EcamWindow{*base, 0, 0, 255});
  // A device lies between two that begin: those of virtio have none within.
  for (size_t at = find(aml, kVirtioMmio, 0); at != aml.size(); at = find(aml, kVirtioMmio, at)) {
    size_t begin = at;
    while (begin > 0 && memcmp(aml.data() + begin, kDeviceOp.data(), kDeviceOp.size()) != 0) --begin;
    const size_t end = find(aml, kDeviceOp, at);
    for_each_template(aml.subspan(begin, end - begin), read_virtio, buses);
    at = end;
  }
}

}  // namespace efilite::platform
