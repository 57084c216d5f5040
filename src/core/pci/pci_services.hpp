// SPDX-License-Identifier: BSD-2-Clause-Patent
// What all of EFI_PCI_IO_PROTOCOL and EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL share [UEFI 2.10, 14.2 and 14.4], and memory for bus masters.
#pragma once

#include "abi/uefi/pci_io.hpp"
#include "core/device_ports.hpp"
#include "core/events/events.hpp"
#include "core/memory/pool.hpp"

namespace efilite::core {

class PciServices {
 public:
  PciServices(EventQueue& events, MemoryMap& memory, Pool& pool, Clock& clock, const PageProtection& pages)
      : events_(events), memory_(memory), pool_(pool), clock_(clock), pages_(pages) {}
  PciServices(const PciServices&) = delete;
  PciServices& operator=(const PciServices&) = delete;

  EventQueue& events() { return events_; }
  Pool& pool() { return pool_; }
  Clock& clock() { return clock_; }
  const PageProtection& pages() { return pages_; }

  // A bus master that is not `wide` reaches the first 4 GiB only: it reads and writes a copy there of what lies higher.
  Result<void*> map(bool wide, efi::PciOperation operation, void* host_address, efi::Uintn* size, efi::PhysicalAddress* device_address);
  Result<> unmap(void* mapping);
  Result<void*> allocate_buffer(bool wide, efi::MemoryType type, uint64_t pages);
  Result<> free_buffer(void* host_address, uint64_t pages);

 private:
  struct Mapping {
    Mapping* next;
    efi::PciOperation operation;
    void* host;
    uint64_t size;
    std::byte* copy;  // nullptr: none is needed
  };

  EventQueue& events_;
  MemoryMap& memory_;
  Pool& pool_;
  Clock& clock_;
  const PageProtection& pages_;
  Mapping* mappings_ = nullptr;
};

}  // namespace efilite::core
