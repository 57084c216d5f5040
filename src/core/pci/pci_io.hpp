// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_PCI_IO_PROTOCOL of one function [UEFI 2.10, 14.4].
#pragma once

#include "core/pci/pci_access.hpp"

namespace efilite::core {

class PciIo {
 public:
  PciIo(PciServices& services, PciRoot& root, PciFunction& function, PciFunction* bridge);
  PciIo(const PciIo&) = delete;
  PciIo& operator=(const PciIo&) = delete;

  // Whose protocol this is, when it is one of ours; else nullptr.
  static PciIo* of(efi::PciIoProtocol* protocol);

  PciFunction& function() { return function_; }
  efi::PciIoProtocol* protocol() { return &edge_; }

 private:
  struct Edge : efi::PciIoProtocol {
    PciIo* owner;
  };
  friend struct PciIoThunks;

  Result<> attributes(efi::PciAttributeOperation operation, uint64_t attributes, uint64_t* result);
  uint64_t supported();
  uint64_t current();
  void change(uint64_t wanted, uint64_t which);
  bool wide() const { return (kept_ & efi::kPciDualAddressCycle) != 0; }

  PciServices& services_;
  PciFunction& function_;
  PciAccess access_;
  const bool behind_bridge_;
  uint64_t supported_ = 0;  // 0: nobody has asked
  uint64_t kept_ = 0;       // attributes that no register has
  Edge edge_;
};

}  // namespace efilite::core
