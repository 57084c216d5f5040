// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/pvh_start.hpp"

#include "abi/xen.hpp"
#include "base/check.hpp"

namespace efilite::boot {

namespace {

constexpr size_t kMemoryMap = sizeof(hvm_start_info);
constexpr size_t kModules = kMemoryMap + kMaxRegions * sizeof(hvm_memmap_table_entry);
static_assert(kMemoryMap % 8 == 0 && kModules % 8 == 0);

constexpr uint64_t size_of_text(std::string_view text) { return text.empty() ? 0 : text.size() + 1; }

template <typename T>
void put(MutableByteSpan block, size_t at, const T& object) {
  CHECK(at + sizeof object <= block.size());
  memcpy(&block[at], &object, sizeof object);
}

}  // namespace

uint64_t size_of_start_info(const PvhStart& start) {
  uint64_t size = kModules + start.modules.size() * sizeof(hvm_modlist_entry) + size_of_text(start.command_line);
  for (const PvhModule& module : start.modules) size += size_of_text(module.text);
  return size;
}

void write_start_info(const PvhStart& start, MutableByteSpan block, PhysAddr at) {
  CHECK(block.size() >= size_of_start_info(start));
  uint64_t end = kModules + start.modules.size() * sizeof(hvm_modlist_entry);
  const auto add_text = [&](std::string_view text) -> uint64_t {
    if (text.empty()) return 0;
    const uint64_t place = end;
    memcpy(&block[place], text.data(), text.size());
    block[place + text.size()] = std::byte{0};
    end += size_of_text(text);
    return at.value + place;
  };
  hvm_start_info info{};
  info.magic = XEN_HVM_START_MAGIC_VALUE;
  info.version = 1;
  info.flags = start.flags;
  info.nr_modules = static_cast<uint32_t>(start.modules.size());
  info.modlist_paddr = start.modules.empty() ? 0 : at.value + kModules;
  info.cmdline_paddr = add_text(start.command_line);
  info.rsdp_paddr = start.rsdp.value;
  info.memmap_paddr = at.value + kMemoryMap;
  put(block, 0, info);
  for (size_t i = 0; i < start.modules.size(); ++i) {
    const PvhModule& module = start.modules[i];
    const hvm_modlist_entry entry{module.range.begin.value, module.range.size(), add_text(module.text), 0};
    put(block, kModules + i * sizeof entry, entry);
  }
}

void write_memory_map(const MemoryRegions& memory, MutableByteSpan block) {
  for (size_t i = 0; i < memory.size(); ++i) {
    const auto& [range, type] = memory[i];
    put(block, kMemoryMap + i * sizeof(hvm_memmap_table_entry),
        hvm_memmap_table_entry{range.begin.value, range.size(), static_cast<uint32_t>(type), 0});
  }
  put(block, offsetof(hvm_start_info, memmap_entries), static_cast<uint32_t>(memory.size()));
}

}  // namespace efilite::boot
