// SPDX-License-Identifier: BSD-2-Clause-Patent
// SMBIOS [DSP0134]: the hypervisor's tables where it left some, QEMU's parts put together, or a small truthful table of our own.
#pragma once

#include <string_view>

#include "abi/hypervisor.hpp"
#include "core/ports.hpp"
#include "drivers/fw_cfg.hpp"

namespace efilite::platform {

// Entry points by their kind; 0: none. These addresses go into the configuration table.
struct SmbiosEntryPoints {
  PhysAddr v2{};  // _SM_, efi::kSmbiosTable
  PhysAddr v3{};  // _SM3_, efi::kSmbios3Table
  constexpr bool any() const { return v2.value != 0 || v3.value != 0; }
};

// The first one in 0xF0000..0xFFFFF [DSP0134, 5.2], from `near` on: a BIOS makes its tables one after the other, so that it lies beside
// ACPI's root pointer. Entry points with wrong checksums, or whose table is not mapped, do not count.
SmbiosEntryPoints find_smbios(core::PhysicalMemory& memory, PhysAddr near);

struct SmbiosIdentity {
  std::string_view version;       // of efilite
  std::string_view manufacturer;  // of the machine
};
// "QEMU", "KVM", "Xen", ...; "unknown" on a machine that does not say.
std::string_view hypervisor_name(const Hypervisor& hypervisor);

// How many bytes build_smbios() needs: for the tables of QEMU's fw_cfg where they are there (nullptr: no fw_cfg), else for our own.
uint64_t smbios_size(drivers::FwCfg* fw_cfg);

// Writes tables and entry point into `out`, which is at `address` and lives as long as the operating system does (runtime data).
Result<SmbiosEntryPoints> build_smbios(drivers::FwCfg* fw_cfg, const SmbiosIdentity& identity, MutableByteSpan out, PhysAddr address);

}  // namespace efilite::platform
