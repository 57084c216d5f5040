// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/virtio/register_transport.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "drivers/virtio/blk.hpp"
#include "tests/support/virtio_blk.hpp"
#include "tests/support/virtio_registers.hpp"

namespace efilite::drivers::virtio {
namespace {

using test::FakeVirtioBlk;
using test::FakeVirtioFunction;
using test::FakeVirtioMmio;

struct Machine {
  test::FakeDeviceMemory memory;
  test::FakeClock clock;
  FakeVirtioBlk device{2048};
  RegisterTransport transport{clock};
  Machine() { clock.step = kSecond; }
};

enum class Way { Mmio, MmioLegacy, Pci, PciLegacy };

struct VirtioTransport : Machine, testing::TestWithParam<Way> {
  std::unique_ptr<FakeVirtioMmio> mmio;
  std::unique_ptr<FakeVirtioFunction> function;
  test::VirtioRegisterFile* registers = nullptr;

  bool legacy() const { return GetParam() == Way::MmioLegacy || GetParam() == Way::PciLegacy; }
  void SetUp() override {
    device.is_legacy = legacy();
    if (legacy()) device.offered &= UINT32_MAX;
    device.offer(VIRTIO_BLK_F_FLUSH);
    if (GetParam() == Way::Mmio || GetParam() == Way::MmioLegacy) {
      mmio = std::make_unique<FakeVirtioMmio>(device);
      registers = mmio.get();
      ASSERT_TRUE(transport.open_mmio(*mmio, FakeVirtioMmio::kBase, FakeVirtioMmio::kSize));
    } else {
      function = std::make_unique<FakeVirtioFunction>(device);
      registers = function.get();
      ASSERT_TRUE(transport.open_pci(*function));
    }
  }
  template <typename T>
  Result<T> field(uint32_t offset) {
    T value{};
    TRY(transport.read_config(offset, std::as_writable_bytes(std::span(&value, 1))));
    return value;
  }
};
std::string name_of(const testing::TestParamInfo<Way>& way) {
  constexpr const char* kNames[] = {"Mmio", "MmioLegacy", "Pci", "PciLegacy"};
  return kNames[static_cast<size_t>(way.param)];
}
INSTANTIATE_TEST_SUITE_P(By, VirtioTransport, testing::Values(Way::Mmio, Way::MmioLegacy, Way::Pci, Way::PciLegacy), name_of);

TEST_P(VirtioTransport, CarriesADiskFromResetToReset) {
  EXPECT_EQ(transport.type(), DeviceType::Block);
  EXPECT_EQ(transport.legacy(), legacy());
  BlkDevice disk(transport, memory, clock, "disk");
  for (int times = 0; times < 2; ++times) {
    ASSERT_TRUE(disk.start());
    EXPECT_EQ(device.has_accepted(VIRTIO_F_VERSION_1), !legacy());
    EXPECT_EQ(device.queues[0].place.size, GetParam() == Way::PciLegacy ? 256 : 64) << "no longer than is of use, where we have the choice";
    std::vector<std::byte> bytes(100 * 512, std::byte{7});
    ASSERT_TRUE(disk.read(5, bytes));
    EXPECT_EQ(memcmp(bytes.data(), &device.disk[5 * 512], bytes.size()), 0);
    ASSERT_TRUE(disk.write(300, bytes));
    EXPECT_EQ(memcmp(bytes.data(), &device.disk[300 * 512], bytes.size()), 0);
    EXPECT_TRUE(disk.flush());
    EXPECT_EQ(device.flushes, times + 1);
    disk.device().shutdown();
    EXPECT_EQ(device.status(), 0);
    EXPECT_EQ(memory.held(), 0u);
  }
}

TEST_P(VirtioTransport, AResetThatNeverCompletesTakesFiveSeconds) {
  transport.set_status(kStatusAcknowledge);
  device.never_resets = true;
  EXPECT_EQ(transport.reset().status(), Status::Timeout);
  EXPECT_GE(clock.time, 5 * kSecond);
  EXPECT_LE(clock.time, 8 * kSecond);
  if (function) EXPECT_EQ(function->command & PCI_COMMAND_MASTER, 0) << "it shall not write to memory any more";
}

TEST_P(VirtioTransport, AResetThatIsRefusedTakesNoTime) {
  device.set_status(kStatusAcknowledge | kStatusFailed);
  EXPECT_TRUE(transport.reset()) << "an old failure says nothing";
  device.never_resets = true;
  clock.looks = 0;
  registers->on_status_read = [this] { if (device.resets == 2) device.set_status(kStatusAcknowledge | kStatusFailed); };
  transport.set_status(kStatusAcknowledge);
  EXPECT_EQ(transport.reset().status(), Status::Timeout);
  EXPECT_EQ(clock.looks, 0);
}

TEST_P(VirtioTransport, FieldsOfTheConfigurationAreReadByTheirWidth) {
  device.set_config<uint64_t>(0, 0x1122334455667788);
  device.set_config<uint32_t>(8, 0xAABBCCDD);
  device.set_config<uint16_t>(16, 0xEEFF);
  EXPECT_EQ(*field<uint64_t>(0), 0x1122334455667788u);
  EXPECT_EQ(*field<uint32_t>(8), 0xAABBCCDDu);
  EXPECT_EQ(*field<uint16_t>(16), 0xEEFF);
  EXPECT_EQ(*field<uint8_t>(17), 0xEE);
  EXPECT_EQ(field<uint64_t>(0x10000).status(), Status::Unsupported);
  EXPECT_EQ(field<uint8_t>(~0u).status(), Status::Unsupported);
}

TEST_P(VirtioTransport, AConfigurationThatChangesIsReadAgain) {
  int changes = 3;
  registers->on_config_read = [&] {
    if (changes == 0) return;
    --changes;
    ++registers->generation;
    device.set_config<uint64_t>(0, changes == 0 ? 0xFFFF'FFFF'FFFF'FFFF : 0);
  };
  EXPECT_EQ(*field<uint64_t>(0), 0xFFFF'FFFF'FFFF'FFFF);
}

TEST_P(VirtioTransport, AConfigurationThatNeverSettlesIsAnError) {
  uint64_t value = 0;
  registers->on_config_read = [&] {
    ++registers->generation;
    device.set_config<uint64_t>(0, ++value * 0x1'0000'0001);
  };
  EXPECT_EQ(field<uint64_t>(0).status(), Status::DeviceError);
  EXPECT_TRUE(field<uint32_t>(0)) << "what one access reads is of one moment";
}

TEST_P(VirtioTransport, TheConfigurationCanBeWrittenTo) {
  const uint8_t one = 1;
  EXPECT_TRUE(transport.write_config(32, bytes_of(one)));
  EXPECT_EQ(device.config[32], 1);
  const uint64_t many = 0x1122334455667788;
  EXPECT_TRUE(transport.write_config(8, bytes_of(many)));
  EXPECT_EQ(*field<uint64_t>(8), many);
  EXPECT_EQ(transport.write_config(0x10000, bytes_of(one)).status(), Status::Unsupported);
}

TEST_P(VirtioTransport, QueuesThatAreNotThereHaveNoLength) {
  EXPECT_EQ(transport.queue_limit(0), 256);
  EXPECT_EQ(transport.queue_limit(1), 0);
  EXPECT_EQ(transport.start_queue(64, {}).status(), Status::Unsupported);
}

// ---- MMIO slots

struct VirtioMmio : Machine, testing::Test {
  FakeVirtioMmio slot{device};
  Status open(uint64_t size = FakeVirtioMmio::kSize) { return transport.open_mmio(slot, FakeVirtioMmio::kBase, size).status(); }
};

TEST_F(VirtioMmio, ASlotMayBeEmpty) {
  slot.type = 0;
  EXPECT_EQ(open(), Status::NotFound);
  slot.type.reset();
  slot.magic = 0xFFFFFFFF;
  EXPECT_EQ(open(), Status::NotFound);
  slot.magic = 0x74726976;
  EXPECT_EQ(open(0xFF), Status::NotFound);
  EXPECT_EQ(open(), Status::Success);
}

TEST_F(VirtioMmio, InterfacesOfTheFutureAreNotTouched) {
  for (uint32_t version : {0u, 3u, 0xFFFFFFFFu}) {
    slot.version = version;
    EXPECT_EQ(open(), Status::Unsupported);
  }
}

// ---- PCI functions

struct VirtioPci : Machine, testing::Test {
  std::optional<FakeVirtioFunction> function;
  VirtioPci() { function.emplace(device); }
  Status open() { return transport.open_pci(*function).status(); }
  void make_legacy() {
    device.is_legacy = true;
    device.offered = 0;
    function.emplace(device);
  }
  Status start() {
    BlkDevice disk(transport, memory, clock, "disk");
    if (Result<> started = disk.start(); !started) return started.status();
    std::vector<std::byte> bytes(512);
    return disk.read(0, bytes).status();
  }
};

TEST_F(VirtioPci, OthersAreNotTouched) {
  function->put<uint16_t>(PCI_VENDOR_ID, 0x8086);
  EXPECT_EQ(open(), Status::NotFound);
  function->put<uint16_t>(PCI_VENDOR_ID, 0x1AF4);
  for (uint16_t id : {0x0FFF, 0x1080, 0x1110}) {
    function->put<uint16_t>(PCI_DEVICE_ID, id);
    EXPECT_EQ(open(), Status::NotFound);
  }
  EXPECT_EQ(function->command, 0);
}

TEST_F(VirtioPci, DecodesWhatIsUsed) {
  ASSERT_EQ(open(), Status::Success);
  EXPECT_EQ(function->command, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
  make_legacy();
  ASSERT_EQ(open(), Status::Success);
  EXPECT_EQ(function->command, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
}

TEST_F(VirtioPci, ATransitionalOneIsDrivenInVersion1) {
  function->put<uint16_t>(PCI_DEVICE_ID, 0x1001);
  function->bars[0] = {core::RegisterSpace::Io, false, false, FakeVirtioFunction::kIoBase, 64};
  ASSERT_EQ(open(), Status::Success);
  EXPECT_FALSE(transport.legacy());
  EXPECT_EQ(transport.type(), DeviceType::Block);
  EXPECT_EQ(start(), Status::Success);
}

TEST_F(VirtioPci, WithoutCapabilitiesAModernOneIsOfNoUse) {
  function->put<uint16_t>(PCI_STATUS, 0);
  EXPECT_EQ(open(), Status::Unsupported);
  EXPECT_EQ(function->command, 0);
}

TEST_F(VirtioPci, ALegacyOneNeedsItsPorts) {
  make_legacy();
  function->bars[0].size = 16;
  EXPECT_EQ(open(), Status::Unsupported);
  function->bars[0] = {core::RegisterSpace::Memory, false, false, FakeVirtioFunction::kMemoryBase, 4096};
  EXPECT_EQ(open(), Status::Unsupported);
}

TEST_F(VirtioPci, StructuresOutsideOfTheirBarDoNotCount) {
  struct Bad {
    uint8_t bar;
    uint32_t offset, length;
    uint8_t size = 16;
  };
  for (Bad bad : {Bad{6, 0, 0x1000}, Bad{255, 0, 0x1000}, Bad{0, 0, 0x1000}, Bad{4, 0x3004, 0x1000}, Bad{4, 0xFFFFFFF0, 0x20},
                  Bad{4, 0x4004, 0}, Bad{4, 0, 0xFFFFFFFF}, Bad{4, 0, 55}, Bad{4, 2, 0x1000}, Bad{4, 0, 0x1000, 15}}) {
    function->put_capability(0x78, 0, VIRTIO_PCI_CAP_COMMON_CFG, bad.bar, bad.offset, bad.length, bad.size);
    EXPECT_EQ(open(), Status::Unsupported) << int{bad.bar} << " " << bad.offset << " " << bad.length;
    // Another one, further on, does.
    function->put_capability(0x78, 0x90, VIRTIO_PCI_CAP_COMMON_CFG, bad.bar, bad.offset, bad.length, bad.size);
    function->put_capability(0x90, 0, VIRTIO_PCI_CAP_COMMON_CFG, 4, FakeVirtioFunction::kCommon, 0x1000);
    EXPECT_EQ(open(), Status::Success);
    EXPECT_EQ(start(), Status::Success);
  }
}

TEST_F(VirtioPci, OfStructuresOfOneKindTheFirstIsTaken) {
  function->put_capability(0x78, 0x90, VIRTIO_PCI_CAP_COMMON_CFG, 4, FakeVirtioFunction::kCommon, 0x1000);
  function->put_capability(0x90, 0, VIRTIO_PCI_CAP_COMMON_CFG, 4, 0x1000, 0x1000);
  EXPECT_EQ(open(), Status::Success);
  EXPECT_EQ(start(), Status::Success);
}

TEST_F(VirtioPci, AListOfCapabilitiesThatRunsInACircleEnds) {
  function->put_capability(0x68, 0x40, VIRTIO_PCI_CAP_DEVICE_CFG, 4, FakeVirtioFunction::kDevice, 0x1000);
  EXPECT_EQ(open(), Status::Unsupported);
  function->put<uint8_t>(PCI_CAPABILITY_LIST, 0xFF);
  EXPECT_EQ(open(), Status::Unsupported);
  function->put<uint8_t>(PCI_CAPABILITY_LIST, 0x10);
  EXPECT_EQ(open(), Status::Unsupported);
}

TEST_F(VirtioPci, ACapabilityMayNotReachBehindTheConfigurationSpace) {
  function->put_capability(0x68, 0xF0, VIRTIO_PCI_CAP_DEVICE_CFG, 4, FakeVirtioFunction::kDevice, 0x1000);
  function->put_capability(0xF0, 0x78, VIRTIO_PCI_CAP_NOTIFY_CFG, 4, FakeVirtioFunction::kNotify, 0x1000, 20);
  EXPECT_EQ(open(), Status::Success) << "the notify structure before it is the one that counts";
  function->put<uint8_t>(PCI_CAPABILITY_LIST, 0x68);
  EXPECT_EQ(open(), Status::Unsupported);
}

TEST_F(VirtioPci, QueuesAreNotifiedWhereTheyWantIt) {
  function->notify_offsets[0] = 1023;
  ASSERT_EQ(open(), Status::Success);
  EXPECT_EQ(start(), Status::Success);
  function->notify_offsets[0] = 1024;  // behind the structure
  EXPECT_EQ(start(), Status::DeviceError);
  EXPECT_EQ(memory.held(), 0u);
  function->put<uint32_t>(0x50 + VIRTIO_PCI_NOTIFY_CAP_MULT, 0xFFFFFFFF);
  ASSERT_EQ(open(), Status::Success);
  EXPECT_EQ(start(), Status::DeviceError);
  function->notify_offsets[0] = 0;
  function->put<uint32_t>(0x50 + VIRTIO_PCI_NOTIFY_CAP_MULT, 0);
  ASSERT_EQ(open(), Status::Success);
  EXPECT_EQ(start(), Status::Success) << "one register for all";
}

TEST_F(VirtioPci, ADeviceMayHaveNoConfigurationOfItsOwn) {
  function->put_capability(0x50, 0x78, VIRTIO_PCI_CAP_NOTIFY_CFG, 4, FakeVirtioFunction::kNotify, 0x1000, 20);
  function->put<uint32_t>(0x50 + VIRTIO_PCI_NOTIFY_CAP_MULT, 4);
  ASSERT_EQ(open(), Status::Success);
  uint8_t byte;
  EXPECT_EQ(transport.read_config(0, std::as_writable_bytes(std::span(&byte, 1))).status(), Status::Unsupported);
}

}  // namespace
}  // namespace efilite::drivers::virtio
