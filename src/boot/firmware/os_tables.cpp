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

constexpr uint64_t k4GiB = uint64_t{1} << 32;

void* at(PhysAddr address) { return reinterpret_cast<void*>(address.value); }
PhysAddr address_of(const std::byte* p) { return {reinterpret_cast<uint64_t>(p)}; }

Result<platform::SmbiosEntryPoints> smbios(core::Pool& pool, core::PhysicalMemory& physical, const platform::AcpiFacts* acpi,
                                           const Hypervisor& hypervisor, drivers::FwCfg* fw_cfg) {
  platform::SmbiosEntryPoints found = platform::find_smbios(physical, acpi != nullptr ? acpi->rsdp : PhysAddr{});
  if (found.any()) return found;
  uint64_t size = platform::smbios_size(fw_cfg);
  auto* const place = static_cast<std::byte*>(TRY(pool.allocate(efi::MemoryType::RuntimeServicesData, size)));
  return platform::build_smbios(fw_cfg, {kVersion, platform::hypervisor_name(hypervisor)}, {place, size}, address_of(place));
}

// The root pointer of tables with an FPDT among them. In the pool its page has room for what a kernel's loader keeps in such memory.
Result<PhysAddr> with_fpdt(core::Pool& pool, core::PhysicalMemory& physical, PhysAddr rsdp, acpi::BootPerformance& record, uint64_t size) {
  const acpi::Fpdt table = make_fpdt(reinterpret_cast<uint64_t>(&record));
  auto* const place = static_cast<std::byte*>(TRY(pool.allocate(efi::MemoryType::AcpiReclaim, size)));
  const PhysAddr address = address_of(place);
  auto extended = address.value + size <= k4GiB ? platform::extend_acpi(physical, rsdp, bytes_of(table), {place, size}, address)
                                                : Result<PhysAddr>(Status::OutOfResources);  // an RSDT has no room for more
  if (!extended) (void)pool.free(place);
  return extended;
}

// Without the record the boot is the same: what does not work is told, and the hypervisor's tables are used.
PhysAddr root_pointer(core::Pool& pool, core::PhysicalMemory& physical, PhysAddr rsdp, acpi::BootPerformance& record) {
  constexpr uint64_t kUsual = 1024;
  auto extended = with_fpdt(pool, physical, rsdp, record, kUsual);
  if (extended.status() == Status::BufferTooSmall) extended = with_fpdt(pool, physical, rsdp, record, kPageSize);
  if (!extended) log::line("efilite: no FPDT: ", extended.status());
  return extended ? *extended : rsdp;
}

}  // namespace

Result<> install_os_tables(core::Tables& tables, core::Pool& pool, core::PhysicalMemory& physical, const platform::AcpiFacts* acpi,
                           const Hypervisor& hypervisor, drivers::FwCfg* fw_cfg, RuntimeData& runtime, PvhGuestTable& guest,
                           bool may_extend_acpi) {
  const platform::SmbiosEntryPoints entry_points = TRY(smbios(pool, physical, acpi, hypervisor, fw_cfg));
  StaticVector<efi::ConfigurationTable, 6> all;
  auto add = [&all](const efi::Guid& guid, void* table) { CHECK(all.push_back({guid, table})); };
  // Under Xen as the hypervisor gave it: an OS recognises its host by these very tables.
  if (acpi != nullptr) {
    const PhysAddr rsdp = may_extend_acpi ? root_pointer(pool, physical, acpi->rsdp, runtime.boot_performance) : acpi->rsdp;
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
