// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_PCI_IO_PROTOCOL [UEFI 2.10, 14.4].
#include "core/pci/pci_io.hpp"

#include <cstring>

#include "tests/support/pci_machine.hpp"

namespace efilite::core {
namespace {

using efi::EfiStatus;
using efi::PciAttributeOperation;
using efi::PciOperation;
using efi::PciWidth;
using test::BarKind;
using test::FakePci;
using test::FakePciFunction;

constexpr EfiStatus kOk = efi::encode(Status::Success);
constexpr EfiStatus kInvalid = efi::encode(Status::InvalidParameter);
constexpr EfiStatus kUnsupported = efi::encode(Status::Unsupported);
constexpr uint64_t kEnable = efi::kPciIo | efi::kPciMemory | efi::kPciBusMaster;

struct PciIoTest : test::PciMachine {
  FakePciFunction* device = &machine.add(1);
  efi::PciIoProtocol* p = nullptr;
  alignas(8) std::array<uint8_t, 64> buffer{};

  void SetUp() override {
    device->add_bar(0, BarKind::Io, 0x40).add_bar(1, BarKind::Memory32, 0x1000).add_bar(4, BarKind::Prefetchable64, 0x4000);
    device->set(0x80, 8, 0x1122334455667788);
    device->may_write(0x80, 8, UINT64_MAX);
    start();
    p = pci_io(0, 1);
    ASSERT_EQ(p->attributes(p, PciAttributeOperation::Enable, kEnable, nullptr), kOk);
  }
  template <typename T>
  T value(size_t at = 0) {
    T out;
    memcpy(&out, &buffer[at], sizeof out);
    return out;
  }
  std::vector<uint8_t>& registers(unsigned bar) { return device->bars.at(bar).bytes; }
};

// ---- Mem, Io

TEST_F(PciIoTest, RegistersAreReadAndWrittenAtTheirBar) {
  uint32_t word = 0xCAFEF00D;
  ASSERT_EQ(p->mem.write(p, PciWidth::Uint32, 1, 0x10, 1, &word), kOk);
  EXPECT_EQ(registers(1)[0x10], 0x0D);
  EXPECT_EQ(registers(1)[0x13], 0xCA);
  ASSERT_EQ(p->mem.read(p, PciWidth::Uint16, 1, 0x10, 2, buffer.data()), kOk);
  EXPECT_EQ(value<uint32_t>(), word);
  ASSERT_EQ(p->io.write(p, PciWidth::Uint8, 0, 3, 1, &word), kOk);
  EXPECT_EQ(registers(0)[3], 0x0D);
  uint64_t wide = 0x0102030405060708;
  ASSERT_EQ(p->mem.write(p, PciWidth::Uint64, 4, 0x3FF8, 1, &wide), kOk);
  EXPECT_EQ(registers(4)[0x1FF8], 8);
  EXPECT_EQ(machine.nobody, 0);
}

TEST_F(PciIoTest, FifoStaysAndFillRepeats) {
  for (unsigned i = 0; i < 16; ++i) registers(1)[i] = static_cast<uint8_t>(i + 1);
  ASSERT_EQ(p->mem.read(p, PciWidth::FifoUint16, 1, 2, 3, buffer.data()), kOk);
  for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(value<uint16_t>(2 * i), 0x0403);
  ASSERT_EQ(p->mem.write(p, PciWidth::FillUint8, 1, 0x20, 4, buffer.data()), kOk);
  for (unsigned i = 0x20; i < 0x24; ++i) EXPECT_EQ(registers(1)[i], 3);
}

TEST_F(PciIoTest, WhatIsNoRegisterIsUnsupported) {
  for (uint8_t bar : {uint8_t{0}, uint8_t{2}, uint8_t{5}, uint8_t{6}, uint8_t{0xFE}})
    EXPECT_EQ(p->mem.read(p, PciWidth::Uint8, bar, 0, 1, buffer.data()), kUnsupported) << int{bar};
  for (uint8_t bar : {uint8_t{1}, uint8_t{2}, uint8_t{6}})
    EXPECT_EQ(p->io.write(p, PciWidth::Uint8, bar, 0, 1, buffer.data()), kUnsupported) << int{bar};
  EXPECT_EQ(p->mem.read(p, PciWidth::Uint32, 1, 0xFFC, 1, buffer.data()), kOk);
  EXPECT_EQ(p->mem.read(p, PciWidth::FifoUint32, 1, 0xFFC, 9, buffer.data()), kOk);
  EXPECT_EQ(p->mem.read(p, PciWidth::Uint32, 1, 0xFFC, 2, buffer.data()), kUnsupported);
  EXPECT_EQ(p->mem.read(p, PciWidth::FillUint32, 1, 0xFFC, 2, buffer.data()), kUnsupported);
  EXPECT_EQ(p->mem.read(p, PciWidth::Uint8, 1, 0x1000, 1, buffer.data()), kUnsupported);
  EXPECT_EQ(p->mem.read(p, PciWidth::Uint8, 1, UINT64_MAX, 1, buffer.data()), kUnsupported);
  EXPECT_EQ(p->mem.read(p, PciWidth::Uint32, 1, 0, UINT64_MAX, buffer.data()), kUnsupported);
  EXPECT_EQ(p->mem.read(p, PciWidth::Uint32, 1, 0, uint64_t{1} << 62, buffer.data()), kUnsupported);
  EXPECT_EQ(p->mem.read(p, PciWidth::Uint32, 1, 2, 1, buffer.data()), kUnsupported);
}

TEST_F(PciIoTest, WhatIsNoWidthAndNoBufferIsInvalid) {
  for (PciWidth width : {PciWidth::Maximum, PciWidth{UINT32_MAX}}) {
    EXPECT_EQ(p->mem.read(p, width, 1, 0, 1, buffer.data()), kInvalid);
    EXPECT_EQ(p->io.write(p, width, 0, 0, 1, buffer.data()), kInvalid);
    EXPECT_EQ(p->pci.read(p, width, 0, 1, buffer.data()), kInvalid);
  }
  EXPECT_EQ(p->io.read(p, PciWidth::Uint64, 0, 0, 1, buffer.data()), kInvalid);
  EXPECT_EQ(p->mem.read(p, PciWidth::Uint8, 1, 0, 1, nullptr), kInvalid);
  EXPECT_EQ(p->io.read(p, PciWidth::Uint8, 0, 0, 1, nullptr), kInvalid);
  EXPECT_EQ(p->pci.write(p, PciWidth::Uint8, 0, 1, nullptr), kInvalid);
}

TEST_F(PciIoTest, ThePassThroughBarTakesAddresses) {
  const uint64_t base = device->base(1);
  registers(1)[5] = 0x5A;
  ASSERT_EQ(p->mem.read(p, PciWidth::Uint8, efi::kPciPassThroughBar, base + 5, 1, buffer.data()), kOk);
  EXPECT_EQ(buffer[0], 0x5A);
  EXPECT_EQ(p->io.read(p, PciWidth::Uint8, efi::kPciPassThroughBar, 0x10000, 1, buffer.data()), kUnsupported);
  pages.mapped_end = base;
  EXPECT_EQ(p->mem.read(p, PciWidth::Uint8, efi::kPciPassThroughBar, base + 5, 1, buffer.data()), kUnsupported);
}

// ---- Pci

TEST_F(PciIoTest, ConfigurationSpaceIsReadAndWritten) {
  ASSERT_EQ(p->pci.read(p, PciWidth::Uint16, 0, 2, buffer.data()), kOk);
  EXPECT_EQ(value<uint32_t>(), 0x10011AF4u);
  ASSERT_EQ(p->pci.read(p, PciWidth::Uint64, 0x80, 1, buffer.data()), kOk);
  EXPECT_EQ(value<uint64_t>(), 0x1122334455667788u);
  uint64_t other = 0x99AABBCCDDEEFF00;
  ASSERT_EQ(p->pci.write(p, PciWidth::Uint64, 0x80, 1, &other), kOk);
  EXPECT_EQ(device->get(0x80, 8), other);
  EXPECT_EQ(p->pci.read(p, PciWidth::Uint32, 0xFFC, 1, buffer.data()), kOk);
  EXPECT_EQ(p->pci.read(p, PciWidth::Uint32, 0xFFC, 2, buffer.data()), kUnsupported);
  EXPECT_EQ(p->pci.read(p, PciWidth::Uint8, 0x1000, 0, buffer.data()), kUnsupported);
  EXPECT_EQ(p->pci.read(p, PciWidth::Uint8, UINT32_MAX, 1, buffer.data()), kUnsupported);
  EXPECT_EQ(p->pci.read(p, PciWidth::Uint32, 2, 1, buffer.data()), kUnsupported);
}

// ---- PollMem, PollIo

TEST_F(PciIoTest, PollingEndsWhenTheBitsAreRight) {
  registers(1)[8] = 0x84;
  uint64_t result = 0;
  EXPECT_EQ(p->poll_mem(p, PciWidth::Uint8, 1, 8, 0x80, 0x80, 1000, &result), kOk);
  EXPECT_EQ(result, 0x84u);
  EXPECT_EQ(clock.time, 0u);
  EXPECT_EQ(p->poll_mem(p, PciWidth::Uint16, 1, 8, 0x80, 0, 1000, &result), efi::encode(Status::Timeout));
  EXPECT_EQ(result, 0x84u);
  EXPECT_GE(clock.time, 1000u);
  EXPECT_LT(clock.time, 1100u);
  registers(0)[4] = 7;
  EXPECT_EQ(p->poll_io(p, PciWidth::Uint32, 0, 4, 7, 7, 0, &result), kOk);
  EXPECT_EQ(result, 7u);
}

TEST_F(PciIoTest, WithoutADelayOneLookIsEnough) {
  uint64_t result = 1;
  EXPECT_EQ(p->poll_mem(p, PciWidth::Uint32, 1, 8, 0xFF, 0xFF, 0, &result), kOk);
  EXPECT_EQ(result, 0u);
}

TEST_F(PciIoTest, PollingKnowsItsParameters) {
  uint64_t result;
  EXPECT_EQ(p->poll_mem(p, PciWidth::FifoUint8, 1, 0, 0, 0, 0, &result), kInvalid);
  EXPECT_EQ(p->poll_mem(p, PciWidth::Uint8, 1, 0, 0, 0, 0, nullptr), kInvalid);
  EXPECT_EQ(p->poll_io(p, PciWidth::Uint64, 0, 0, 0, 0, 0, &result), kInvalid);
  EXPECT_EQ(p->poll_mem(p, PciWidth::Uint8, 0, 0, 0, 0, 0, &result), kUnsupported);
  EXPECT_EQ(p->poll_mem(p, PciWidth::Uint8, 1, 0x1000, 0, 0, 0, &result), kUnsupported);
  EXPECT_EQ(p->poll_io(p, PciWidth::Uint8, 2, 0, 0, 0, 0, &result), kUnsupported);
}

// ---- CopyMem

TEST_F(PciIoTest, CopyMemCopiesWithinAndBetweenBars) {
  for (unsigned i = 0; i < 16; ++i) registers(1)[i] = static_cast<uint8_t>(i);
  ASSERT_EQ(p->copy_mem(p, PciWidth::Uint32, 4, 0x100, 1, 0, 4), kOk);
  EXPECT_EQ(registers(4)[0x10F], 15);
  ASSERT_EQ(p->copy_mem(p, PciWidth::Uint8, 1, 4, 1, 0, 12), kOk);  // overlapping, upwards
  for (unsigned i = 0; i < 12; ++i) EXPECT_EQ(registers(1)[4 + i], i);
  ASSERT_EQ(p->copy_mem(p, PciWidth::Uint16, 1, 0, 1, 4, 6), kOk);  // and downwards
  for (unsigned i = 0; i < 12; ++i) EXPECT_EQ(registers(1)[i], i);
  EXPECT_EQ(p->copy_mem(p, PciWidth::FillUint8, 1, 0, 1, 4, 6), kInvalid);
  EXPECT_EQ(p->copy_mem(p, PciWidth::Uint8, 0, 0, 1, 0, 1), kUnsupported);
  EXPECT_EQ(p->copy_mem(p, PciWidth::Uint8, 1, 0, 2, 0, 1), kUnsupported);
  EXPECT_EQ(p->copy_mem(p, PciWidth::Uint8, 1, 0xFFF, 1, 0, 2), kUnsupported);
  EXPECT_EQ(p->copy_mem(p, PciWidth::Uint8, 1, 0, 1, 0xFFF, 2), kUnsupported);
}

// ---- Map, AllocateBuffer

TEST_F(PciIoTest, MemoryThatTheDeviceReachesIsMappedAsItIs) {
  for (PciOperation operation : {PciOperation::Read, PciOperation::Write, PciOperation::CommonBuffer}) {
    auto* low = reinterpret_cast<void*>(0x100000);
    efi::Uintn size = 64;
    efi::PhysicalAddress address = 0;
    void* mapping = nullptr;
    ASSERT_EQ(p->map(p, operation, low, &size, &address, &mapping), kOk);
    EXPECT_EQ(address, 0x100000u);
    EXPECT_EQ(size, 64u);
    EXPECT_EQ(p->unmap(p, mapping), kOk);
    EXPECT_EQ(p->unmap(p, mapping), kInvalid);
  }
}

TEST_F(PciIoTest, MemoryAbove4GiBIsCopied) {
  ASSERT_GT(reinterpret_cast<uint64_t>(buffer.data()), kFourGiB);  // the test's own
  buffer.fill(0x11);
  efi::Uintn size = buffer.size();
  efi::PhysicalAddress address = 0;
  void* mapping = nullptr;
  ASSERT_EQ(p->map(p, PciOperation::Read, buffer.data(), &size, &address, &mapping), kOk);
  EXPECT_LT(address, kFourGiB);
  auto* copy = reinterpret_cast<uint8_t*>(address);
  EXPECT_EQ(copy[63], 0x11);
  copy[0] = 0x22;
  ASSERT_EQ(p->unmap(p, mapping), kOk);
  EXPECT_EQ(buffer[0], 0x11) << "the device was only to read";

  ASSERT_EQ(p->map(p, PciOperation::Write, buffer.data(), &size, &address, &mapping), kOk);
  memset(reinterpret_cast<void*>(address), 0x33, size);
  EXPECT_EQ(buffer[0], 0x11);
  ASSERT_EQ(p->unmap(p, mapping), kOk);
  EXPECT_EQ(buffer[0], 0x33);
  EXPECT_EQ(buffer[63], 0x33);

  EXPECT_EQ(p->map(p, PciOperation::CommonBuffer, buffer.data(), &size, &address, &mapping), kUnsupported);
}

TEST_F(PciIoTest, ADeviceOfDualAddressCyclesNeedsNoCopy) {
  ASSERT_EQ(p->attributes(p, PciAttributeOperation::Enable, efi::kPciDualAddressCycle, nullptr), kOk);
  efi::Uintn size = buffer.size();
  efi::PhysicalAddress address = 0;
  void* mapping = nullptr;
  ASSERT_EQ(p->map(p, PciOperation::CommonBuffer, buffer.data(), &size, &address, &mapping), kOk);
  EXPECT_EQ(address, reinterpret_cast<uint64_t>(buffer.data()));
  EXPECT_EQ(p->unmap(p, mapping), kOk);
}

TEST_F(PciIoTest, MapKnowsItsParameters) {
  efi::Uintn size = buffer.size(), none = 0, all = UINT64_MAX;
  efi::PhysicalAddress address;
  void* mapping;
  EXPECT_EQ(p->map(p, PciOperation::Maximum, buffer.data(), &size, &address, &mapping), kInvalid);
  EXPECT_EQ(p->map(p, PciOperation::Read, nullptr, &size, &address, &mapping), kInvalid);
  EXPECT_EQ(p->map(p, PciOperation::Read, buffer.data(), nullptr, &address, &mapping), kInvalid);
  EXPECT_EQ(p->map(p, PciOperation::Read, buffer.data(), &none, &address, &mapping), kInvalid);
  EXPECT_EQ(p->map(p, PciOperation::Read, buffer.data(), &all, &address, &mapping), kInvalid);
  EXPECT_EQ(p->map(p, PciOperation::Read, buffer.data(), &size, nullptr, &mapping), kInvalid);
  EXPECT_EQ(p->map(p, PciOperation::Read, buffer.data(), &size, &address, nullptr), kInvalid);
  EXPECT_EQ(p->unmap(p, nullptr), kInvalid);
  size = 64 << 20;  // more than there is
  EXPECT_EQ(p->map(p, PciOperation::Read, buffer.data(), &size, &address, &mapping), efi::encode(Status::OutOfResources));
}

TEST_F(PciIoTest, BuffersAreAllocatedAndFreed) {
  void* host = nullptr;
  using enum efi::MemoryType;
  ASSERT_EQ(p->allocate_buffer(p, efi::AllocateType::AnyPages, BootServicesData, 2, &host, efi::kPciMemoryCached), kOk);
  EXPECT_EQ(reinterpret_cast<uint64_t>(host) % kPageSize, 0u);
  EXPECT_LT(reinterpret_cast<uint64_t>(host), kFourGiB);
  EXPECT_EQ(memory.map.find({reinterpret_cast<uint64_t>(host)})->type, BootServicesData);
  EXPECT_EQ(p->free_buffer(p, 2, host), kOk);
  EXPECT_EQ(p->free_buffer(p, 2, host), kInvalid);
  EXPECT_EQ(p->allocate_buffer(p, efi::AllocateType::AnyPages, RuntimeServicesData, 1, &host, 0), kOk);
  EXPECT_EQ(p->free_buffer(p, 1, host), kOk);
  EXPECT_EQ(p->allocate_buffer(p, efi::AllocateType::AnyPages, LoaderData, 1, &host, 0), kInvalid);
  EXPECT_EQ(p->allocate_buffer(p, efi::AllocateType::AnyPages, BootServicesData, 1, nullptr, 0), kInvalid);
  EXPECT_EQ(p->allocate_buffer(p, efi::AllocateType::AnyPages, BootServicesData, 0, &host, 0), kInvalid);
  EXPECT_EQ(p->allocate_buffer(p, efi::AllocateType::AnyPages, BootServicesData, 1, &host, efi::kPciIo), kUnsupported);
  EXPECT_EQ(p->allocate_buffer(p, efi::AllocateType::AnyPages, BootServicesData, uint64_t{1} << 40, &host, 0),
            efi::encode(Status::OutOfResources));
}

// ---- Flush, GetLocation

TEST_F(PciIoTest, FlushAndLocation) {
  EXPECT_EQ(p->flush(p), kOk);
  efi::Uintn segment = 9, bus = 9, number = 9, function = 9;
  ASSERT_EQ(p->get_location(p, &segment, &bus, &number, &function), kOk);
  EXPECT_EQ(segment, 0u);
  EXPECT_EQ(bus, 0u);
  EXPECT_EQ(number, 1u);
  EXPECT_EQ(function, 0u);
  EXPECT_EQ(p->get_location(p, nullptr, &bus, &number, &function), kInvalid);
  EXPECT_EQ(p->get_location(p, &segment, nullptr, &number, &function), kInvalid);
  EXPECT_EQ(p->get_location(p, &segment, &bus, nullptr, &function), kInvalid);
  EXPECT_EQ(p->get_location(p, &segment, &bus, &number, nullptr), kInvalid);
}

// ---- attributes

TEST_F(PciIoTest, AttributesAreTheCommandRegisters) {
  uint64_t result = 0;
  ASSERT_EQ(p->attributes(p, PciAttributeOperation::Supported, 0, &result), kOk);
  EXPECT_EQ(result, kEnable | efi::kPciDualAddressCycle);
  ASSERT_EQ(p->attributes(p, PciAttributeOperation::Set, efi::kPciMemory, nullptr), kOk);
  EXPECT_EQ(device->command(), PCI_COMMAND_MEMORY);
  ASSERT_EQ(p->attributes(p, PciAttributeOperation::Enable, efi::kPciIo | efi::kPciDualAddressCycle, nullptr), kOk);
  EXPECT_EQ(device->command(), PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
  ASSERT_EQ(p->attributes(p, PciAttributeOperation::Get, 0, &result), kOk);
  EXPECT_EQ(result, efi::kPciMemory | efi::kPciIo | efi::kPciDualAddressCycle);
  ASSERT_EQ(p->attributes(p, PciAttributeOperation::Disable, efi::kPciMemory | efi::kPciDualAddressCycle, nullptr), kOk);
  EXPECT_EQ(device->command(), PCI_COMMAND_IO);
  device->write(PCI_COMMAND, 2, PCI_COMMAND_MASTER);  // by somebody else
  ASSERT_EQ(p->attributes(p, PciAttributeOperation::Get, 0, &result), kOk);
  EXPECT_EQ(result, efi::kPciBusMaster);
}

TEST_F(PciIoTest, WhatAFunctionDoesNotHaveCannotBeEnabled) {
  uint64_t result;
  for (auto operation : {PciAttributeOperation::Set, PciAttributeOperation::Enable, PciAttributeOperation::Disable})
    EXPECT_EQ(p->attributes(p, operation, efi::kPciVgaIo, nullptr), kUnsupported);
  EXPECT_EQ(device->command(), PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER) << "nothing changed";
  EXPECT_EQ(p->attributes(p, PciAttributeOperation::Maximum, 0, &result), kInvalid);
  EXPECT_EQ(p->attributes(p, PciAttributeOperation::Get, 0, nullptr), kInvalid);
  EXPECT_EQ(p->attributes(p, PciAttributeOperation::Supported, 0, nullptr), kInvalid);
}

struct OtherFunctions : test::PciMachine {};

TEST_F(OtherFunctions, BitsThatTheCommandRegisterLacksAreNotSupported) {
  machine.add(1).may_write(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
  start();
  efi::PciIoProtocol* p = pci_io(0, 1);
  uint64_t result = 0;
  ASSERT_EQ(p->attributes(p, PciAttributeOperation::Supported, 0, &result), kOk);
  EXPECT_EQ(result, efi::kPciMemory | efi::kPciDualAddressCycle);
  EXPECT_EQ(p->attributes(p, PciAttributeOperation::Enable, efi::kPciBusMaster, nullptr), kUnsupported);
  EXPECT_EQ(machine.bus.behind[8]->command(), 0);
}

TEST_F(OtherFunctions, AVgaHasItsOldAddressesOnTheRootBusOnly) {
  machine.add(1, 0, 0x0300);
  auto behind = FakePci::function();
  behind->set(PCI_CLASS_DEVICE, 2, 0x0300);
  machine.add(2).make_bridge().add(0, std::move(behind));
  start();
  efi::PciIoProtocol* vga = pci_io(0, 1);
  uint64_t result = 0;
  EXPECT_EQ(vga->attributes(vga, PciAttributeOperation::Enable, efi::kPciMemory | efi::kPciVgaMemory | efi::kPciVgaIo, nullptr), kOk);
  EXPECT_EQ(vga->attributes(vga, PciAttributeOperation::Get, 0, &result), kOk);
  EXPECT_EQ(result, efi::kPciMemory | efi::kPciVgaMemory | efi::kPciVgaIo);
  efi::PciIoProtocol* other = pci_io(1, 0);
  EXPECT_EQ(other->attributes(other, PciAttributeOperation::Enable, efi::kPciVgaIo, nullptr), kUnsupported);
}

TEST_F(PciIoTest, BarsAreDescribedAsAcpiDoes) {
  uint64_t supports = 9;
  void* resources = nullptr;
  ASSERT_EQ(p->get_bar_attributes(p, 4, &supports, &resources), kOk);
  EXPECT_EQ(supports, 0u);
  efi::AddressSpaceDescriptor found;
  memcpy(&found, resources, sizeof found);
  EXPECT_EQ(found.tag, 0x8A);
  EXPECT_EQ(uint16_t{found.length}, 0x2B);
  EXPECT_EQ(found.type, efi::kAddressSpaceMemory);
  EXPECT_EQ(found.specific_flags, efi::kAddressSpacePrefetchable);
  EXPECT_EQ(uint64_t{found.granularity}, 64u);
  EXPECT_EQ(uint64_t{found.minimum}, device->base(4));
  EXPECT_EQ(uint64_t{found.maximum}, device->base(4) + 0x3FFF);
  EXPECT_EQ(uint64_t{found.translation}, 0u);
  EXPECT_EQ(uint64_t{found.size}, 0x4000u);
  EXPECT_EQ(static_cast<uint8_t*>(resources)[46], 0x79);
  EXPECT_EQ(memory.pool.free(resources), Result<>());

  ASSERT_EQ(p->get_bar_attributes(p, 0, nullptr, &resources), kOk);
  memcpy(&found, resources, sizeof found);
  EXPECT_EQ(found.type, efi::kAddressSpaceIo);
  EXPECT_EQ(uint64_t{found.minimum}, device->base(0));
  EXPECT_EQ(memory.pool.free(resources), Result<>());
  ASSERT_EQ(p->get_bar_attributes(p, 1, nullptr, &resources), kOk);
  memcpy(&found, resources, sizeof found);
  EXPECT_EQ(uint64_t{found.granularity}, 32u);
  EXPECT_EQ(memory.pool.free(resources), Result<>());

  EXPECT_EQ(p->get_bar_attributes(p, 4, nullptr, nullptr), kInvalid);
  EXPECT_EQ(p->get_bar_attributes(p, 2, &supports, nullptr), kUnsupported);
  EXPECT_EQ(p->get_bar_attributes(p, 6, &supports, nullptr), kUnsupported);
}

TEST_F(PciIoTest, BarsHaveNoAttributes) {
  uint64_t offset = 0, length = 0x1000, beyond = 0x1001;
  EXPECT_EQ(p->set_bar_attributes(p, 0, 1, &offset, &length), kOk);
  EXPECT_EQ(p->set_bar_attributes(p, efi::kPciMemoryWriteCombine, 1, &offset, &length), kUnsupported);
  EXPECT_EQ(p->set_bar_attributes(p, 0, 1, &offset, &beyond), kUnsupported);
  EXPECT_EQ(p->set_bar_attributes(p, 0, 2, &offset, &length), kUnsupported);
  EXPECT_EQ(p->set_bar_attributes(p, 0, 1, nullptr, &length), kInvalid);
  EXPECT_EQ(p->set_bar_attributes(p, 0, 1, &offset, nullptr), kInvalid);
}

TEST_F(PciIoTest, ThereIsNoRomImage) {
  EXPECT_EQ(p->rom_size, 0u);
  EXPECT_EQ(p->rom_image, nullptr);
}

}  // namespace
}  // namespace efilite::core
