// SPDX-License-Identifier: BSD-2-Clause-Patent
// The configuration tables that efilite offers [UEFI 2.10, 4.6]: ACPI and SMBIOS of the hypervisor, what the hypervisor told, and the
// runtime's own.
#pragma once

#include "abi/hypervisor.hpp"
#include "boot/firmware/runtime_region.hpp"
#include "boot/pvh_guest_table.hpp"
#include "core/tables.hpp"
#include "drivers/fw_cfg.hpp"

namespace efilite::boot {

// `acpi` and `fw_cfg` may be nullptr. `may_extend_acpi`: an FPDT is added to what the hypervisor gave.
Result<> install_os_tables(core::Tables& tables, core::Pool& pool, core::PhysicalMemory& physical, const platform::AcpiFacts* acpi,
                           const Hypervisor& hypervisor, drivers::FwCfg* fw_cfg, RuntimeData& runtime, PvhGuestTable& guest,
                           bool may_extend_acpi);

}  // namespace efilite::boot
