// SPDX-License-Identifier: BSD-2-Clause-Patent
// What the protocols for registers share: many accesses as a width tells, CPU I/O's [PI 1.7, volume 5, 6] as PCI's [UEFI 2.10, 14.2.1].
#pragma once

#include "abi/uefi/cpu_io.hpp"
#include "core/device_ports.hpp"

namespace efilite::core {

enum class Direction : uint8_t { Read, Write };

class RegisterTransfer {
 public:
  // INVALID_PARAMETER for what is no width.
  static Result<RegisterTransfer> of(efi::CpuIoWidth width, uint64_t count);

  unsigned size() const { return size_; }  // of one access
  // From the address of the first access on; an address must be good even if nothing is to be done there. nullopt: more than there is.
  std::optional<uint64_t> length() const;
  bool fits(RegisterSpace space) const { return space == RegisterSpace::Memory || size_ <= 4; }
  bool aligned(uint64_t address) const { return (address & (size_ - 1)) == 0; }
  void run(Registers& registers, RegisterSpace space, Direction direction, uint64_t address, void* buffer) const;

 private:
  uint64_t count_ = 0;
  uint8_t size_ = 0;
  uint8_t step_ = 0;         // 0: all accesses go to one register
  uint8_t buffer_step_ = 0;  // 0: all values are one
};

// Addresses that a program names itself. UNSUPPORTED: they are not aligned, there are no such ports, or the memory is not mapped, or not
// for this, so that it would end in an exception. INVALID_PARAMETER: no instruction does that.
Result<> check_addresses(const PageProtection& pages, RegisterSpace space, Direction direction, uint64_t address,
                         const RegisterTransfer& transfer);

}  // namespace efilite::core
