// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL and EFI_PCI_IO_PROTOCOL [UEFI 2.10, 14.2 and 14.4].
#pragma once

#include "abi/uefi/cpu_io.hpp"
#include "abi/uefi/device_path.hpp"

namespace efilite::efi {

using PciWidth = CpuIoWidth;  // the same numbers

// [UEFI 2.10, 14.2] and, under the names of 14.4, the same bits
inline constexpr uint64_t kPciIsaMotherboardIo = 0x1;
inline constexpr uint64_t kPciIsaIo = 0x2;
inline constexpr uint64_t kPciVgaPaletteIo = 0x4;
inline constexpr uint64_t kPciVgaMemory = 0x8;
inline constexpr uint64_t kPciVgaIo = 0x10;
inline constexpr uint64_t kPciIdePrimaryIo = 0x20;
inline constexpr uint64_t kPciIdeSecondaryIo = 0x40;
inline constexpr uint64_t kPciMemoryWriteCombine = 0x80;
inline constexpr uint64_t kPciIo = 0x100;
inline constexpr uint64_t kPciMemory = 0x200;
inline constexpr uint64_t kPciBusMaster = 0x400;
inline constexpr uint64_t kPciMemoryCached = 0x800;
inline constexpr uint64_t kPciMemoryDisable = 0x1000;
inline constexpr uint64_t kPciEmbeddedDevice = 0x2000;
inline constexpr uint64_t kPciEmbeddedRom = 0x4000;
inline constexpr uint64_t kPciDualAddressCycle = 0x8000;
inline constexpr uint64_t kPciIsaIo16 = 0x10000;
inline constexpr uint64_t kPciVgaPaletteIo16 = 0x20000;
inline constexpr uint64_t kPciVgaIo16 = 0x40000;

// [UEFI 2.10, 14.2.1]
enum class PciRootOperation : uint32_t { Read, Write, CommonBuffer, Read64, Write64, CommonBuffer64, Maximum };
// [UEFI 2.10, 14.4.1]
enum class PciOperation : uint32_t { Read, Write, CommonBuffer, Maximum };
// [UEFI 2.10, 14.4.14]
enum class PciAttributeOperation : uint32_t { Get, Set, Enable, Disable, Supported, Maximum };

inline constexpr uint8_t kPciPassThroughBar = 0xFF;

// [UEFI 2.10, 14.2.6] what a configuration access has for its address
struct PciConfigAddress {
  uint8_t offset;
  uint8_t function;
  uint8_t device;
  uint8_t bus;
  uint32_t extended_offset;  // instead of the other, unless it is 0
};
static_assert(sizeof(PciConfigAddress) == 8);

// [UEFI 2.10, 14.2.1]
struct PciRootBridgeIoProtocol {
  static constexpr Guid kGuid = {0x2f707ebb, 0x4a1a, 0x11d4, {0x9a, 0x38, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}};
  using Self = PciRootBridgeIoProtocol;
  using Poll = EfiStatus(EFIAPI*)(Self* self, PciWidth width, uint64_t address, uint64_t mask, uint64_t value, uint64_t delay,
                                  uint64_t* result);
  using IoMem = EfiStatus(EFIAPI*)(Self* self, PciWidth width, uint64_t address, Uintn count, void* buffer);
  struct Access {
    IoMem read;
    IoMem write;
  };
  Handle parent_handle;
  Poll poll_mem;
  Poll poll_io;
  Access mem;
  Access io;
  Access pci;
  EfiStatus(EFIAPI* copy_mem)(Self* self, PciWidth width, uint64_t destination, uint64_t source, Uintn count);
  EfiStatus(EFIAPI* map)(Self* self, PciRootOperation operation, void* host_address, Uintn* size, PhysicalAddress* device_address,
                         void** mapping);
  EfiStatus(EFIAPI* unmap)(Self* self, void* mapping);
  EfiStatus(EFIAPI* allocate_buffer)(Self* self, AllocateType type, MemoryType memory_type, Uintn pages, void** host_address,
                                     uint64_t attributes);
  EfiStatus(EFIAPI* free_buffer)(Self* self, Uintn pages, void* host_address);
  EfiStatus(EFIAPI* flush)(Self* self);
  EfiStatus(EFIAPI* get_attributes)(Self* self, uint64_t* supports, uint64_t* attributes);
  EfiStatus(EFIAPI* set_attributes)(Self* self, uint64_t attributes, uint64_t* resource_base, uint64_t* resource_length);
  EfiStatus(EFIAPI* configuration)(Self* self, void** resources);
  uint32_t segment_number;
};

// [UEFI 2.10, 14.4.1]
struct PciIoProtocol {
  static constexpr Guid kGuid = {0x4cf5b200, 0x68b8, 0x4ca5, {0x9e, 0xec, 0xb2, 0x3e, 0x3f, 0x50, 0x02, 0x9a}};
  using Self = PciIoProtocol;
  using Poll = EfiStatus(EFIAPI*)(Self* self, PciWidth width, uint8_t bar, uint64_t offset, uint64_t mask, uint64_t value, uint64_t delay,
                                  uint64_t* result);
  using IoMem = EfiStatus(EFIAPI*)(Self* self, PciWidth width, uint8_t bar, uint64_t offset, Uintn count, void* buffer);
  using Config = EfiStatus(EFIAPI*)(Self* self, PciWidth width, uint32_t offset, Uintn count, void* buffer);
  struct Access {
    IoMem read;
    IoMem write;
  };
  struct ConfigAccess {
    Config read;
    Config write;
  };
  Poll poll_mem;
  Poll poll_io;
  Access mem;
  Access io;
  ConfigAccess pci;
  EfiStatus(EFIAPI* copy_mem)(Self* self, PciWidth width, uint8_t destination_bar, uint64_t destination, uint8_t source_bar,
                              uint64_t source, Uintn count);
  EfiStatus(EFIAPI* map)(Self* self, PciOperation operation, void* host_address, Uintn* size, PhysicalAddress* device_address,
                         void** mapping);
  EfiStatus(EFIAPI* unmap)(Self* self, void* mapping);
  EfiStatus(EFIAPI* allocate_buffer)(Self* self, AllocateType type, MemoryType memory_type, Uintn pages, void** host_address,
                                     uint64_t attributes);
  EfiStatus(EFIAPI* free_buffer)(Self* self, Uintn pages, void* host_address);
  EfiStatus(EFIAPI* flush)(Self* self);
  EfiStatus(EFIAPI* get_location)(Self* self, Uintn* segment, Uintn* bus, Uintn* device, Uintn* function);
  EfiStatus(EFIAPI* attributes)(Self* self, PciAttributeOperation operation, uint64_t attributes, uint64_t* result);
  EfiStatus(EFIAPI* get_bar_attributes)(Self* self, uint8_t bar, uint64_t* supports, void** resources);
  EfiStatus(EFIAPI* set_bar_attributes)(Self* self, uint64_t attributes, uint8_t bar, uint64_t* offset, uint64_t* length);
  uint64_t rom_size;
  void* rom_image;
};

// [ACPI 6.5, 6.4.3.5.1], with what UEFI 2.10, 14.2.1 makes of its fields
struct [[gnu::packed]] AddressSpaceDescriptor {
  uint8_t tag;
  uint16_t length;  // of what follows
  uint8_t type;
  uint8_t general_flags;
  uint8_t specific_flags;
  uint64_t granularity;  // how many bits an address of memory has
  uint64_t minimum;
  uint64_t maximum;
  uint64_t translation;
  uint64_t size;
};
static_assert(sizeof(AddressSpaceDescriptor) == 46);
inline constexpr uint8_t kQwordAddressSpace = 0x8A;
inline constexpr uint8_t kAddressSpaceMemory = 0;
inline constexpr uint8_t kAddressSpaceIo = 1;
inline constexpr uint8_t kAddressSpaceBus = 2;
inline constexpr uint8_t kAddressSpacePrefetchable = 6;  // and cacheable
inline constexpr uint8_t kResourcesEnd[] = {0x79, 0};    // a sum of 0 is always right [ACPI 6.5, 6.4.2.9]

// [UEFI 2.10, 10.3.2.1]
struct [[gnu::packed]] PciNode {
  DevicePath header;
  uint8_t function;
  uint8_t device;
};
static_assert(sizeof(PciNode) == 6);

}  // namespace efilite::efi
