// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL [UEFI 2.10, 14.2].
#include "pci.hpp"

namespace conformance {

using namespace pci;

namespace {

bool no_bus() { return skip("no PCI bus"); }

template <bool (*kTest)(RootBridge&)>
bool with_root() {
  auto* root = locate<RootBridge>(kRootBridgeGuid);
  return root != nullptr ? kTest(*root) : no_bus();
}

UINT64 config(UINT8 bus, UINT8 device, UINT8 function, UINT32 offset) {
  const UINT64 where = UINT64{bus} << 24 | UINT64{device} << 16 | UINT64{function} << 8;
  return offset < 256 ? where | offset : where | UINT64{offset} << 32;
}

bool root_path(RootBridge&) {
  EFI_HANDLE* handles = nullptr;
  UINTN count = 0;
  if (!ok(bs->LocateHandleBuffer(ByProtocol, &kRootBridgeGuid, nullptr, &count, &handles))) return false;
  void* found = nullptr;
  const EFI_STATUS status = bs->HandleProtocol(handles[0], &kDevicePathGuid, &found);
  bs->FreePool(handles);
  if (!ok(status)) return false;
  const auto* path = static_cast<const UINT8*>(found);
  constexpr UINT8 kRoot[] = {2, 1, 12, 0, 0xD0, 0x41, 0x03, 0x0A};
  return that(same(path, kRoot, sizeof kRoot)) && equal(path[12], 0x7F);
}

bool root_polls(RootBridge& root) {
  Device shared(kShared);
  if (!shared) return no_device();
  const UINT64 address = bar_base(shared.io, kSharedBar);
  number_buffer(1);
  UINT64 result = 0;
  return ok(shared.write(EfiPciIoWidthUint32, kSharedBar, 0)) &&
         ok(root.PollMem(&root, EfiPciIoWidthUint16, address, 0xFF, 1, 0, &result)) && equal(result, 0x0201) &&
         ok(root.PollMem(&root, EfiPciIoWidthUint16, address, 0xFF, 2, 0, &result)) &&  // without a delay any value does
         equal(result, 0x0201) && is(root.PollMem(&root, EfiPciIoWidthUint16, address, 0xFF, 2, 10000, &result), EFI_TIMEOUT) &&
         equal(result, 0x0201);
}

bool root_poll_parameters(RootBridge& root) {
  UINT64 result;
  return is(root.PollMem(&root, EfiPciIoWidthFifoUint8, 0xFEE00000, 0, 0, 0, &result), kInvalid) &&
         is(root.PollIo(&root, EfiPciIoWidthFillUint8, 0x80, 0, 0, 0, &result), kInvalid) &&
         is(root.PollIo(&root, kNoWidth, 0x80, 0, 0, 0, &result), kInvalid) &&
         is(root.PollIo(&root, EfiPciIoWidthUint8, 0x80, 0, 0, 0, nullptr), kInvalid);
}

bool root_memory(RootBridge& root) {
  Device shared(kShared);
  if (!shared) return no_device();
  const UINT64 address = bar_base(shared.io, kSharedBar);
  number_buffer(0x40);
  UINT32 word = 0;
  return ok(root.Mem.Write(&root, EfiPciIoWidthUint32, address + 0x100, 4, buffer)) &&
         ok(root.Mem.Read(&root, EfiPciIoWidthUint32, address + 0x104, 1, &word)) && equal(word, 0x47464544) &&
         ok(shared.read(EfiPciIoWidthUint8, kSharedBar, 0x10F)) && equal(buffer[0], 0x4F);
}

bool root_memory_parameters(RootBridge& root) {
  return is(root.Mem.Read(&root, kNoWidth, 0xFEE00000, 1, buffer), kInvalid) &&
         is(root.Mem.Write(&root, EfiPciIoWidthUint8, 0xFEE00000, 1, nullptr), kInvalid) &&
         is(root.Io.Read(&root, kNoWidth, 0x80, 1, buffer), kInvalid) &&
         is(root.Io.Read(&root, EfiPciIoWidthUint8, 0x80, 1, nullptr), kInvalid);
}

bool root_config(RootBridge& root) {
  Device shared(kShared);
  if (!shared) return no_device();
  UINTN segment, bus, device, function;
  UINT32 word = 0;
  UINT8 bytes[4] = {};
  if (!ok(shared->GetLocation(shared.io, &segment, &bus, &device, &function))) return false;
  const UINT64 at = config(static_cast<UINT8>(bus), static_cast<UINT8>(device), static_cast<UINT8>(function), 0);
  return equal(segment, root.SegmentNumber) && ok(root.Pci.Read(&root, EfiPciIoWidthUint32, at, 1, &word)) && equal(word, kShared) &&
         ok(root.Pci.Read(&root, EfiPciIoWidthUint8, at, 4, bytes)) && that(same(bytes, &word, 4));
}

bool root_config_of_nobody(RootBridge& root) {
  UINT32 word = 0;
  return ok(root.Pci.Read(&root, EfiPciIoWidthUint32, config(0, 30, 7, 0), 1, &word)) && equal(word, 0xFFFFFFFF);
}

bool root_config_parameters(RootBridge& root) {
  return is(root.Pci.Read(&root, kNoWidth, 0, 1, buffer), kInvalid) &&
         is(root.Pci.Read(&root, EfiPciIoWidthUint8, 0, 1, nullptr), kInvalid);
}

bool root_copies(RootBridge& root) {
  Device shared(kShared);
  if (!shared) return no_device();
  const UINT64 address = bar_base(shared.io, kSharedBar);
  number_buffer(0);
  return ok(shared.write(EfiPciIoWidthUint8, kSharedBar, 0, 16)) &&
         ok(root.CopyMem(&root, EfiPciIoWidthUint8, address + 4, address, 12)) &&  // overlapping
         ok(shared.read(EfiPciIoWidthUint8, kSharedBar, 4, 12)) && equal(buffer[0], 0) && equal(buffer[4], 4) && equal(buffer[11], 11) &&
         is(root.CopyMem(&root, EfiPciIoWidthFifoUint8, address, address + 16, 1), kInvalid);
}

bool root_maps(RootBridge& root) {
  Pages pages(1);
  UINTN size = kPage;
  EFI_PHYSICAL_ADDRESS address = 0;
  void* mapping = nullptr;
  return ok(root.Map(&root, EfiPciOperationBusMasterCommonBuffer64, at<void>(pages.start), &size, &address, &mapping)) &&
         equal(address, pages.start) && equal(size, kPage) && ok(root.Unmap(&root, mapping));
}

bool root_map_parameters(RootBridge& root) {
  UINTN size = sizeof buffer;
  EFI_PHYSICAL_ADDRESS address;
  void* mapping;
  const auto map = [&](auto operation, void* host, UINTN* count, EFI_PHYSICAL_ADDRESS* device, void** out) {
    return is(root.Map(&root, operation, host, count, device, out), kInvalid);
  };
  return map(EfiPciOperationMaximum, buffer, &size, &address, &mapping) &&
         map(EfiPciOperationBusMasterRead, nullptr, &size, &address, &mapping) &&
         map(EfiPciOperationBusMasterRead, buffer, nullptr, &address, &mapping) &&
         map(EfiPciOperationBusMasterRead, buffer, &size, nullptr, &mapping) &&
         map(EfiPciOperationBusMasterRead, buffer, &size, &address, nullptr);
}

bool root_unmap_parameters(RootBridge& root) { return is(root.Unmap(&root, buffer), kInvalid); }

bool root_buffers(RootBridge& root) {
  void* host = nullptr;
  return ok(root.AllocateBuffer(&root, AllocateAnyPages, EfiBootServicesData, 2, &host, EFI_PCI_ATTRIBUTE_MEMORY_CACHED)) &&
         equal(address(host) % kPage, 0) && ok(root.FreeBuffer(&root, 2, host)) &&
         is(root.AllocateBuffer(&root, AllocateAnyPages, EfiLoaderData, 1, &host, 0), kInvalid) &&
         is(root.AllocateBuffer(&root, AllocateAnyPages, EfiBootServicesData, 1, nullptr, 0), kInvalid) &&
         is(root.AllocateBuffer(&root, AllocateAnyPages, EfiBootServicesData, 1, &host, EFI_PCI_ATTRIBUTE_VGA_IO), EFI_UNSUPPORTED);
}

bool root_free_buffer(RootBridge& root) {
  void* host = nullptr;
  return ok(root.AllocateBuffer(&root, AllocateAnyPages, EfiBootServicesData, 1, &host, 0)) && ok(root.FreeBuffer(&root, 1, host)) &&
         is(root.FreeBuffer(&root, 1, host), kInvalid);
}

bool root_attributes(RootBridge& root) {
  UINT64 supports = 0, attributes = 0, now = 0;
  return ok(root.GetAttributes(&root, &supports, &attributes)) && equal(attributes & ~supports, 0) &&
         ok(root.GetAttributes(&root, nullptr, &now)) && equal(now, attributes) &&
         is(root.GetAttributes(&root, nullptr, nullptr), kInvalid) &&
         ok(root.SetAttributes(&root, attributes, nullptr, nullptr)) &&
         is(root.SetAttributes(&root, UINT64{1} << 63, nullptr, nullptr), EFI_UNSUPPORTED);
}

bool root_configuration(RootBridge& root) {
  void* resources = nullptr;
  if (!ok(root.Configuration(&root, &resources))) return false;
  bool bus = false;
  const auto* next = static_cast<const UINT8*>(resources);
  for (int i = 0; i < 64 && *next == 0x8A; ++i, next += sizeof(Descriptor)) {
    Descriptor one;
    bs->CopyMem(&one, const_cast<UINT8*>(next), sizeof one);
    if (!equal(one.length, 0x2B) || !equal(one.maximum, one.minimum + one.size - 1)) return false;
    if (one.type == 2) bus = that(one.minimum == 0);
  }
  return equal(*next, 0x79) && that(bus);
}

const Test kTests[] = {
    {"14.2 A root bridge is PNP0A03", with_root<root_path>},
    {"14.2.2 PollMem: a match, no delay, a timeout", with_root<root_polls>},
    {"14.2.2 PollMem, PollIo: what is no width and no result", with_root<root_poll_parameters>},
    {"14.2.4 Mem: by addresses", with_root<root_memory>},
    {"14.2.4 Mem, Io: what is no width and no buffer", with_root<root_memory_parameters>},
    {"14.2.6 Pci: the function that GetLocation names", with_root<root_config>},
    {"14.2.6 Pci: nobody reads as ones", with_root<root_config_of_nobody>},
    {"14.2.6 Pci: what is no width and no buffer", with_root<root_config_parameters>},
    {"14.2.9 CopyMem: what overlaps, too", with_root<root_copies>},
    {"14.2.10 Map: a bus master of 64 bits needs no copy", with_root<root_maps>},
    {"14.2.10 Map: what cannot be meant", with_root<root_map_parameters>},
    {"14.2.11 Unmap: what Map did not return", with_root<root_unmap_parameters>},
    {"14.2.12 AllocateBuffer: types and attributes", with_root<root_buffers>},
    {"14.2.13 FreeBuffer: a second time", with_root<root_free_buffer>},
    {"14.2.15 GetAttributes, SetAttributes", with_root<root_attributes>},
    {"14.2.17 Configuration: descriptors with a bus range and an end", with_root<root_configuration>},
};

}  // namespace

constinit const Chapter kPci(kTests);

}  // namespace conformance
