// SPDX-License-Identifier: BSD-2-Clause-Patent
// What EFI_PCI_IO_PROTOCOL and EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL share [UEFI 2.10, 14.2 and 14.4]: accesses that were found to be good,
// polling, memory for DMA.
#pragma once

#include "abi/uefi/pci_io.hpp"
#include "core/events/events.hpp"
#include "core/memory/pool.hpp"
#include "core/register_transfer.hpp"

namespace efilite::core {

// Configuration space of one function as registers, whose address is the offset.
class ConfigRegisters final : public Registers {
 public:
  ConfigRegisters(PciRoot& root, const PciAddress& where) : root_(root), where_(where) {}
  uint64_t read(RegisterSpace space, uint64_t offset, unsigned size) override;
  void write(RegisterSpace space, uint64_t offset, unsigned size, uint64_t value) override;

 private:
  PciRoot& root_;
  const PciAddress where_;
};

// Where registers are, for certain.
struct PciRegisters {
  Registers* registers;
  RegisterSpace space;
  uint64_t address;
};

class PciServices {
 public:
  PciServices(EventQueue& events, MemoryMap& memory, Pool& pool, Clock& clock, const PageProtection& pages)
      : events_(events), memory_(memory), pool_(pool), clock_(clock), pages_(pages) {}
  PciServices(const PciServices&) = delete;
  PciServices& operator=(const PciServices&) = delete;

  EventQueue& events() { return events_; }
  Pool& pool() { return pool_; }

  // Addresses that a program names itself: ports there are, memory that is mapped. UNSUPPORTED where not.
  Result<> check(RegisterSpace space, Direction direction, uint64_t address, const RegisterTransfer& transfer) const;

  // Reads until the bits of `mask` are `value`: at least once, and TIMEOUT after `delay` units of 100 ns. Without a delay the value does not
  // matter.
  Result<> poll(const PciRegisters& at, unsigned size, uint64_t mask, uint64_t value, uint64_t delay, uint64_t& result);

  // Copies from one place to the other, as memmove does.
  static void copy(const PciRegisters& to, const PciRegisters& from, unsigned size, uint64_t count);

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
