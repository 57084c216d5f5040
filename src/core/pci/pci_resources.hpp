// SPDX-License-Identifier: BSD-2-Clause-Patent
// Addresses of PCI as ACPI's QWORD address space descriptors [ACPI 6.5, 6.4.3.5.1; UEFI 2.10, 14.2.1 table 14.1].
#pragma once

#include "abi/uefi/pci_io.hpp"
#include "core/device_ports.hpp"
#include "core/memory/pool.hpp"

namespace efilite::core {

// A block of the pool's, with an end tag: the windows of a root bridge and its bus numbers.
Result<void*> describe_root(Pool& pool, PciRoot& root);
// The same for one BAR.
Result<void*> describe_bar(Pool& pool, const PciBar& bar);

}  // namespace efilite::core
