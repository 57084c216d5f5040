// SPDX-License-Identifier: BSD-2-Clause-Patent
// The driver of disks: partitions, volumes, programs' own disks, and all of it going away.
#include "tests/support/disks.hpp"

namespace efilite::core {
namespace {

using namespace testing_disks;

TEST_F(DiskDrivers, ADiskHasAllItsProtocolsAndIsNotLookedAt) {
  efi::Handle handle = install();
  for (const efi::Guid& guid : {efi::kDevicePathGuid, efi::BlockIoProtocol::kGuid, efi::BlockIo2Protocol::kGuid, efi::DiskIoProtocol::kGuid,
                                efi::DiskIo2Protocol::kGuid})
    EXPECT_TRUE(handles.find(handle, guid));
  EXPECT_EQ(disk.reads, 0);
  EXPECT_TRUE(ours.uninstall(handles));
  EXPECT_FALSE(handles.is_valid(handle));
}

TEST_F(DiskDrivers, AVolumeGetsItsFileSystemAndIsNotMounted) {
  put("F");
  efi::Handle handle = install();
  ASSERT_EQ(connect(handle), EfiStatus{});
  EXPECT_TRUE(handles.get<efi::SimpleFileSystemProtocol>(handle));
  EXPECT_EQ(formats.volumes.mounts, 0);
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 1u);
  EXPECT_EQ(connect(handle), encode(Status::NotFound)) << "no driver is left to start";
  ASSERT_EQ(disconnect(handle), EfiStatus{});
  EXPECT_FALSE(handles.get<efi::SimpleFileSystemProtocol>(handle));
  EXPECT_EQ(connect(handle), EfiStatus{});
}

TEST_F(DiskDrivers, NothingKnownIsNotManaged) {
  efi::Handle handle = install();
  EXPECT_EQ(connect(handle), encode(Status::NotFound));
  disk.failure = Status::DeviceError;
  EXPECT_EQ(connect(handle), encode(Status::NotFound));
  disk.failure = Status::Success;
  put("F");
  EXPECT_EQ(connect(handle), EfiStatus{}) << "the next time it is looked at again";
}

TEST_F(DiskDrivers, PartitionsAreHandlesOfTheirOwn) {
  put("P\x0A\x14\x64\x0A");
  put("F", 100 * 512);
  efi::Handle handle = install();
  ASSERT_EQ(connect(handle, false), EfiStatus{});
  auto disks = having<efi::BlockIoProtocol>();
  ASSERT_EQ(disks.size(), 3u);
  EXPECT_TRUE(having<efi::SimpleFileSystemProtocol>().empty());
  EXPECT_EQ(connect(handle, true), encode(Status::NotFound)) << "of the disk itself; its partitions are connected";
  ASSERT_EQ(having<efi::SimpleFileSystemProtocol>(), std::vector{disks[2]});

  auto& io = **handles.get<efi::BlockIoProtocol>(disks[1]);
  EXPECT_TRUE(io.media->logical_partition);
  EXPECT_EQ(io.media->last_block, 19u);
  std::vector<uint8_t> block(512);
  EXPECT_EQ(io.read_blocks(&io, io.media->media_id, 19, 512, block.data()), EfiStatus{});
  EXPECT_EQ(memcmp(block.data(), disk.bytes.data() + 29 * 512, 512), 0);
  EXPECT_EQ(io.read_blocks(&io, io.media->media_id, 20, 512, block.data()), encode(Status::InvalidParameter));
  auto bytes = *device_path::measure(static_cast<efi::DevicePath*>(*handles.find(disks[1], efi::kDevicePathGuid)));
  auto node = *device_path::node_at(bytes, sizeof(efi::VendorNode));
  EXPECT_EQ(node.sub_type, efi::kMediaHardDrive);
  EXPECT_EQ(bytes.size(), sizeof(efi::VendorNode) + sizeof(efi::HardDriveNode) + 4);
}

TEST_F(DiskDrivers, APartitionDoesNotReachAnotherMedium) {
  put("P\x0A\x14");
  efi::Handle handle = install();
  ASSERT_EQ(connect(handle), EfiStatus{});
  auto& io = **handles.get<efi::BlockIoProtocol>(having<efi::BlockIoProtocol>().at(1));
  std::vector<uint8_t> block(512, 0x5A);
  ASSERT_EQ(io.write_blocks(&io, io.media->media_id, 0, 512, block.data()), EfiStatus{});
  const auto before = disk.bytes;
  ours.block_io.set_medium(&disk);  // as if it had been taken out and another put in
  block.assign(512, 0xA5);
  EXPECT_EQ(io.write_blocks(&io, io.media->media_id, 0, 512, block.data()), encode(Status::MediaChanged));
  EXPECT_EQ(io.read_blocks(&io, io.media->media_id, 0, 512, block.data()), encode(Status::MediaChanged));
  EXPECT_EQ(io.flush_blocks(&io), encode(Status::MediaChanged));
  ours.block_io.set_medium(nullptr);
  EXPECT_EQ(io.read_blocks(&io, io.media->media_id, 0, 512, block.data()), encode(Status::NoMedia));
  EXPECT_EQ(disk.bytes, before);
}

TEST_F(DiskDrivers, APartitionTellsWhatItsTableSaysOfIt) {
  put("P\x0A\x14");
  efi::Handle handle = install();
  formats.info.kind = efi::PartitionKind::Gpt;
  formats.info.gpt.type = {5, 6, 7, {8}};
  ASSERT_EQ(connect(handle), EfiStatus{});
  const efi::Handle partition = having<efi::BlockIoProtocol>().at(1);
  auto& told = **handles.get<efi::PartitionInfoProtocol>(partition);
  EXPECT_EQ(memcmp(&told, &formats.info, sizeof told), 0);
  EXPECT_EQ(handles.find(partition, formats.info.gpt.type).value_or(&told), nullptr) << "the type is there, without an interface";
  ASSERT_EQ(disconnect(handle), EfiStatus{});

  formats.info.kind = efi::PartitionKind::Mbr;
  ASSERT_EQ(connect(handle), EfiStatus{});
  EXPECT_FALSE(handles.locate_protocol(efi::kSystemPartitionType));
  ASSERT_EQ(disconnect(handle), EfiStatus{});
  formats.info.system = 1;
  ASSERT_EQ(connect(handle), EfiStatus{});
  EXPECT_TRUE(handles.locate_protocol(efi::kSystemPartitionType));
  ASSERT_EQ(disconnect(handle), EfiStatus{});
  EXPECT_FALSE(handles.locate_protocol(efi::kSystemPartitionType));
}

TEST_F(DiskDrivers, ATypeThatIsAProtocolsIsNotInstalled) {
  put("P\x0A\x14");
  efi::Handle handle = install();
  formats.info.kind = efi::PartitionKind::Gpt;
  for (const efi::Guid& guid : {efi::BlockIoProtocol::kGuid, efi::SimpleFileSystemProtocol::kGuid, efi::DriverBindingProtocol::kGuid}) {
    formats.info.gpt.type = guid;
    ASSERT_EQ(connect(handle), EfiStatus{});
    EXPECT_EQ(having<efi::PartitionInfoProtocol>().size(), 1u);
    EXPECT_NE(handles.locate_protocol(guid).value_or(this), nullptr);
    ASSERT_EQ(disconnect(handle), EfiStatus{});
  }
}

TEST_F(DiskDrivers, PartitionsOfPartitionsAreFoundOnce) {
  put("P\x0A\x64");
  put("P\x05\x32", 10 * 512);
  put("P\x05\x14", 15 * 512);
  efi::Handle handle = install();
  ASSERT_EQ(connect(handle), EfiStatus{});
  const auto disks = having<efi::BlockIoProtocol>();
  ASSERT_EQ(disks.size(), 3u) << "the disk, its partition, and that one's, which is not parted again";
  ASSERT_EQ(formats.insides.size(), 2u);
  EXPECT_EQ(formats.insides[0].first, 10u);
  auto& io = **handles.get<efi::BlockIoProtocol>(disks[2]);
  std::vector<uint8_t> block(512);
  EXPECT_EQ(io.read_blocks(&io, io.media->media_id, 0, 512, block.data()), EfiStatus{});
  EXPECT_EQ(memcmp(block.data(), disk.bytes.data() + 15 * 512, 512), 0);
  EXPECT_EQ(disconnect(handle), EfiStatus{});
  EXPECT_EQ(having<efi::BlockIoProtocol>(), std::vector{handle});
}

TEST_F(DiskDrivers, ChildrenGoOneByOneOrAllTogether) {
  put("P\x0A\x14\x64\x0A");
  put("F", 100 * 512);
  efi::Handle handle = install();
  ASSERT_EQ(connect(handle), EfiStatus{});
  auto disks = having<efi::BlockIoProtocol>();
  ASSERT_EQ(disks.size(), 3u);
  EXPECT_EQ(disconnect(handle, disks[1]), EfiStatus{});
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 2u);
  EXPECT_EQ(having<efi::SimpleFileSystemProtocol>().size(), 1u);
  EXPECT_EQ(disconnect(handle), EfiStatus{});
  EXPECT_EQ(having<efi::BlockIoProtocol>(), std::vector{handle});
  EXPECT_TRUE(having<efi::SimpleFileSystemProtocol>().empty());
  EXPECT_TRUE(ours.uninstall(handles));
}

TEST_F(DiskDrivers, WhoeverWantsADiskForHimselfGetsIt) {
  put("P\x0A\x14");
  put("F", 10 * 512);
  efi::Handle handle = install();
  ASSERT_EQ(connect(handle), EfiStatus{});
  efi::Handle agent = nullptr;
  efi::Guid any{1, 2, 3, {}};
  ASSERT_TRUE(handles.install(&agent, any, nullptr));
  void* interface;
  efi::Guid block_io = efi::BlockIoProtocol::kGuid;
  ASSERT_EQ(services.open_protocol(handle, &block_io, &interface, agent, nullptr, efi::kOpenExclusive), EfiStatus{});
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 1u);
  EXPECT_EQ(connect(handle), encode(Status::NotFound));
  ASSERT_EQ(services.close_protocol(handle, &block_io, agent, nullptr), EfiStatus{});
  EXPECT_EQ(connect(handle), EfiStatus{});
}

TEST_F(DiskDrivers, OpenFilesLoseTheirMediumWithTheDisk) {
  put("P\x0A\x14");
  put("F", 10 * 512);
  efi::Handle handle = install();
  ASSERT_EQ(connect(handle), EfiStatus{});
  auto& volume = **handles.locate<efi::SimpleFileSystemProtocol>();
  efi::FileProtocol* root;
  ASSERT_EQ(volume.open_volume(&volume, &root), EfiStatus{});
  EXPECT_TRUE(formats.volumes.is_mounted);
  {
    ServiceCall call;
    EXPECT_TRUE(ours.uninstall(handles));
  }
  EXPECT_FALSE(formats.volumes.is_mounted);
  EXPECT_EQ(root->set_position(root, 0), encode(Status::NoMedia));
  EXPECT_EQ(root->close(root), EfiStatus{});
  EXPECT_TRUE(having<efi::BlockIoProtocol>().empty());
}

TEST_F(DiskDrivers, AProgramsDiskGetsDiskIoVolumesAndPartitions) {
  put("F");
  ForeignDisk foreign(disk);
  foreign.facts.io_align = 64;
  efi::Handle handle = nullptr;
  ASSERT_TRUE(handles.install<efi::BlockIoProtocol>(&handle, &foreign));
  ASSERT_EQ(connect(handle), EfiStatus{});
  auto& io = **handles.get<efi::DiskIoProtocol>(handle);
  std::vector<uint8_t> room(1100, 0xEE);
  EXPECT_EQ(io.read_disk(&io, 7, 513, 1090, room.data() + 1), EfiStatus{});
  EXPECT_EQ(memcmp(room.data() + 1, disk.bytes.data() + 513, 1090), 0);
  std::ranges::fill(room, 0xEE);
  EXPECT_EQ(io.write_disk(&io, 7, 511, 1090, room.data() + 1), EfiStatus{});
  EXPECT_EQ(memcmp(room.data(), disk.bytes.data() + 511, 1090), 0);
  EXPECT_EQ(io.read_disk(&io, 8, 0, 1, room.data()), encode(Status::MediaChanged));
  foreign.failure = encode(Status::NoMedia);
  EXPECT_EQ(io.read_disk(&io, 7, 0, 1, room.data()), encode(Status::NoMedia));
  foreign.failure = encode(Status::CrcError);
  EXPECT_EQ(io.read_disk(&io, 7, 0, 1, room.data()), encode(Status::DeviceError));
  foreign.failure = EfiStatus{};
  foreign.facts.read_only = 1;
  EXPECT_EQ(io.write_disk(&io, 7, 0, 1, room.data()), encode(Status::WriteProtected));
  foreign.facts.media_present = 0;
  EXPECT_EQ(io.read_disk(&io, 7, 0, 1, room.data()), encode(Status::NoMedia));
  EXPECT_TRUE(handles.get<efi::SimpleFileSystemProtocol>(handle));

  EXPECT_EQ(disconnect(handle), EfiStatus{});
  EXPECT_FALSE(handles.get<efi::DiskIoProtocol>(handle));
  put("P\x0A\x14");
  foreign.facts.media_present = 1;
  ASSERT_EQ(connect(handle), EfiStatus{});
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 1u) << "HD() alone would name a partition on any disk";
  EXPECT_EQ(disconnect(handle), EfiStatus{});
  ASSERT_TRUE(handles.install(&handle, efi::kDevicePathGuid, &path.vendor.header));
  ASSERT_EQ(connect(handle), EfiStatus{});
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 2u);
  {
    ServiceCall call;
    EXPECT_TRUE(handles.uninstall<efi::BlockIoProtocol>(handle, &foreign));
  }
  EXPECT_TRUE(having<efi::DiskIoProtocol>().empty());
}

TEST_F(DiskDrivers, WhatIsNoBlockIoAtAllIsLeftAlone) {
  efi::Handle handle = nullptr;
  efi::BlockIoProtocol bare{};
  ASSERT_TRUE(handles.install<efi::BlockIoProtocol>(&handle, &bare));
  EXPECT_EQ(connect(handle), encode(Status::NotFound));
  efi::Handle other = nullptr;
  ASSERT_TRUE(handles.install<efi::BlockIoProtocol>(&other, nullptr));
  EXPECT_EQ(connect(other), encode(Status::NotFound));
}

TEST_F(DiskDrivers, AProgramsDiskOfNoPossibleShapeIsNotRead) {
  put("F");
  ForeignDisk foreign(disk);
  efi::Handle handle = nullptr;
  ASSERT_TRUE(handles.install<efi::BlockIoProtocol>(&handle, &foreign));
  for (uint32_t size : {0u, 1u, 256u, 513u, 1u << 17}) {
    foreign.facts.block_size = size;
    ASSERT_EQ(connect(handle), EfiStatus{}) << "it has DISK_IO";
    EXPECT_FALSE(handles.get<efi::SimpleFileSystemProtocol>(handle));
    auto& io = **handles.get<efi::DiskIoProtocol>(handle);
    EXPECT_EQ(io.read_disk(&io, 7, 0, 0, nullptr), encode(Status::NoMedia));
    EXPECT_EQ(disconnect(handle), EfiStatus{});
  }
  foreign.facts.block_size = 512;
  foreign.facts.last_block = UINT64_MAX;
  ASSERT_EQ(connect(handle), EfiStatus{});
  EXPECT_EQ(disk.reads, 0);
}

TEST_F(DiskDrivers, WhatWasWrittenIsFlushedWhenBootServicesEnd) {
  put("F");
  efi::Handle handle = install();
  ASSERT_EQ(connect(handle), EfiStatus{});
  EXPECT_TRUE(driver.quiesce());
  EXPECT_EQ(formats.volumes.volume.flushes, 0);
  auto& volume = **handles.locate<efi::SimpleFileSystemProtocol>();
  efi::FileProtocol* root;
  ASSERT_EQ(volume.open_volume(&volume, &root), EfiStatus{});
  EXPECT_TRUE(driver.quiesce());
  EXPECT_EQ(formats.volumes.volume.flushes, 1);
}

TEST_F(DiskDrivers, AProgramsDiskIsNotFlushedWhenBootServicesHaveEnded) {
  put("P\x0A\x14");
  put("F", 10 * 512);
  ForeignDisk foreign(disk);
  efi::Handle handle = nullptr;
  ASSERT_TRUE(handles.install<efi::BlockIoProtocol>(&handle, &foreign));
  ASSERT_TRUE(handles.install(&handle, efi::kDevicePathGuid, &path.vendor.header));
  ASSERT_EQ(connect(handle), EfiStatus{});
  auto& volume = **handles.locate<efi::SimpleFileSystemProtocol>();
  efi::FileProtocol* root;
  ASSERT_EQ(volume.open_volume(&volume, &root), EfiStatus{});
  EXPECT_TRUE(driver.quiesce());
  EXPECT_EQ(formats.volumes.volume.flushes, 0) << "nor is a partition of it";
  EXPECT_EQ(root->close(root), EfiStatus{});
}

TEST_F(DiskDrivers, AProgramsDiskThatTakesAnotherShapeHasAnotherMedium) {
  ForeignDisk foreign(disk);
  ForeignBlocks blocks(foreign, heap);
  std::array<std::byte, 512> block;
  EXPECT_TRUE(blocks.read(0, block));
  foreign.facts.last_block = UINT64_MAX;
  EXPECT_EQ(blocks.read(0, block).status(), Status::MediaChanged);
  foreign.facts.last_block = 199;
  foreign.facts.io_align = 1u << 31;
  EXPECT_EQ(blocks.write(0, block).status(), Status::MediaChanged);
  foreign.facts.io_align = 0;
  foreign.facts.block_size = 1024;
  EXPECT_EQ(blocks.read(0, block).status(), Status::MediaChanged);
}

TEST_F(DiskDrivers, ARunOutOfMemoryLeavesNothingHalf) {
  put("P\x0A\x14");
  put("F", 10 * 512);
  test::HostHeap small;
  HandleDatabase& database = handles;
  DiskDriver other(database, events, small, formats);
  ASSERT_TRUE(handles.uninstall(binding, driver.protocol()));
  binding = nullptr;
  ASSERT_TRUE(handles.install(&binding, other.protocol()));
  other.set_handle(binding, core_image);
  efi::Handle handle = install();
  for (int64_t after = 0; after < 20; ++after) {
    small.failures_after = after;
    EfiStatus status = connect(handle);
    small.failures_after = -1;
    if (status == EfiStatus{} && having<efi::SimpleFileSystemProtocol>().size() == 1) break;
    EXPECT_LT(after, 19);
    EXPECT_EQ(disconnect(handle), EfiStatus{});
    EXPECT_EQ(small.live(), 0u);
    EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 1u);
  }
  EXPECT_EQ(disconnect(handle), EfiStatus{});
  EXPECT_EQ(small.live(), 0u);
}

}  // namespace
}  // namespace efilite::core
