// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_PCI_IO_PROTOCOL [UEFI 2.10, 14.4].
#include "pci.hpp"

namespace conformance {

using namespace pci;

namespace {

constexpr UINT32 kEdu = 0x11E81234, kAhci = 0x29228086;
constexpr UINT64 kDeviceEnable = EFI_PCI_IO_ATTRIBUTE_IO | EFI_PCI_IO_ATTRIBUTE_MEMORY | EFI_PCI_IO_ATTRIBUTE_BUS_MASTER;

template <UINT32 kId, bool (*kTest)(Device&)>
bool with() {
  Device device(kId);
  return device ? kTest(device) : no_device();
}

bool widths(Device& shared) {
  number_buffer(1);
  if (!ok(shared.write(EfiPciIoWidthUint64, kSharedBar, 0x200, 2))) return false;
  if (!ok(shared.read(EfiPciIoWidthFifoUint16, kSharedBar, 0x202, 3))) return false;
  if (!equal(at<UINT16>(address(buffer))[0], 0x0403) || !equal(at<UINT16>(address(buffer))[2], 0x0403)) return false;
  if (!ok(shared.write(EfiPciIoWidthFillUint8, kSharedBar, 0x208, 4))) return false;
  if (!ok(shared.read(EfiPciIoWidthUint32, kSharedBar, 0x204, 3))) return false;
  const auto* words = at<UINT32>(address(buffer));
  return equal(words[0], 0x08070605) && equal(words[1], 0x03030303) && equal(words[2], 0x100F0E0D) &&
         ok(shared.read(EfiPciIoWidthFillUint32, kSharedBar, 0x204, 3)) && equal(words[0], 0x100F0E0D);
}

bool bar_errors(Device& shared) {
  return is(shared.read(EfiPciIoWidthUint8, 5, 0), EFI_UNSUPPORTED) && is(shared.read(EfiPciIoWidthUint8, 6, 0), EFI_UNSUPPORTED) &&
         is(shared->Io.Read(shared.io, EfiPciIoWidthUint8, kSharedBar, 0, 1, buffer), EFI_UNSUPPORTED) &&
         ok(shared.read(EfiPciIoWidthUint8, kSharedBar, 0xFFFFF)) &&
         is(shared.read(EfiPciIoWidthUint8, kSharedBar, 0x100000), EFI_UNSUPPORTED) &&
         is(shared.read(EfiPciIoWidthUint32, kSharedBar, 0xFFFFC, 2), EFI_UNSUPPORTED) &&
         ok(shared.read(EfiPciIoWidthFifoUint32, kSharedBar, 0xFFFFC, 2));
}

bool mem_parameters(Device& shared) {
  return is(shared.read(kNoWidth, kSharedBar, 0), kInvalid) &&
         is(shared->Mem.Read(shared.io, EfiPciIoWidthUint8, kSharedBar, 0, 1, nullptr), kInvalid) &&
         is(shared->Mem.Write(shared.io, EfiPciIoWidthUint8, kSharedBar, 0, 1, nullptr), kInvalid);
}

bool pass_through(Device& shared) {
  const UINT64 base = bar_base(shared.io, kSharedBar);
  number_buffer(0x70);
  if (!ok(shared.write(EfiPciIoWidthUint32, EFI_PCI_IO_PASS_THROUGH_BAR, base + 0x40))) return false;
  buffer[0] = 0;
  return ok(shared.read(EfiPciIoWidthUint8, kSharedBar, 0x40)) && equal(buffer[0], 0x70);
}

bool ports(Device& ahci) {
  constexpr UINT8 kIndexBar = 4;
  ahci->Attributes(ahci.io, EfiPciIoAttributeOperationEnable, EFI_PCI_IO_ATTRIBUTE_IO, nullptr);
  UINT32 version = 0, index = 0x10;  // AHCI's index and data registers show its memory; 0x10 is the version
  return ok(ahci->Io.Write(ahci.io, EfiPciIoWidthUint32, kIndexBar, 0x10, 1, &index)) &&
         ok(ahci->Io.Read(ahci.io, EfiPciIoWidthUint32, kIndexBar, 0x14, 1, &version)) &&
         ok(ahci.read(EfiPciIoWidthUint32, 5, 0x10)) && equal(version, *at<UINT32>(address(buffer))) && that(version != 0) &&
         is(ahci->Io.Read(ahci.io, EfiPciIoWidthUint32, kIndexBar, 0x20, 1, &version), EFI_UNSUPPORTED) &&
         is(ahci->Mem.Read(ahci.io, EfiPciIoWidthUint32, kIndexBar, 0, 1, &version), EFI_UNSUPPORTED) &&
         is(ahci->Io.Read(ahci.io, EfiPciIoWidthUint64, kIndexBar, 0x10, 1, buffer), kInvalid);
}

bool configuration_space(Device& shared) {
  UINT8 line = 0, before = 0;
  UINT16 id[2] = {};
  return ok(shared->Pci.Read(shared.io, EfiPciIoWidthUint16, 0, 2, id)) && equal(id[0], kShared & 0xFFFF) && equal(id[1], kShared >> 16) &&
         ok(shared->Pci.Read(shared.io, EfiPciIoWidthUint8, 0x3C, 1, &before)) &&
         ok(shared->Pci.Write(shared.io, EfiPciIoWidthUint8, 0x3C, 1, &(line = 0x5A))) &&
         ok(shared->Pci.Read(shared.io, EfiPciIoWidthUint8, 0x3C, 1, &line)) && equal(line, 0x5A) &&
         ok(shared->Pci.Write(shared.io, EfiPciIoWidthUint8, 0x3C, 1, &before));
}

bool configuration_errors(Device& shared) {
  return is(shared->Pci.Read(shared.io, EfiPciIoWidthUint8, 0x1000, 1, buffer), EFI_UNSUPPORTED) &&
         is(shared->Pci.Read(shared.io, EfiPciIoWidthUint32, 0xFFC, 2, buffer), EFI_UNSUPPORTED) &&
         is(shared->Pci.Read(shared.io, kNoWidth, 0, 1, buffer), kInvalid) &&
         is(shared->Pci.Read(shared.io, EfiPciIoWidthUint8, 0, 1, nullptr), kInvalid);
}

bool polls(Device& shared) {
  number_buffer(1);
  UINT64 result = 0;
  return ok(shared.write(EfiPciIoWidthUint32, kSharedBar, 0)) &&
         ok(shared->PollMem(shared.io, EfiPciIoWidthUint32, kSharedBar, 0, 0xFF00, 0x0200, 10000, &result)) && equal(result, 0x04030201) &&
         ok(shared->PollMem(shared.io, EfiPciIoWidthUint32, kSharedBar, 0, 0xFF, 2, 0, &result)) && equal(result, 0x04030201) &&
         is(shared->PollMem(shared.io, EfiPciIoWidthUint32, kSharedBar, 0, 0xFF, 2, 10000, &result), EFI_TIMEOUT) &&
         equal(result, 0x04030201);
}
bool poll_narrow(Device& shared) {
  number_buffer(1);
  UINT64 result = ~UINT64{0};
  return ok(shared.write(EfiPciIoWidthUint32, kSharedBar, 0)) &&
         ok(shared->PollMem(shared.io, EfiPciIoWidthUint8, kSharedBar, 0, 0xFF, 1, 0, &result)) && equal(result, 1);
}

bool poll_errors(Device& shared) {
  UINT64 result;
  return is(shared->PollMem(shared.io, EfiPciIoWidthFillUint8, kSharedBar, 0, 0, 0, 0, &result), kInvalid) &&
         is(shared->PollMem(shared.io, EfiPciIoWidthUint8, 5, 0, 0, 0, 0, &result), EFI_UNSUPPORTED) &&
         is(shared->PollMem(shared.io, EfiPciIoWidthUint8, kSharedBar, 0x100000, 0, 0, 0, &result), EFI_UNSUPPORTED) &&
         is(shared->PollIo(shared.io, EfiPciIoWidthUint8, kSharedBar, 0, 0, 0, 0, &result), EFI_UNSUPPORTED);
}
bool poll_result(Device& shared) {
  return is(shared->PollMem(shared.io, EfiPciIoWidthUint8, kSharedBar, 0, 0, 0, 0, nullptr), kInvalid);
}

bool copies(Device& shared) {
  number_buffer(0x20);
  return ok(shared.write(EfiPciIoWidthUint8, kSharedBar, 0, 16)) &&
         ok(shared->CopyMem(shared.io, EfiPciIoWidthUint32, kSharedBar, 0x80, kSharedBar, 0, 4)) &&
         ok(shared.read(EfiPciIoWidthUint8, kSharedBar, 0x80, 16)) && equal(buffer[15], 0x2F) &&
         is(shared->CopyMem(shared.io, EfiPciIoWidthFillUint8, kSharedBar, 0, kSharedBar, 0x80, 1), kInvalid) &&
         is(shared->CopyMem(shared.io, EfiPciIoWidthUint8, 5, 0, kSharedBar, 0, 1), EFI_UNSUPPORTED) &&
         is(shared->CopyMem(shared.io, EfiPciIoWidthUint8, kSharedBar, 0, 5, 0, 1), EFI_UNSUPPORTED) &&
         is(shared->CopyMem(shared.io, EfiPciIoWidthUint8, kSharedBar, 0x100000, kSharedBar, 0, 1), EFI_UNSUPPORTED) &&
         is(shared->CopyMem(shared.io, EfiPciIoWidthUint8, kSharedBar, 0, kSharedBar, 0x100000, 1), EFI_UNSUPPORTED);
}

// edu copies between its own buffer at 0x40000 and memory: source, destination and count, then a command [QEMU docs/specs/edu].
bool edu_transfer(Device& edu, UINT64 from, UINT64 to, UINT64 count, UINT32 command) {
  UINT64 result;
  return ok(edu->Mem.Write(edu.io, EfiPciIoWidthUint64, 0, 0x80, 1, &from)) &&
         ok(edu->Mem.Write(edu.io, EfiPciIoWidthUint64, 0, 0x88, 1, &to)) &&
         ok(edu->Mem.Write(edu.io, EfiPciIoWidthUint64, 0, 0x90, 1, &count)) &&
         ok(edu->Mem.Write(edu.io, EfiPciIoWidthUint32, 0, 0x98, 1, &command)) &&
         ok(edu->PollMem(edu.io, EfiPciIoWidthUint32, 0, 0x98, 1, 0, 50000000, &result));
}

bool masters(Device& edu) {
  constexpr UINT64 kBuffer = 0x40000, kCount = 256;
  constexpr UINT32 kFromMemory = 1, kToMemory = 3;
  Pages pages(2);
  auto* source = at<UINT8>(pages.start);
  auto* target = at<UINT8>(pages.start + kPage);
  for (UINTN i = 0; i < kCount; ++i) source[i] = static_cast<UINT8>(i ^ 0x5A), target[i] = 0;
  UINTN size = kCount;
  EFI_PHYSICAL_ADDRESS address = 0;
  void* mapping = nullptr;
  if (!ok(edu->Map(edu.io, EfiPciIoOperationBusMasterRead, source, &size, &address, &mapping)) || !equal(size, kCount)) return false;
  if (!edu_transfer(edu, address, kBuffer, kCount, kFromMemory) || !ok(edu->Unmap(edu.io, mapping))) return false;
  if (!ok(edu->Map(edu.io, EfiPciIoOperationBusMasterWrite, target, &size, &address, &mapping))) return false;
  return edu_transfer(edu, kBuffer, address, kCount, kToMemory) && ok(edu->Flush(edu.io)) && ok(edu->Unmap(edu.io, mapping)) &&
         that(same(source, target, kCount));
}

bool map_parameters(Device& shared) {
  UINTN size = sizeof buffer;
  EFI_PHYSICAL_ADDRESS address;
  void* mapping;
  const auto map = [&](auto operation, void* host, UINTN* count, EFI_PHYSICAL_ADDRESS* device, void** out) {
    return is(shared->Map(shared.io, operation, host, count, device, out), kInvalid);
  };
  return map(EfiPciIoOperationMaximum, buffer, &size, &address, &mapping) &&
         map(EfiPciIoOperationBusMasterRead, nullptr, &size, &address, &mapping) &&
         map(EfiPciIoOperationBusMasterRead, buffer, nullptr, &address, &mapping) &&
         map(EfiPciIoOperationBusMasterRead, buffer, &size, nullptr, &mapping) &&
         map(EfiPciIoOperationBusMasterRead, buffer, &size, &address, nullptr);
}

bool buffers(Device& shared) {
  void* host = nullptr;
  return ok(shared->AllocateBuffer(shared.io, AllocateAnyPages, EfiBootServicesData, 3, &host, EFI_PCI_IO_ATTRIBUTE_MEMORY_CACHED)) &&
         equal(address(host) % kPage, 0) && ok(shared->FreeBuffer(shared.io, 3, host)) &&
         ok(shared->AllocateBuffer(shared.io, AllocateAnyPages, EfiRuntimeServicesData, 1, &host, 0)) &&
         ok(shared->FreeBuffer(shared.io, 1, host)) &&
         is(shared->AllocateBuffer(shared.io, AllocateAnyPages, EfiLoaderData, 1, &host, 0), kInvalid) &&
         is(shared->AllocateBuffer(shared.io, AllocateAnyPages, EfiBootServicesData, 1, nullptr, 0), kInvalid) &&
         is(shared->AllocateBuffer(shared.io, AllocateAnyPages, EfiBootServicesData, 1, &host, EFI_PCI_IO_ATTRIBUTE_IO), EFI_UNSUPPORTED);
}
bool free_buffer(Device& shared) {
  void* host = nullptr;
  return ok(shared->AllocateBuffer(shared.io, AllocateAnyPages, EfiBootServicesData, 1, &host, 0)) &&
         ok(shared->FreeBuffer(shared.io, 1, host)) && is(shared->FreeBuffer(shared.io, 1, host), kInvalid);
}

bool location(Device& shared) {
  UINTN segment = 9, bus = 999, device = 99, function = 99;
  return ok(shared->GetLocation(shared.io, &segment, &bus, &device, &function)) && equal(segment, 0) && that(bus < 256 && device < 32) &&
         equal(function, 0) && is(shared->GetLocation(shared.io, nullptr, &bus, &device, &function), kInvalid) &&
         is(shared->GetLocation(shared.io, &segment, nullptr, &device, &function), kInvalid) &&
         is(shared->GetLocation(shared.io, &segment, &bus, nullptr, &function), kInvalid) &&
         is(shared->GetLocation(shared.io, &segment, &bus, &device, nullptr), kInvalid);
}

bool device_path(Device& shared) {
  EFI_HANDLE* handles = nullptr;
  UINTN count = 0, segment, bus, device, function;
  void* path = nullptr;
  if (!ok(bs->LocateHandleBuffer(ByProtocol, &kPciIoGuid, nullptr, &count, &handles))) return false;
  for (UINTN i = 0; i < count; ++i) {
    void* io = nullptr;
    bs->HandleProtocol(handles[i], &kPciIoGuid, &io);
    if (io == shared.io) bs->HandleProtocol(handles[i], &kDevicePathGuid, &path);
  }
  bs->FreePool(handles);
  if (!that(path != nullptr) || !ok(shared->GetLocation(shared.io, &segment, &bus, &device, &function))) return false;
  const UINT8 node[] = {1, 1, 6, 0, static_cast<UINT8>(function), static_cast<UINT8>(device), 0x7F, 0xFF, 4, 0};
  const auto* bytes = static_cast<const UINT8*>(path);
  if (!equal(bytes[0], 2)) return false;
  const UINT8* last = bytes + 12;
  while (last[0] == 1 && last[sizeof(PCI_DEVICE_PATH)] == 1) last += sizeof(PCI_DEVICE_PATH);  // bridges
  return that(same(last, node, sizeof node));
}

bool attributes(Device& shared) {
  UINT64 supported = 0, now = 0;
  const auto change = [&](EFI_PCI_IO_PROTOCOL_ATTRIBUTE_OPERATION operation, UINT64 bits) {
    return shared->Attributes(shared.io, operation, bits, nullptr);
  };
  return ok(shared->Attributes(shared.io, EfiPciIoAttributeOperationSupported, 0, &supported)) &&
         equal(supported & kDeviceEnable, kDeviceEnable) &&
         ok(change(EfiPciIoAttributeOperationDisable, EFI_PCI_IO_ATTRIBUTE_BUS_MASTER)) && equal(shared.command() & 6, 2) &&
         ok(change(EfiPciIoAttributeOperationEnable, EFI_PCI_IO_ATTRIBUTE_BUS_MASTER)) && equal(shared.command() & 6, 6) &&
         ok(shared->Attributes(shared.io, EfiPciIoAttributeOperationGet, 0, &now)) &&
         equal(now & kDeviceEnable, UINT64{shared.command()} << 8 & kDeviceEnable) &&
         ok(change(EfiPciIoAttributeOperationSet, EFI_PCI_IO_ATTRIBUTE_MEMORY)) && equal(shared.command() & 7, 2) &&
         ok(change(EfiPciIoAttributeOperationSet, now));
}

bool attribute_errors(Device& shared) {
  UINT64 result;
  return is(shared->Attributes(shared.io, EfiPciIoAttributeOperationMaximum, 0, &result), kInvalid) &&
         is(shared->Attributes(shared.io, EfiPciIoAttributeOperationGet, 0, nullptr), kInvalid) &&
         is(shared->Attributes(shared.io, EfiPciIoAttributeOperationSupported, 0, nullptr), kInvalid) &&
         is(shared->Attributes(shared.io, EfiPciIoAttributeOperationEnable, UINT64{1} << 40, nullptr), EFI_UNSUPPORTED) &&
         is(shared->Attributes(shared.io, EfiPciIoAttributeOperationEnable, EFI_PCI_IO_ATTRIBUTE_VGA_IO, nullptr), EFI_UNSUPPORTED);
}

bool bar_attributes(Device& shared) {
  UINT64 supports = 0;
  void* resources = nullptr;
  if (!ok(shared->GetBarAttributes(shared.io, kSharedBar, &supports, &resources))) return false;
  Descriptor bar;
  bs->CopyMem(&bar, resources, sizeof bar);
  const UINT8 end = static_cast<UINT8*>(resources)[sizeof bar];
  UINT64 registers = 0;
  return ok(bs->FreePool(resources)) && equal(bar.tag, 0x8A) && equal(bar.length, 0x2B) && equal(bar.type, 0) &&
         equal(bar.size, 0x100000) &&
         equal(bar.granularity, 64) && equal(bar.specific, 6) && equal(end, 0x79) &&
         ok(shared->Pci.Read(shared.io, EfiPciIoWidthUint32, 0x18, 2, &registers)) && equal(registers & ~UINT64{15}, bar.minimum);
}
bool bar_attribute_errors(Device& shared) {
  UINT64 supports, offset = 0, length = 16;
  return is(shared->GetBarAttributes(shared.io, kSharedBar, nullptr, nullptr), kInvalid) &&
         is(shared->GetBarAttributes(shared.io, 6, &supports, nullptr), EFI_UNSUPPORTED) &&
         is(shared->GetBarAttributes(shared.io, 5, &supports, nullptr), EFI_UNSUPPORTED) &&
         is(shared->SetBarAttributes(shared.io, 0, kSharedBar, nullptr, &length), kInvalid) &&
         is(shared->SetBarAttributes(shared.io, 0, kSharedBar, &offset, nullptr), kInvalid) &&
         is(shared->SetBarAttributes(shared.io, UINT64{1} << 40, kSharedBar, &offset, &length), EFI_UNSUPPORTED);
}

const Test kTests[] = {
    {"14.4 A function's path ends with its node", with<kShared, device_path>},
    {"14.4.2 PollMem: a match, no delay, a timeout", with<kShared, polls>},
    {"14.4.2 PollMem: the result is what was read", with<kShared, poll_narrow>},
    {"14.4.2 PollMem, PollIo: widths, BARs, offsets", with<kShared, poll_errors>},
    {"14.4.2 PollMem: no place for the result", with<kShared, poll_result>},
    {"14.4.4 Mem: all kinds of widths", with<kShared, widths>},
    {"14.4.4 Mem: what is no BAR, and what lies behind it", with<kShared, bar_errors>},
    {"14.4.4 Mem: what is no width and no buffer", with<kShared, mem_parameters>},
    {"14.4.4 Mem: the pass-through BAR takes addresses", with<kShared, pass_through>},
    {"14.4.5 Io: ports at a BAR", with<kAhci, ports>},
    {"14.4.6 Pci: reading and writing", with<kShared, configuration_space>},
    {"14.4.6 Pci: what lies behind it, widths, buffers", with<kShared, configuration_errors>},
    {"14.4.7 CopyMem: within a BAR", with<kShared, copies>},
    {"14.4.8 Map: a bus master reads and writes memory", with<kEdu, masters>},
    {"14.4.8 Map: what cannot be meant", with<kShared, map_parameters>},
    {"14.4.10 AllocateBuffer: types and attributes", with<kShared, buffers>},
    {"14.4.11 FreeBuffer: a second time", with<kShared, free_buffer>},
    {"14.4.13 GetLocation", with<kShared, location>},
    {"14.4.14 Attributes: the command register", with<kShared, attributes>},
    {"14.4.14 Attributes: what cannot be meant", with<kShared, attribute_errors>},
    {"14.4.15 GetBarAttributes: a descriptor", with<kShared, bar_attributes>},
    {"14.4.15 GetBarAttributes, SetBarAttributes: what cannot be meant", with<kShared, bar_attribute_errors>},
};

}  // namespace

constinit const Chapter kPciIo(kTests);

}  // namespace conformance
