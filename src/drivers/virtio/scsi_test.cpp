// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/virtio/scsi.hpp"

#include <gtest/gtest.h>

#include "drivers/scsi/logical_unit.hpp"
#include "tests/support/log.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/virtio_scsi.hpp"

namespace efilite::drivers::virtio {
namespace {

struct VirtioScsi : testing::Test {
  test::FakeDeviceMemory memory;
  test::FakeClock clock;
  test::FakeVirtioScsi device;
  ScsiAdapter adapter{device, memory, clock, "adapter 1"};
  scsi::LogicalUnit unit{adapter, clock, {2, 300}};
  test::CapturedLog captured;
  std::string& log = captured.text;

  VirtioScsi() {
    clock.step = kSecond;
  }
  ~VirtioScsi() override {
    adapter.device().shutdown();
    if (!device.never_resets) EXPECT_EQ(memory.held(), 0u);
  }
  test::FakeUnit& open(test::FakeUnit fake = test::FakeUnit(1000)) {
    test::FakeUnit& added = device.bus.add(2, 300, std::move(fake));
    EXPECT_TRUE(adapter.start()) << log;
    EXPECT_TRUE(unit.open()) << log;
    return added;
  }
  Status read(uint64_t block = 0, size_t size = 512) {
    std::vector<std::byte> bytes(size);
    return unit.read(block, bytes).status();
  }
  template <typename T>
  void set(size_t offset, T value) { device.set_config<T>(offset, value); }
};

TEST_F(VirtioScsi, ReadsAndWritesAUnit) {
  test::FakeUnit& fake = open();
  EXPECT_EQ(device.status(), kStatusAcknowledge | kStatusDriver | kStatusFeaturesOk | kStatusDriverOk);
  std::vector<std::byte> all(1000 * 512);
  ASSERT_TRUE(unit.read(0, all));
  EXPECT_EQ(memcmp(all.data(), fake.bytes.data(), all.size()), 0);
  std::fill_n(all.begin(), 1024, std::byte{0xA7});
  ASSERT_TRUE(unit.write(7, std::span(all).first(1024)));
  EXPECT_EQ(memcmp(all.data(), fake.bytes.data() + 7 * 512, 1024), 0);
  EXPECT_TRUE(unit.flush());
  EXPECT_TRUE(log.empty()) << log;
}

TEST_F(VirtioScsi, AScanNotifiesOnceForManyTargets) {
  struct : scsi::UnitSink {
    size_t count = 0;
    bool found(scsi::Address) override { return ++count != 0; }
  } sink;
  for (int target : {0, 100, 255}) device.bus.add(target, 0);
  ASSERT_TRUE(adapter.start());
  const int before = device.notifies;
  test::HostHeap heap;
  ASSERT_TRUE(scsi::scan(adapter, heap, adapter.bounds(), sink));
  EXPECT_EQ(sink.count, 3u);
  EXPECT_EQ(device.notifies - before, 256 / 32 + 3);
  EXPECT_EQ(device.most_in_flight, 32u);
}

TEST_F(VirtioScsi, AShortQueueHasFewerUnderWay) {
  device.queues[2].limit = 8;
  set<uint32_t>(offsetof(virtio_scsi_config, max_sectors), 16);
  open();
  EXPECT_EQ(read(0, 1000 * 512), Status::Success);
  EXPECT_EQ(device.most_in_flight, 2u);
  EXPECT_EQ(device.most_pieces, 3u);
}

TEST_F(VirtioScsi, RequestsAreNoLargerThanTheDeviceAndWeLike) {
  set<uint32_t>(offsetof(virtio_scsi_config, max_sectors), 100);
  open();
  EXPECT_EQ(read(0, 1000 * 512), Status::Success);
  EXPECT_EQ(device.largest, 100u * 512);
}

TEST_F(VirtioScsi, WithoutALimitTheyAreModest) {
  set<uint32_t>(offsetof(virtio_scsi_config, max_sectors), 0);
  open(test::FakeUnit(4096 + 4, 2048));
  EXPECT_EQ(read(0, 4096 * 2048), Status::Success);
  EXPECT_EQ(device.largest, 2u << 20);
}

TEST_F(VirtioScsi, AUnitHasNoMoreUnderWayThanItTakes) {
  set<uint32_t>(offsetof(virtio_scsi_config, cmd_per_lun), 3);
  set<uint32_t>(offsetof(virtio_scsi_config, max_sectors), 16);
  open();
  device.most_in_flight = 0;
  EXPECT_EQ(read(0, 1000 * 512), Status::Success);
  EXPECT_EQ(device.most_in_flight, 3u);
  set<uint32_t>(offsetof(virtio_scsi_config, cmd_per_lun), 0);
  adapter.device().shutdown();
  open();
  device.most_in_flight = 0;
  EXPECT_EQ(read(0, 1000 * 512), Status::Success);
  EXPECT_EQ(device.most_in_flight, 1u);
}

TEST_F(VirtioScsi, AnswersMayComeInAnyOrder) {
  device.answers_in_reverse = true;
  set<uint32_t>(offsetof(virtio_scsi_config, max_sectors), 16);
  test::FakeUnit& fake = open();
  std::vector<std::byte> all(1000 * 512);
  ASSERT_TRUE(unit.read(0, all));
  EXPECT_EQ(memcmp(all.data(), fake.bytes.data(), all.size()), 0);
}

TEST_F(VirtioScsi, AHostMayNotCountWhatItWrote) {
  device.counts_nothing = true;
  open();
  EXPECT_EQ(read(), Status::Success);
}

TEST_F(VirtioScsi, AHostMayCountWhatItReadTooAsQemuDoes) {
  device.counts_all = true;
  open();
  std::vector<std::byte> bytes(1024);
  EXPECT_TRUE(unit.write(7, bytes)) << log;
  EXPECT_EQ(read(), Status::Success);
}

TEST_F(VirtioScsi, AnOldDeviceWorks) {
  device.is_legacy = true;
  device.offered = 0;
  device.queues[2].limit = 128;
  open();
  EXPECT_EQ(read(0, 1000 * 512), Status::Success);
}

TEST_F(VirtioScsi, SizesThatAreNotTheUsualAreSetSo) {
  set<uint32_t>(offsetof(virtio_scsi_config, sense_size), 252);
  open();
  uint32_t size;
  memcpy(&size, device.config.data() + offsetof(virtio_scsi_config, sense_size), sizeof size);
  EXPECT_EQ(size, 96u);
}

TEST_F(VirtioScsi, SenseDataOfBothFormatsComesThrough) {
  test::FakeUnit& fake = open();
  fake.failures[0x28] = {scsi::SenseKey::MediumError, 0x11, 4};
  EXPECT_EQ(read(), Status::DeviceError);
  EXPECT_EQ(log, "efilite: SCSI unit 2,300: READ: medium error (sense 0x31104)\n");
  log.clear();
  device.descriptor_sense = true;
  EXPECT_EQ(read(), Status::DeviceError);
  EXPECT_EQ(log, "efilite: SCSI unit 2,300: READ: medium error (sense 0x31104)\n");
  device.sense_size = ~uint32_t{0};
  EXPECT_EQ(read(), Status::DeviceError);
  device.sense_size = 1;
  EXPECT_EQ(read(), Status::DeviceError);
  EXPECT_NE(log.find("READ: error without sense data\n"), std::string::npos) << log;
}

TEST_F(VirtioScsi, EveryResponseIsAStatusWithWords) {
  open();
  const std::tuple<uint8_t, Status, const char*> cases[] = {
      {VIRTIO_SCSI_S_OK, Status::Success, ""},
      {VIRTIO_SCSI_S_OVERRUN, Status::DeviceError, "the unit has more data than was asked for"},
      {VIRTIO_SCSI_S_ABORTED, Status::DeviceError, "reset while it worked"},
      {VIRTIO_SCSI_S_BAD_TARGET, Status::DeviceError, "there is no such unit"},
      {VIRTIO_SCSI_S_RESET, Status::DeviceError, "reset while it worked"},
      {VIRTIO_SCSI_S_BUSY, Status::DeviceError, "busy all the time"},
      {VIRTIO_SCSI_S_TRANSPORT_FAILURE, Status::DeviceError, "the way to the target fails"},
      {VIRTIO_SCSI_S_TARGET_FAILURE, Status::DeviceError, "the target fails"},
      {VIRTIO_SCSI_S_NEXUS_FAILURE, Status::DeviceError, "the way to the unit fails"},
      {VIRTIO_SCSI_S_FAILURE, Status::DeviceError, "the adapter says that it failed"},
      {VIRTIO_SCSI_S_INCORRECT_LUN, Status::DeviceError, "there is no such unit"},
      {77, Status::DeviceError, "the adapter's answer is unknown"},
      {255, Status::DeviceError, "the adapter did not answer"},
  };
  for (auto [response, status, words] : cases) {
    device.response = response;
    log.clear();
    EXPECT_EQ(read(), status) << words;
    if (*words != 0) {
      EXPECT_EQ(log, std::string("efilite: SCSI unit 2,300: READ: ") + words + "\n");
    } else {
      EXPECT_EQ(log, "");
    }
  }
}

TEST_F(VirtioScsi, NoResponseAtAllIsNotTakenForOne) {
  open();
  device.gives_no_response = true;
  EXPECT_EQ(read(), Status::DeviceError);
  EXPECT_EQ(log, "efilite: SCSI unit 2,300: READ: the adapter did not answer\n");
}

TEST_F(VirtioScsi, WhatIsLeftOverIsNotTakenForRead) {
  open();
  for (uint32_t left : {1u, 512u, 513u, ~0u}) {
    device.residual = left;
    log.clear();
    EXPECT_EQ(read(), Status::DeviceError) << left;
    EXPECT_EQ(log, "efilite: SCSI unit 2,300: READ: fewer bytes moved than asked for\n");
  }
}

TEST_F(VirtioScsi, ADeviceThatNeverAnswersIsGivenUp) {
  open();
  device.never_answers = true;
  EXPECT_EQ(read(0, 1000 * 512), Status::DeviceError);
  EXPECT_NE(log.find("adapter 1: it has not answered for half a minute; it is not used any more\n"), std::string::npos) << log;
  EXPECT_NE(log.find("the adapter does not work any more"), std::string::npos) << log;
  EXPECT_EQ(device.status(), 0);
  const int notifies = device.notifies;
  EXPECT_EQ(read(), Status::DeviceError);
  EXPECT_EQ(unit.flush().status(), Status::DeviceError);
  EXPECT_EQ(device.notifies, notifies);
}

TEST_F(VirtioScsi, ARingThatMakesNoSenseEndsIt) {
  open();
  device.answers_twice = true;
  EXPECT_EQ(read(), Status::DeviceError);
  EXPECT_NE(log.find("adapter 1: more requests are done than it was given"), std::string::npos) << log;
  EXPECT_EQ(device.status(), 0);
}

TEST_F(VirtioScsi, ADeviceThatCannotBeIsRefused) {
  device.queues[2].limit = 0;
  EXPECT_EQ(adapter.start().status(), Status::DeviceError);
  EXPECT_NE(log.find("adapter 1: it has no queue for requests"), std::string::npos) << log;
  device.queues[2].limit = 2;
  EXPECT_EQ(adapter.start().status(), Status::DeviceError);
  EXPECT_NE(log.find("adapter 1: its queue is too short for any request: 0x2"), std::string::npos) << log;
  device.queues[2].limit = 64;
  device.config.resize(20);
  EXPECT_EQ(adapter.start().status(), Status::DeviceError);
  EXPECT_EQ(memory.held(), 0u);
  memory.allowed = 0;
  device.config.resize(sizeof(virtio_scsi_config));
  EXPECT_EQ(adapter.start().status(), Status::OutOfResources);
}

}  // namespace
}  // namespace efilite::drivers::virtio
