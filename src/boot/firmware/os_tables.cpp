// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/os_tables.hpp"

#include "base/log.hpp"
#include "base/static_vector.hpp"
#include "boot/boot_times.hpp"
#include "boot/firmware/version.hpp"
#include "platform/acpi_extend.hpp"
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

// The root pointer of tables with an FPDT among them.
Result<PhysAddr> with_fpdt(core::MemoryMap& memory, core::PhysicalMemory& physical, PhysAddr rsdp, acpi::BootPerformance& record) {
  constexpr PhysAddr kBelow4GiB{0xFFFFFFFF};  // an RSDT has no room for more
  const acpi::Fpdt table = make_fpdt(reinterpret_cast<uint64_t>(&record));
  const PhysAddr place =
      TRY(memory.allocate(efi::AllocateType::MaxAddress, efi::MemoryType::AcpiReclaim, {1}, kBelow4GiB, core::PageOwner::SetUp));
  const MutableByteSpan room(static_cast<std::byte*>(at(place)), kPageSize);
  auto extended = platform::extend_acpi(physical, rsdp, bytes_of(table), room, place);
  if (!extended) (void)memory.free(place, {1}, core::PageOwner::SetUp);
  return extended;
}

// Without the record the boot is the same: what does not work is told, and the hypervisor's tables are used.
PhysAddr root_pointer(core::MemoryMap& memory, core::PhysicalMemory& physical, PhysAddr rsdp, acpi::BootPerformance& record) {
  auto extended = with_fpdt(memory, physical, rsdp, record);
  if (!extended) log::line("efilite: no FPDT: ", extended.status());
  return extended ? *extended : rsdp;
}

}  // namespace

Result<> install_os_tables(core::Tables& tables, core::MemoryMap& memory, core::PhysicalMemory& physical, const platform::AcpiFacts* acpi,
                           const Hypervisor& hypervisor, drivers::FwCfg* fw_cfg, RuntimeData& runtime, PvhGuestTable& guest,
                           bool may_extend_acpi) {
  const platform::SmbiosEntryPoints entry_points = TRY(smbios(memory, physical, hypervisor, fw_cfg));
  StaticVector<efi::ConfigurationTable, 6> all;
  auto add = [&all](const efi::Guid& guid, void* table) { CHECK(all.push_back({guid, table})); };
  // Under Xen as the hypervisor gave it: an OS recognises its host by these very tables.
  if (acpi != nullptr) {
    const PhysAddr rsdp = may_extend_acpi ? root_pointer(memory, physical, acpi->rsdp, runtime.boot_performance) : acpi->rsdp;
    add(acpi->rsdp_revision >= 2 ? efi::kAcpi20Table : efi::kAcpi10Table, at(rsdp));
  }
  if (entry_points.v2.value != 0) add(efi::kSmbiosTable, at(entry_points.v2));
  if (entry_points.v3.value != 0) add(efi::kSmbios3Table, at(entry_points.v3));
  add(efi::kMemoryAttributesTable, &runtime.memory_attributes);
  add(efi::kRtPropertiesTable, &runtime.properties);
  add(efi::kPvhGuestTable, guest.table());
  return tables.install(std::span<const efi::ConfigurationTable>(all.begin(), all.size()));
}

}  // namespace efilite::boot
