// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_CPU_IO2_PROTOCOL, which is of the PI specification.
#pragma once

#include "abi/uefi/types.hpp"

namespace efilite::efi {

// [PI 1.7, volume 5, 6] the size is 1 << (width & 3); Fifo: the address stays, Fill: the buffer stays
enum class CpuIoWidth : uint32_t {
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  FifoUint8,
  FifoUint16,
  FifoUint32,
  FifoUint64,
  FillUint8,
  FillUint16,
  FillUint32,
  FillUint64,
  Maximum,
};

// [PI 1.7, volume 5, 6]
struct CpuIo2Protocol {
  static constexpr Guid kGuid = {0xad61f191, 0xae5f, 0x4c0e, {0xb9, 0xfa, 0xe8, 0x69, 0xd2, 0x88, 0xc6, 0x4f}};
  using IoMem = EfiStatus(EFIAPI*)(CpuIo2Protocol* self, CpuIoWidth width, uint64_t address, Uintn count, void* buffer);
  struct Access {
    IoMem read;
    IoMem write;
  };
  Access mem;
  Access io;
};

}  // namespace efilite::efi
