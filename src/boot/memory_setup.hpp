// SPDX-License-Identifier: BSD-2-Clause-Patent
// From BootInfo to EFI's memory map: what the hypervisor gave, less what efilite itself and the modules occupy.
#pragma once

#include "boot/boot_info.hpp"
#include "core/memory_map.hpp"

namespace efilite::boot {

// Where efilite lies: code, then constants and data, by pages.
struct FirmwareImage {
  PhysRange code;
  PhysRange data;
};

// The map must be empty. On failure one line in the log says what did not fit.
Result<> set_up_memory(const BootInfo& info, const FirmwareImage& image, core::MemoryMap& map);

// One byte behind the last RAM: what the identity map has to reach.
uint64_t top_of_ram(const BootInfo& info);

}  // namespace efilite::boot
