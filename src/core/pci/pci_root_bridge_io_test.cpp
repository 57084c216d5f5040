// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL [UEFI 2.10, 14.2].
#include "core/pci/pci_root_bridge_io.hpp"

#include <cstring>

#include "tests/support/pci_machine.hpp"

namespace efilite::core {
namespace {

using efi::EfiStatus;
using efi::PciRootOperation;
using efi::PciWidth;
using test::BarKind;
using test::FakePciFunction;

constexpr EfiStatus kOk = efi::encode(Status::Success);
constexpr EfiStatus kInvalid = efi::encode(Status::InvalidParameter);
constexpr EfiStatus kUnsupported = efi::encode(Status::Unsupported);

constexpr uint64_t config(uint8_t bus, uint8_t device, uint8_t function, uint32_t offset) {
  const uint64_t where = uint64_t{bus} << 24 | device << 16 | function << 8;
  return offset < 256 ? where | offset : where | uint64_t{offset} << 32;
}

struct PciRootBridgeIoTest : test::PciMachine {
  static constexpr uint64_t kMemory = 0xC0001000, kPort = 0x6040;
  FakePciFunction* device = &machine.add(1);
  efi::PciRootBridgeIoProtocol* p = nullptr;
  alignas(8) std::array<uint8_t, 64> buffer{};

  void SetUp() override {
    device->add_bar(0, BarKind::Io, 0x40, kPort).add_bar(1, BarKind::Memory32, 0x1000, kMemory).write(PCI_COMMAND, 2, 7);
    device->set(0x100, 4, 0xCAFEF00D);
    start();
    p = *handles.locate<efi::PciRootBridgeIoProtocol>();
  }
  std::vector<uint8_t>& registers(unsigned bar) { return device->bars.at(bar).bytes; }
};

TEST_F(PciRootBridgeIoTest, MemoryAndPortsAreReadAndWritten) {
  uint32_t word = 0x12345678;
  ASSERT_EQ(p->mem.write(p, PciWidth::Uint32, kMemory + 4, 1, &word), kOk);
  EXPECT_EQ(registers(1)[4], 0x78);
  ASSERT_EQ(p->mem.read(p, PciWidth::FifoUint8, kMemory + 4, 3, buffer.data()), kOk);
  EXPECT_EQ(buffer[2], 0x78);
  ASSERT_EQ(p->io.write(p, PciWidth::Uint16, kPort, 2, &word), kOk);
  EXPECT_EQ(registers(0)[3], 0x12);
  ASSERT_EQ(p->io.read(p, PciWidth::Uint32, kPort, 1, buffer.data()), kOk);
  EXPECT_EQ(buffer[0], 0x78);
  EXPECT_EQ(machine.nobody, 0);
}

TEST_F(PciRootBridgeIoTest, AddressesMustBeThere) {
  EXPECT_EQ(p->mem.read(p, PciWidth::Maximum, kMemory, 1, buffer.data()), kInvalid);
  EXPECT_EQ(p->mem.read(p, PciWidth::Uint8, kMemory, 1, nullptr), kInvalid);
  EXPECT_EQ(p->io.read(p, PciWidth::Uint64, kPort, 1, buffer.data()), kInvalid);
  EXPECT_EQ(p->io.read(p, PciWidth::Uint8, 0x10000, 1, buffer.data()), kUnsupported);
  EXPECT_EQ(p->mem.read(p, PciWidth::Uint32, kMemory + 2, 1, buffer.data()), kUnsupported);
  EXPECT_EQ(p->mem.read(p, PciWidth::Uint32, kMemory, UINT64_MAX, buffer.data()), kUnsupported);
  pages.mapped_end = kMemory;
  EXPECT_EQ(p->mem.read(p, PciWidth::Uint32, kMemory, 1, buffer.data()), kUnsupported);
}

TEST_F(PciRootBridgeIoTest, ConfigurationSpaceOfAllFunctionsIsThere) {
  uint32_t word = 0;
  ASSERT_EQ(p->pci.read(p, PciWidth::Uint32, config(0, 1, 0, 0), 1, &word), kOk);
  EXPECT_EQ(word, 0x10011AF4u);
  ASSERT_EQ(p->pci.read(p, PciWidth::Uint32, config(0, 1, 0, 0x100), 1, &word), kOk);
  EXPECT_EQ(word, 0xCAFEF00Du);
  ASSERT_EQ(p->pci.read(p, PciWidth::Uint32, config(0, 2, 0, 0), 1, &word), kOk);
  EXPECT_EQ(word, UINT32_MAX) << "nobody is there";
  word = 0x5A;
  ASSERT_EQ(p->pci.write(p, PciWidth::Uint8, config(0, 1, 0, PCI_INTERRUPT_LINE), 1, &word), kOk);
  EXPECT_EQ(device->get(PCI_INTERRUPT_LINE, 1), 0x5Au);
  EXPECT_EQ(p->pci.read(p, PciWidth::Maximum, 0, 1, &word), kInvalid);
  EXPECT_EQ(p->pci.read(p, PciWidth::Uint8, 0, 1, nullptr), kInvalid);
  EXPECT_EQ(p->pci.read(p, PciWidth::Uint8, config(0, 32, 0, 0), 1, &word), kInvalid);
  EXPECT_EQ(p->pci.read(p, PciWidth::Uint8, config(0, 0, 8, 0), 1, &word), kInvalid);
  EXPECT_EQ(p->pci.read(p, PciWidth::Uint8, config(0, 1, 0, 0x1000), 1, &word), kInvalid);
  EXPECT_EQ(p->pci.read(p, PciWidth::Uint32, config(0, 1, 0, 0xFFC), 2, buffer.data()), kInvalid);
  EXPECT_EQ(p->pci.read(p, PciWidth::Uint32, config(0, 1, 0, 2), 1, &word), kUnsupported);
}

TEST_F(PciRootBridgeIoTest, PollingEnds) {
  registers(1)[8] = 3;
  registers(0)[0] = 1;
  uint64_t result = 0;
  EXPECT_EQ(p->poll_mem(p, PciWidth::Uint8, kMemory + 8, 1, 1, 100, &result), kOk);
  EXPECT_EQ(result, 3u);
  EXPECT_EQ(p->poll_mem(p, PciWidth::Uint8, kMemory + 8, 4, 4, 100, &result), efi::encode(Status::Timeout));
  EXPECT_EQ(p->poll_io(p, PciWidth::Uint8, kPort, 1, 0, 0, &result), kOk);
  EXPECT_EQ(result, 1u);
  EXPECT_EQ(p->poll_io(p, PciWidth::Uint64, kPort, 1, 0, 0, &result), kInvalid);
  EXPECT_EQ(p->poll_io(p, PciWidth::FillUint8, kPort, 1, 0, 0, &result), kInvalid);
  EXPECT_EQ(p->poll_mem(p, PciWidth::Uint8, kMemory, 1, 0, 0, nullptr), kInvalid);
  EXPECT_EQ(p->poll_mem(p, PciWidth::Uint32, kMemory + 1, 1, 0, 0, &result), kUnsupported);
}

TEST_F(PciRootBridgeIoTest, CopyMemCopies) {
  registers(1)[0] = 0x77;
  EXPECT_EQ(p->copy_mem(p, PciWidth::Uint8, kMemory + 0x20, kMemory, 1), kOk);
  EXPECT_EQ(registers(1)[0x20], 0x77);
  EXPECT_EQ(p->copy_mem(p, PciWidth::FifoUint8, kMemory + 0x20, kMemory, 1), kInvalid);
  EXPECT_EQ(p->copy_mem(p, PciWidth::Uint16, kMemory + 1, kMemory, 1), kUnsupported);
}

TEST_F(PciRootBridgeIoTest, OnlyOperationsOf64BitsReachAllMemory) {
  efi::Uintn size = buffer.size();
  efi::PhysicalAddress address = 0;
  void* mapping = nullptr;
  ASSERT_EQ(p->map(p, PciRootOperation::CommonBuffer64, buffer.data(), &size, &address, &mapping), kOk);
  EXPECT_EQ(address, reinterpret_cast<uint64_t>(buffer.data()));
  EXPECT_EQ(p->unmap(p, mapping), kOk);
  EXPECT_EQ(p->unmap(p, mapping), kInvalid);
  EXPECT_EQ(p->map(p, PciRootOperation::CommonBuffer, buffer.data(), &size, &address, &mapping), kUnsupported);
  ASSERT_EQ(p->map(p, PciRootOperation::Write, buffer.data(), &size, &address, &mapping), kOk);
  EXPECT_LT(address, kFourGiB);
  EXPECT_EQ(p->unmap(p, mapping), kOk);
  EXPECT_EQ(p->map(p, PciRootOperation::Maximum, buffer.data(), &size, &address, &mapping), kInvalid);
}

TEST_F(PciRootBridgeIoTest, BuffersAndAttributes) {
  void* host = nullptr;
  using enum efi::MemoryType;
  ASSERT_EQ(p->allocate_buffer(p, efi::AllocateType::AnyPages, BootServicesData, 1, &host, efi::kPciDualAddressCycle), kOk);
  EXPECT_EQ(p->free_buffer(p, 1, host), kOk);
  EXPECT_EQ(p->free_buffer(p, 1, host), kInvalid);
  EXPECT_EQ(p->allocate_buffer(p, efi::AllocateType::AnyPages, BootServicesData, 1, &host, efi::kPciVgaIo), kUnsupported);
  EXPECT_EQ(p->allocate_buffer(p, efi::AllocateType::AnyPages, BootServicesCode, 1, &host, 0), kInvalid);
  EXPECT_EQ(p->allocate_buffer(p, efi::AllocateType::AnyPages, BootServicesData, 1, nullptr, 0), kInvalid);
  EXPECT_EQ(p->flush(p), kOk);

  uint64_t supports = 0, attributes = 0;
  ASSERT_EQ(p->get_attributes(p, &supports, &attributes), kOk);
  EXPECT_EQ(attributes, supports);
  EXPECT_EQ(p->get_attributes(p, nullptr, nullptr), kInvalid);
  EXPECT_EQ(p->set_attributes(p, efi::kPciVgaIo, nullptr, nullptr), kOk);
  ASSERT_EQ(p->get_attributes(p, nullptr, &attributes), kOk);
  EXPECT_EQ(attributes, efi::kPciVgaIo);
  EXPECT_EQ(p->set_attributes(p, efi::kPciBusMaster, nullptr, nullptr), kUnsupported);
}

TEST_F(PciRootBridgeIoTest, ConfigurationTellsOfWindowsAndBuses) {
  void* resources = nullptr;
  void* again = nullptr;
  ASSERT_EQ(p->configuration(p, &resources), kOk);
  ASSERT_EQ(p->configuration(p, &again), kOk);
  EXPECT_EQ(again, resources) << "the caller does not free it";
  efi::AddressSpaceDescriptor found[4];
  memcpy(found, resources, sizeof found);
  EXPECT_EQ(found[0].type, efi::kAddressSpaceIo);
  EXPECT_EQ(uint64_t{found[0].minimum}, 0x6000u);
  EXPECT_EQ(uint64_t{found[0].maximum}, 0xFFFFu);
  EXPECT_EQ(uint64_t{found[1].granularity}, 32u);
  EXPECT_EQ(uint64_t{found[2].granularity}, 64u);
  EXPECT_EQ(found[3].type, efi::kAddressSpaceBus);
  EXPECT_EQ(uint64_t{found[3].minimum}, 0u);
  EXPECT_EQ(uint64_t{found[3].maximum}, 255u);
  EXPECT_EQ(static_cast<uint8_t*>(resources)[sizeof found], 0x79);
  EXPECT_EQ(p->configuration(p, nullptr), kInvalid);
}

}  // namespace
}  // namespace efilite::core
