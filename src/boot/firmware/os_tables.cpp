// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/os_tables.hpp"

#include "boot/firmware/version.hpp"
#include "platform/smbios.hpp"

namespace efilite::boot {

namespace {

void* at(PhysAddr address) { return reinterpret_cast<void*>(address.value); }

Result<> install_smbios(core::Tables& tables, core::MemoryMap& memory, core::PhysicalMemory& physical, const Hypervisor& hypervisor,
                        drivers::FwCfg* fw_cfg) {
  platform::SmbiosEntryPoints entry_points = platform::find_smbios(physical);
  if (!entry_points.any()) {
    uint64_t size = platform::smbios_size(fw_cfg);
    PhysAddr place = TRY(memory.allocate(efi::AllocateType::AnyPages, efi::MemoryType::RuntimeServicesData, PageCount::covering({size}), {},
                                         core::PageOwner::SetUp));
    MutableByteSpan out(static_cast<std::byte*>(at(place)), size);
    entry_points = TRY(platform::build_smbios(fw_cfg, {kVersion, platform::hypervisor_name(hypervisor)}, out, place));
  }
  if (entry_points.v2.value != 0) TRY(tables.install(efi::kSmbiosTable, at(entry_points.v2)));
  if (entry_points.v3.value != 0) TRY(tables.install(efi::kSmbios3Table, at(entry_points.v3)));
  return {};
}

}  // namespace

Result<> install_os_tables(core::Tables& tables, core::MemoryMap& memory, core::PhysicalMemory& physical, const platform::AcpiFacts* acpi,
                           const Hypervisor& hypervisor, drivers::FwCfg* fw_cfg, RuntimeData& runtime) {
  // The RSDP as the hypervisor gave it: under Xen an OS recognises its host by these very tables.
  if (acpi != nullptr) TRY(tables.install(acpi->rsdp_revision >= 2 ? efi::kAcpi20Table : efi::kAcpi10Table, at(acpi->rsdp)));
  TRY(install_smbios(tables, memory, physical, hypervisor, fw_cfg));
  TRY(tables.install(efi::kMemoryAttributesTable, &runtime.memory_attributes));
  return tables.install(efi::kRtPropertiesTable, &runtime.properties);
}

}  // namespace efilite::boot
