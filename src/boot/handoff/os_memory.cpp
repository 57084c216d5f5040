// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/os_memory.hpp"

#include "core/memory/memory_map.hpp"

namespace efilite::boot {

namespace {

E820Type type_of(const efi::MemoryDescriptor& memory, bool runtime_stays) {
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

}  // namespace

void tell_memory(ByteSpan descriptors, bool runtime_stays, MemoryRegions& regions) {
  regions.clear();
  for (size_t at = 0; at < descriptors.size(); at += core::MemoryMap::kDescriptorSize) {
    const auto memory = *read_at<efi::MemoryDescriptor>(descriptors, at);
    const PhysRange range{{memory.physical_start}, {memory.physical_start + memory.number_of_pages * kPageSize}};
    const E820Type type = type_of(memory, runtime_stays);
    MemoryRegion* last = regions.empty() ? nullptr : regions.end() - 1;
    if (last != nullptr && last->type == type && last->range.end == range.begin) last->range.end = range.end;
    else if (!regions.push_back({range, type})) return;
  }
}

}  // namespace efilite::boot
