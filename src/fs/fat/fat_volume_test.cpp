// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "fs/fat/fat_volume.hpp"

#include "tests/support/fat_fixture.hpp"

namespace efilite::fs {
namespace {

struct FatVolumeTest : testing::TestWithParam<int>, FatFixture {
  void SetUp() override { format({.type = GetParam(), .clusters = GetParam() == 12 ? 400u : GetParam() == 16 ? 5000u : 70000u}); }
};

TEST_P(FatVolumeTest, WhatIsWrittenIsReadBack) {
  make(u"Long File Name.text", "hello");
  remount();
  Held file = open(u"long file name.TEXT");
  EXPECT_EQ(contents(*file), "hello");
  core::FileName name;
  ASSERT_TRUE(file->name(name));
  EXPECT_EQ(name.view(), u"Long File Name.text");
  EXPECT_EQ(file->facts()->size, 5u);
  EXPECT_EQ(file->facts()->attributes, 0x20u);
  EXPECT_EQ(file->facts()->modified.year, 2025);
  EXPECT_FALSE(file->is_directory());
}

TEST_P(FatVolumeTest, ItIsReadFromBlocksLargerThanItsSectorsAndNotWritten) {
  const std::string long_text(10'000, 'x');
  make(u"file", long_text);
  unmount();
  disk.bytes.resize((disk.bytes.size() + 2047) / 2048 * 2048);
  disk.block = 2048;
  EXPECT_FALSE(FatVolume::recognises(disk, disk.bytes));
  EXPECT_EQ(FatVolume::mount(disk, heap, clock).status(), Status::Unsupported);
  disk.is_read_only = true;  // a CD
  EXPECT_TRUE(FatVolume::recognises(disk, disk.bytes));
  mount();
  Held file = open(u"file");
  EXPECT_EQ(contents(*file), long_text);
  EXPECT_EQ(file->write(0, bytes("y")).status(), Status::WriteProtected);
}

TEST_P(FatVolumeTest, DirectoriesHoldFilesAndDots) {
  Held top = root();
  Held sub(*top->create(u"sub", 0x10));
  Held file(*sub->create(u"a.txt", 0));
  EXPECT_EQ(*file->write(0, bytes("x")), 1u);
  uint64_t cursor = 0;
  core::FileName name;
  core::FileFacts facts;
  std::vector<std::u16string> seen;
  while (sub->next_entry(cursor, name, facts)) seen.emplace_back(name.view());
  EXPECT_THAT(seen, testing::ElementsAre(u".", u"..", u"a.txt"));
  EXPECT_EQ(sub->remove().status(), Status::AccessDenied);
  EXPECT_TRUE(file->remove());
  EXPECT_TRUE(sub->remove());
  EXPECT_EQ(sub->facts().status(), Status::DeviceError);
  EXPECT_EQ(top->find(u"sub").status(), Status::NotFound);
  EXPECT_EQ(file->parent().status(), Status::DeviceError);
}

TEST_P(FatVolumeTest, NamesOfOneCaseNeedNoLongName) {
  make(u"readme.TXT");
  make(u"UPPER");
  make(u"Mixed.txt");
  EXPECT_THAT(names(), testing::ElementsAre(u"readme.TXT", u"UPPER", u"Mixed.txt"));
  EXPECT_EQ(root()->create(u"README.txt", 0).status(), Status::AccessDenied);
}

TEST_P(FatVolumeTest, AliasesOfLongNamesDiffer) {
  for (int i = 0; i < 15; ++i) make(u"a long name " + std::u16string(1, static_cast<char16_t>(u'a' + i)));
  EXPECT_EQ(names().size(), 15u);
  Held file = open(u"ALONGN~9");
  core::FileName name;
  ASSERT_TRUE(file->name(name));
  EXPECT_EQ(name.view(), u"a long name i");
  Held other = open(u"ALONG~10");
  EXPECT_EQ(root()->create(u"along~11", 0).status(), Status::AccessDenied);
}

TEST_P(FatVolumeTest, WritingBehindTheEndFillsWithZeros) {
  Held file = make(u"f", "abc");
  EXPECT_EQ(*file->write(5000, bytes("z")), 1u);
  std::string all = contents(*file);
  EXPECT_EQ(all, "abc" + std::string(4997, '\0') + "z");
  EXPECT_TRUE(file->resize(2));
  EXPECT_TRUE(file->resize(600));
  EXPECT_EQ(contents(*file), "ab" + std::string(598, '\0'));
  EXPECT_TRUE(file->resize(0));
  EXPECT_EQ(contents(*file), "");
}

TEST_P(FatVolumeTest, AFullVolumeTellsHowMuchThereWasRoomFor) {
  const uint64_t free = volume->facts()->free;
  std::vector<std::byte> data(free + 5000, std::byte{7});
  Held file = make(u"f");
  EXPECT_EQ(*file->write(0, data), free);
  EXPECT_EQ(file->write(free, data).status(), Status::VolumeFull);
  EXPECT_EQ(volume->facts()->free, 0u);
  EXPECT_EQ(file->facts()->size, free);
  EXPECT_TRUE(file->remove());
  EXPECT_EQ(volume->facts()->free, free);
}

TEST_P(FatVolumeTest, RenameWithinADirectoryKeepsTheFile) {
  Held file = make(u"old name", "contents");
  EXPECT_TRUE(file->rename(*root(), u"new name that is longer"));
  EXPECT_TRUE(file->rename(*root(), u"New Name That Is Longer"));
  make(u"taken");
  EXPECT_EQ(file->rename(*root(), u"TAKEN").status(), Status::AccessDenied);
  EXPECT_THAT(names(), testing::UnorderedElementsAre(u"New Name That Is Longer", u"taken"));
  remount();
}

TEST_P(FatVolumeTest, RenameAcrossDirectoriesKeepsTheFile) {
  Held sub(*root()->create(u"sub", 0x10));
  for (size_t size : {0u, 10u, 2000u}) {
    const std::string data(size, 'q');
    Held file = make(u"f", data);
    EXPECT_TRUE(file->rename(*sub, std::u16string(size / 10 + 1, u'm')));
    EXPECT_EQ(contents(*file), data);
    EXPECT_EQ(root()->find(u"f").status(), Status::NotFound);
    EXPECT_EQ(*file->write(size, bytes("more")), 4u);
    EXPECT_EQ(contents(*file), data + "more");
  }
  EXPECT_EQ(sub->rename(*sub, u"x").status(), Status::AccessDenied);
}

TEST_P(FatVolumeTest, OneNodeForOneEntry) {
  Held a = make(u"f", "1");
  Held b = open(u"F");
  EXPECT_EQ(&*a, &*b);
  EXPECT_TRUE(a->remove());
  EXPECT_EQ(b->read(0, {}).status(), Status::DeviceError);
}

TEST_P(FatVolumeTest, LabelsAreInTheRootAndTheBootSector) {
  core::FileName name;
  ASSERT_TRUE(volume->label(name));
  EXPECT_EQ(name.view(), u"");
  ASSERT_TRUE(volume->set_label(u"My Disk"));
  ASSERT_TRUE(volume->label(name));
  EXPECT_EQ(name.view(), u"MY DISK");
  EXPECT_EQ(text(ByteSpan(disk.bytes).subspan(GetParam() == 32 ? 71 : 43, 11)), "MY DISK    ");
  EXPECT_TRUE(names().empty());
  EXPECT_EQ(volume->set_label(u"too long a label").status(), Status::InvalidParameter);
  ASSERT_TRUE(volume->set_label(u""));
  ASSERT_TRUE(volume->label(name));
  EXPECT_EQ(name.view(), u"");
}

TEST_P(FatVolumeTest, AReadOnlyDeviceIsNeverWritten) {
  make(u"f", "1");
  unmount();
  disk.is_read_only = true;
  mount();
  Held file = open(u"f");
  EXPECT_EQ(file->write(0, bytes("2")).status(), Status::WriteProtected);
  EXPECT_EQ(file->remove().status(), Status::WriteProtected);
  EXPECT_EQ(file->resize(0).status(), Status::WriteProtected);
  EXPECT_EQ(root()->create(u"g", 0).status(), Status::WriteProtected);
  EXPECT_EQ(volume->set_label(u"x").status(), Status::WriteProtected);
  EXPECT_EQ(file->rename(*root(), u"g").status(), Status::WriteProtected);
  EXPECT_TRUE(volume->facts()->read_only);
}

INSTANTIATE_TEST_SUITE_P(Types, FatVolumeTest, testing::Values(12, 16, 32), 
                         [](const auto& info) { return "Fat" + std::to_string(info.param); });

}  // namespace
}  // namespace efilite::fs
