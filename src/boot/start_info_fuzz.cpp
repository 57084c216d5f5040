// SPDX-License-Identifier: BSD-2-Clause-Patent
// Any start_info at all, in a guest whose memory is the input: either a failure that names a field, or a BootInfo that holds what it
// promises. The memory map is compared with a naive model, byte types looked up one by one.
//
// What is told to programs is compared with the input as well, and their own check of it must agree.
//
// Input: flags, then memory from 0x6000 on. Flag 1: the magic is put right. Flag 2: the input is an etc/e820 file. Flag 4: it is what Xen
// answers to XENMEM_memory_map, the number of entries in front. Flag 8: it is a table for programs, with its signature, length and checksum
// put right.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <xen/arch-x86/hvm/start_info.h>

#include "base/byte_sum.hpp"
#include "boot/options.hpp"
#include "boot/payload.hpp"
#include "boot/pvh_guest_table.hpp"
#include "boot/pvh_start_info.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/physical_memory.hpp"
#include "tests/support/xen.hpp"

namespace efilite::boot {
namespace {

constexpr uint64_t kBase = 0x6000;

#define EXPECT(condition) ((condition) ? void() : (fprintf(stderr, "not so: %s\n", #condition), abort()))

struct Raw {
  uint64_t begin, end;
  E820Type type;
};

int rank(E820Type type) {
  constexpr E820Type order[] = {E820Type::Ram, E820Type::SoftReserved, E820Type::Persistent, E820Type::Acpi,
                                E820Type::Nvs, E820Type::Reserved,     E820Type::Disabled,   E820Type::Unusable};
  for (int i = 0; i < 8; ++i) {
    if (order[i] == type) return i;
  }
  abort();
}

// The type of a page by the definition: the strictest of its bytes, and nothing when it is only partly usable.
std::optional<E820Type> model(const std::vector<Raw>& raw, uint64_t page) {
  std::vector<uint64_t> points = {page};
  for (const Raw& r : raw) {
    for (uint64_t edge : {r.begin, r.end}) {
      if (edge > page && edge < page + kPageSize) points.push_back(edge);
    }
  }
  std::optional<E820Type> strictest;
  bool whole = true;
  std::optional<E820Type> first;
  for (uint64_t point : points) {
    std::optional<E820Type> here;
    for (const Raw& r : raw) {
      if (r.begin <= point && point < r.end && (!here || rank(r.type) > rank(*here))) here = r.type;
    }
    if (point == page) first = here;
    if (here != first) whole = false;
    if (here && (!strictest || rank(*here) > rank(*strictest))) strictest = here;
  }
  if (strictest && rank(*strictest) <= rank(E820Type::Persistent) && !whole) return std::nullopt;
  return strictest;
}

std::optional<E820Type> type_at(const MemoryRegions& regions, uint64_t page) {
  for (const MemoryRegion& r : regions) {
    if (r.range.begin.value <= page && page < r.range.end.value) return r.type;
  }
  return std::nullopt;
}

void check_map(const MemoryRegions& regions, const std::vector<Raw>& raw) {
  for (size_t i = 0; i < regions.size(); ++i) {
    auto [range, type] = regions[i];
    EXPECT(range.begin.page_aligned() && range.end.page_aligned() && range.begin < range.end && range.end.value <= kPhysicalLimit);
    if (i == 0) continue;
    EXPECT(regions[i - 1].range.end <= range.begin);
    EXPECT(regions[i - 1].range.end != range.begin || regions[i - 1].type != type);
  }
  for (const Raw& r : raw) {
    for (uint64_t edge : {r.begin, r.end}) {
      uint64_t page = align_down(edge, kPageSize);
      for (uint64_t p : {page - kPageSize, page, page + kPageSize}) EXPECT(type_at(regions, p) == model(raw, p));
    }
  }
  MemoryRegions again = regions;
  EXPECT(normalise(again));
  EXPECT(again.size() == regions.size() && std::equal(again.begin(), again.end(), regions.begin()));
}

void check_failure(const BootError& error) { EXPECT(error.field != nullptr && *error.field && error.advice != nullptr && *error.advice); }

void check_e820(BootResult done, BootInfo& info, ByteSpan bytes, std::vector<Raw> raw) {
  if (!done) return check_failure(done.error());
  if (!normalise(info.memory)) return;
  for (size_t at = 0; at < bytes.size(); at += 20) {
    auto begin = *read_at<uint64_t>(bytes, at), size = *read_at<uint64_t>(bytes, at + 8);
    if (size != 0) raw.push_back({begin, begin + size, decode_e820_type(*read_at<uint32_t>(bytes, at + 16))});
  }
  check_map(info.memory, raw);
}

void check_file(MutableByteSpan bytes) {
  MemorySource file(bytes);
  BootInfo info;
  const BootResult done = parse_e820_file(file, info);
  check_e820(done, info, bytes, {{0xA0000, 0x100000, E820Type::Reserved}});
}

struct Xen final : test::FakeXen {
  uint32_t says = 0;
  ByteSpan entries;
  int64_t other(uint32_t, uint64_t, uint64_t address, uint64_t) override {
    auto& map = argument<xen_memory_map>(address);
    entries = entries.first(std::min(entries.size(), size_t{map.nr_entries} * 20) / 20 * 20);
    if (!entries.empty()) memcpy(map.buffer.p, entries.data(), entries.size());
    map.nr_entries = says;
    return says == 0xFFFFFFFF ? -XEN_ENOSYS : 0;
  }
};

void check_xen(ByteSpan bytes) {
  if (bytes.size() < 4) return;
  Xen xen;
  xen.entries = bytes.subspan(4);
  // It may say more than fits, but not more than it has written.
  xen.says = *read_at<uint32_t>(bytes, 0);
  if (xen.says <= kMaxRegions) xen.says = static_cast<uint32_t>(std::min<size_t>(xen.says, xen.entries.size() / 20));
  BootInfo info;
  const BootResult done = read_xen_memory_map(xen, info);
  check_e820(done, info, xen.entries.first(done ? size_t{xen.says} * 20 : 0), {});
}

void check_command_line(const BootInfo& info) {
  EXPECT(info.command_line_length < info.command_line_text.size());
  EXPECT(info.command_line_text[info.command_line_length] == '\0');
  EXPECT(info.told_command_line().find('\0') == std::string_view::npos);
  EXPECT(!info.command_line_truncated || info.command_line_length == info.command_line_text.size() - 1);
  Options options;
  std::array<char, 4096> rest;
  size_t length = take_options(info.told_command_line(), options, rest);
  EXPECT(length <= info.command_line_length);
  std::array<char16_t, 4097> wide;
  uint32_t size = make_load_options({rest.data(), length}, wide);
  EXPECT(size <= 2 * (length + 1) && size % 2 == 0);
  EXPECT(size == 0 || wide[size / 2 - 1] == 0);
  // What is left has none of ours, so taking again changes nothing.
  EXPECT(take_options({rest.data(), length}, options, rest) == length);
}

// The text at `address` as far as memory reaches, with or without its end.
std::string text_at(core::PhysicalMemory& memory, uint64_t address) {
  std::string text;
  for (auto c = memory.read<char>(PhysAddr{address}); c && *c != '\0'; c = memory.read<char>(PhysAddr{++address})) text += *c;
  return text;
}
std::string text_in(const efilite_pvh_guest& guest, efilite_pvh_text place) {
  return std::string(efilite_pvh_text_at(&guest, place), place.length);
}

void check_guest_table(core::PhysicalMemory& memory, const BootInfo& info, const hvm_start_info& header) {
  test::Memory ram(1 << 20);
  PvhGuestTable made;
  EXPECT(made.make(info, {}, ram.pool));
  made.finish(Payload());
  const efilite_pvh_guest& guest = *made.table();
  EXPECT(efilite_pvh_guest_is_good(&guest, guest.total_length));
  EXPECT(memcmp(&guest.start_info, &header, sizeof header) == 0);
  EXPECT(guest.start_info_paddr == kBase && guest.start_info_length == sizeof header);

  EXPECT((guest.command_line.offset != 0) == (header.cmdline_paddr != 0));
  if (header.cmdline_paddr != 0) {
    const std::string whole = text_at(memory, header.cmdline_paddr), copied = text_in(guest, guest.command_line);
    const bool cut = (guest.flags & EFILITE_PVH_GUEST_COMMAND_LINE_CUT) != 0;
    EXPECT(cut ? whole.starts_with(copied) && whole.size() > copied.size() : whole == copied);
  }

  EXPECT(guest.modules.count == header.nr_modules);
  for (uint32_t i = 0; i < guest.modules.count; ++i) {
    const efilite_pvh_module& m = *efilite_pvh_module_at(&guest, i);
    auto told = *memory.read<hvm_modlist_entry>(PhysAddr{header.modlist_paddr + i * sizeof(hvm_modlist_entry)});
    EXPECT(m.paddr == told.paddr && m.size == told.size && m.cmdline_paddr == told.cmdline_paddr);
    const bool lost = (m.flags & EFILITE_PVH_MODULE_COMMAND_LINE_LOST) != 0, cut = (m.flags & EFILITE_PVH_MODULE_COMMAND_LINE_CUT) != 0;
    EXPECT((m.command_line.offset != 0) == (told.cmdline_paddr != 0 && !lost));
    if (m.command_line.offset == 0) continue;
    const std::string whole = text_at(memory, told.cmdline_paddr), copied = text_in(guest, m.command_line);
    EXPECT(cut ? whole.starts_with(copied) && whole.size() > copied.size() : whole == copied);
  }

  EXPECT(guest.memory_map.count + guest.memory_map.left_out == header.memmap_entries);
  for (uint32_t i = 0, k = 0; i < header.memmap_entries; ++i) {
    auto told = *memory.read<hvm_memmap_table_entry>(PhysAddr{header.memmap_paddr + i * sizeof(hvm_memmap_table_entry)});
    if (told.size == 0) continue;
    const efilite_pvh_memory& m = *efilite_pvh_memory_at(&guest, k++);
    EXPECT(m.addr == told.addr && m.size == told.size && m.type == told.type);
  }
}

// Whatever a reader does with a table that it has found good stays inside.
void read_guest_table(MutableByteSpan input) {
  if (input.size() < sizeof(efilite_pvh_guest)) return;
  auto bytes = std::make_unique<std::byte[]>(input.size());
  memcpy(bytes.get(), input.data(), input.size());
  auto& guest = *reinterpret_cast<efilite_pvh_guest*>(bytes.get());
  guest.signature = EFILITE_PVH_GUEST_SIGNATURE;
  guest.total_length = static_cast<uint32_t>(input.size());
  set_byte_sum({bytes.get(), input.size()}, offsetof(efilite_pvh_guest, checksum));
  if (!efilite_pvh_guest_is_good(&guest, input.size())) return;
  size_t seen = guest.command_line.offset != 0 ? strlen(efilite_pvh_text_at(&guest, guest.command_line)) : 0;
  for (uint32_t i = 0; i < guest.modules.count; ++i) {
    const efilite_pvh_module& m = *efilite_pvh_module_at(&guest, i);
    seen += m.size + m.use + m.flags;
    if (m.command_line.offset != 0) seen += strlen(efilite_pvh_text_at(&guest, m.command_line));
  }
  for (uint32_t i = 0; i < guest.memory_map.count; ++i) seen += efilite_pvh_memory_at(&guest, i)->size;
  volatile size_t sink = seen;
  (void)sink;
}

void check_start_info(MutableByteSpan input, bool fix_magic) {
  test::FakePhysicalMemory memory;
  auto bytes = memory.map(kBase, input.size());
  memcpy(bytes.data(), input.data(), input.size());
  constexpr uint32_t magic = XEN_HVM_START_MAGIC_VALUE;
  if (fix_magic && bytes.size() >= 4) memory.put(kBase, magic);
  BootInfo info;
  auto done = collect_boot_info(memory, PhysAddr{kBase}, nullptr, nullptr, info);
  if (!done) return check_failure(done.error());

  auto header = *memory.read<hvm_start_info>(PhysAddr{kBase});
  EXPECT(header.magic == magic && header.version >= 1);
  EXPECT(info.modules.size() == header.nr_modules);
  for (const Module& m : info.modules) EXPECT(m.range.empty() || memory.window(m.range));
  EXPECT(info.rsdp.value == header.rsdp_paddr);
  std::vector<Raw> raw;
  for (uint32_t i = 0; i < header.memmap_entries; ++i) {
    auto e = *memory.read<hvm_memmap_table_entry>(PhysAddr{header.memmap_paddr + i * sizeof(hvm_memmap_table_entry)});
    if (e.size != 0) raw.push_back({e.addr, e.addr + e.size, decode_e820_type(e.type)});
  }
  check_map(info.memory, raw);
  check_command_line(info);
  check_guest_table(memory, info, header);

  test::HostHeap heap;
  class : public core::FileClock {
    efi::Time now() override { return {}; }
  } clock;
  DiskFormats formats(heap, clock);
  for (bool want_program : {true, false}) {
    for (size_t wish = 0; wish <= std::size(formats::kWishes); ++wish) {
      Payload payload;
      Options options;
      options.entry = static_cast<formats::Wish>(wish);
      if (!want_program) (void)options.boot.push_back('d');
      if (!choose_payload(info, memory, nullptr, formats, options, payload) || payload.image == nullptr) continue;
      EXPECT(want_program && payload.image->size() >= 0x34);  // an ELF header, the smallest of all
    }
  }
  EXPECT(heap.live() == 0);
}

}  // namespace
}  // namespace efilite::boot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite;
  if (size < 2) return 0;
  std::vector<uint8_t> copy(data + 1, data + size);
  auto bytes = std::as_writable_bytes(std::span(copy));
  if (*data & 8) {
    boot::read_guest_table(bytes);
  } else if (*data & 2) {
    boot::check_file(bytes);
  } else if (*data & 4) {
    boot::check_xen(bytes);
  } else {
    boot::check_start_info(bytes, *data & 1);
  }
  return 0;
}
