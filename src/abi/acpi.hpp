// SPDX-License-Identifier: BSD-2-Clause-Patent
// ACPI 6.5 tables as plain structs: those that the firmware itself reads.
#pragma once

#include <cstddef>
#include <cstdint>

namespace efilite::acpi {

constexpr uint32_t signature(const char (&text)[5]) {
  return static_cast<uint32_t>(text[0]) | static_cast<uint32_t>(text[1]) << 8 | static_cast<uint32_t>(text[2]) << 16 |
         static_cast<uint32_t>(text[3]) << 24;
}

// [5.2.5.3] Revision 0 ends after rsdt_address.
struct [[gnu::packed]] Rsdp {
  char signature[8];  // "RSD PTR "
  uint8_t checksum;   // of the first 20 bytes
  char oem_id[6];
  uint8_t revision;
  uint32_t rsdt_address;
  uint32_t length;
  uint64_t xsdt_address;
  uint8_t extended_checksum;
  uint8_t reserved[3];
};
static_assert(sizeof(Rsdp) == 36);
inline constexpr uint64_t kRsdp1Size = 20;

// [5.2.6]
struct [[gnu::packed]] Header {
  uint32_t signature;
  uint32_t length;
  uint8_t revision;
  uint8_t checksum;
  char oem_id[6];
  char oem_table_id[8];
  uint32_t oem_revision;
  uint32_t creator_id;
  uint32_t creator_revision;
};
static_assert(sizeof(Header) == 36);

// [5.2.3.2] Generic Address Structure
struct [[gnu::packed]] GenericAddress {
  uint8_t space;  // 0 memory, 1 I/O
  uint8_t bit_width;
  uint8_t bit_offset;
  uint8_t access_size;
  uint64_t address;
};
static_assert(sizeof(GenericAddress) == 12);

// [5.2.9] Older revisions are shorter.
struct [[gnu::packed]] Fadt {
  Header header;
  uint32_t firmware_ctrl;
  uint32_t dsdt;
  uint8_t reserved1;
  uint8_t preferred_pm_profile;
  uint16_t sci_int;
  uint32_t smi_cmd;
  uint8_t acpi_enable;
  uint8_t acpi_disable;
  uint8_t s4bios_req;
  uint8_t pstate_cnt;
  uint32_t pm1a_evt_blk;
  uint32_t pm1b_evt_blk;
  uint32_t pm1a_cnt_blk;
  uint32_t pm1b_cnt_blk;
  uint32_t pm2_cnt_blk;
  uint32_t pm_tmr_blk;
  uint32_t gpe0_blk;
  uint32_t gpe1_blk;
  uint8_t pm1_evt_len;
  uint8_t pm1_cnt_len;
  uint8_t pm2_cnt_len;
  uint8_t pm_tmr_len;
  uint8_t gpe0_blk_len;
  uint8_t gpe1_blk_len;
  uint8_t gpe1_base;
  uint8_t cst_cnt;
  uint16_t p_lvl2_lat;
  uint16_t p_lvl3_lat;
  uint16_t flush_size;
  uint16_t flush_stride;
  uint8_t duty_offset;
  uint8_t duty_width;
  uint8_t day_alrm;
  uint8_t mon_alrm;
  uint8_t century;
  uint16_t iapc_boot_arch;
  uint8_t reserved2;
  uint32_t flags;
  GenericAddress reset_reg;
  uint8_t reset_value;
  uint16_t arm_boot_arch;
  uint8_t minor_version;
  uint64_t x_firmware_ctrl;
  uint64_t x_dsdt;
  GenericAddress x_pm1a_evt_blk;
  GenericAddress x_pm1b_evt_blk;
  GenericAddress x_pm1a_cnt_blk;
  GenericAddress x_pm1b_cnt_blk;
  GenericAddress x_pm2_cnt_blk;
  GenericAddress x_pm_tmr_blk;
  GenericAddress x_gpe0_blk;
  GenericAddress x_gpe1_blk;
  GenericAddress sleep_control_reg;
  GenericAddress sleep_status_reg;
  uint64_t hypervisor_vendor_id;
};
static_assert(sizeof(Fadt) == 276);
static_assert(offsetof(Fadt, pm_tmr_blk) == 76 && offsetof(Fadt, century) == 108 && offsetof(Fadt, flags) == 112);
static_assert(offsetof(Fadt, reset_reg) == 116 && offsetof(Fadt, x_dsdt) == 140 && offsetof(Fadt, x_pm_tmr_blk) == 208);
static_assert(offsetof(Fadt, sleep_control_reg) == 244);
inline constexpr uint32_t kFadt1Size = 116;

// [5.2.9.1] fixed feature flags
inline constexpr uint32_t kFlagTimer32Bits = 1 << 8;
inline constexpr uint32_t kFlagResetRegister = 1 << 10;
inline constexpr uint32_t kFlagHardwareReduced = 1 << 20;

// [5.2.9.3] IA-PC boot architecture flags
inline constexpr uint16_t kBootArch8042 = 1 << 1;
inline constexpr uint16_t kBootArchNoVga = 1 << 2;
inline constexpr uint16_t kBootArchNoCmosRtc = 1 << 5;

// [5.2.12] MADT; entries of {type, length} follow.
struct [[gnu::packed]] Madt {
  Header header;
  uint32_t local_apic;
  uint32_t flags;
};
static_assert(sizeof(Madt) == 44);
inline constexpr uint32_t kMadtHas8259 = 1;
inline constexpr uint8_t kMadtLocalApicOverride = 5;  // [5.2.12.8] u16 reserved, u64 address

// [PCI Firmware 3.2, 4.1.2] MCFG: entries follow behind 8 reserved bytes.
struct [[gnu::packed]] McfgEntry {
  uint64_t base;  // of bus 0, even where first_bus is another
  uint16_t segment;
  uint8_t first_bus;
  uint8_t last_bus;
  uint32_t reserved;
};
static_assert(sizeof(McfgEntry) == 16);
inline constexpr uint64_t kMcfgEntries = sizeof(Header) + 8;

// [5.2.24] FPDT, with the one record that leads to the boot record.
struct [[gnu::packed]] Fpdt {
  Header header;
  uint16_t type;  // 0: Firmware Basic Boot Performance Pointer Record [5.2.24.3]
  uint8_t record_length;
  uint8_t revision;
  uint32_t reserved;
  uint64_t boot_table;
};
static_assert(sizeof(Fpdt) == 52);

// [5.2.24.4, 5.2.24.5] the table with its one record: nanoseconds since the machine was reset
struct BootPerformance {
  uint32_t signature;  // "FBPT"
  uint32_t length;
  uint16_t type;  // 2
  uint8_t record_length;
  uint8_t revision;  // 2
  uint32_t reserved;
  uint64_t reset_end;
  uint64_t load_image_start;
  uint64_t start_image_start;
  uint64_t exit_boot_services_entry;
  uint64_t exit_boot_services_exit;
};
static_assert(sizeof(BootPerformance) == 56);

}  // namespace efilite::acpi
