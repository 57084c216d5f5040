// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/os_tables.hpp"

#include "base/static_vector.hpp"
#include "boot/firmware/version.hpp"
#include "platform/smbios.hpp"

namespace efilite::boot {

namespace {

void* at(PhysAddr address) { return reinterpret_cast<void*>(address.value); }

Result<platform::SmbiosEntryPoints> smbios(core::MemoryMap& memory, core::PhysicalMemory& physical, const Hypervisor& hypervisor,
                                           drivers::FwCfg* fw_cfg) {
  platform::SmbiosEntryPoints found = platform::find_smbios(physical);
  if (found.any()) return found;
  uint64_t size = platform::smbios_size(fw_cfg);
  PhysAddr place = TRY(memory.allocate(efi::AllocateType::AnyPages, efi::MemoryType::RuntimeServicesData, PageCount::covering({size}), {},
                                       core::PageOwner::SetUp));
  MutableByteSpan out(static_cast<std::byte*>(at(place)), size);
  return platform::build_smbios(fw_cfg, {kVersion, platform::hypervisor_name(hypervisor)}, out, place);
}

}  // namespace

Result<> install_os_tables(core::Tables& tables, core::MemoryMap& memory, core::PhysicalMemory& physical, const platform::AcpiFacts* acpi,
                           const Hypervisor& hypervisor, drivers::FwCfg* fw_cfg, RuntimeData& runtime, PvhGuestTable& guest) {
  const platform::SmbiosEntryPoints entry_points = TRY(smbios(memory, physical, hypervisor, fw_cfg));
  StaticVector<efi::ConfigurationTable, 6> all;
  auto add = [&all](const efi::Guid& guid, void* table) { CHECK(all.push_back({guid, table})); };
  // The RSDP as the hypervisor gave it: under Xen an OS recognises its host by these very tables.
  if (acpi != nullptr) add(acpi->rsdp_revision >= 2 ? efi::kAcpi20Table : efi::kAcpi10Table, at(acpi->rsdp));
  if (entry_points.v2.value != 0) add(efi::kSmbiosTable, at(entry_points.v2));
  if (entry_points.v3.value != 0) add(efi::kSmbios3Table, at(entry_points.v3));
  add(efi::kMemoryAttributesTable, &runtime.memory_attributes);
  add(efi::kRtPropertiesTable, &runtime.properties);
  add(efi::kPvhGuestTable, guest.table());
  return tables.install(std::span<const efi::ConfigurationTable>(all.begin(), all.size()));
}

}  // namespace efilite::boot
