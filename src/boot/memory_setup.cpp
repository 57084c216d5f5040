// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/memory_setup.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace efilite::boot {

namespace {

constexpr uint64_t k4GiB = uint64_t{1} << 32;
// Runtime code, runtime data and tables of a boot fit in here with room to spare for shim's and GRUB's.
constexpr uint64_t kRuntimeWindow = uint64_t{2} << 20;
constexpr uint64_t kLeastWindow = 96 << 10;
constexpr uint64_t kModuleHeadroom = 64 << 10;

Result<> reserve(core::MemoryMap& map, PhysRange range, efi::MemoryType type, const char* what) {
  Result<> result = map.reserve(range, type);
  if (!result) log::line("efilite: ", what, " at ", range.begin, " is not in free memory: ", result.status());
  return result;
}

// A module owns whole pages: what lies beside it in its last page is nobody's.
Result<> reserve_modules(const BootInfo& info, core::MemoryMap& map) {
  for (const Module& module : info.modules) {
    if (module.range.empty()) continue;
    PhysRange pages{{align_down(module.range.begin.value, kPageSize)}, {align_up(module.range.end.value, kPageSize).value_or(0)}};
    TRY(reserve(map, pages, efi::MemoryType::BootServicesData, "a PVH module"));
  }
  return {};
}

// A BIOS reserves the ends of [0x9F000, 0x100000) and leaves the middle, where video memory and ROMs are, unsaid. Said, it is one entry of
// the map instead of two.
Result<> fill_legacy_hole(const BootInfo& info, core::MemoryMap& map) {
  constexpr uint64_t kBegin = 0x9F000, kEnd = 0x100000;
  for (size_t i = 1; i < info.memory.size(); ++i) {
    const MemoryRegion &below = info.memory[i - 1], &above = info.memory[i];
    PhysRange gap{below.range.end, above.range.begin};
    if (gap.empty() || gap.begin.value < kBegin || gap.end.value > kEnd) continue;
    if (below.type != E820Type::Reserved || above.type != E820Type::Reserved) continue;
    EfiMemoryKind kind = efi_type(E820Type::Reserved);
    TRY(map.add(gap, kind.type, kind.attributes));
  }
  return {};
}

// The last of the free memory below 4 GiB that is large enough. A small range behind it that has room for what every boot keeps is better:
// nothing else is missed where all of that lies.
Result<> place_runtime_window(const BootInfo& info, core::MemoryMap& map) {
  uint64_t best = 0;
  PhysRange small{};
  for (const MemoryRegion& region : info.memory) {
    if (region.type != E820Type::Ram) continue;
    uint64_t end = std::min(region.range.end.value, k4GiB);
    const uint64_t begin = region.range.begin.value;
    if (end > begin && end - begin >= kLeastWindow && end - begin < kRuntimeWindow) small = {{begin}, {end}};
    while (end >= begin + kRuntimeWindow) {
      auto d = map.find({end - 1});
      if (!d) break;
      if (d->type == efi::MemoryType::Conventional && end - d->physical_start >= kRuntimeWindow) {
        best = std::max(best, end);
        break;
      }
      // An image that runs in its module may need some room in front of its file.
      end = d->physical_start - std::min(d->physical_start, kModuleHeadroom);
    }
  }
  if (best < (1u << 20) + kRuntimeWindow) return {};  // a tiny machine does without
  return map.set_runtime_window(small.begin.value >= best ? small : PhysRange{{best - kRuntimeWindow}, {best}});
}

bool is_occupied(const BootInfo& info, PhysRange image, PhysRange memory) {
  bool found = memory.overlaps(image);
  for (const Module& module : info.modules) found |= memory.overlaps(module.range);
  return found;
}

Result<> add_memory(const BootInfo& info, PhysRange image, bool occupied, core::MemoryMap& map) {
  for (const MemoryRegion& region : info.memory) {
    if (is_occupied(info, image, region.range) != occupied) continue;
    EfiMemoryKind kind = efi_type(region.type);
    Result<> added = map.add(region.range, kind.type, kind.attributes);
    if (!added) {
      log::line("efilite: memory map entry at ", region.range.begin, ": ", added.status());
      return added;
    }
  }
  return {};
}

}  // namespace

uint64_t top_of_memory(const BootInfo& info) {
  uint64_t top = 0;
  for (const MemoryRegion& region : info.memory)
    if (efi_type(region.type).type != efi::MemoryType::Reserved) top = std::max(top, region.range.end.value);
  return top;
}

Result<> set_up_memory(const BootInfo& info, PhysRange image, PhysAddr code_end, core::MemoryMap& map) {
  // A map with many entries grows into memory that it takes for free: by then it must know what we lie in.
  TRY(add_memory(info, image, true, map));
  // Who protects memory by its type must find the services in a type for code, and the stack in one for data.
  TRY(reserve(map, {image.begin, code_end}, efi::MemoryType::BootServicesCode, "efilite's code"));
  TRY(reserve(map, {code_end, image.end}, efi::MemoryType::BootServicesData, "efilite's data"));
  TRY(reserve_modules(info, map));
  TRY(add_memory(info, image, false, map));
  TRY(fill_legacy_hole(info, map));
  // Page 0 holds what address 0 must not be mistaken for.
  if (map.find({0}) && map.find({0})->type == efi::MemoryType::Conventional)
    TRY(reserve(map, {{0}, {kPageSize}}, efi::MemoryType::BootServicesData, "page 0"));
  return place_runtime_window(info, map);
}

}  // namespace efilite::boot
