// SPDX-License-Identifier: BSD-2-Clause-Patent
// Volumes that contradict themselves, and disks that fail.
#include "tests/support/fat_check.hpp"
#include "tests/support/fat_fixture.hpp"

namespace efilite::fs {
namespace {

struct HostileFat : testing::Test, FatFixture {
  // FAT16, clusters of 512 bytes: one sector, FATs of 20 sectors, 32 sectors of root.
  static constexpr uint64_t kFat = 512, kRoot = kFat + 2 * 20 * 512;
  void SetUp() override { format({.type = 16, .clusters = 5000}); }
  void set_entry(uint32_t cluster, uint16_t value) {
    for (uint64_t copy : {0, 20 * 512}) test::poke<uint16_t>(disk, kFat + copy + cluster * 2, value);
  }
  // With the volume's caches gone.
  void damage(const std::function<void()>& how) {
    unmount();
    how();
    mount();
  }
  Status mount_status() {
    unmount();
    auto mounted = FatVolume::mount(disk, heap, clock);
    if (mounted) (*mounted)->unmount();
    return mounted.status();
  }
  std::string big = std::string(5 * 512, 'b');
};

TEST_F(HostileFat, AVolumeThatIsNoneIsUnsupported) {
  for (size_t at : {0, 11, 13, 14, 16, 21}) {
    const auto old = disk.bytes[at];
    disk.bytes[at] = std::byte{0x33};
    if (at == 14) test::poke<uint16_t>(disk, 14, 0);
    if (at == 16) disk.bytes[at] = std::byte{0};
    EXPECT_EQ(mount_status(), Status::Unsupported) << at;
    disk.bytes[at] = old;
    if (at == 14) test::poke<uint16_t>(disk, 14, 1);
  }
  EXPECT_EQ(mount_status(), Status::Success);
  disk.block = 8192;
  EXPECT_EQ(mount_status(), Status::Unsupported);
  disk.block = 1024;  // larger than the sectors of the volume
  EXPECT_EQ(mount_status(), Status::Unsupported);
}

TEST_F(HostileFat, NonsenseInTheBootSectorIsCorruption) {
  auto with = [&](uint64_t at, auto value) {
    const auto old = disk.bytes;
    test::poke(disk, at, value);
    const Status status = mount_status();
    disk.bytes = old;
    return status;
  };
  EXPECT_EQ(with(19, uint16_t{40}), Status::VolumeCorrupted);      // ends before its data begins
  EXPECT_EQ(with(19, uint16_t{0xFFFF}), Status::VolumeCorrupted);  // is longer than the disk
  EXPECT_EQ(with(22, uint16_t{0xFFFF}), Status::VolumeCorrupted);
  EXPECT_EQ(with(17, uint16_t{0}), Status::VolumeCorrupted);   // no root
  EXPECT_EQ(with(17, uint16_t{17}), Status::VolumeCorrupted);  // half a block of root
  EXPECT_EQ(with(16, uint8_t{255}), Status::VolumeCorrupted);
  disk.bytes.resize(disk.bytes.size() - 512);
  EXPECT_EQ(mount_status(), Status::VolumeCorrupted);
}

TEST_F(HostileFat, NonsenseInFat32IsCorruption) {
  unmount();
  format({.type = 32, .clusters = 70000});
  auto with = [&](uint64_t at, auto value) {
    auto old = disk.bytes;
    test::poke(disk, at, value);
    const Status status = mount_status();
    disk.bytes = old;
    return status;
  };
  EXPECT_EQ(with(44, uint32_t{1}), Status::VolumeCorrupted);
  EXPECT_EQ(with(44, uint32_t{70002}), Status::VolumeCorrupted);
  EXPECT_EQ(with(42, uint16_t{1}), Status::VolumeCorrupted);     // a version of the future
  EXPECT_EQ(with(40, uint16_t{0x82}), Status::VolumeCorrupted);  // FAT number 2 of 2
  EXPECT_EQ(with(40, uint16_t{0x81}), Status::Success);
  EXPECT_EQ(with(48, uint16_t{0xFFFF}), Status::Success);  // no FSInfo
  EXPECT_EQ(with(512, uint32_t{0}), Status::Success);
}

TEST_F(HostileFat, OnlyTheFatInUseIsReadAndWritten) {
  unmount();
  format({.type = 32, .clusters = 70000});
  unmount();
  test::poke<uint16_t>(disk, 40, 0x81);
  const uint64_t fat = 32 * 512, fat_bytes = test::peek<uint32_t>(disk, 36) * 512;
  std::fill_n(disk.bytes.begin() + fat, fat_bytes, std::byte{0x5A});
  mount();
  make(u"f", "data");
  EXPECT_EQ(contents(*open(u"f")), "data");
  EXPECT_TRUE(std::all_of(disk.bytes.begin() + fat, disk.bytes.begin() + fat + fat_bytes, [](auto b) { return b == std::byte{0x5A}; }));
}

TEST_F(HostileFat, AChainThatIsARingEnds) {
  make(u"f", big);  // clusters 2 to 6
  damage([&] { set_entry(6, 3); });
  test::poke<uint32_t>(disk, kRoot + 28, 0x7FFFFFFF);
  remount();
  std::vector<std::byte> out(1 << 20);
  Held file = open(u"f");
  EXPECT_EQ(file->read(0, out).status(), Status::VolumeCorrupted);
  EXPECT_EQ(file->write(0x7FFFFFFF, bytes("x")).status(), Status::VolumeCorrupted);
  EXPECT_TRUE(file->remove());
  for (uint32_t c = 2; c <= 6; ++c) EXPECT_EQ(test::peek<uint16_t>(disk, kFat + c * 2), 0);
}

TEST_F(HostileFat, AChainThatLeavesTheVolumeIsCorruption) {
  make(u"f", big);
  for (uint16_t value : {0, 1, 5002, 0xFFF0, 0xFFF7}) {
    damage([&] { set_entry(3, value); });
    Held file = open(u"f");
    std::vector<std::byte> out(big.size());
    EXPECT_EQ(file->read(0, out).status(), Status::VolumeCorrupted) << value;
    EXPECT_EQ(*file->read(0, std::span(out).first(600)), 600u);
    EXPECT_EQ(file->write(big.size(), bytes("x")).status(), Status::VolumeCorrupted);
  }
}

TEST_F(HostileFat, ASizeBeyondTheChainIsCorruption) {
  make(u"f", big);
  damage([&] { set_entry(4, 0xFFFF); });
  Held file = open(u"f");
  std::vector<std::byte> out(big.size());
  EXPECT_EQ(*file->read(0, std::span(out).first(3 * 512)), 3u * 512);
  EXPECT_EQ(file->read(0, out).status(), Status::VolumeCorrupted);
  EXPECT_EQ(file->write(big.size(), bytes("x")).status(), Status::VolumeCorrupted);
  EXPECT_TRUE(file->resize(100));
  EXPECT_EQ(contents(*file), std::string(100, 'b'));
}

TEST_F(HostileFat, ADirectoryThatLeadsNowhereIsCorruption) {
  { Held dir(*root()->create(u"DIR", 0x10)); }
  for (uint16_t first : {0, 1, 5002}) {
    damage([&] { test::poke<uint16_t>(disk, kRoot + 26, first); });
    EXPECT_EQ(root()->find(u"DIR").status(), Status::VolumeCorrupted) << first;
  }
}

TEST_F(HostileFat, ADirectoryWithoutEndEnds) {
  { Held dir(*root()->create(u"DIR", 0x10)); }
  damage([&] {
    set_entry(2, 2);
    for (size_t at = kRoot + 32 * 512; at < kRoot + 33 * 512; ++at) disk.bytes[at] = std::byte{0xE5};
  });
  Held dir = open(u"DIR");
  EXPECT_EQ(dir->find(u"x").status(), Status::VolumeCorrupted);
  EXPECT_EQ(dir->create(u"a name in two slots", 0).status(), Status::VolumeCorrupted);
  EXPECT_EQ(dir->remove().status(), Status::VolumeCorrupted);
}

TEST_F(HostileFat, GarbageForLongNamesLeavesTheShortOne) {
  make(u"Some Long Name");
  for (size_t at : {0, 11 + 2, 32, 32 + 13}) {
    const auto old = disk.bytes[kRoot + at];
    damage([&] { disk.bytes[kRoot + at] ^= std::byte{0x15}; });
    EXPECT_THAT(names(), testing::ElementsAre(u"SOMELO~1")) << at;
    damage([&] { disk.bytes[kRoot + at] = old; });
  }
  damage([&] { test::poke<char16_t>(disk, kRoot + 32 + 1, u'\0'); });  // a name of no characters
  EXPECT_THAT(names(), testing::ElementsAre(u"SOMELO~1"));
}

TEST_F(HostileFat, WhatLiesBehindTheEndMarkNeverComesToLight) {
  damage([&] {
    for (size_t at = kRoot + 32; at < kRoot + 32 * 512; at += 32) memcpy(&disk.bytes[at], "GHOST   TXT ", 12);
  });
  make(u"first");
  make(u"a name that takes some slots and one that reaches over the end of a block, where it is put into the next one");
  make(u"second name that takes some slots and one that reaches over the end of a block, where it is put into the next one");
  EXPECT_EQ(names().size(), 3u);
  { Held gone = open(u"FIRST"); EXPECT_TRUE(gone->rename(*root(), u"first with a longer name, longer than its place")); }
  EXPECT_EQ(names().size(), 3u);
}

TEST_F(HostileFat, ShortNamesAreOfCodePage437) {
  damage([&] { memcpy(&disk.bytes[kRoot], "\x05\x80\x81     \x9A   ", 12); });
  EXPECT_THAT(names(), testing::ElementsAre(u"σÇü.Ü"));
  Held file = open(u"σçü.ü");
}

TEST_F(HostileFat, AFailingDiskIsToldOf) {
  make(u"f", big);
  remount();
  Held file = open(u"f");
  disk.fail_after = 0;
  std::vector<std::byte> out(big.size());
  EXPECT_EQ(file->write(0, bytes("xy")).status(), Status::DeviceError);
  EXPECT_EQ(file->flush().status(), Status::DeviceError);
  disk.fail_after = -1;
  EXPECT_EQ(*file->write(big.size(), bytes("xy")), 2u);
  EXPECT_EQ(contents(*file), big + "xy");
}

TEST_F(HostileFat, WhateverRequestFailsTheVolumeIsInOrder) {
  for (int64_t left = 20; left < 120; ++left) {
    unmount();
    format({.type = 16, .clusters = 5000});
    make(u"other", big);
    disk.fail_after = left;
    {
      Held top = root();
      auto sub = top->create(u"sub", 0x10);
      auto file = top->create(u"a long name of a file", 0);
      if (file) {
        (void)(*file)->write(0, bytes(big));
        if (sub) (void)(*file)->rename(**sub, u"moved");
        (void)(*file)->resize(700);
        (void)(*file)->remove();
        (*file)->release();
      }
      if (sub) (*sub)->release();
    }
    disk.fail_after = -1;
    EXPECT_TRUE(volume->flush());
    for (const auto& finding : test::read_fat(disk).findings) {
      // A disk that fails leaves no more behind than a power cut.
      const bool in_rename = finding.fault == test::FatFault::Beyond && finding.path != u"/other";
      const bool allowed = finding.fault <= test::FatFault::BehindEnd || in_rename;
      EXPECT_TRUE(allowed) << static_cast<int>(finding.fault) << " after " << left;
    }
    EXPECT_EQ(contents(*open(u"other")), big);
  }
}

TEST_F(HostileFat, NoMemoryIsNoHarm) {
  make(u"f", big);
  for (int64_t left = 0; left < 3; ++left) {
    unmount();
    heap.failures_after = left;
    auto mounted = FatVolume::mount(disk, heap, clock);
    if (!mounted) {
      EXPECT_EQ(mounted.status(), Status::OutOfResources);
      continue;
    }
    EXPECT_EQ((*mounted)->root().status(), Status::OutOfResources);
    (*mounted)->unmount();
  }
  heap.failures_after = -1;
  mount();
  Held top = root();
  heap.failures_after = 0;
  EXPECT_EQ(top->create(u"new", 0).status(), Status::OutOfResources);
  heap.failures_after = -1;
  EXPECT_THAT(names(), testing::ElementsAre(u"f"));
}

TEST_F(HostileFat, NodesOutliveTheirVolume) {
  Held file = make(u"f", big);
  unmount();
  disk.fail_after = 0;
  EXPECT_EQ(file->facts().status(), Status::MediaChanged);
  EXPECT_EQ(file->read(0, {}).status(), Status::MediaChanged);
  EXPECT_EQ(file->flush().status(), Status::MediaChanged);
}

}  // namespace
}  // namespace efilite::fs
