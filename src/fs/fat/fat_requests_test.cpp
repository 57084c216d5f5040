// SPDX-License-Identifier: BSD-2-Clause-Patent
// What the disk is asked: large pieces of files, little of the FAT, and nothing while only looking.
#include "tests/support/fat_fixture.hpp"

namespace efilite::fs {
namespace {

struct FatRequests : testing::Test, FatFixture {};

TEST_F(FatRequests, ALargeFileIsReadByLargeRequests) {
  format({.type = 32, .clusters = 20000, .cluster_sectors = 8});
  std::vector<std::byte> data(64 << 20, std::byte{1});
  { Held file(*root()->create(u"large", 0)); EXPECT_EQ(*file->write(0, data), data.size()); }
  remount();
  Held file = open(u"large");
  disk.reads = 0;
  ASSERT_EQ(*file->read(0, data), data.size());
  EXPECT_LE(disk.reads, 4u);  // the file, and its part of the FAT once
  // By pieces of a megabyte, as loaders do.
  disk.reads = disk.bytes_read = 0;
  for (size_t at = 0; at < data.size(); at += 1 << 20) ASSERT_EQ(*file->read(at, std::span(data).subspan(at, 1 << 20)), 1u << 20);
  EXPECT_LE(disk.reads, 64 + 18u);
  EXPECT_LE(disk.bytes_read, data.size() + 18 * BlockCache::kLineBytes);
}

// What LoadImage does with \\EFI\\BOOT\\BOOTX64.EFI: looks for it, reads its headers, and each section to its place.
TEST_F(FatRequests, AnImageIsLoadedByFewRequests) {
  for (uint32_t cluster_sectors : {1u, 8u}) {
    format({.type = 32, .clusters = 70000, .cluster_sectors = cluster_sectors});
    const std::vector<std::byte> data(20'000'000, std::byte{1});
    {
      Held efi(*root()->create(u"EFI", 0x10));
      Held boot(*efi->create(u"BOOT", 0x10));
      Held file(*boot->create(u"BOOTX64.EFI", 0));
      EXPECT_EQ(*file->write(0, data), data.size());
    }
    unmount();
    disk.reads = disk.bytes_read = 0;
    mount();
    EXPECT_LE(disk.reads, 2u);
    {
      Held efi(*root()->find(u"EFI"));
      Held boot(*efi->find(u"BOOT"));
      Held file(*boot->find(u"BOOTX64.EFI"));
      EXPECT_LE(disk.reads, 5u);
      disk.reads = 0;
      std::vector<std::byte> memory(data.size());
      const std::span<std::byte> all(memory);
      for (auto [from, size] : {std::pair{0, 64}, {0x80, 24}, {0x98, 240}, {0x188, 40 * 8}, {0, 1024}, {1024, 60000}, {61440, 800},
                                {62464, 300}, {62976, 10'000'000}, {10'063'360, 9'000'000}})
        ASSERT_EQ(*file->read(from, all.subspan(from, size)), size_t(size));
      const uint64_t fat = data.size() / (512 * cluster_sectors) * 4;
      EXPECT_LE(disk.reads, 10 + fat / 65536) << cluster_sectors;
      EXPECT_LE(disk.bytes_read, data.size() + fat + 16 * BlockCache::kLineBytes);
    }
    unmount();
  }
}

TEST_F(FatRequests, AppendingDoesNotWalkTheChain) {
  format({.type = 32, .clusters = 20000});
  std::vector<std::byte> data(4 << 20, std::byte{1});
  Held file = make(u"f");
  ASSERT_EQ(*file->write(0, data), data.size());
  ASSERT_EQ(*file->write(data.size(), bytes("x")), 1u);
  disk.reads = disk.writes = 0;
  for (int i = 1; i < 200; ++i) ASSERT_EQ(*file->write(data.size() + i, bytes("x")), 1u);
  EXPECT_LE(disk.reads, 16u);
  EXPECT_LE(disk.writes, 410u);
}

TEST_F(FatRequests, ADirectoryIsReadOnceForItsEntries) {
  format({.type = 32, .clusters = 20000});
  Held dir(*root()->create(u"dir", 0x10));
  for (int i = 0; i < 300; ++i) {
    const std::string number = std::to_string(i + 100);
    Held(*dir->create(u"a file with number " + std::u16string(number.begin(), number.end()), 0));
  }
  disk.reads = 0;
  uint64_t cursor = 0, count = 0;
  core::FileName name;
  core::FileFacts facts;
  while (dir->next_entry(cursor, name, facts)) ++count;
  EXPECT_EQ(count, 302u);
  EXPECT_LE(disk.reads, 300u * 3 * 32 / BlockCache::kLineBytes + 4);
  disk.reads = 0;
  EXPECT_EQ(dir->find(u"not there").status(), Status::NotFound);
  EXPECT_LE(disk.reads, 300u * 3 * 32 / BlockCache::kLineBytes + 4);
}

TEST_F(FatRequests, LookingWritesNothing) {
  format({.type = 16});
  make(u"f", "data");
  remount();
  disk.writes = 0;
  { Held file = open(u"f"); EXPECT_EQ(contents(*file), "data"); EXPECT_TRUE(file->flush()); }
  EXPECT_EQ(volume->facts()->free % 512, 0u);
  remount();
  EXPECT_EQ(disk.writes, 0u);
}

TEST_F(FatRequests, AVolumeInUseIsMarkedAndUnmarked) {
  format({.type = 32, .clusters = 20000});
  const uint64_t mark = 32 * 512 + 4, count = 512 + 488;
  Held file = make(u"f", "data");
  EXPECT_EQ(test::peek<uint32_t>(disk, mark) & 0x08000000, 0u);
  EXPECT_EQ(test::peek<uint32_t>(disk, count), 0xFFFFFFFFu);
  EXPECT_TRUE(file->flush());
  EXPECT_EQ(test::peek<uint32_t>(disk, mark), 0x0FFFFFFFu);
  EXPECT_EQ(test::peek<uint32_t>(disk, count), 20000u - 2);
  EXPECT_EQ(*file->write(0, bytes("D")), 1u);
  EXPECT_EQ(test::peek<uint32_t>(disk, mark) & 0x08000000, 0u);
}

TEST_F(FatRequests, AVolumeFoundInDisorderStaysMarked) {
  format({.type = 16});
  unmount();
  test::poke<uint16_t>(disk, 512 + 2, 0x7FFF);
  mount();
  make(u"f", "data");
  EXPECT_TRUE(volume->flush());
  EXPECT_EQ(test::peek<uint16_t>(disk, 512 + 2), 0x7FFF);
}

TEST_F(FatRequests, ARenameInsideABlockIsOneWrite) {
  format({.type = 16});
  Held file = make(u"loader+3.efi", "data");
  disk.record = true;
  EXPECT_TRUE(file->rename(*root(), u"loader+2-1.efi"));
  EXPECT_EQ(disk.history.size(), 1u);
}

}  // namespace
}  // namespace efilite::fs
