// SPDX-License-Identifier: BSD-2-Clause-Patent
// What a bzImage asks of who starts it without EFI [Linux Documentation/arch/x86/boot.rst, Details of Header Fields]: where it may lie and
// how much room it takes there, where its initrd may lie, and how long its command line may be.
#pragma once

#include "core/memory/memory_map.hpp"
#include "formats/boot_image.hpp"

namespace efilite::boot {

struct LinuxPlan {
  uint64_t size;       // whole pages, which it uses before it looks at the memory map; its file is a part of them
  PhysAddr preferred;  // where it runs best, and nothing below
  uint64_t alignment, least_alignment;  // 0: it runs at `preferred` and nowhere else
  PhysAddr last;         // the last byte that it may take
  PhysAddr initrd_last;      // and that its initrd may take
  PhysAddr parameters_last;  // and that its parameters and command line may take
  uint32_t command_line_size;  // without a NUL
};

LinuxPlan plan_linux(const formats::BzImage& image, formats::BootEntry entry);

struct LinuxPlace {
  PhysAddr address;
  uint64_t alignment;  // of what it was asked for
};
// Allocates plan.size for it, as loader code. OUT_OF_RESOURCES: there is no room; NOT_FOUND: the only possible place is not free.
Result<LinuxPlace> place_linux(core::MemoryMap& memory, const LinuxPlan& plan);

// Whether `kernel` leaves the runtime services alone, which go on beside it. One line tells what is in its way.
bool stays_clear(const core::MemoryMap& memory, PhysRange kernel);

}  // namespace efilite::boot
