// SPDX-License-Identifier: BSD-2-Clause-Patent
// Two devices of QEMU's, by which PCI is tested: memory that does nothing (ivshmem), and a teacher's example that masters the bus (edu).
#pragma once

#include "conformance.hpp"

#include <efipciio.h>

namespace conformance::pci {

inline EFI_GUID kRootBridgeGuid = EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_GUID;
inline EFI_GUID kPciIoGuid = EFI_PCI_IO_PROTOCOL_GUID;

using RootBridge = EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL;
using PciIo = EFI_PCI_IO_PROTOCOL;

inline constexpr UINT32 kShared = 0x11101AF4;
inline constexpr UINT8 kSharedBar = 2;  // 1 MiB of memory
inline constexpr auto kNoWidth = EfiPciIoWidthMaximum;

alignas(8) inline UINT8 buffer[64];

inline PciIo* pci_io(UINT32 id) {
  EFI_HANDLE* handles = nullptr;
  UINTN count = 0;
  PciIo* found = nullptr;
  if (EFI_ERROR(bs->LocateHandleBuffer(ByProtocol, &kPciIoGuid, nullptr, &count, &handles))) return nullptr;
  for (UINTN i = 0; i < count && found == nullptr; ++i) {
    void* io = nullptr;
    UINT32 is = 0;
    if (EFI_ERROR(bs->HandleProtocol(handles[i], &kPciIoGuid, &io))) continue;
    auto* pci = static_cast<PciIo*>(io);
    if (!EFI_ERROR(pci->Pci.Read(pci, EfiPciIoWidthUint32, 0, 1, &is)) && is == id) found = pci;
  }
  bs->FreePool(handles);
  return found;
}

// A device with decoding and bus mastering on.
struct Device {
  PciIo* io;
  explicit Device(UINT32 id) : io(pci_io(id)) {
    constexpr UINT64 kOn = EFI_PCI_IO_ATTRIBUTE_MEMORY | EFI_PCI_IO_ATTRIBUTE_BUS_MASTER;
    if (io != nullptr) io->Attributes(io, EfiPciIoAttributeOperationEnable, kOn, nullptr);
  }
  explicit operator bool() const { return io != nullptr; }
  PciIo* operator->() const { return io; }
  EFI_STATUS read(EFI_PCI_IO_PROTOCOL_WIDTH width, UINT8 bar, UINT64 offset, UINTN count = 1) const {
    return io->Mem.Read(io, width, bar, offset, count, buffer);
  }
  EFI_STATUS write(EFI_PCI_IO_PROTOCOL_WIDTH width, UINT8 bar, UINT64 offset, UINTN count = 1) const {
    return io->Mem.Write(io, width, bar, offset, count, buffer);
  }
  UINT16 command() const {
    UINT16 value = 0;
    io->Pci.Read(io, EfiPciIoWidthUint16, 4, 1, &value);
    return value;
  }
};

inline bool no_device() { return skip("no such device here"); }

inline void number_buffer(UINT8 from) {
  for (UINTN i = 0; i < sizeof buffer; ++i) buffer[i] = static_cast<UINT8>(from + i);
}

#pragma pack(1)
struct Descriptor {  // ACPI's QWORD address space descriptor
  UINT8 tag;
  UINT16 length;
  UINT8 type, general, specific;
  UINT64 granularity, minimum, maximum, translation, size;
};
#pragma pack()
static_assert(sizeof(Descriptor) == 46);

inline UINT64 bar_base(PciIo* io, UINT8 bar) {
  void* resources = nullptr;
  if (EFI_ERROR(io->GetBarAttributes(io, bar, nullptr, &resources))) return 0;
  const UINT64 base = static_cast<Descriptor*>(resources)->minimum;
  bs->FreePool(resources);
  return base;
}

}  // namespace conformance::pci
