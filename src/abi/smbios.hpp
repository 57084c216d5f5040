// SPDX-License-Identifier: BSD-2-Clause-Patent
// SMBIOS 3.6 [DSP0134] as plain structs: the entry points, and the structures that efilite makes itself.
#pragma once

#include <cstddef>
#include <cstdint>

namespace efilite::smbios {

// [5.2.1] 32-bit entry point
struct [[gnu::packed]] EntryPoint2 {
  char anchor[4];    // "_SM_"
  uint8_t checksum;  // of entry_length bytes
  uint8_t entry_length;
  uint8_t major;
  uint8_t minor;
  uint16_t longest_structure;
  uint8_t revision;
  uint8_t formatted_area[5];
  char intermediate_anchor[5];    // "_DMI_"
  uint8_t intermediate_checksum;  // of the bytes from intermediate_anchor on
  uint16_t table_length;
  uint32_t table_address;
  uint16_t structure_count;
  uint8_t bcd_revision;
};
static_assert(sizeof(EntryPoint2) == 31 && offsetof(EntryPoint2, table_address) == 0x18);

// [5.2.2] 64-bit entry point
struct [[gnu::packed]] EntryPoint3 {
  char anchor[5];    // "_SM3_"
  uint8_t checksum;  // of entry_length bytes
  uint8_t entry_length;
  uint8_t major;
  uint8_t minor;
  uint8_t docrev;
  uint8_t entry_revision;
  uint8_t reserved;
  uint32_t table_max_size;
  uint64_t table_address;
};
static_assert(sizeof(EntryPoint3) == 24 && offsetof(EntryPoint3, table_address) == 0x10);

// [6.1.2] Strings follow the formatted part, each with its NUL, and one more NUL ends them; two NULs when there are none.
struct [[gnu::packed]] Header {
  uint8_t type;
  uint8_t length;
  uint16_t handle;
};

// [7.1] type 0
struct [[gnu::packed]] BiosInformation {
  Header header;
  uint8_t vendor;
  uint8_t version;
  uint16_t starting_segment;  // 0 for UEFI
  uint8_t release_date;
  uint8_t rom_size;
  uint64_t characteristics;
  uint8_t characteristics_extension[2];
  uint8_t major_release;
  uint8_t minor_release;
  uint8_t controller_major_release;
  uint8_t controller_minor_release;
};
static_assert(sizeof(BiosInformation) == 0x18);
inline constexpr uint64_t kCharacteristicsNotSupported = 1 << 3;
inline constexpr uint8_t kExtension2Uefi = 1 << 3;
inline constexpr uint8_t kExtension2VirtualMachine = 1 << 4;

// [7.2] type 1
struct [[gnu::packed]] SystemInformation {
  Header header;
  uint8_t manufacturer;
  uint8_t product_name;
  uint8_t version;
  uint8_t serial_number;
  uint8_t uuid[16];  // all zero: not present
  uint8_t wake_up_type;
  uint8_t sku_number;
  uint8_t family;
};
static_assert(sizeof(SystemInformation) == 0x1B);
inline constexpr uint8_t kWakeUpUnknown = 2;

inline constexpr uint8_t kTypeBios = 0;
inline constexpr uint8_t kTypeSystem = 1;
inline constexpr uint8_t kTypeEndOfTable = 127;

}  // namespace efilite::smbios
