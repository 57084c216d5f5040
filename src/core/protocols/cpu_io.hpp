// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_CPU_IO2_PROTOCOL [PI 1.7, volume 5, 6]: memory and I/O ports, accessed just as told.
// The EFI Shell's hexedit does not begin without it.
#pragma once

#include "abi/uefi/cpu_io.hpp"
#include "core/ports.hpp"

namespace efilite::core {

class CpuIo {
 public:
  constexpr CpuIo(IoPorts& ports, const PageProtection& pages)
      : interface_{{{read_memory, write_memory}, {read_ports, write_ports}}, this}, ports_(ports), pages_(pages) {}
  CpuIo(const CpuIo&) = delete;
  CpuIo& operator=(const CpuIo&) = delete;

  efi::CpuIo2Protocol* protocol() { return &interface_.protocol; }

 private:
  enum class Space : uint8_t { Memory, Ports };
  enum class Direction : uint8_t { Read, Write };
  struct Interface {  // the protocol first: a pointer to it is a pointer to this
    efi::CpuIo2Protocol protocol;
    CpuIo* owner;
  };

  using Self = efi::CpuIo2Protocol;
  static efi::EfiStatus EFIAPI read_memory(Self* self, efi::CpuIoWidth width, uint64_t address, efi::Uintn count, void* buffer);
  static efi::EfiStatus EFIAPI write_memory(Self* self, efi::CpuIoWidth width, uint64_t address, efi::Uintn count, void* buffer);
  static efi::EfiStatus EFIAPI read_ports(Self* self, efi::CpuIoWidth width, uint64_t address, efi::Uintn count, void* buffer);
  static efi::EfiStatus EFIAPI write_ports(Self* self, efi::CpuIoWidth width, uint64_t address, efi::Uintn count, void* buffer);

  static Status access(Self* self, Space space, Direction direction, efi::CpuIoWidth width, uint64_t address, uint64_t count, void* buffer);
  bool reaches(Space space, Direction direction, PhysRange range) const;
  void access_once(Space space, Direction direction, uint64_t address, unsigned size, std::byte* value);

  Interface interface_;
  IoPorts& ports_;
  const PageProtection& pages_;
};

}  // namespace efilite::core
