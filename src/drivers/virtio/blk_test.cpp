// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/virtio/blk.hpp"

#include <gtest/gtest.h>

#include "tests/support/log.hpp"
#include "tests/support/virtio_blk.hpp"

namespace efilite::drivers::virtio {
namespace {

using test::FakeVirtioBlk;

struct VirtioDisk : testing::Test {
  test::FakeDeviceMemory memory;
  test::FakeClock clock;
  FakeVirtioBlk device{20480};
  BlkDevice disk{device, memory, clock, "disk 1"};
  test::CapturedLog captured;
  std::string& log = captured.text;

  VirtioDisk() {
    clock.step = kSecond;
  }
  ~VirtioDisk() override {
    disk.device().shutdown();
    if (!device.never_resets) EXPECT_EQ(memory.held(), 0u);
  }
  std::vector<std::byte> read(uint64_t block, size_t size) {
    std::vector<std::byte> bytes(size);
    EXPECT_TRUE(disk.read(block, bytes));
    return bytes;
  }
  std::vector<std::byte> expected(uint64_t sector, size_t size) const {
    auto from = std::as_bytes(std::span(device.disk)).subspan(sector * 512, size);
    return {from.begin(), from.end()};
  }
  Status read_status(uint64_t block = 0, size_t size = 4096) {
    std::vector<std::byte> bytes(size);
    return disk.read(block, bytes).status();
  }
  // Once a device has broken the rules nothing is asked of it any more.
  void expect_broken(std::string_view what_it_did) {
    EXPECT_NE(log.find("disk 1: "), std::string::npos) << log;
    EXPECT_NE(log.find(what_it_did), std::string::npos) << log;
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
    const int notifies = device.notifies;
    EXPECT_EQ(read_status(), Status::DeviceError);
    EXPECT_EQ(disk.flush().status(), Status::DeviceError);
    EXPECT_EQ(device.notifies, notifies);
    EXPECT_EQ(device.status(), 0) << "it was reset";
  }
  template <typename T>
  void set(size_t offset, T value) { device.set_config<T>(offset, value); }
};

TEST_F(VirtioDisk, IsAsLargeAsItSays) {
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(disk.block_size(), 512u);
  EXPECT_EQ(disk.block_count(), 20480u);
  EXPECT_FALSE(disk.read_only());
  EXPECT_FALSE(disk.removable());
  EXPECT_EQ(device.status(), kStatusAcknowledge | kStatusDriver | kStatusFeaturesOk | kStatusDriverOk);
  EXPECT_TRUE(log.empty()) << log;
}

TEST_F(VirtioDisk, ReadsAndWritesWhatIsAskedFor) {
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(7, 512), expected(7, 512));
  EXPECT_EQ(read(0, 20480 * 512), expected(0, 20480 * 512));
  std::vector<std::byte> bytes(1024, std::byte{0x5A});
  ASSERT_TRUE(disk.write(20478, bytes));
  EXPECT_EQ(expected(20478, 1024), bytes);
  EXPECT_EQ(read(20477, 1536), expected(20477, 1536));
  EXPECT_TRUE(disk.read(20480, {}));
}

TEST_F(VirtioDisk, ReadsStraightIntoTheCallersMemoryInOneRequest) {
  ASSERT_TRUE(disk.start());
  std::vector<std::byte> bytes(10 << 20);
  ASSERT_TRUE(disk.read(0, bytes));
  EXPECT_EQ(device.requests, 1);
  EXPECT_EQ(device.most_pieces, 3u);
  EXPECT_EQ(device.notifies, 1);
  EXPECT_EQ(clock.looks, 0) << "nobody asks for the time while all goes well";
}

TEST_F(VirtioDisk, LimitsOfTheDeviceAreKeptAndRequestsAreInFlightTogether) {
  device.set_limit<uint32_t>(VIRTIO_BLK_F_SIZE_MAX, offsetof(virtio_blk_config, size_max), 65536);
  device.set_limit<uint32_t>(VIRTIO_BLK_F_SEG_MAX, offsetof(virtio_blk_config, seg_max), 8);
  device.offer(VIRTIO_RING_F_INDIRECT_DESC);
  device.answers_in_reverse = true;
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(0, 10 << 20), expected(0, 10 << 20));
  EXPECT_EQ(device.requests, 20) << "512 KiB each";
  EXPECT_EQ(device.indirect_requests, 20);
  EXPECT_EQ(device.most_pieces, 10u);
  EXPECT_EQ(device.most_in_flight, 16u);
  EXPECT_EQ(read(1, 512), expected(1, 512));
  EXPECT_EQ(device.indirect_requests, 20) << "a small one is cheaper in the ring";
}

TEST_F(VirtioDisk, WithoutTablesOfItsOwnARequestLiesInTheRing) {
  device.set_limit<uint32_t>(VIRTIO_BLK_F_SIZE_MAX, offsetof(virtio_blk_config, size_max), 4096);
  device.set_limit<uint32_t>(VIRTIO_BLK_F_SEG_MAX, offsetof(virtio_blk_config, seg_max), 30);
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(3, 4 << 20), expected(3, 4 << 20));
  EXPECT_EQ(device.indirect_requests, 0);
  EXPECT_EQ(device.most_pieces, 32u);
  EXPECT_EQ(device.most_in_flight, 4u);
}

TEST_F(VirtioDisk, PiecesOfAnOddSizeStillMakeWholeBlocks) {
  device.set_limit<uint32_t>(VIRTIO_BLK_F_SIZE_MAX, offsetof(virtio_blk_config, size_max), 1000);
  device.set_limit<uint32_t>(VIRTIO_BLK_F_SEG_MAX, offsetof(virtio_blk_config, seg_max), 3);
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(5, 20000 * 512), expected(5, 20000 * 512));
}

TEST_F(VirtioDisk, WithoutALimitOfPiecesThereIsOne) {
  device.set_limit<uint32_t>(VIRTIO_BLK_F_SIZE_MAX, offsetof(virtio_blk_config, size_max), 4096);
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(0, 65536), expected(0, 65536));
  EXPECT_EQ(device.requests, 16);
  EXPECT_EQ(device.most_pieces, 3u);
}

TEST_F(VirtioDisk, LimitsThatLetNoBlockThroughAreRefused) {
  device.set_limit<uint32_t>(VIRTIO_BLK_F_SIZE_MAX, offsetof(virtio_blk_config, size_max), 100);
  device.set_limit<uint32_t>(VIRTIO_BLK_F_SEG_MAX, offsetof(virtio_blk_config, seg_max), 5);
  EXPECT_EQ(disk.start().status(), Status::DeviceError);
  expect_broken("no block is as small as its requests have to be: 0x1f4");
}

TEST_F(VirtioDisk, BlocksMayBeLargerThanSectors) {
  for (uint32_t size = 512; size <= 65536; size *= 2) {
    device.set_limit<uint32_t>(VIRTIO_BLK_F_BLK_SIZE, offsetof(virtio_blk_config, blk_size), size);
    ASSERT_TRUE(disk.start()) << size;
    EXPECT_EQ(disk.block_size(), size);
    EXPECT_EQ(disk.block_count(), 20480u * 512 / size);
    EXPECT_EQ(read(3, 2 * size), expected(3 * size / 512, 2 * size));
    if (size > 512) EXPECT_EQ(read_status(0, size - 512), Status::InvalidParameter);
    disk.device().shutdown();
  }
}

TEST_F(VirtioDisk, BlocksOfAnImpossibleSizeAreRefused) {
  for (uint32_t size : {0u, 1u, 256u, 513u, 768u, 131072u, 0x80000000u}) {
    device.set_limit<uint32_t>(VIRTIO_BLK_F_BLK_SIZE, offsetof(virtio_blk_config, blk_size), size);
    log.clear();
    EXPECT_EQ(disk.start().status(), Status::DeviceError) << size;
    EXPECT_NE(log.find("its blocks are of an impossible size"), std::string::npos) << log;
    EXPECT_EQ(memory.held(), 0u);
  }
}

TEST_F(VirtioDisk, TellsHowRequestsAreBestPlaced) {
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(disk.topology().per_physical, 0u);
  disk.device().shutdown();
  device.set_limit<uint8_t>(VIRTIO_BLK_F_TOPOLOGY, offsetof(virtio_blk_config, physical_block_exp), 3);
  set<uint8_t>(offsetof(virtio_blk_config, alignment_offset), 7);
  set<uint16_t>(offsetof(virtio_blk_config, min_io_size), 16);
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(disk.topology().per_physical, 8u);
  EXPECT_EQ(disk.topology().lowest_aligned, 7u);
  EXPECT_EQ(disk.topology().best_granularity, 16u);
  disk.device().shutdown();
  set<uint8_t>(offsetof(virtio_blk_config, physical_block_exp), 32);
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(disk.topology().per_physical, 0u);
}

TEST_F(VirtioDisk, CapacitiesThatCannotBeAreRefused) {
  set<uint64_t>(0, 0);
  EXPECT_EQ(disk.start().status(), Status::NoMedia);
  EXPECT_NE(log.find("no room for a single block"), std::string::npos) << log;
  set<uint64_t>(0, uint64_t{1} << 55);
  EXPECT_EQ(disk.start().status(), Status::DeviceError);
  set<uint64_t>(0, (uint64_t{1} << 55) - 1);
  EXPECT_TRUE(disk.start());
  EXPECT_EQ(disk.block_count(), (uint64_t{1} << 55) - 1);
  disk.device().shutdown();
  set<uint64_t>(0, 7);
  device.set_limit<uint32_t>(VIRTIO_BLK_F_BLK_SIZE, offsetof(virtio_blk_config, blk_size), 4096);
  EXPECT_EQ(disk.start().status(), Status::NoMedia) << "not one whole block";
}

TEST_F(VirtioDisk, WhatReachesBehindTheEndIsRefused) {
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read_status(20480, 512), Status::InvalidParameter);
  EXPECT_EQ(read_status(20479, 1024), Status::InvalidParameter);
  EXPECT_EQ(read_status(~uint64_t{0}, 512), Status::InvalidParameter);
  EXPECT_EQ(read_status(uint64_t{1} << 55, 512), Status::InvalidParameter);
  EXPECT_EQ(read_status(0, 100), Status::InvalidParameter);
  std::vector<std::byte> bytes(1024);
  EXPECT_EQ(disk.write(20479, bytes).status(), Status::InvalidParameter);
  EXPECT_EQ(device.requests, 0);
}

TEST_F(VirtioDisk, AReadOnlyOneIsNotWrittenTo) {
  device.offer(VIRTIO_BLK_F_RO);
  ASSERT_TRUE(disk.start());
  EXPECT_TRUE(disk.read_only());
  std::vector<std::byte> bytes(512);
  EXPECT_EQ(disk.write(0, bytes).status(), Status::WriteProtected);
  EXPECT_EQ(device.writes, 0);
}

TEST_F(VirtioDisk, FlushesWhereThereIsACache) {
  ASSERT_TRUE(disk.start());
  EXPECT_TRUE(disk.flush());
  EXPECT_EQ(device.flushes, 0) << "it writes through";
  disk.device().shutdown();
  device.offer(VIRTIO_BLK_F_FLUSH);
  ASSERT_TRUE(disk.start());
  EXPECT_TRUE(disk.flush());
  EXPECT_EQ(device.flushes, 1);
  device.status_byte = VIRTIO_BLK_S_IOERR;
  EXPECT_EQ(disk.flush().status(), Status::DeviceError);
  EXPECT_NE(log.find("disk 1: flushing failed at sector 0: I/O error"), std::string::npos) << log;
}

TEST_F(VirtioDisk, ALegacyOneWorksTheSame) {
  device.is_legacy = true;
  device.offered = 1u << VIRTIO_BLK_F_FLUSH;
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(device.queues[0].place.size, 256) << "the device's choice";
  EXPECT_EQ(memory.lowest_limit, kPageSize << 32);
  EXPECT_EQ(device.status(), kStatusAcknowledge | kStatusDriver | kStatusDriverOk);
  EXPECT_EQ(read(9, 65536), expected(9, 65536));
  EXPECT_TRUE(disk.flush());
}

TEST_F(VirtioDisk, ALegacyOneCountsBytesAsItLikes) {
  device.is_legacy = true;
  device.offered = 0;
  ASSERT_TRUE(disk.start());
  for (uint32_t count : {0u, 1u, 0xFFFFFFFFu}) {
    device.answer_change = [=](uint32_t&, uint32_t& length) { length = count; };
    EXPECT_EQ(read(9, 4096), expected(9, 4096));
  }
}

// ---- requests that fail

TEST_F(VirtioDisk, AnErrorOfTheMediumIsTheRequestsAlone) {
  device.fails_from = 100;
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read_status(96, 4096), Status::DeviceError);
  EXPECT_NE(log.find("disk 1: reading failed at sector 96: I/O error"), std::string::npos) << log;
  EXPECT_EQ(read(8, 4096), expected(8, 4096));
  std::vector<std::byte> bytes(512);
  EXPECT_EQ(disk.write(100, bytes).status(), Status::DeviceError);
  EXPECT_NE(log.find("disk 1: writing failed at sector 100: I/O error"), std::string::npos) << log;
  EXPECT_TRUE(disk.write(99, bytes));
}

TEST_F(VirtioDisk, AfterAnErrorTheRestIsNotBegunAndNothingIsInFlight) {
  device.set_limit<uint32_t>(VIRTIO_BLK_F_SIZE_MAX, offsetof(virtio_blk_config, size_max), 4096);
  device.fails_from = 8;
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read_status(0, 1 << 20), Status::DeviceError);
  EXPECT_EQ(device.requests, 17) << "one went well and made room for another";
  device.fails_from = ~uint64_t{0};
  EXPECT_EQ(read(0, 1 << 20), expected(0, 1 << 20));
}

TEST_F(VirtioDisk, StatusesOtherThanOkAreErrors) {
  ASSERT_TRUE(disk.start());
  using Answer = std::pair<uint8_t, const char*>;
  for (auto [status, text] : {Answer{VIRTIO_BLK_S_UNSUPP, "it says that it cannot"}, Answer{3, "no status"}, Answer{255, "no status"}}) {
    device.status_byte = status;
    EXPECT_EQ(read_status(), Status::DeviceError);
    EXPECT_NE(log.find(text), std::string::npos) << log;
  }
  device.status_byte.reset();
  device.gives_no_status = true;
  EXPECT_EQ(read_status(), Status::DeviceError) << "that of the request before does not count";
}

TEST_F(VirtioDisk, AnAnswerThatIsTooShortIsAnError) {
  ASSERT_TRUE(disk.start());
  device.counts_status = false;
  EXPECT_EQ(read_status(), Status::Success) << "there are devices that count the data only";
  device.keeps_back = 1;
  EXPECT_EQ(read_status(), Status::DeviceError);
  EXPECT_NE(log.find("it stopped short"), std::string::npos) << log;
}

// ---- devices that break the rules

TEST_F(VirtioDisk, AnIdOutsideOfTheRingBreaksIt) {
  device.answer_change = [](uint32_t& id, uint32_t&) { id = 64; };
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read_status(), Status::DeviceError);
  expect_broken("it is done with a request that it was not given: 0x40");
}

TEST_F(VirtioDisk, AnIdThatIsNotInFlightBreaksIt) {
  device.answer_change = [](uint32_t& id, uint32_t&) { id += 1; };
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read_status(), Status::DeviceError);
  expect_broken("it is done with a request that it was not given: 0x1");
}

TEST_F(VirtioDisk, AnIdIsAllOfItsBits) {
  device.answer_change = [](uint32_t& id, uint32_t&) { id += 0x10000; };
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read_status(), Status::DeviceError);
}

TEST_F(VirtioDisk, AnsweringTwiceBreaksIt) {
  device.answers_twice = true;
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read_status(), Status::DeviceError);
  expect_broken("more requests are done than it was given: 0x2");
}

TEST_F(VirtioDisk, AnsweringTheSameAmongSeveralBreaksIt) {
  device.set_limit<uint32_t>(VIRTIO_BLK_F_SIZE_MAX, offsetof(virtio_blk_config, size_max), 4096);
  device.answer_change = [](uint32_t& id, uint32_t&) { id = 0; };
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read_status(0, 65536), Status::DeviceError);
  expect_broken("it is done with a request that it was not given: 0x0");
}

TEST_F(VirtioDisk, AnIndexThatJumpsBreaksIt) {
  for (int jump : {1, 100, 32767, -2, -100}) {
    device.index_jump = jump;
    log.clear();
    ASSERT_TRUE(disk.start());
    EXPECT_EQ(read_status(), Status::DeviceError);
    expect_broken("more requests are done than it was given: ");
    disk.device().shutdown();
  }
}

TEST_F(VirtioDisk, SayingThatItWroteMoreThanThereWasRoomBreaksIt) {
  device.answer_change = [](uint32_t&, uint32_t& length) { length += 1; };
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read_status(), Status::DeviceError);
  expect_broken("it wrote more than there was room for: 0x1002");
}

TEST_F(VirtioDisk, NoAnswerIsAnErrorAfterAWhile) {
  device.never_answers = true;
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read_status(), Status::DeviceError);
  EXPECT_GE(clock.time, 30 * kSecond);
  EXPECT_LE(clock.time, 33 * kSecond);
  expect_broken("it has not answered for half a minute");
  EXPECT_EQ(device.resets, 2) << "before the caller's memory is the caller's again";
}

TEST_F(VirtioDisk, OneThatAsksForAResetIsNotWaitedFor) {
  device.never_answers = true;
  ASSERT_TRUE(disk.start());
  device.needs_reset = true;
  EXPECT_EQ(read_status(), Status::DeviceError);
  EXPECT_LE(clock.time, 2 * kSecond);
  expect_broken("it says that it has failed");
}

TEST_F(VirtioDisk, MemoryOfOneThatDoesNotResetIsNotGivenBack) {
  ASSERT_TRUE(disk.start());
  device.holds = true;
  device.never_resets = true;
  std::vector<std::byte> bytes(4096);
  EXPECT_EQ(disk.read(0, bytes).status(), Status::DeviceError);
  disk.device().shutdown();
  EXPECT_EQ(memory.held(), 2u);
  EXPECT_EQ(memory.kept(), 2u) << "an OS does not get it either";
  device.answer(0);  // late, and into memory that must still be there
  EXPECT_NE(log.find("may still write to memory"), std::string::npos) << log;
}

TEST_F(VirtioDisk, OneThatNeverResetsIsNotStarted) {
  device.never_resets = true;
  device.set_status(kStatusAcknowledge);
  EXPECT_EQ(disk.start().status(), Status::DeviceError);
  EXPECT_NE(log.find("disk 1: it does not reset"), std::string::npos) << log;
  EXPECT_EQ(memory.held(), 0u);
}

TEST_F(VirtioDisk, FeaturesThatItRefusesAfterOfferingThemAreItsEnd) {
  device.refuses_features = true;
  EXPECT_EQ(disk.start().status(), Status::DeviceError);
  EXPECT_NE(log.find("it refuses the features it offered"), std::string::npos) << log;
  EXPECT_NE(device.status() & kStatusFailed, 0);
}

TEST_F(VirtioDisk, WithoutVersion1ThereMustBeALegacyInterface) {
  device.offered = 0;
  EXPECT_EQ(disk.start().status(), Status::DeviceError);
  EXPECT_NE(log.find("it does not know version 1"), std::string::npos) << log;
}

TEST_F(VirtioDisk, QueuesOfAnImpossibleSizeAreRefused) {
  for (uint16_t limit : {1, 2, 3}) {
    device.queues[0].limit = limit;
    log.clear();
    EXPECT_EQ(disk.start().status(), Status::DeviceError);
    EXPECT_NE(log.find("too short for any request"), std::string::npos) << log;
  }
  device.queues[0].limit = 0;
  EXPECT_EQ(disk.start().status(), Status::DeviceError);
  EXPECT_NE(log.find("no queue for requests"), std::string::npos) << log;
  device.queues[0].limit = 65535;
  EXPECT_EQ(disk.start().status(), Status::DeviceError);
  EXPECT_NE(log.find("impossible size: 0xffff"), std::string::npos) << log;
  EXPECT_EQ(memory.held(), 0u);
}

TEST_F(VirtioDisk, QueuesOfAnySizeThatIsAllowedWork) {
  device.set_limit<uint32_t>(VIRTIO_BLK_F_SIZE_MAX, offsetof(virtio_blk_config, size_max), 4096);
  device.set_limit<uint32_t>(VIRTIO_BLK_F_SEG_MAX, offsetof(virtio_blk_config, seg_max), 200);
  for (bool indirect : {false, true}) {
    if (indirect) device.offer(VIRTIO_RING_F_INDIRECT_DESC);
    for (uint16_t limit : {4, 5, 8, 100, 128, 1000, 32768}) {
      device.queues[0].limit = limit;
      ASSERT_TRUE(disk.start()) << limit;
      EXPECT_LE(device.queues[0].place.size, limit);
      EXPECT_EQ(read(1, 3 << 20), expected(1, 3 << 20));
      disk.device().shutdown();
    }
  }
}

TEST_F(VirtioDisk, LegacyQueuesMustBeAPowerOfTwo) {
  device.is_legacy = true;
  device.offered = 0;
  device.queues[0].limit = 100;
  EXPECT_EQ(disk.start().status(), Status::DeviceError);
  EXPECT_NE(log.find("impossible size: 0x64"), std::string::npos) << log;
  device.queues[0].limit = 32768;
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(1, 1 << 20), expected(1, 1 << 20));
}

TEST_F(VirtioDisk, AConfigurationThatNeverSettlesIsAnError) {
  device.config_never_settles = true;
  EXPECT_EQ(disk.start().status(), Status::DeviceError);
  EXPECT_NE(log.find("its configuration changes all the time"), std::string::npos) << log;
}

TEST_F(VirtioDisk, AConfigurationThatIsTooShortIsAnError) {
  device.config.resize(4);
  EXPECT_EQ(disk.start().status(), Status::DeviceError);
  EXPECT_NE(log.find("its configuration is too short"), std::string::npos) << log;
}

TEST_F(VirtioDisk, WithoutMemoryItDoesNotStart) {
  for (size_t allowed : {0, 1}) {
    memory.allowed = allowed;
    EXPECT_EQ(disk.start().status(), Status::OutOfResources);
    EXPECT_EQ(memory.held(), 0u);
  }
  memory.allowed = 2;
  EXPECT_TRUE(disk.start());
}

TEST_F(VirtioDisk, OneThatWantsNoNotificationsGetsNone) {
  ASSERT_TRUE(disk.start());
  auto* used = reinterpret_cast<vring_used*>(device.queues[0].place.used);
  used->flags = VRING_USED_F_NO_NOTIFY;
  EXPECT_EQ(read_status(), Status::DeviceError) << "this one does not look by itself";
  EXPECT_EQ(device.notifies, 0);
}

TEST_F(VirtioDisk, WorksBeyondTheTurnOfTheIndexes) {
  device.queues[0].limit = 4;
  ASSERT_TRUE(disk.start());
  for (int i = 0; i < 70'000; ++i) ASSERT_EQ(read_status(0, 512), Status::Success) << i;
}

TEST_F(VirtioDisk, CanBeStartedAgainAfterItBroke) {
  ASSERT_TRUE(disk.start());
  device.index_jump = 5;
  EXPECT_EQ(read_status(), Status::DeviceError);
  disk.device().shutdown();
  device.index_jump = 0;
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(4, 4096), expected(4, 4096));
}

TEST_F(VirtioDisk, IsQuietOnceStopped) {
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read_status(), Status::Success);
  disk.device().stop();
  EXPECT_EQ(device.status(), 0);
  EXPECT_EQ(memory.held(), 2u) << "the memory map does not change on the way out";
  EXPECT_EQ(read_status(), Status::DeviceError);
}

}  // namespace
}  // namespace efilite::drivers::virtio
