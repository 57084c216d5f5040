// SPDX-License-Identifier: BSD-2-Clause-Patent
// Registers of PCI devices, by BAR and offset or by address, as EFI_PCI_IO_PROTOCOL and EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL have them
// [UEFI 2.10, 14.2 and 14.4].
#pragma once

#include "core/pci/pci_services.hpp"
#include "core/register_transfer.hpp"

namespace efilite::core {

class PciAccess {
 public:
  // Without a function there is the pass-through BAR only.
  PciAccess(PciServices& services, PciRoot& root, PciFunction* function) : services_(services), root_(root), function_(function) {}

  Result<> access(RegisterSpace space, Direction direction, efi::PciWidth width, uint8_t bar, uint64_t offset, uint64_t count,
                  void* buffer);
  // `outside` is what is said of offsets that configuration space does not have.
  Result<> access_config(Direction direction, efi::PciWidth width, const PciAddress& where, uint64_t offset, uint64_t count, void* buffer,
                         Status outside);
  // Reads until the bits of `mask` are `value`: at least once, and TIMEOUT after `delay` units of 100 ns. Without a delay the value does
  // not matter.
  Result<> poll(RegisterSpace space, efi::PciWidth width, uint8_t bar, uint64_t offset, uint64_t mask, uint64_t value, uint64_t delay,
                uint64_t* result);
  // As memmove does.
  Result<> copy(efi::PciWidth width, uint8_t to_bar, uint64_t to, uint8_t from_bar, uint64_t from, uint64_t count);
  // UNSUPPORTED: the function has no such BAR.
  Result<PciBar> usable_bar(uint8_t index);

 private:
  // Where a transfer begins. UNSUPPORTED: there is no such BAR, or it ends before the transfer does.
  Result<uint64_t> place(RegisterSpace space, Direction direction, uint8_t bar, uint64_t offset, const RegisterTransfer& transfer);

  PciServices& services_;
  PciRoot& root_;
  PciFunction* const function_;
};

}  // namespace efilite::core
