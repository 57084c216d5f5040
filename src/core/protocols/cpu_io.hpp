// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_CPU_IO2_PROTOCOL [PI 1.7, volume 5, 6]: memory and I/O ports, accessed just as told.
// The EFI Shell's hexedit does not begin without it.
#pragma once

#include "abi/uefi/cpu_io.hpp"
#include "core/register_transfer.hpp"

namespace efilite::core {

class CpuIo {
 public:
  CpuIo(Registers& registers, const PageProtection& pages);
  CpuIo(const CpuIo&) = delete;
  CpuIo& operator=(const CpuIo&) = delete;

  efi::CpuIo2Protocol* protocol() { return &interface_.protocol; }

 private:
  struct Interface {  // the protocol first: a pointer to it is a pointer to this
    efi::CpuIo2Protocol protocol;
    CpuIo* owner;
  };

  using Self = efi::CpuIo2Protocol;
  template <RegisterSpace kSpace, Direction kDirection>
  static efi::EfiStatus EFIAPI thunk(Self* self, efi::CpuIoWidth width, uint64_t address, efi::Uintn count, void* buffer);

  static Result<> access(Self* self, RegisterSpace space, Direction direction, efi::CpuIoWidth width, uint64_t address, uint64_t count,
                         void* buffer);

  Interface interface_;
  Registers& registers_;
  const PageProtection& pages_;
};

}  // namespace efilite::core
