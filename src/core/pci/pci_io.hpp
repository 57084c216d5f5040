// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_PCI_IO_PROTOCOL of one function [UEFI 2.10, 14.4].
#pragma once

#include "abi/uefi/pci_io.hpp"
#include "core/device_ports.hpp"

namespace efilite::core {

class PciIo {
 public:
  // Whose protocol this is, when it is one of ours; else nullptr.
  static PciIo* of(efi::PciIoProtocol* protocol);

  PciFunction& function() { return function_; }
  efi::PciIoProtocol* protocol() { return &edge_; }

 private:
  struct Edge : efi::PciIoProtocol {
    PciIo* owner;
  };

  PciFunction& function_;
  Edge edge_{};
};

}  // namespace efilite::core
