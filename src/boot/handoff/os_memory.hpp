// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI's last memory map as an OS without EFI is told of memory: in the types of ACPI's address ranges.
#pragma once

#include "base/bytes.hpp"
#include "boot/boot_info.hpp"
#include "core/memory/memory_map.hpp"

namespace efilite::boot {

// What was efilite's until now is RAM, but for the runtime services where the OS is told of them.
E820Type os_type(const efi::MemoryDescriptor& memory, bool runtime_stays);

// `descriptors` as core::MemoryMap::read() gives them. Neighbours of one type are one range: visit(const MemoryRegion&) says whether there
// is room for more.
template <typename Visit>
void for_each_os_region(ByteSpan descriptors, bool runtime_stays, Visit visit) {
  MemoryRegion next{};
  bool goes_on = true;
  for (size_t at = 0; at < descriptors.size() && goes_on; at += core::MemoryMap::kDescriptorSize) {
    const auto memory = *read_at<efi::MemoryDescriptor>(descriptors, at);
    const PhysRange range{{memory.physical_start}, {memory.physical_start + memory.number_of_pages * kPageSize}};
    const E820Type type = os_type(memory, runtime_stays);
    if (next.type == type && next.range.end == range.begin) {
      next.range.end = range.end;
      continue;
    }
    if (!next.range.empty()) goes_on = visit(next);
    next = {range, type};
  }
  if (goes_on && !next.range.empty()) static_cast<void>(visit(next));
}

// Of a map with more than kMaxRegions the rest is not told. What is reserved where the hypervisor has `told` of nothing was efilite's own,
// too: pages of Xen's, which are back there.
void tell_memory(ByteSpan descriptors, const MemoryRegions& told, bool runtime_stays, MemoryRegions& regions);

}  // namespace efilite::boot
