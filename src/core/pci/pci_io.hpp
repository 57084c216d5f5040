// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_PCI_IO_PROTOCOL of one function [UEFI 2.10, 14.4].
#pragma once

#include "core/pci/pci_services.hpp"

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

  // UNSUPPORTED: the function has no such BAR, or it ends before the transfer does.
  Result<PciRegisters> place(RegisterSpace space, Direction direction, uint8_t bar, uint64_t offset, const RegisterTransfer& transfer);
  Result<PciBar> usable_bar(uint8_t index);
  Result<> access(RegisterSpace space, Direction direction, efi::PciWidth width, uint8_t bar, uint64_t offset, uint64_t count, void* buffer);
  Result<> access_config(Direction direction, efi::PciWidth width, uint32_t offset, uint64_t count, void* buffer);
  Result<> poll(RegisterSpace space, efi::PciWidth width, uint8_t bar, uint64_t offset, uint64_t mask, uint64_t value, uint64_t delay,
                uint64_t* result);
  Result<> copy(efi::PciWidth width, uint8_t to_bar, uint64_t to, uint8_t from_bar, uint64_t from, uint64_t count);
  Result<> attributes(efi::PciAttributeOperation operation, uint64_t attributes, uint64_t* result);
  uint64_t supported();
  uint64_t current();
  void change(uint64_t wanted, uint64_t which);
  bool wide() const { return (kept_ & efi::kPciDualAddressCycle) != 0; }

  PciServices& services_;
  PciRoot& root_;
  PciFunction& function_;
  const bool behind_bridge_;
  uint64_t supported_ = 0;  // 0: nobody has asked
  uint64_t kept_ = 0;       // attributes that no register has
  Edge edge_{};
};

}  // namespace efilite::core
