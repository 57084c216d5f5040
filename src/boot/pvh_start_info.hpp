// SPDX-License-Identifier: BSD-2-Clause-Patent
// The PVH entry's hvm_start_info, versions 0 and 1 [xen/arch-x86/hvm/start_info.h], into BootInfo.
#pragma once

#include "boot/boot_info.hpp"
#include "core/ports.hpp"
#include "drivers/fw_cfg.hpp"
#include "drivers/xen/hypercalls.hpp"

namespace efilite::boot {

// Reads start_info alone. info.memory stays empty when it carries no map (version 0, or no entries).
BootResult parse_start_info(core::PhysicalMemory& memory, PhysAddr start_info, BootInfo& info);

// fw_cfg's etc/e820: 20-byte entries, RAM and reservations, without the legacy hole (which is reserved here).
BootResult parse_e820_file(core::ByteSource& file, BootInfo& info);

// What Xen tells by XENMEM_memory_map, in entries of the same kind.
BootResult read_xen_memory_map(drivers::xen::Hypercalls& xen, BootInfo& info);

// The whole of it: start_info, then the memory map of Xen or fw_cfg where start_info has none, then the map made canonical.
// `xen` and `fw_cfg` may be nullptr: no such hypervisor, no such device.
BootResult collect_boot_info(core::PhysicalMemory& memory, PhysAddr start_info, drivers::xen::Hypercalls* xen, drivers::FwCfg* fw_cfg,
                             BootInfo& info);

}  // namespace efilite::boot
