// SPDX-License-Identifier: BSD-2-Clause-Patent
// Where a machine's buses are: PCI's configuration space and address windows, and the places of virtio-mmio devices. ACPI tells, the
// command line tells, or the machine is known. Nothing here touches a device.
#pragma once

#include <string_view>

#include "base/static_vector.hpp"
#include "core/device_ports.hpp"
#include "drivers/pci/config_access.hpp"

namespace efilite::platform {

using drivers::pci::EcamWindow;

// Registers of what may be a virtio device [virtio 1.2, 4.2].
struct MmioPlace {
  uint64_t base = 0;
  uint64_t size = 0;
};

struct Buses {
  StaticVector<EcamWindow, 8> ecam;
  StaticVector<core::PciWindow, 32> pci_windows;
  StaticVector<MmioPlace, 128> mmio;

  // Told twice it is there once. What there is no room for is left out after a word in the log; sizes that cannot be are left out, too.
  void add(const EcamWindow& window);
  void add(const core::PciWindow& window);
  void add(const MmioPlace& place);
};

// MCFG; and what DSDT and SSDTs have of resources, which takes some time. `rsdp` and `dsdt` as in AcpiFacts.
void read_mcfg(core::PhysicalMemory& memory, PhysAddr rsdp, Buses& buses);
void read_aml(core::PhysicalMemory& memory, PhysAddr rsdp, PhysAddr dsdt, Buses& buses);

// Linux's option virtio_mmio.device=<size>@<base>:<irq>[:<id>], as often as it is there [Linux admin-guide/kernel-parameters].
void read_mmio_options(std::string_view command_line, Buses& buses);

// The slots of QEMU's microvm, which tells of them in neither way when both ACPI and the option auto-kernel-cmdline are off.
void add_microvm_slots(Buses& buses);

// Where Cloud Hypervisor and Firecracker have PCI, for one that has no ACPI; whoever uses them looks first whether there is a bus.
inline constexpr EcamWindow kKnownEcam[] = {{0xE800'0000, 0, 0, 0}, {0xEEC0'0000, 0, 0, 0}};

}  // namespace efilite::platform
