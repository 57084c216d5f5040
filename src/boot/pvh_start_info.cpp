// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/pvh_start_info.hpp"

#include <algorithm>
#include <optional>

#include "abi/xen.hpp"
#include "base/check.hpp"
#include "base/rare.hpp"

namespace efilite::boot {

namespace {

using Header = efilite_pvh_start_info;
static_assert(sizeof(Header) == sizeof(hvm_start_info));
static_assert(sizeof(efilite_pvh_memory) == sizeof(hvm_memmap_table_entry));
constexpr uint32_t kVersion0Size = offsetof(Header, memmap_paddr);
constexpr std::string_view kE820File = "etc/e820";
constexpr uint64_t kLongestCommandLine = 0x10000;  // no hypervisor lets its user write so much

struct [[gnu::packed]] E820Entry {
  uint64_t address;
  uint64_t size;
  uint32_t type;
};
static_assert(sizeof(E820Entry) == 20);
using E820Entries = std::array<E820Entry, kMaxRegions>;

// Version 0 ends before the memory map; later versions only add.
BootResult read_header(core::PhysicalMemory& memory, PhysAddr address, Told& told) {
  auto& header = told.start_info;
  auto bytes = memory.window(address, kVersion0Size);
  if (address.value == 0 || !bytes) return BootError{"start_info (register ebx)", address.value, "it does not point to readable memory"};
  memcpy(&header, bytes->data(), kVersion0Size);
  if (header.magic != XEN_HVM_START_MAGIC_VALUE) {
    return BootError{"start_info.magic", header.magic, "0x336ec578 was expected: start efilite by its PVH entry"};
  }
  told.start_info_length = kVersion0Size;
  if (header.version >= 1) {
    bytes = memory.window(address, sizeof header);
    if (!bytes) return BootError{"start_info (register ebx)", address.value, "version 1 reaches beyond readable memory"};
    memcpy(&header, bytes->data(), sizeof header);
    told.start_info_length = sizeof header;
  }
  return {};
}

// The length of the text at `address`, less its NUL, which may be the last readable byte: so page by page. As much of it as there is room
// for goes to `out`. nullopt: nothing but readable bytes for 64 KiB, or bytes that are not readable before there was a NUL.
std::optional<uint64_t> read_text(core::PhysicalMemory& memory, PhysAddr address, std::span<char> out) {
  uint64_t length = 0;
  for (PhysAddr at = address; length < kLongestCommandLine;) {
    uint64_t chunk = kPageSize - (at.value & kPageMask);
    auto bytes = memory.window(at, chunk);
    if (!bytes) break;
    uint64_t text = 0;
    while (text < chunk && (*bytes)[text] != std::byte{0}) ++text;
    if (length < out.size()) memcpy(out.data() + length, bytes->data(), std::min(text, out.size() - length));
    length += text;
    if (text < chunk) return length;
    at.value += chunk;
  }
  return std::nullopt;
}

BootResult read_command_line(core::PhysicalMemory& memory, PhysAddr address, BootInfo& info) {
  if (address.value == 0) return {};
  std::span<char> room = std::span(info.command_line_text).first(info.command_line_text.size() - 1);
  auto length = read_text(memory, address, room);
  constexpr const char* advice = "no NUL-terminated text of at most 64 KiB in readable memory there";
  if (!length) return BootError{"start_info.cmdline_paddr", address.value, advice};
  info.command_line_length = static_cast<uint32_t>(std::min<uint64_t>(*length, room.size()));
  info.command_line_text[info.command_line_length] = '\0';
  info.command_line_truncated = *length > room.size();
  return {};
}

// For programs alone: nobody refuses to boot because of it.
void read_module_text(core::PhysicalMemory& memory, Told& told, Module& module) {
  if (module.command_line.value == 0) return;
  std::span<char> room = told.module_room();
  auto length = read_text(memory, module.command_line, room);
  module.text_unreadable = !length;
  if (!length) return;
  module.text_truncated = *length > room.size();
  module.text_length = static_cast<uint32_t>(std::min<uint64_t>(*length, room.size()));
  module.text_begin = told.module_text_length;
  told.module_text_length += module.text_length;
}

BootResult read_modules(core::PhysicalMemory& memory, const Header& header, BootInfo& info) {
  if (header.nr_modules == 0) return {};
  if (header.nr_modules > info.modules.capacity()) return BootError{"start_info.nr_modules", header.nr_modules, "at most 16 are taken"};
  auto list = memory.window(PhysAddr{header.modlist_paddr}, header.nr_modules * sizeof(hvm_modlist_entry));
  if (header.modlist_paddr == 0 || !list) {
    return BootError{"start_info.modlist_paddr", header.modlist_paddr, "the module list does not lie in readable memory"};
  }
  for (uint32_t i = 0; i < header.nr_modules; ++i) {
    auto entry = *read_at<hvm_modlist_entry>(*list, i * sizeof(hvm_modlist_entry));
    auto end = checked_add(entry.paddr, entry.size);
    if (!end) return BootError{"a module's size", entry.size, "address and size together wrap around"};
    PhysRange range{{entry.paddr}, {*end}};
    if (entry.size != 0 && (entry.paddr == 0 || !memory.window(range))) {
      return BootError{"a module's paddr", entry.paddr, "the module does not lie in readable memory"};
    }
    Module module{range, {entry.cmdline_paddr}};
    read_module_text(memory, info.told, module);
    CHECK(info.modules.push_back(module));
  }
  return {};
}

BootResult read_memory_map(core::PhysicalMemory& memory, const Header& header, BootInfo& info) {
  // [start_info.h] a map may be absent in version 1, too: the number of entries says so.
  if (header.memmap_entries == 0) return {};
  info.told.memory_source = EFILITE_PVH_MEMORY_FROM_START_INFO;
  if (header.memmap_entries > kMaxRegions) return BootError{"start_info.memmap_entries", header.memmap_entries, "at most 128 are taken"};
  auto table = memory.window(PhysAddr{header.memmap_paddr}, header.memmap_entries * sizeof(hvm_memmap_table_entry));
  if (header.memmap_paddr == 0 || !table) {
    return BootError{"start_info.memmap_paddr", header.memmap_paddr, "the memory map does not lie in readable memory"};
  }
  for (uint32_t i = 0; i < header.memmap_entries; ++i) {
    auto entry = *read_at<hvm_memmap_table_entry>(*table, i * sizeof(hvm_memmap_table_entry));
    TRY(add_told_region(info, entry.addr, entry.size, entry.type));
  }
  return {};
}

// Where start_info has no map, or one of nothing but empty ranges.
BootResult add_e820(std::span<const E820Entry> entries, uint8_t source, BootInfo& info) {
  info.told.memory_source = source;
  info.told.empty_regions = 0;
  for (const E820Entry& entry : entries) TRY(add_told_region(info, entry.address, entry.size, entry.type));
  return {};
}

}  // namespace

BootResult parse_start_info(core::PhysicalMemory& memory, PhysAddr start_info, BootInfo& info) {
  info.source = "PVH start_info";
  info.start_info = start_info;
  TRY(read_header(memory, start_info, info.told));
  const Header& header = info.told.start_info;
  TRY(read_memory_map(memory, header, info));
  TRY(read_modules(memory, header, info));
  TRY(read_command_line(memory, PhysAddr{header.cmdline_paddr}, info));
  constexpr uint64_t acpi1_rsdp_size = 20;
  if (header.rsdp_paddr != 0 && !memory.window(PhysAddr{header.rsdp_paddr}, acpi1_rsdp_size)) {
    return BootError{"start_info.rsdp_paddr", header.rsdp_paddr, "the ACPI root pointer does not lie in readable memory"};
  }
  info.rsdp = PhysAddr{header.rsdp_paddr};
  return {};
}

EFILITE_RARE BootResult parse_e820_file(core::ByteSource& file, BootInfo& info) {
  E820Entries entries;
  constexpr const char* name = "size of fw_cfg file etc/e820";
  if (file.size() == 0 || file.size() % sizeof(E820Entry) != 0 || file.size() > sizeof entries) {
    return BootError{name, file.size(), "expected are 1 to 128 entries of 20 bytes"};
  }
  auto bytes = std::as_writable_bytes(std::span(entries)).first(static_cast<size_t>(file.size()));
  if (auto done = file.read(0, bytes); !done) return BootError{name, file.size(), "the file cannot be read"};
  TRY(add_e820(std::span(entries).first(bytes.size() / sizeof(E820Entry)), EFILITE_PVH_MEMORY_FROM_FW_CFG, info));
  // QEMU lists RAM from 0 on as if there were no legacy hole.
  return add_region(info.memory, 0xA0000, 0x60000, static_cast<uint32_t>(E820Type::Reserved));
}

BootResult read_xen_memory_map(drivers::xen::Hypercalls& xen, BootInfo& info) {
  E820Entries entries{};  // should Xen claim more than it writes
  xen_memory_map map{.nr_entries = static_cast<unsigned>(entries.size()), .buffer = {}};
  set_xen_guest_handle(map.buffer, entries.data());
  const auto answer = xen.operate(__HYPERVISOR_memory_op, XENMEM_memory_map, map);
  if (!answer || map.nr_entries == 0 || map.nr_entries > entries.size())
    return BootError{"start_info.memmap_entries", 0, "and Xen has no map of at most 128 entries either: nobody says where RAM is"};
  return add_e820(std::span(entries).first(map.nr_entries), EFILITE_PVH_MEMORY_FROM_HYPERCALL, info);
}

BootResult collect_boot_info(core::PhysicalMemory& memory, PhysAddr start_info, drivers::xen::Hypercalls* xen, drivers::FwCfg* fw_cfg,
                             BootInfo& info) {
  TRY(parse_start_info(memory, start_info, info));
  if (info.memory.empty() && xen != nullptr) {
    TRY(read_xen_memory_map(*xen, info));
  } else if (info.memory.empty()) {
    auto file = fw_cfg != nullptr && fw_cfg->present() ? fw_cfg->open(kE820File) : Result<drivers::FwCfgFile>(Status::NotFound);
    if (!file) return BootError{"start_info.memmap_entries", 0, "and there is no fw_cfg file etc/e820: nobody says where RAM is"};
    info.source = "PVH start_info, memory map from fw_cfg file etc/e820";
    TRY(parse_e820_file(*file, info));
  }
  TRY(normalise(info.memory));
  for (const MemoryRegion& region : info.memory) {
    if (region.type == E820Type::Ram) return {};
  }
  return BootError{"memory map's amount of RAM", 0, "no whole page of RAM is left once overlaps are resolved"};
}

}  // namespace efilite::boot
