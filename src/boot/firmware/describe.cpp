// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/describe.hpp"

#include <array>

#include "abi/pvh_guest.hpp"
#include "base/log.hpp"

namespace efilite::boot {

namespace {

const char* type_name(efi::MemoryType type) {
  constexpr std::array<const char*, 16> names = {
      "reserved", "loader code", "loader data", "boot services code", "boot services data", "runtime code", "runtime data", "free",
      "unusable", "ACPI tables", "ACPI NVS", "MMIO", "MMIO ports", "PAL code", "persistent", "unaccepted"};
  auto index = static_cast<uint32_t>(type);
  return index < names.size() ? names[index] : "OEM or OS";
}

const char* table_name(const efi::Guid& guid) {
  if (guid == efi::kAcpi20Table) return "ACPI 2.0";
  if (guid == efi::kAcpi10Table) return "ACPI 1.0";
  if (guid == efi::kSmbiosTable) return "SMBIOS";
  if (guid == efi::kSmbios3Table) return "SMBIOS 3";
  if (guid == efi::kMemoryAttributesTable) return "memory attributes";
  if (guid == efi::kRtPropertiesTable) return "runtime properties";
  if (guid == efi::kPvhGuestTable) return "PVH guest";
  return "other";
}

}  // namespace

void describe(const BootInfo& info, const core::MemoryMap& memory, core::Tables& tables) {
  log::line("command line: ", info.command_line());
  for (const Module& module : info.modules) log::line("module: ", module.range.begin, " - ", module.range.end);
  memory.for_each([](const efi::MemoryDescriptor& d) {
    log::line("memory: ", log::Hex{d.physical_start}, " - ", log::Hex{d.physical_start + d.number_of_pages * kPageSize}, " ",
              type_name(d.type));
  });
  const efi::SystemTable& table = *tables.system_table();
  for (const efi::ConfigurationTable& entry : std::span(table.configuration_table, table.number_of_table_entries))
    log::line("table: ", table_name(entry.vendor_guid), " at ", log::Hex{reinterpret_cast<uint64_t>(entry.vendor_table)});
}

}  // namespace efilite::boot
