// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL of one root bridge [UEFI 2.10, 14.2].
#pragma once

#include "core/pci/pci_access.hpp"

namespace efilite::core {

class PciRootBridgeIo {
 public:
  PciRootBridgeIo(PciServices& services, PciRoot& root);
  PciRootBridgeIo(const PciRootBridgeIo&) = delete;
  PciRootBridgeIo& operator=(const PciRootBridgeIo&) = delete;

  PciRoot& root() { return root_; }
  efi::PciRootBridgeIoProtocol* protocol() { return &edge_; }

 private:
  struct Edge : efi::PciRootBridgeIoProtocol {
    PciRootBridgeIo* owner;
  };
  friend struct PciRootBridgeIoThunks;

  Result<> access_config(Direction direction, efi::PciWidth width, uint64_t address, uint64_t count, void* buffer);
  Result<void*> configuration();

  PciServices& services_;
  PciRoot& root_;
  PciAccess access_;
  uint64_t attributes_;
  void* configuration_ = nullptr;
  Edge edge_;
};

}  // namespace efilite::core
