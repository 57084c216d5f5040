// SPDX-License-Identifier: BSD-2-Clause-Patent
// QEMU gives its BIOS all ACPI tables as one file, which is as long as they may ever become: 128 KiB, of which 9 are used. The BIOS places
// the file as it is, and so it keeps the OS from pages that nobody knows of (docs/adr/0011).
#pragma once

#include "core/ports.hpp"
#include "drivers/fw_cfg.hpp"

namespace efilite::platform {

// The whole pages of that file behind its last table, where the BIOS has put it; empty where it cannot be told that it has. `tables` is
// AcpiFacts's.
PhysRange acpi_padding(core::PhysicalMemory& memory, PhysRange tables, drivers::FwCfg& fw_cfg);

}  // namespace efilite::platform
