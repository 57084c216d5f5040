// SPDX-License-Identifier: BSD-2-Clause-Patent
// PCI as programs see it: one handle for a root bridge with EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL, and below it one for each function with
// EFI_PCI_IO_PROTOCOL [UEFI 2.10, 14]. Nothing is looked for before add().
#pragma once

#include "core/handles/handles.hpp"
#include "core/pci/pci_io.hpp"

namespace efilite::core {

class PciBuses {
 public:
  PciBuses(HandleDatabase& handles, EventQueue& events, MemoryMap& memory, Pool& pool, Clock& clock, const PageProtection& pages)
      : handles_(handles), services_(events, memory, pool, clock, pages) {}
  PciBuses(const PciBuses&) = delete;
  PciBuses& operator=(const PciBuses&) = delete;

  // Looks for what is behind the bridge, and makes the handles. `uid` is that of PciRoot() in the paths, and ACPI's _UID. The bus lives
  // until ExitBootServices. NOT_FOUND: there is nothing, and then no handle. Under TPL_NOTIFY, as whatever installs handles.
  Result<> add(PciRoot& root, uint32_t uid);

 private:
  HandleDatabase& handles_;
  PciServices services_;
};

}  // namespace efilite::core
