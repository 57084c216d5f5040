// SPDX-License-Identifier: BSD-2-Clause-Patent
// The few facts that the firmware needs of the hypervisor's ACPI tables: how to tell time, how to power off, how to reset. The tables
// themselves go to the operating system as they are, but for a PM timer and events that are not there.
#pragma once

#include <optional>

#include "core/ports.hpp"

namespace efilite::platform {

// A Generic Address Structure [ACPI 6.5, 5.2.3.2], or what an older FADT field amounts to.
struct AcpiRegister {
  enum class Space : uint8_t { Memory = 0, Io = 1, None = 0xFF };
  Space space = Space::None;
  uint8_t bit_width = 0;
  uint64_t address = 0;
  constexpr bool present() const { return space != Space::None; }
};

struct AcpiFacts {
  PhysAddr rsdp{};
  uint8_t rsdp_revision = 0;
  PhysAddr fadt{};  // 0: no FADT, and nothing below is known but the local APIC
  PhysAddr dsdt{};
  PhysRange tables{};  // from the first table to the end of the last, whatever lies between; all memory when one cannot be read

  // FADT [ACPI 6.5, 5.2.9]
  AcpiRegister pm_timer;
  bool pm_timer_32_bits = false;  // TMR_VAL_EXT, else 24
  AcpiRegister pm1a_control;
  AcpiRegister pm1b_control;
  uint16_t sci_interrupt = 0;
  uint32_t smi_command_port = 0;  // 0: ACPI mode is always on
  uint8_t acpi_enable = 0;        // to be written there; 0: nothing
  bool hardware_reduced = false;
  AcpiRegister sleep_control;
  AcpiRegister sleep_status;
  AcpiRegister reset_register;  // present only with RESET_REG_SUP
  uint8_t reset_value = 0;
  uint8_t century_index = 0;  // in CMOS RAM; 0: none
  // IA-PC boot architecture flags: what they deny is denied; without a FADT of revision 2 nothing is
  bool has_i8042 = true;
  bool has_vga = true;
  bool has_cmos_rtc = true;

  // \_S5_ [ACPI 6.5, 7.4.2.6]
  struct SleepType {
    uint8_t a, b;
  };
  std::optional<SleepType> s5;

  // MADT [ACPI 6.5, 5.2.12]
  bool has_madt = false;
  uint64_t local_apic = 0xFEE00000;
  bool has_8259 = true;
};

// Follows `rsdp`, or searches where the BIOS put it when that is 0 [ACPI 6.5, 5.2.5.1]. NotFound: there is none.
// A table that cannot be read or fails its checksum counts as absent and is told in the log.
// Who never powers off by ACPI wants no s5: where it is missing, all AML is searched for it.
Result<AcpiFacts> read_acpi(core::PhysicalMemory& memory, PhysAddr rsdp, bool wants_s5 = true);

// Takes a PM timer and general purpose events at which nobody answers out of the facts and out of all FADTs, which are summed anew
// [ACPI 6.5, 5.2.9: the block's address is zero where there is none]: whoever believes in them counts ticks for ever, or runs the methods
// of events that never were (docs/adr/0007). `read` reads 32 bits of a port.
void drop_dead_blocks(core::PhysicalMemory& memory, AcpiFacts& facts, uint32_t (*read)(uint16_t port));

}  // namespace efilite::platform
