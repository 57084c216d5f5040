// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/os_memory.hpp"

#include <algorithm>

namespace efilite::boot {

E820Type os_type(const efi::MemoryDescriptor& memory, bool runtime_stays) {
  using efi::MemoryType;
  switch (memory.type) {
    case MemoryType::RuntimeServicesCode:
    case MemoryType::RuntimeServicesData: return runtime_stays ? E820Type::Reserved : E820Type::Ram;
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

void tell_memory(ByteSpan descriptors, const MemoryRegions& told, bool runtime_stays, MemoryRegions& regions) {
  regions.clear();
  for_each_os_region(descriptors, runtime_stays, [&](const MemoryRegion& region) {
    const auto overlaps = [&region](const MemoryRegion& other) { return other.range.overlaps(region.range); };
    if (region.type == E820Type::Reserved && std::ranges::none_of(told, overlaps)) return true;
    return regions.push_back(region);
  });
}

}  // namespace efilite::boot
