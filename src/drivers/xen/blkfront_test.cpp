// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/blkfront.hpp"

#include "tests/support/xen_disk_test.hpp"

namespace efilite::drivers::xen {
namespace {

using XenDisk = testing_disks::DiskTest;

TEST_F(XenDisk, IsAsLargeAsItsBackEndSays) {
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(disk.block_size(), 512u);
  EXPECT_EQ(disk.block_count(), kSectors);
  EXPECT_FALSE(disk.read_only());
  EXPECT_FALSE(disk.removable());
  EXPECT_FALSE(disk.is_cd());
  EXPECT_EQ(disk.topology().per_physical, 1u);
  EXPECT_EQ(device.front("state"), "4");
  EXPECT_TRUE(log.empty()) << log;
}

TEST_F(XenDisk, ReadsAndWritesWhatIsAskedFor) {
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(7, 512), expected(7, 512));
  EXPECT_EQ(read(0, kSectors * 512), expected(0, kSectors * 512));
  MutableByteSpan bytes = buffer(1024);
  std::ranges::fill(bytes, std::byte{0x5A});
  ASSERT_TRUE(disk.write(kSectors - 2, bytes));
  EXPECT_EQ(expected(kSectors - 2, 1024), std::vector(bytes.begin(), bytes.end()));
  EXPECT_TRUE(disk.read(kSectors, {}));
  EXPECT_EQ(read_status(kSectors, 512), Status::InvalidParameter);
  EXPECT_EQ(read_status(kSectors - 1, 1024), Status::InvalidParameter);
  EXPECT_EQ(read_status(~uint64_t{0}, 512), Status::InvalidParameter);
  EXPECT_EQ(read_status(0, 100), Status::InvalidParameter);
}

TEST_F(XenDisk, DataGoesStraightWhereverSectorsAreAligned) {
  device.back("feature-max-indirect-segments") = "256";
  device.waits_until_asked = true;
  ASSERT_TRUE(disk.start());
  MutableByteSpan bytes = buffer(3 << 20);
  for (size_t offset : {0, 512, 1024, 3584}) {
    for (size_t size : {512, 4096, 8192, 45056, 46080, 262144, 262144 + 512, 2 << 20}) {
      MutableByteSpan part = bytes.subspan(offset, size);
      std::ranges::fill(bytes, std::byte{0x11});
      ASSERT_TRUE(disk.read(3, part));
      EXPECT_TRUE(std::ranges::equal(part, expected(3, size))) << offset << " " << size;
      EXPECT_EQ(bytes[offset + size], std::byte{0x11});
      ASSERT_TRUE(disk.write(5000, part));
      EXPECT_TRUE(std::ranges::equal(part, expected(5000, size))) << offset << " " << size;
    }
  }
  EXPECT_EQ(memory.held(), 2u) << "a ring and segments, but no bounce buffer";
}

TEST_F(XenDisk, RequestsAreInFlightTogether) {
  device.waits_until_asked = true;
  device.answers_in_reverse = true;
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(0, 10 << 20), expected(0, 10 << 20));
  EXPECT_EQ(device.most_in_flight, 32u) << "all that a ring of one page takes";
  EXPECT_EQ(device.most_segments, 11u);
  EXPECT_EQ(device.indirect_requests, 0);
  EXPECT_LT(device.notifies, device.requests / 10);
  EXPECT_LT(device.events, device.requests / 10) << "one event is enough for many responses";
}

TEST_F(XenDisk, SegmentsHavePagesOfTheirOwnWhereTheBackEndTakesThem) {
  device.back("feature-max-indirect-segments") = "256";
  device.waits_until_asked = true;
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(0, 10 << 20), expected(0, 10 << 20));
  EXPECT_EQ(device.requests, 40) << "256 KiB each";
  EXPECT_EQ(device.indirect_requests, 40);
  EXPECT_EQ(device.most_in_flight, 8u);
  EXPECT_EQ(read(1, 45056), expected(1, 45056));
  EXPECT_EQ(device.indirect_requests, 40) << "a small one is cheaper in the ring";
}

TEST_F(XenDisk, FewIndirectSegmentsAreKeptTo) {
  device.back("feature-max-indirect-segments") = "13";
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(0, 10 << 20), expected(0, 10 << 20));
  EXPECT_EQ(device.most_segments, 13u);
}

TEST_F(XenDisk, IndirectSegmentsThatAreNoMoreThanDirectOnesAreOfNoUse) {
  device.back("feature-max-indirect-segments") = "11";
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(0, 1 << 20), expected(0, 1 << 20));
  EXPECT_EQ(device.indirect_requests, 0);
  EXPECT_EQ(memory.held(), 1u);
}

TEST_F(XenDisk, ARingMayHaveTwoPages) {
  device.back("max-ring-page-order") = "4";
  device.waits_until_asked = true;
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(device.front("ring-page-order"), "1");
  EXPECT_EQ(read(0, 10 << 20), expected(0, 10 << 20));
  EXPECT_EQ(device.most_in_flight, 46u) << "512 pages of data";
  disk.stop();
  expect_fresh();
}

TEST_F(XenDisk, WhatIsNotAlignedGoesThroughABuffer) {
  ASSERT_TRUE(disk.start());
  MutableByteSpan bytes = buffer(1 << 20);
  for (size_t size : {512, 65536, 200 * 512, 1024 * 512}) {
    MutableByteSpan part = bytes.subspan(3, size);
    ASSERT_TRUE(disk.read(9, part));
    EXPECT_TRUE(std::ranges::equal(part, expected(9, size)));
    std::ranges::fill(part, std::byte{0x3C});
    ASSERT_TRUE(disk.write(100, part));
    EXPECT_TRUE(std::ranges::equal(part, expected(100, size)));
  }
  EXPECT_EQ(memory.held(), 2u);
}

// Of the host's heap, which lies above 16 TiB.
TEST_F(XenDisk, WhatCannotBeGrantedGoesThroughABuffer) {
  ASSERT_TRUE(disk.start());
  std::vector<std::byte> bytes(100 * 4096 + 4096);
  const size_t offset = -reinterpret_cast<uint64_t>(bytes.data()) & 4095;
  MutableByteSpan part = std::span(bytes).subspan(offset, 100 * 4096);
  ASSERT_GT(reinterpret_cast<uint64_t>(part.data()), grants.reach());
  ASSERT_TRUE(disk.read(1, part));
  EXPECT_TRUE(std::ranges::equal(part, expected(1, part.size())));
}

TEST_F(XenDisk, WithoutMemoryForABufferItIsSaid) {
  ASSERT_TRUE(disk.start());
  memory.allowed = 0;
  MutableByteSpan bytes = buffer(1024);
  EXPECT_EQ(disk.read(0, bytes.subspan(1, 512)).status(), Status::OutOfResources);
  EXPECT_TRUE(disk.read(0, bytes.first(512)));
}

// 504 entries, of which the ring has one.
TEST_F(XenDisk, FewGrantsMakeFewRequests) {
  xen.grants.frames.allowed = 1;
  device.waits_until_asked = true;
  ASSERT_TRUE(disk.start());
  std::vector<grant_ref_t> taken;
  for (int i = 0; i < 490; ++i) taken.push_back(*grants.grant(0, 0, Access::ReadOnly));
  EXPECT_EQ(read(0, 1 << 20), expected(0, 1 << 20));
  EXPECT_EQ(device.most_in_flight, 1u);
  for (int i = 0; i < 10; ++i) taken.push_back(*grants.grant(0, 0, Access::ReadOnly));
  EXPECT_EQ(read_status(0, 1 << 20), Status::OutOfResources);
  EXPECT_EQ(read(0, 4096), expected(0, 4096)) << "of a small one there is still use";
  for (grant_ref_t each : taken) EXPECT_TRUE(grants.end(each));
}

TEST_F(XenDisk, SectorsMayBeLarger) {
  for (uint32_t size = 512; size <= 4096; size *= 2) {
    device.back("sector-size") = std::to_string(size);
    device.back("physical-sector-size") = "4096";
    ASSERT_TRUE(disk.start()) << size;
    EXPECT_EQ(disk.block_size(), size);
    EXPECT_EQ(disk.block_count(), kSectors * 512 / size) << "whatever their size is, they are counted by 512 bytes";
    EXPECT_EQ(disk.topology().per_physical, 4096 / size);
    EXPECT_EQ(read(2, size * 40), expected(2 * size / 512, size * 40));
    MutableByteSpan bytes = buffer(size * 40 + 512);
    ASSERT_TRUE(disk.read(1, bytes.subspan(512, size * 40)));
    EXPECT_TRUE(std::ranges::equal(bytes.subspan(512, size * 40), expected(size / 512, size * 40)));
    disk.stop();
  }
}

TEST_F(XenDisk, APhysicalSizeThatMakesNoSenseIsNotTold) {
  device.back("physical-sector-size") = "700";
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(disk.topology().per_physical, 0u);
}

TEST_F(XenDisk, WhatIsReadOnlyIsNotWritten) {
  device.back("info") = std::to_string(VDISK_READONLY);
  ASSERT_TRUE(disk.start());
  EXPECT_TRUE(disk.read_only());
  EXPECT_EQ(disk.write(0, buffer(512)).status(), Status::WriteProtected);
  EXPECT_EQ(device.requests, 0);
}

TEST_F(XenDisk, ARemovableDiskSaysSo) {
  device.back("info") = std::to_string(VDISK_REMOVABLE);
  ASSERT_TRUE(disk.start());
  EXPECT_TRUE(disk.removable());
  EXPECT_FALSE(disk.is_cd());
  EXPECT_EQ(disk.block_size(), 512u);
}

TEST_F(XenDisk, ACdHasBlocksOf2048Bytes) {
  device.front("device-type") = "cdrom";
  device.back("info") = std::to_string(VDISK_CDROM | VDISK_READONLY);
  device.back("params") = "/some.iso";
  ASSERT_TRUE(disk.start());
  EXPECT_TRUE(disk.is_cd());
  EXPECT_TRUE(disk.removable());
  EXPECT_EQ(disk.block_size(), 2048u);
  EXPECT_EQ(disk.block_count(), kSectors / 4);
  EXPECT_EQ(read(16, 6144), expected(64, 6144));
}

TEST_F(XenDisk, AnEmptyDriveIsNotConnected) {
  device.front("device-type") = "cdrom";
  for (const char* nothing : {"", "aio:", "phy:"}) {
    device.back("params") = nothing;
    EXPECT_EQ(disk.start().status(), Status::NoMedia);
    EXPECT_TRUE(disk.is_cd());
  }
  EXPECT_EQ(device.connections, 0);
  EXPECT_TRUE(log.empty()) << log;
}

TEST_F(XenDisk, ADriveWithoutSectorsIsEmpty) {
  device.back("sectors") = "0";
  EXPECT_EQ(disk.start().status(), Status::NoMedia);
  expect_fresh();
  EXPECT_TRUE(log.empty()) << log;
}

TEST_F(XenDisk, FlushesByCommandOrByBarrierOrNotAtAll) {
  ASSERT_TRUE(disk.start());
  EXPECT_FALSE(disk.can_flush());
  EXPECT_TRUE(disk.flush());
  EXPECT_EQ(device.requests, 0);
  disk.stop();
  device.back("feature-barrier") = "1";
  ASSERT_TRUE(disk.start());
  EXPECT_TRUE(disk.flush());
  EXPECT_EQ(device.barriers, 1);
  disk.stop();
  device.back("feature-flush-cache") = "1";
  ASSERT_TRUE(disk.start());
  EXPECT_TRUE(disk.can_flush());
  EXPECT_TRUE(disk.flush());
  EXPECT_EQ(device.flushes, 1);
}

TEST_F(XenDisk, AFlushThatIsRefusedIsNotTriedAgain) {
  device.back("feature-flush-cache") = "1";
  ASSERT_TRUE(disk.start());
  device.twist = [](blkif_response& response) { response.status = BLKIF_RSP_EOPNOTSUPP; };
  EXPECT_TRUE(disk.flush());
  EXPECT_TRUE(disk.flush());
  EXPECT_EQ(device.flushes, 1);
  EXPECT_TRUE(log.empty()) << log;
}

TEST_F(XenDisk, AFlushMayFail) {
  device.back("feature-flush-cache") = "1";
  ASSERT_TRUE(disk.start());
  device.twist = [](blkif_response& response) { response.status = BLKIF_RSP_ERROR; };
  EXPECT_EQ(disk.flush().status(), Status::DeviceError);
  EXPECT_EQ(log, "efilite: disk 1: flushing failed at sector 0: status -1\n");
  device.twist = nullptr;
  EXPECT_TRUE(disk.flush());
}

TEST_F(XenDisk, ABadSectorIsAnErrorOfItsRequestAlone) {
  device.fails_from = 9000;
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read_status(0, 10 << 20), Status::DeviceError);
  EXPECT_EQ(std::ranges::count(log, '\n'), 1) << log;
  EXPECT_NE(log.find("reading failed at sector "), std::string::npos) << log;
  EXPECT_EQ(read(0, 4096), expected(0, 4096));
  EXPECT_EQ(disk.write(9000, buffer(512)).status(), Status::DeviceError);
}

// ---- before and after

TEST_F(XenDisk, AfterItTheDeviceIsAsIfNobodyHadUsedIt) {
  device.back("feature-flush-cache") = "1";
  device.back("feature-max-indirect-segments") = "32";
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(0, 1 << 20), expected(0, 1 << 20));
  disk.stop();
  expect_fresh();
  EXPECT_EQ(device.flushes, 1) << "what was written is on the medium";
  EXPECT_EQ(xen.grants.active(), 0u);
  EXPECT_EQ(memory.kept(), 0u);
  EXPECT_EQ(read_status(), Status::DeviceError);
  EXPECT_EQ(disk.flush().status(), Status::DeviceError);
  disk.shutdown();
  EXPECT_EQ(memory.held(), 0u);
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(5, 4096), expected(5, 4096));
  EXPECT_EQ(device.connections, 2);
  EXPECT_TRUE(log.empty()) << log;
}

TEST_F(XenDisk, WhatAPredecessorHasLeftOpenIsClosedFirst) {
  struct Left {
    unsigned front, back;
  };
  for (Left left : {Left{4, 4}, {3, 4}, {5, 4}, {5, 5}, {6, 5}, {6, 6}, {1, 6}, {1, 4}, {4, 6}, {3, 2}, {4, 2}, {0, 2}}) {
    device.front("state") = std::to_string(left.front);
    device.set_state(left.back);
    device.front("ring-page-order") = "3";
    device.front("feature-persistent") = device.front("multi-queue-num-queues") = "1";
    ASSERT_TRUE(disk.start()) << left.front << " " << left.back << log;
    EXPECT_EQ(read(5, 4096), expected(5, 4096));
    disk.stop();
    expect_fresh();
  }
}

TEST_F(XenDisk, ABackEndThatIsNotReadyYetIsWaitedFor) {
  device.set_state(XenbusStateInitialising);
  int waits = 0;
  xen.store.waited = [&] { device.set_state(++waits < 3 ? XenbusStateInitialising : XenbusStateInitWait); };
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(5, 4096), expected(5, 4096));
}

TEST_F(XenDisk, ABackEndThatNeedsNoFeaturesMayBeAheadOfUs) {
  device.set_state(XenbusStateInitialised);
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(5, 4096), expected(5, 4096));
}

TEST_F(XenDisk, ADeviceThatIsNotThereIsNotFound) {
  xen.store.nodes.clear();
  EXPECT_EQ(disk.start().status(), Status::NotFound);
  EXPECT_TRUE(log.empty()) << log;
  device.front("state") = "1";
  device.set_state(XenbusStateInitWait);
}

TEST_F(XenDisk, WithoutMemoryItIsLeftAsItWas) {
  for (size_t allowed : {0, 1}) {
    device.back("feature-max-indirect-segments") = "32";
    memory.allowed = allowed;
    EXPECT_EQ(disk.start().status(), Status::OutOfResources);
    expect_fresh();
  }
  EXPECT_NE(log.find("efilite: disk 1 cannot be used: OUT_OF_RESOURCES"), std::string::npos) << log;
}

TEST_F(XenDisk, DevicesAreListedByNumber) {
  for (const char* name : {"51728", "768", "51712", "no-number", "99999999999"})
    xen.store["device/vbd/" + std::string(name) + "/state"] = "1";
  for (size_t part : {size_t{1000}, size_t{30}}) {
    xen.store.part = part;
    xen.store.changes_while_listed = 0;
    DeviceNumbers numbers;
    ASSERT_TRUE(list_devices(xen.store, "vbd", numbers));
    EXPECT_EQ(std::vector(numbers.begin(), numbers.end()), (std::vector<uint32_t>{768, 51712, 51728}));
    xen.store.changes_while_listed = 1;
    ASSERT_TRUE(list_devices(xen.store, "vbd", numbers));
    EXPECT_EQ(numbers.size(), 3u);
    ASSERT_TRUE(list_devices(xen.store, "vif", numbers));
    EXPECT_TRUE(numbers.empty());
  }
}

}  // namespace
}  // namespace efilite::drivers::xen
