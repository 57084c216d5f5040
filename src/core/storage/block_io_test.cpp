// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/storage/block_io.hpp"

#include <gtest/gtest.h>

#include "core/storage/disk_io.hpp"
#include "core/storage/storage_call.hpp"
#include "tests/support/block_device.hpp"
#include "tests/support/events.hpp"

namespace efilite::core {
namespace {

using efi::encode;
using Buffer = std::vector<uint8_t>;

struct Disks : test::EventTest {
  test::FakeDisk disk{16};
  BlockIo block_io{queue, &disk, {}};
  DiskIo disk_io{queue, machine.heap, block_io.medium()};
  efi::BlockIoProtocol& io = *block_io.protocol();
  efi::BlockIo2Protocol& io2 = *block_io.protocol2();
  efi::DiskIoProtocol& bytes = *disk_io.protocol();
  efi::DiskIo2Protocol& bytes2 = *disk_io.protocol2();
  uint32_t id = io.media->media_id;
  Buffer buffer = Buffer(8192);

  Status read(uint64_t lba, uint64_t size) { return as_status(io.read_blocks(&io, id, lba, size, buffer.data())); }
  Status write(uint64_t lba, uint64_t size) { return as_status(io.write_blocks(&io, id, lba, size, buffer.data())); }
  Status read_at(uint64_t offset, uint64_t size) { return as_status(bytes.read_disk(&bytes, id, offset, size, buffer.data())); }
  Status write_at(uint64_t offset, uint64_t size) { return as_status(bytes.write_disk(&bytes, id, offset, size, buffer.data())); }
  static Status as_status(efi::EfiStatus status) {
    for (int s = 0; s < 36; ++s)
      if (encode(Status(s)) == status) return Status(s);
    return Status(0xFF);
  }
};

TEST_F(Disks, MediaTellsTheDevice) {
  const efi::BlockIoMedia& media = *io.media;
  EXPECT_EQ(io2.media, &media);
  EXPECT_EQ(io.revision, 0x2001Fu);
  EXPECT_TRUE(media.media_present);
  EXPECT_FALSE(media.removable_media || media.read_only || media.logical_partition || media.write_caching);
  EXPECT_EQ(media.block_size, 512u);
  EXPECT_EQ(media.last_block, 15u);
  EXPECT_EQ(media.lowest_aligned_lba | media.logical_blocks_per_physical_block | media.optimal_transfer_length_granularity, 0u);
  disk.is_removable = disk.is_read_only = true;
  disk.its_topology = {3, 8, 16};
  BlockIo other(queue, &disk, {.io_align = 4, .partition = true, .write_caching = true});
  const efi::BlockIoMedia& more = *other.protocol()->media;
  EXPECT_TRUE(more.removable_media && more.read_only && more.logical_partition && more.write_caching);
  EXPECT_EQ(more.io_align, 4u);
  EXPECT_EQ(more.lowest_aligned_lba, 3u);
  EXPECT_EQ(more.logical_blocks_per_physical_block, 8u);
  EXPECT_EQ(more.optimal_transfer_length_granularity, 16u);
  EXPECT_EQ(BlockIo::of(&io), &block_io);
  efi::BlockIoProtocol foreign{};
  EXPECT_EQ(BlockIo::of(&foreign), nullptr);
}

TEST_F(Disks, BlocksAreReadAndWritten) {
  ASSERT_EQ(read(3, 1024), Status::Success);
  EXPECT_EQ(memcmp(buffer.data(), disk.bytes.data() + 3 * 512, 1024), 0);
  buffer.assign(8192, 0xA5);
  ASSERT_EQ(write(15, 512), Status::Success);
  EXPECT_EQ(disk.bytes[15 * 512], 0xA5);
  EXPECT_EQ(disk.bytes[16 * 512 - 1], 0xA5);
  EXPECT_NE(disk.bytes[15 * 512 - 1], 0xA5);
  EXPECT_EQ(as_status(io.flush_blocks(&io)), Status::Success);
  EXPECT_EQ(disk.flushes, 1);
  EXPECT_EQ(as_status(io.reset(&io, 1)), Status::Success);
  EXPECT_EQ(as_status(io2.reset(&io2, 0)), Status::Success);
}

TEST_F(Disks, RequestsThatCannotBeAreRefused) {
  EXPECT_EQ(read(0, 511), Status::BadBufferSize);
  EXPECT_EQ(write(0, 513), Status::BadBufferSize);
  EXPECT_EQ(read(16, 512), Status::InvalidParameter);
  EXPECT_EQ(read(15, 1024), Status::InvalidParameter);
  EXPECT_EQ(read(UINT64_MAX, 1024), Status::InvalidParameter);
  EXPECT_EQ(read(1, UINT64_MAX & ~uint64_t{511}), Status::InvalidParameter);
  EXPECT_EQ(write(16, 512), Status::InvalidParameter);
  EXPECT_EQ(as_status(io.read_blocks(&io, id, 0, 512, nullptr)), Status::InvalidParameter);
  EXPECT_EQ(read(15, 0), Status::Success);
  EXPECT_EQ(disk.reads + disk.writes, 0);
}

TEST_F(Disks, ABufferMustLieAsTheMediaSays) {
  BlockIo aligned(queue, &disk, {.io_align = 16});
  auto& p = *aligned.protocol();
  alignas(16) std::array<uint8_t, 528> room;
  EXPECT_EQ(as_status(p.read_blocks(&p, p.media->media_id, 0, 512, room.data() + 8)), Status::InvalidParameter);
  EXPECT_EQ(as_status(p.write_blocks(&p, p.media->media_id, 0, 512, room.data() + 1)), Status::InvalidParameter);
  EXPECT_EQ(as_status(p.read_blocks(&p, p.media->media_id, 0, 512, room.data() + 16)), Status::Success);
}

TEST_F(Disks, AReadOnlyDiskIsWriteProtected) {
  disk.is_read_only = true;
  block_io.set_medium(&disk);
  id = io.media->media_id;
  EXPECT_EQ(write(0, 512), Status::WriteProtected);
  EXPECT_EQ(write(0, 1), Status::WriteProtected);
  EXPECT_EQ(write_at(0, 1), Status::WriteProtected);
  EXPECT_EQ(read(0, 512), Status::Success);
  EXPECT_EQ(as_status(io.flush_blocks(&io)), Status::Success);
  EXPECT_EQ(as_status(io2.flush_blocks_ex(&io2, nullptr)), Status::WriteProtected);
  EXPECT_EQ(as_status(bytes2.flush_disk_ex(&bytes2, nullptr)), Status::WriteProtected);
}

TEST_F(Disks, AnotherMediumHasAnotherIdAndNoMediumNone) {
  test::FakeDisk other(4, 2048);
  block_io.set_medium(&other);
  EXPECT_EQ(read(0, 1), Status::MediaChanged) << "before any other complaint";
  EXPECT_EQ(write(0, 1), Status::MediaChanged);
  EXPECT_EQ(read_at(UINT64_MAX, 1), Status::MediaChanged);
  EXPECT_NE(io.media->media_id, id);
  EXPECT_EQ(io.media->block_size, 2048u);
  EXPECT_EQ(io.media->last_block, 3u);
  id = io.media->media_id;
  EXPECT_EQ(read(3, 2048), Status::Success);
  EXPECT_EQ(read_at(8191, 1), Status::Success);

  block_io.set_medium(nullptr);
  EXPECT_FALSE(io.media->media_present);
  EXPECT_EQ(read(0, 1), Status::NoMedia);
  EXPECT_EQ(write(0, 1), Status::NoMedia);
  EXPECT_EQ(as_status(io.flush_blocks(&io)), Status::NoMedia);
  EXPECT_EQ(as_status(io2.flush_blocks_ex(&io2, nullptr)), Status::NoMedia);
  EXPECT_EQ(read_at(0, 1), Status::NoMedia);
  EXPECT_EQ(as_status(bytes2.flush_disk_ex(&bytes2, nullptr)), Status::NoMedia);
}

TEST_F(Disks, ADevicesErrorIsTold) {
  disk.failure = Status::DeviceError;
  EXPECT_EQ(read(0, 512), Status::DeviceError);
  EXPECT_EQ(write(0, 512), Status::DeviceError);
  EXPECT_EQ(as_status(io.flush_blocks(&io)), Status::DeviceError);
  EXPECT_EQ(read_at(1, 1), Status::DeviceError);
  EXPECT_EQ(write_at(1, 1), Status::DeviceError);
}

TEST_F(Disks, ATokensEventIsSignalledWhenTheRequestIsDone) {
  efi::Event event = make_signal(efi::kTplCallback, "done");
  efi::BlockToken token{event, encode(Status::Aborted)};
  EXPECT_EQ(as_status(io2.read_blocks_ex(&io2, id, 2, &token, 512, buffer.data())), Status::Success);
  EXPECT_EQ(order(), "done");
  EXPECT_EQ(token.transaction_status, encode(Status::Success));
  EXPECT_EQ(memcmp(buffer.data(), disk.bytes.data() + 1024, 512), 0);
  EXPECT_EQ(as_status(io2.write_blocks_ex(&io2, id, 2, &token, 512, buffer.data())), Status::Success);
  EXPECT_EQ(as_status(io2.flush_blocks_ex(&io2, &token)), Status::Success);
  EXPECT_EQ(as_status(bytes2.read_disk_ex(&bytes2, id, 2, &token, 51, buffer.data())), Status::Success);
  EXPECT_EQ(as_status(bytes2.write_disk_ex(&bytes2, id, 2, &token, 51, buffer.data())), Status::Success);
  EXPECT_EQ(as_status(bytes2.flush_disk_ex(&bytes2, &token)), Status::Success);
  EXPECT_EQ(seen.size(), 6u);
  EXPECT_EQ(seen.back().tpl, efi::kTplCallback);
}

TEST_F(Disks, ARequestThatFailsSignalsNothing) {
  efi::BlockToken token{make_signal(efi::kTplCallback, "done"), {}};
  disk.failure = Status::DeviceError;
  EXPECT_EQ(as_status(io2.read_blocks_ex(&io2, id, 2, &token, 512, buffer.data())), Status::DeviceError);
  EXPECT_EQ(token.transaction_status, encode(Status::DeviceError));
  EXPECT_EQ(as_status(io2.write_blocks_ex(&io2, id, 2, &token, 511, buffer.data())), Status::BadBufferSize);
  EXPECT_EQ(as_status(bytes2.read_disk_ex(&bytes2, id + 1, 2, &token, 1, buffer.data())), Status::MediaChanged);
  EXPECT_EQ(order(), "");
  disk.failure = Status::Success;
  disk.reads = 0;
  efi::BlockToken wild{reinterpret_cast<efi::Event>(0x1234), {}};
  EXPECT_EQ(as_status(io2.read_blocks_ex(&io2, id, 2, &wild, 512, buffer.data())), Status::InvalidParameter);
  EXPECT_EQ(disk.reads, 0);
}

TEST_F(Disks, WithoutAnEventTheCallWaits) {
  efi::BlockToken token{nullptr, encode(Status::Aborted)};
  EXPECT_EQ(as_status(io2.read_blocks_ex(&io2, id, 2, &token, 512, buffer.data())), Status::Success);
  EXPECT_EQ(token.transaction_status, encode(Status::Success));
  EXPECT_EQ(as_status(io2.read_blocks_ex(&io2, id, 2, nullptr, 512, buffer.data())), Status::Success);
  EXPECT_EQ(as_status(bytes2.cancel(&bytes2)), Status::Success);
}

TEST_F(Disks, BytesAreReadAndWrittenWhereverTheyLie) {
  for (uint64_t offset : {0, 1, 511, 512, 513, 1023, 7000}) {
    for (uint64_t size : {0, 1, 511, 512, 513, 1024, 1190}) {
      ASSERT_EQ(read_at(offset, size), Status::Success) << offset << "+" << size;
      ASSERT_EQ(memcmp(buffer.data(), disk.bytes.data() + offset, size), 0) << offset << "+" << size;
      Buffer expected = disk.bytes;
      for (uint64_t i = 0; i < size; ++i) buffer[i] = expected[offset + i] = static_cast<uint8_t>(offset * 3 + size + i);
      ASSERT_EQ(write_at(offset, size), Status::Success) << offset << "+" << size;
      ASSERT_EQ(disk.bytes, expected) << offset << "+" << size;
    }
  }
  EXPECT_EQ(machine.heap.blocks(), 0u);
}

TEST_F(Disks, BytesBehindTheEndAreInvalid) {
  EXPECT_EQ(read_at(8192, 0), Status::Success);
  EXPECT_EQ(read_at(8192, 1), Status::InvalidParameter);
  EXPECT_EQ(read_at(8191, 2), Status::InvalidParameter);
  EXPECT_EQ(write_at(UINT64_MAX, 2), Status::InvalidParameter);
  EXPECT_EQ(as_status(bytes.read_disk(&bytes, id, 0, 1, nullptr)), Status::InvalidParameter);
  EXPECT_EQ(disk.reads + disk.writes, 0);
}

TEST_F(Disks, OnlyBlocksInPartNeedMemory) {
  machine.heap.allowed = 0;
  EXPECT_EQ(read_at(1, 512), Status::OutOfResources);
  EXPECT_EQ(write_at(512, 513), Status::OutOfResources);
  EXPECT_EQ(read_at(512, 1024), Status::Success);
  EXPECT_EQ(write_at(512, 1024), Status::Success);
}

}  // namespace
}  // namespace efilite::core
