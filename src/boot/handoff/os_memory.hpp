// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI's last memory map as an OS without EFI is told of memory: in the types of ACPI's address ranges.
#pragma once

#include "base/bytes.hpp"
#include "boot/boot_info.hpp"

namespace efilite::boot {

// `descriptors` as core::MemoryMap::read() gives them. What was efilite's until now is RAM, but for the runtime services where the OS is told
// of them. Neighbours of one type are one range; of a map with more than kMaxRegions the rest is not told.
void tell_memory(ByteSpan descriptors, bool runtime_stays, MemoryRegions& regions);

}  // namespace efilite::boot
