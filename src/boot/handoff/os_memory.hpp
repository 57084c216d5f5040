// SPDX-License-Identifier: BSD-2-Clause-Patent
// The last memory map as an OS that does not read EFI's is told of memory: in the types of ACPI's address ranges.
#pragma once

#include "base/bytes.hpp"
#include "boot/boot_info.hpp"
#include "core/memory/memory_map.hpp"

namespace efilite::boot {

// To an OS that has EFI's runtime services.
E820Type os_type(const efi::MemoryDescriptor& memory);

// `descriptors` as core::MemoryMap::read() gives them: visit(const efi::MemoryDescriptor&, PhysRange) says whether to go on.
template <typename Visit>
bool for_each_descriptor(ByteSpan descriptors, Visit visit) {
  bool goes_on = true;
  for (size_t at = 0; at < descriptors.size() && goes_on; at += core::MemoryMap::kDescriptorSize) {
    const auto memory = *read_at<efi::MemoryDescriptor>(descriptors, at);
    goes_on = visit(memory, PhysRange{{memory.physical_start}, {memory.physical_start + memory.number_of_pages * kPageSize}});
  }
  return goes_on;
}

// Neighbours of one type are one range: visit(const MemoryRegion&) says whether there is room for more.
template <typename Visit>
void for_each_os_region(ByteSpan descriptors, Visit visit) {
  MemoryRegion next{};
  const bool goes_on = for_each_descriptor(descriptors, [&](const efi::MemoryDescriptor& memory, PhysRange range) {
    const E820Type type = os_type(memory);
    if (next.type == type && next.range.end == range.begin) {
      next.range.end = range.end;
      return true;
    }
    const bool has_room = next.range.empty() || visit(next);
    next = {range, type};
    return has_room;
  });
  if (goes_on && !next.range.empty()) static_cast<void>(visit(next));
}

// To an OS without EFI: what the hypervisor `told`, since all that was efilite's is nobody's now, less pages of RAM that a device did not
// let go of. Of more than kMaxRegions the rest is not told.
void tell_memory(ByteSpan descriptors, const MemoryRegions& told, MemoryRegions& regions);

}  // namespace efilite::boot
