// SPDX-License-Identifier: BSD-2-Clause-Patent
// Device path nodes that efilite makes itself [UEFI 2.10, 10.3]. They are byte-packed by the specification.
#pragma once

#include "abi/uefi/types.hpp"

namespace efilite::efi {

inline constexpr uint8_t kHardwarePath = 0x01;
inline constexpr uint8_t kAcpiPath = 0x02;
inline constexpr uint8_t kMessagingPath = 0x03;
inline constexpr uint8_t kMediaPath = 0x04;
inline constexpr uint8_t kBiosBootPath = 0x05;
inline constexpr uint8_t kEndPath = 0x7F;

inline constexpr uint8_t kEndInstance = 0x01;
inline constexpr uint8_t kEndEntire = 0xFF;

inline constexpr uint8_t kHardwarePci = 0x01;
inline constexpr uint8_t kHardwareMemoryMapped = 0x03;
inline constexpr uint8_t kHardwareVendor = 0x04;
inline constexpr uint8_t kAcpiDevice = 0x01;
inline constexpr uint8_t kAcpiExpandedDevice = 0x02;
inline constexpr uint8_t kMessagingUart = 0x0E;
inline constexpr uint8_t kMessagingVendor = 0x0A;
inline constexpr uint8_t kMediaHardDrive = 0x01;
inline constexpr uint8_t kMediaVendor = 0x03;
inline constexpr uint8_t kMediaFilePath = 0x04;

inline constexpr DevicePath kEndEntirePath = {kEndPath, kEndEntire, {4, 0}};

// [UEFI 2.10, 10.3.2.3]
struct [[gnu::packed]] MemoryMappedNode {
  DevicePath header;
  MemoryType memory_type;
  PhysicalAddress starting_address;
  PhysicalAddress ending_address;
};
static_assert(sizeof(MemoryMappedNode) == 24);

// [UEFI 2.10, 10.3.3.1] a compressed _HID, and the _UID that tells the devices apart that share it
struct [[gnu::packed]] AcpiNode {
  DevicePath header;
  uint32_t hid;
  uint32_t uid;
};
static_assert(sizeof(AcpiNode) == 12);
// "PNP" and four digits
constexpr uint32_t pnp_id(uint16_t number) { return 0x41D0 | uint32_t{number} << 16; }

// [UEFI 2.10, 10.3.3.2] without its three strings: _HID, _UID and _CID, each with a NUL, where the number for it is 0
struct [[gnu::packed]] AcpiExpandedNode {
  DevicePath header;
  uint32_t hid;
  uint32_t uid;
  uint32_t cid;
};
static_assert(sizeof(AcpiExpandedNode) == 16);

// [UEFI 2.10, 10.3.4.15]
struct [[gnu::packed]] UartNode {
  DevicePath header;
  uint32_t reserved;
  uint64_t baud_rate;
  uint8_t data_bits;
  uint8_t parity;     // Parity
  uint8_t stop_bits;  // StopBits
};
static_assert(sizeof(UartNode) == 19);

// [UEFI 2.10, 10.3.2.4, 10.3.4.17, 10.3.5.3] vendor node without data
struct [[gnu::packed]] VendorNode {
  DevicePath header;
  Guid vendor_guid;
};
static_assert(sizeof(VendorNode) == 20);

}  // namespace efilite::efi
