// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_SERIAL_IO_PROTOCOL [UEFI 2.10, 12.8].
#pragma once

#include "abi/uefi/types.hpp"

namespace efilite::efi {

enum class Parity : uint32_t { Default = 0, None = 1, Even = 2, Odd = 3, Mark = 4, Space = 5 };
enum class StopBits : uint32_t { Default = 0, One = 1, OneFive = 2, Two = 3 };

// Control bits. A program may set the first group and the last.
inline constexpr uint32_t kSerialDataTerminalReady = 0x0001;
inline constexpr uint32_t kSerialRequestToSend = 0x0002;
inline constexpr uint32_t kSerialClearToSend = 0x0010;
inline constexpr uint32_t kSerialDataSetReady = 0x0020;
inline constexpr uint32_t kSerialRingIndicate = 0x0040;
inline constexpr uint32_t kSerialCarrierDetect = 0x0080;
inline constexpr uint32_t kSerialInputBufferEmpty = 0x0100;
inline constexpr uint32_t kSerialOutputBufferEmpty = 0x0200;
inline constexpr uint32_t kSerialHardwareLoopback = 0x1000;
inline constexpr uint32_t kSerialSoftwareLoopback = 0x2000;
inline constexpr uint32_t kSerialHardwareFlowControl = 0x4000;

struct SerialIoMode {
  uint32_t control_mask;
  uint32_t timeout;  // microseconds
  uint64_t baud_rate;
  uint32_t receive_fifo_depth;
  uint32_t data_bits;
  Parity parity;
  StopBits stop_bits;
};
static_assert(sizeof(SerialIoMode) == 32);

struct SerialIoProtocol {
  static constexpr Guid kGuid = {0xbb25cf6f, 0xf1d4, 0x11d2, {0x9a, 0x0c, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0xfd}};
  static constexpr uint32_t kRevision1p1 = 0x00010001;
  uint32_t revision;
  EfiStatus(EFIAPI* reset)(SerialIoProtocol* self);
  EfiStatus(EFIAPI* set_attributes)(SerialIoProtocol* self, uint64_t baud_rate, uint32_t receive_fifo_depth, uint32_t timeout,
                                    Parity parity, uint8_t data_bits, StopBits stop_bits);
  EfiStatus(EFIAPI* set_control)(SerialIoProtocol* self, uint32_t control);
  EfiStatus(EFIAPI* get_control)(SerialIoProtocol* self, uint32_t* control);
  EfiStatus(EFIAPI* write)(SerialIoProtocol* self, Uintn* size, void* buffer);
  EfiStatus(EFIAPI* read)(SerialIoProtocol* self, Uintn* size, void* buffer);
  SerialIoMode* mode;
  const Guid* device_type;  // since revision 1.1
};
static_assert(sizeof(SerialIoProtocol) == 72);

// What device_type says when a terminal is at the other end of the line.
inline constexpr Guid kSerialTerminal = {0x6ad9a60f, 0x5815, 0x4c7c, {0x8a, 0x10, 0x50, 0x53, 0xd2, 0xbf, 0x7a, 0x1b}};

}  // namespace efilite::efi
