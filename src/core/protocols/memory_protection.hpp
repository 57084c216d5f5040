// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_MEMORY_ATTRIBUTE_PROTOCOL [UEFI 2.10, 37.7]: programs say who may read, write and execute their own pages. What they have restricted
// is open again once it is freed.
#pragma once

#include "abi/uefi.hpp"
#include "core/ports.hpp"

namespace efilite::core {

class EventQueue;
class MemoryMap;

class MemoryProtection {
 public:
  constexpr MemoryProtection(MemoryMap& memory, PageProtection& pages, EventQueue& events)
      : interface_{{get_attributes, set_attributes, clear_attributes}, this}, memory_(memory), pages_(pages), events_(events) {}
  MemoryProtection(const MemoryProtection&) = delete;
  MemoryProtection& operator=(const MemoryProtection&) = delete;

  efi::MemoryAttributeProtocol* protocol() { return &interface_.protocol; }

  // As MemoryMap's release hook. Costs two comparisons for memory outside of what was ever restricted.
  Result<> release(PhysRange range);

 private:
  struct Interface {  // the protocol first: a pointer to it is a pointer to this
    efi::MemoryAttributeProtocol protocol;
    MemoryProtection* owner;
  };

  static efi::EfiStatus EFIAPI get_attributes(efi::MemoryAttributeProtocol* self, efi::PhysicalAddress base, uint64_t length,
                                              uint64_t* attributes);
  static efi::EfiStatus EFIAPI set_attributes(efi::MemoryAttributeProtocol* self, efi::PhysicalAddress base, uint64_t length,
                                              uint64_t attributes);
  static efi::EfiStatus EFIAPI clear_attributes(efi::MemoryAttributeProtocol* self, efi::PhysicalAddress base, uint64_t length,
                                                uint64_t attributes);
  static efi::EfiStatus change(efi::MemoryAttributeProtocol* self, efi::PhysicalAddress base, uint64_t length, uint64_t set,
                               uint64_t clear);
  Result<> change(PhysRange range, uint64_t set, uint64_t clear);

  Interface interface_;
  MemoryMap& memory_;
  PageProtection& pages_;
  EventQueue& events_;
  PhysRange restricted_{};  // reaches over everything that a program has ever restricted
};

}  // namespace efilite::core
