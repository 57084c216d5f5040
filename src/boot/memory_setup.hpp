// SPDX-License-Identifier: BSD-2-Clause-Patent
// From BootInfo to EFI's memory map: what the hypervisor gave, less what efilite itself and the modules occupy.
#pragma once

#include "boot/boot_info.hpp"
#include "core/memory/memory_map.hpp"

namespace efilite::boot {

// The map must be empty. On failure one line in the log says what did not fit.
// `image` is where efilite lies, its code in front; `code_end` is a page within.
Result<> set_up_memory(const BootInfo& info, PhysRange image, PhysAddr code_end, core::MemoryMap& map);

// One byte behind the last memory that is not just reserved: what the identity map has to reach [UEFI 2.10, 2.3.4].
uint64_t top_of_memory(const BootInfo& info);

}  // namespace efilite::boot
