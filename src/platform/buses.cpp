// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/buses.hpp"

#include "base/log.hpp"
#include "base/rare.hpp"
#include "platform/acpi_resources.hpp"
#include "platform/acpi_tables.hpp"

namespace efilite::platform {

namespace {

constexpr uint64_t kPhysicalLimit = uint64_t{1} << 52;  // [Intel SDM 3A, 4.1.4]
constexpr uint64_t kMmioRegisters = 0x100;              // what is in front of a device's own configuration [virtio 1.2, 4.2.2]
constexpr uint64_t kPortsEnd = 0x10000;
constexpr uint64_t kLegacyEnd = 0x100000;               // below it are video memory and ROMs, which are nobody's to give away

template <typename T, size_t N>
void add_to(StaticVector<T, N>& list, const T& item, const char* what) {
  if (!list.push_back(item)) log::line("efilite: more than ", N, " ", what, ": the others are not used");
}

void add_segments(ByteSpan table, Buses& buses) {
  for (uint64_t at = acpi::kMcfgEntries; auto entry = read_at<acpi::McfgEntry>(table, at); at += sizeof(acpi::McfgEntry)) {
    buses.add(EcamWindow{entry->base, entry->segment, entry->first_bus, entry->last_bus});
  }
}

// A number as C writes it, decimal, octal or hexadecimal, and Linux's suffix K to E. What has been read is cut off `text`.
std::optional<uint64_t> take_number(std::string_view& text) {
  unsigned base = 10;
  if (text.starts_with('0')) base = text.starts_with("0x") || text.starts_with("0X") ? 16 : 8;
  if (base == 16) text.remove_prefix(2);
  uint64_t value = 0;
  bool any = false;
  for (; !text.empty(); text.remove_prefix(1), any = true) {
    const char c = text.front(), lower = static_cast<char>(c | 0x20);
    const unsigned digit = c >= '0' && c <= '9' ? static_cast<unsigned>(c - '0')
                           : lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a' + 10) : 16;
    if (digit >= base) break;
    if (value > (~uint64_t{0} - digit) / base) return std::nullopt;
    value = value * base + digit;
  }
  if (!any) return std::nullopt;
  constexpr std::string_view kSuffixes = "kmgtpe";
  for (unsigned i = 0; i < kSuffixes.size() && !text.empty(); ++i) {
    if ((text.front() | 0x20) != kSuffixes[i]) continue;
    text.remove_prefix(1);
    const unsigned shift = 10 * (i + 1);
    if (value >> (64 - shift) != 0) return std::nullopt;
    return value << shift;
  }
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

EFILITE_RARE std::optional<MmioPlace> parse_place(std::string_view text) {
  auto size = take_number(text);
  if (!size || !take(text, '@')) return std::nullopt;
  auto base = take_number(text);
  if (!base || !take(text, ':') || !take_number(text)) return std::nullopt;  // nobody needs the interrupt here
  if (take(text, ':') && !take_number(text)) return std::nullopt;
  if (!text.empty()) return std::nullopt;
  return MmioPlace{*base, *size};
}

}  // namespace

void Buses::add(const EcamWindow& window) {
  const uint64_t end = window.base + ((uint64_t{window.last_bus} + 1) << 20);
  if (window.base == 0 || window.base >= kPhysicalLimit || end > kPhysicalLimit || window.last_bus < window.first_bus) return;
  for (const EcamWindow& known : ecam) {
    if (known.base == window.base && known.segment == window.segment) return;
  }
  add_to(ecam, window, "PCI configuration spaces");
}

void Buses::add(const core::PciWindow& window) {
  const bool memory = window.space == core::RegisterSpace::Memory;
  const uint64_t limit = memory ? kPhysicalLimit : kPortsEnd;
  if (window.size == 0 || window.size > limit || window.base > limit - window.size || (memory && window.base < kLegacyEnd)) return;
  for (const core::PciWindow& known : pci_windows) {
    if (known.space == window.space && known.base == window.base) return;
  }
  add_to(pci_windows, window, "PCI address windows");
}

void Buses::add(const MmioPlace& place) {
  if (place.base == 0 || place.base >= kPhysicalLimit || place.size < kMmioRegisters || place.size > kPhysicalLimit - place.base) return;
  for (const MmioPlace& known : mmio) {
    if (known.base == place.base) return;
  }
  add_to(mmio, place, "places of virtio devices");
}

namespace {

template <typename Read>
void for_each_table(core::PhysicalMemory& memory, PhysAddr rsdp_at_address, uint32_t name, Read read) {
  auto rsdp = rsdp_at(memory, rsdp_at_address);
  if (!rsdp) return;
  TableList list(memory, *rsdp);
  for (uint64_t i = 0; i < list.count(); ++i)
    if (memory.read<uint32_t>(list[i]) == name) read(list[i]);
}

}  // namespace

void read_mcfg(core::PhysicalMemory& memory, PhysAddr rsdp, Buses& buses) {
  for_each_table(memory, rsdp, acpi::signature("MCFG"), [&](PhysAddr at) {
    if (auto table = table_at(memory, at, Checksum::Verified)) add_segments(*table, buses);
  });
}

// A checksum of AML is not looked at, as Linux does not.
void read_aml(core::PhysicalMemory& memory, PhysAddr rsdp, PhysAddr dsdt, Buses& buses) {
  auto read = [&](PhysAddr at) {
    if (auto table = table_at(memory, at, Checksum::Ignored)) find_resources(table->subspan(sizeof(acpi::Header)), buses);
  };
  if (dsdt.value != 0) read(dsdt);
  for_each_table(memory, rsdp, acpi::signature("SSDT"), read);
}

// A word is what Linux takes for one: quotes keep spaces, a dash in a name is as good as an underscore, and all behind "--" is init's.
void read_mmio_options(std::string_view line, Buses& buses) {
  constexpr std::string_view kName = "virtio_mmio.device=";
  auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!line.empty()) {
    size_t length = 0;
    for (bool quoted = false; length < line.size() && (quoted || !is_space(line[length])); ++length) quoted ^= line[length] == '"';
    std::string_view word(line.data(), length);
    line.remove_prefix(length != 0 ? length : 1);
    if (word == "--") return;
    if (word.starts_with('"')) word.remove_prefix(1);
    if (word.ends_with('"')) word.remove_suffix(1);
    size_t same = 0;
    while (same < kName.size() && same < word.size() && (word[same] == '-' ? '_' : word[same]) == kName[same]) ++same;
    if (same != kName.size()) continue;
    word.remove_prefix(same);
    if (auto place = parse_place(word)) buses.add(*place);
    else log::line("efilite: virtio_mmio.device=", word, " is not <size>@<base>:<irq>[:<id>]; the device is not used");
  }
}

void add_microvm_slots(Buses& buses) {
  constexpr uint64_t kFirst = 0xFEB0'0000, kStride = 512, kSlots = 24;  // with one I/O APIC only the first 8 are there
  for (uint64_t i = 0; i < kSlots; ++i) buses.add(MmioPlace{kFirst + i * kStride, kStride});
}

}  // namespace efilite::platform
