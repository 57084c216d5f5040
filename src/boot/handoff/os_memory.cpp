// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/os_memory.hpp"

#include <algorithm>

namespace efilite::boot {

E820Type os_type(const efi::MemoryDescriptor& memory) {
  using efi::MemoryType;
  switch (memory.type) {
    case MemoryType::Conventional: return (memory.attribute & efi::kMemorySp) != 0 ? E820Type::SoftReserved : E820Type::Ram;
    case MemoryType::LoaderCode:
    case MemoryType::LoaderData:
    case MemoryType::BootServicesCode:
    case MemoryType::BootServicesData: return E820Type::Ram;
    case MemoryType::AcpiReclaim: return E820Type::Acpi;
    case MemoryType::AcpiNvs: return E820Type::Nvs;
    case MemoryType::Unusable: return E820Type::Unusable;
    case MemoryType::Persistent: return E820Type::Persistent;
    default: return E820Type::Reserved;
  }
}

void tell_memory(ByteSpan descriptors, const MemoryRegions& told, MemoryRegions& regions) {
  regions.clear();
  bool has_room = true;
  const auto add = [&](PhysRange range, E820Type type) {
    if (range.begin < range.end) has_room = has_room && regions.push_back({range, type});
  };
  for (const auto& [range, type] : told) {
    PhysAddr at = range.begin;
    for_each_descriptor(descriptors, [&](const efi::MemoryDescriptor& memory, PhysRange kept) {
      if (type != E820Type::Ram || memory.type != efi::MemoryType::Reserved || !kept.overlaps(range)) return true;
      add({at, kept.begin}, type);
      add({std::max(at, kept.begin), std::min(kept.end, range.end)}, E820Type::Reserved);
      at = kept.end;
      return true;
    });
    add({at, range.end}, type);
  }
}

}  // namespace efilite::boot
