// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/memory_setup.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace efilite::boot {

namespace {

constexpr uint64_t k4GiB = uint64_t{1} << 32;
// Runtime code, runtime data and tables of a boot fit in here with room to spare for shim's and GRUB's.
constexpr uint64_t kRuntimeWindow = uint64_t{2} << 20;

Result<> reserve(core::MemoryMap& map, PhysRange range, efi::MemoryType type, const char* what) {
  Result<> result = map.reserve(range, type);
  if (!result) log::line("efilite: ", what, " at ", range.begin, " is not in free memory: ", result.status());
  return result;
}

// A module owns whole pages: what lies beside it in its last page is nobody's.
Result<> reserve_modules(const BootInfo& info, core::MemoryMap& map) {
  for (const Module& module : info.modules) {
    PhysRange pages{{align_down(module.range.begin.value, kPageSize)}, {align_up(module.range.end.value, kPageSize).value_or(0)}};
    if (pages.empty()) continue;
    TRY(reserve(map, pages, efi::MemoryType::BootServicesData, "a PVH module"));
  }
  return {};
}

// The last of the free memory below 4 GiB that is large enough.
Result<> place_runtime_window(const BootInfo& info, core::MemoryMap& map) {
  uint64_t best = 0;
  for (const MemoryRegion& region : info.memory) {
    if (region.type != E820Type::Ram) continue;
    uint64_t end = std::min(region.range.end.value, k4GiB);
    while (end >= region.range.begin.value + kRuntimeWindow) {
      auto d = map.find({end - 1});
      if (!d) break;
      if (d->type == efi::MemoryType::Conventional && end - d->physical_start >= kRuntimeWindow) {
        best = std::max(best, end);
        break;
      }
      end = d->physical_start;
    }
  }
  if (best < (1u << 20) + kRuntimeWindow) return {};  // a tiny machine does without
  return map.set_runtime_window({{best - kRuntimeWindow}, {best}});
}

}  // namespace

uint64_t top_of_ram(const BootInfo& info) {
  uint64_t top = 0;
  for (const MemoryRegion& region : info.memory)
    if (region.type == E820Type::Ram) top = std::max(top, region.range.end.value);
  return top;
}

Result<> set_up_memory(const BootInfo& info, const FirmwareImage& image, core::MemoryMap& map) {
  for (const MemoryRegion& region : info.memory) {
    EfiMemoryKind kind = efi_type(region.type);
    Result<> added = map.add(region.range, kind.type, kind.attributes);
    if (!added) {
      log::line("efilite: memory map entry at ", region.range.begin, ": ", added.status());
      return added;
    }
  }
  // Page 0 holds what address 0 must not be mistaken for.
  if (map.find({0}) && map.find({0})->type == efi::MemoryType::Conventional)
    TRY(reserve(map, {{0}, {kPageSize}}, efi::MemoryType::BootServicesData, "page 0"));
  TRY(reserve(map, image.code, efi::MemoryType::BootServicesCode, "efilite's code"));
  TRY(reserve(map, image.data, efi::MemoryType::BootServicesData, "efilite's data"));
  TRY(reserve_modules(info, map));
  return place_runtime_window(info, map);
}

}  // namespace efilite::boot
