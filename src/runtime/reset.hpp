// SPDX-License-Identifier: BSD-2-Clause-Patent
// ResetSystem [UEFI 2.10, 8.5.1] by the facts of ACPI's FADT and DSDT, which the composition fills in.
#pragma once

#include <cstdint>

#include "abi/uefi/types.hpp"
#include "arch/io.hpp"

namespace efilite::runtime {

// ACPI's Generic Address Structure, reduced [ACPI 6.5, 5.2.3.2]; the numbers are ACPI's.
struct ResetRegister {
  enum class Space : uint8_t { Memory = 0, Io = 1, PciConfig = 2, None = 0xFF };
  uint64_t address;  // Memory: converted when the runtime is moved, and dropped when the OS gives it no virtual address
  Space space;
};

struct ResetFacts {
  ResetRegister reset = {0, ResetRegister::Space::None};  // FADT RESET_REG, when RESET_REG_SUP is set
  uint8_t reset_value = 0;
  uint8_t s5_sleep_type_a = 0;  // \_S5, first and second element
  uint8_t s5_sleep_type_b = 0;
  bool s5_known = false;      // without it neither way of powering off below is tried
  uint16_t pm1a_control = 0;  // ports; 0: none
  uint16_t pm1b_control = 0;
  ResetRegister sleep_control = {0, ResetRegister::Space::None};  // hardware-reduced ACPI
  bool keyboard_controller = false;                              // an i8042 that can pulse the reset line
  arch::HypercallBy xen = arch::HypercallBy::Nothing;            // Xen's guests end by SCHEDOP_shutdown, and nothing above is tried
  uint16_t debug_port = 0;                                       // where ResetSystem tells what it does; 0: nowhere
};

// Tells the debug port "ResetSystem: EfiReset...", then acts. Cold, warm and platform-specific resets try, in this order: reset register,
// i8042, port 0xCF9, triple fault. Shutdown: sleep control register, PM1. When the machine knows no way to power off, or did not
// obey, the debug port is told so and a cold reset follows, since the service may not return. On Xen one call does all of it, and the
// triple fault, which Xen takes for a reboot, is for a Xen that refuses.
[[noreturn]] void reset_machine(const ResetFacts& facts, efi::ResetType type);

}  // namespace efilite::runtime
