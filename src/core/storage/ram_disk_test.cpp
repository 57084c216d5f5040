// SPDX-License-Identifier: BSD-2-Clause-Patent
// RAM disks of a program's memory [UEFI 2.10, 13.17].
#include "tests/support/disks.hpp"

namespace efilite::core {
namespace {

using namespace testing_disks;

struct RamDiskTest : DiskDrivers {
  efi::RamDiskProtocol& protocol = RamDisks::protocol();
  std::vector<uint8_t> ram = std::vector<uint8_t>(10000, 'x');
  uint64_t base = reinterpret_cast<uint64_t>(ram.data());
  efi::Guid type = efi::kVirtualDisk;
  efi::DevicePath* made = nullptr;
  ~RamDiskTest() override {
    if (made != nullptr) memory.pool.release(made);
  }
};

TEST_F(RamDiskTest, MemoryBecomesADisk) {
  ram[0] = 'F';
  ASSERT_EQ(protocol.register_disk(base, ram.size(), &type, nullptr, &made), EfiStatus{});
  auto bytes = *device_path::measure(made);
  auto node = *read_at<efi::RamDiskNode>(bytes, 0);
  EXPECT_EQ(bytes.size(), 42u);
  EXPECT_EQ(uint64_t{node.starting_address}, base);
  EXPECT_EQ(uint64_t{node.ending_address}, base + 9999);
  EXPECT_EQ(node.type, type);
  auto disks = having<efi::BlockIoProtocol>();
  ASSERT_EQ(disks.size(), 1u);
  EXPECT_NE(*handles.find(disks[0], efi::kDevicePathGuid), made) << "the caller's is a copy";
  EXPECT_TRUE(handles.get<efi::SimpleFileSystemProtocol>(disks[0])) << "it is connected";
  auto& io = **handles.get<efi::BlockIoProtocol>(disks[0]);
  EXPECT_EQ(io.media->last_block, 18u) << "what is no whole block is no part of it";
  EXPECT_FALSE(io.media->removable_media || io.media->read_only);
  std::array<uint8_t, 512> block;
  block.fill('y');
  EXPECT_EQ(io.write_blocks(&io, io.media->media_id, 18, 512, block.data()), EfiStatus{});
  EXPECT_EQ(ram[18 * 512], 'y');
  EXPECT_EQ(ram[19 * 512], 'x');

  EXPECT_EQ(protocol.unregister_disk(made), EfiStatus{});
  EXPECT_TRUE(having<efi::BlockIoProtocol>().empty());
  EXPECT_EQ(protocol.unregister_disk(made), encode(Status::NotFound));
}

TEST_F(RamDiskTest, ItLiesBehindItsParent) {
  ASSERT_EQ(protocol.register_disk(base, ram.size(), &type, &path.vendor.header, &made), EfiStatus{});
  EXPECT_EQ(device_path::measure(made)->size(), 62u);
  EXPECT_EQ(protocol.unregister_disk(made), EfiStatus{});
}

TEST_F(RamDiskTest, ACdHasItsBlocksAndCannotBeWritten) {
  type = efi::kVirtualCd;
  ASSERT_EQ(protocol.register_disk(base, ram.size(), &type, nullptr, &made), EfiStatus{});
  auto& io = **handles.locate<efi::BlockIoProtocol>();
  EXPECT_EQ(io.media->block_size, 2048u);
  EXPECT_TRUE(io.media->read_only);
  EXPECT_EQ(protocol.unregister_disk(made), EfiStatus{});
}

TEST_F(RamDiskTest, WhatCannotBeIsRefused) {
  EXPECT_EQ(protocol.register_disk(base, 0, &type, nullptr, &made), encode(Status::InvalidParameter));
  EXPECT_EQ(protocol.register_disk(base, 511, &type, nullptr, &made), encode(Status::InvalidParameter));
  EXPECT_EQ(protocol.register_disk(UINT64_MAX - 511, 1024, &type, nullptr, &made), encode(Status::InvalidParameter));
  EXPECT_EQ(protocol.register_disk(base, 1024, nullptr, nullptr, &made), encode(Status::InvalidParameter));
  EXPECT_EQ(protocol.register_disk(base, 1024, &type, nullptr, nullptr), encode(Status::InvalidParameter));
  EXPECT_EQ(protocol.unregister_disk(nullptr), encode(Status::InvalidParameter));
  EXPECT_EQ(protocol.unregister_disk(&path.vendor.header), encode(Status::Unsupported));
  ASSERT_EQ(protocol.register_disk(base, 1024, &type, nullptr, &made), EfiStatus{});
  efi::DevicePath* again = nullptr;
  EXPECT_EQ(protocol.register_disk(base, 1024, &type, nullptr, &again), encode(Status::AlreadyStarted));
  type = {1, 2, 3, {4}};
  ASSERT_EQ(protocol.register_disk(base, 1024, &type, nullptr, &again), EfiStatus{}) << "of another type";
  EXPECT_EQ(protocol.unregister_disk(again), EfiStatus{});
  EXPECT_EQ(protocol.unregister_disk(made), EfiStatus{});
  memory.pool.release(again);
}

TEST_F(RamDiskTest, ItStaysWhileSomebodyKeepsIt) {
  ASSERT_EQ(protocol.register_disk(base, 1024, &type, nullptr, &made), EfiStatus{});
  efi::Handle disk_handle = having<efi::BlockIoProtocol>().at(0);
  void* interface;
  efi::Guid block_io = efi::BlockIoProtocol::kGuid;
  ASSERT_EQ(services.open_protocol(disk_handle, &block_io, &interface, core_image, nullptr, efi::kOpenExclusive), EfiStatus{});
  EXPECT_EQ(protocol.unregister_disk(made), encode(Status::AccessDenied));
  ASSERT_EQ(services.close_protocol(disk_handle, &block_io, core_image, nullptr), EfiStatus{});
  EXPECT_EQ(protocol.unregister_disk(made), EfiStatus{});
}

TEST_F(RamDiskTest, ItStaysWhereARequestMayHaveBeenInterrupted) {
  ASSERT_EQ(protocol.register_disk(base, 1024, &type, nullptr, &made), EfiStatus{});
  {
    TplGuard guard(events, efi::kTplNotify);
    EXPECT_EQ(protocol.unregister_disk(made), encode(Status::AccessDenied));
  }
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 1u);
  EXPECT_EQ(protocol.unregister_disk(made), EfiStatus{});
}

}  // namespace
}  // namespace efilite::core
