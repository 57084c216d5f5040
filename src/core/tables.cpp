// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/tables.hpp"

#include <algorithm>

#include "base/crc32.hpp"

namespace efilite::core {
namespace {

constexpr char16_t kVendor[] = u"efilite";

// [UEFI 2.10, 4.2] over HeaderSize bytes, the field itself counted as zero.
template <typename Table>
void checksum(Table& table) {
  table.header.crc32 = 0;
  table.header.crc32 = crc32(bytes_of(table));
}

template <typename Table>
void complete(Table& table, uint64_t signature) {
  table.header = {signature, efi::kRevision2_10, sizeof(Table), 0, 0};
  checksum(table);
}

}  // namespace

Result<> Tables::begin() {
  void* vendor = TRY(pool_.allocate(efi::MemoryType::RuntimeServicesData, sizeof kVendor));
  memcpy(vendor, kVendor, sizeof kVendor);
  *system_table_ = {};
  system_table_->firmware_vendor = static_cast<efi::Char16*>(vendor);
  system_table_->firmware_revision = kFirmwareRevision;
  complete(*system_table_, efi::kSystemTableSignature);
  return {};
}

void Tables::publish(efi::BootServices& services) {
  complete(services, efi::kBootServicesSignature);
  system_table_->boot_services = &services;
  update_checksum();
}

void Tables::publish(efi::RuntimeServices& services) {
  complete(services, efi::kRuntimeServicesSignature);
  system_table_->runtime_services = &services;
  update_checksum();
}

void Tables::update_checksum() { checksum(*system_table_); }

void* Tables::find(const efi::Guid& guid) const {
  auto found = std::ranges::find(entries(), guid, &efi::ConfigurationTable::vendor_guid);
  return found == entries().end() ? nullptr : found->vendor_table;
}

Result<> Tables::install(const efi::Guid& guid, void* table) {
  const efi::ConfigurationTable one{guid, table};  // the caller's may lie in the array that is about to change
  return install({&one, 1});
}

Result<> Tables::install(std::span<const efi::ConfigurationTable> tables) {
  Result<> done;
  size_t count = 0;
  for (; done && count < tables.size(); ++count) done = put(tables[count].vendor_guid, tables[count].vendor_table);
  update_checksum();
  for (const efi::ConfigurationTable& table : tables.first(done ? count : count - 1)) events_.signal_group(table.vendor_guid);
  return done;
}

Result<> Tables::put(const efi::Guid& guid, void* table) {
  auto all = entries();
  auto found = std::ranges::find(all, guid, &efi::ConfigurationTable::vendor_guid);
  if (found == all.end()) return table != nullptr ? add(guid, table) : Status::NotFound;
  if (table != nullptr) {
    found->vendor_table = table;
  } else {
    std::move(found + 1, all.end(), found);
    --system_table_->number_of_table_entries;
  }
  return {};
}

Result<> Tables::add(const efi::Guid& guid, void* table) {
  const size_t count = system_table_->number_of_table_entries;
  if (count == capacity_) {
    const size_t capacity = capacity_ == 0 ? kFirstCapacity : 2 * capacity_;
    auto* larger = static_cast<efi::ConfigurationTable*>(
        TRY(pool_.allocate(efi::MemoryType::RuntimeServicesData, capacity * sizeof(efi::ConfigurationTable))));
    auto* old = system_table_->configuration_table;
    std::ranges::copy(entries(), larger);
    system_table_->configuration_table = larger;
    capacity_ = capacity;
    if (old != nullptr) static_cast<void>(pool_.free(old));
  }
  system_table_->configuration_table[count] = {guid, table};
  system_table_->number_of_table_entries = count + 1;
  return {};
}

void Tables::forget_boot_services() {
  efi::SystemTable& t = *system_table_;
  t.console_in_handle = t.console_out_handle = t.standard_error_handle = nullptr;
  t.con_in = nullptr;
  t.con_out = t.std_err = nullptr;
  t.boot_services = nullptr;
  update_checksum();
}

}  // namespace efilite::core
