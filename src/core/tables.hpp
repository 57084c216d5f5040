// SPDX-License-Identifier: BSD-2-Clause-Patent
// Tables: the System Table, the checksums of all tables, and the configuration tables [UEFI 2.10, chapter 4 and 7.5.6]. What an OS still
// reads after boot, and after a kexec, lies in runtime services data: the System Table, the vendor's name, the configuration
// tables' array.
#pragma once

#include <span>

#include "abi/uefi/tables.hpp"
#include "base/result.hpp"
#include "core/events/events.hpp"
#include "core/memory/pool.hpp"

namespace efilite::core {

inline constexpr uint32_t kFirmwareRevision = 0x00000001;  // 0.1

class Tables {
 public:
  // `system_table` lies in runtime services data.
  constexpr Tables(Pool& pool, EventQueue& events, efi::SystemTable* system_table)
      : pool_(pool), events_(events), system_table_(system_table) {}
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  // The System Table without console, services and configuration tables. OUT_OF_RESOURCES: no memory for the vendor's name.
  Result<> begin();
  efi::SystemTable* system_table() { return system_table_; }

  // Headers and checksums of tables whose functions are in place; the System Table points at them from now on.
  void publish(efi::BootServices& services);
  void publish(efi::RuntimeServices& services);
  // To be called after each change of a field of the System Table [UEFI 2.10, 4.2].
  void update_checksum();

  // [UEFI 2.10, 7.5.6] adds, replaces, or with nullptr removes. NOT_FOUND: nothing to remove.
  Result<> install(const efi::Guid& guid, void* table);
  // Several, with one new checksum for all of them.
  Result<> install(std::span<const efi::ConfigurationTable> tables);
  void* find(const efi::Guid& guid) const;

  // [UEFI 2.10, 4.3 and 7.4.6] what is gone with boot services: consoles and the services themselves.
  void forget_boot_services();

 private:
  static constexpr size_t kFirstCapacity = 8;

  std::span<efi::ConfigurationTable> entries() const {
    return {system_table_->configuration_table, system_table_->number_of_table_entries};
  }
  Result<> put(const efi::Guid& guid, void* table);
  Result<> add(const efi::Guid& guid, void* table);

  Pool& pool_;
  EventQueue& events_;
  efi::SystemTable* const system_table_;
  size_t capacity_ = 0;
};

}  // namespace efilite::core
