// SPDX-License-Identifier: BSD-2-Clause-Patent
// What GetInfo tells and SetInfo changes of files and volumes [UEFI 2.10, 13.5.11 to 13.5.16].
#include "tests/support/files.hpp"

namespace efilite::core {
namespace {

using namespace testing_files;

TEST_F(Files, InformationOfTheVolumeIsTold) {
  make(u"x", "text");
  std::u16string label;
  auto told = get<efi::FileSystemInfo>(root, label);
  EXPECT_EQ(label, u"FAKE");
  EXPECT_EQ(uint64_t{told.volume_size}, test::FakeFileSystem::kCapacity);
  EXPECT_EQ(uint64_t{told.free_space}, test::FakeFileSystem::kCapacity - 4);
  EXPECT_EQ(uint32_t{told.block_size}, 512u);
  EXPECT_FALSE(told.read_only);
  efi::Guid type = efi::kFileSystemVolumeLabel;
  char16_t room[5];
  efi::Uintn size = 9;
  IS(root->get_info(root, &type, &size, room), "BUFFER_TOO_SMALL");
  EXPECT_EQ(size, 10u);
  IS(root->get_info(root, &type, &size, room), "SUCCESS");
  EXPECT_EQ(std::u16string(room), u"FAKE");
  type.data1 ^= 1;
  IS(root->get_info(root, &type, &size, room), "UNSUPPORTED");
  IS(root->set_info(root, &type, size, room), "UNSUPPORTED");
}

TEST_F(Files, TheLabelIsSetByEitherInformation) {
  efi::Guid type = efi::kFileSystemVolumeLabel;
  char16_t text[] = u"ONE";
  IS(root->set_info(root, &type, sizeof text, text), "SUCCESS");
  EXPECT_EQ(fs.name, u"ONE");
  IS(root->set_info(root, &type, sizeof text - 2, text), "BAD_BUFFER_SIZE") << "no NUL";
  IS(root->set_info(root, &type, 0, text), "BAD_BUFFER_SIZE");
  std::array<char16_t, 30> room{};
  memcpy(room.data() + 18, u"TWO", 8);
  type = efi::FileSystemInfo::kGuid;
  IS(root->set_info(root, &type, 44, room.data()), "SUCCESS");
  EXPECT_EQ(fs.name, u"TWO");
  IS(root->set_info(root, &type, 36, room.data()), "BAD_BUFFER_SIZE");
  std::fill_n(room.data() + 18, 11, u'x');
  IS(root->set_info(root, &type, 60, room.data()), "SUCCESS");
  room[29] = u'y';
  IS(root->set_info(root, &type, 60, room.data()), "BAD_BUFFER_SIZE");
}

TEST_F(Files, SizesTimesAndAttributesAreSet) {
  File* file = open(root, u"x", kCreate);
  Info wanted = info(file);
  wanted.fixed.file_size = 100;
  wanted.fixed.attribute = efi::kFileHidden | efi::kFileArchive;
  wanted.fixed.modification_time = test::date(2001, 2, 3);
  wanted.fixed.create_time = {};
  wanted.fixed.physical_size = 77;
  IS(set(file, wanted), "SUCCESS");
  Info now = info(file);
  EXPECT_EQ(now.fixed.file_size, 100u);
  EXPECT_EQ(now.fixed.attribute, efi::kFileHidden | efi::kFileArchive);
  EXPECT_EQ(now.fixed.modification_time.year, 2001);
  EXPECT_EQ(now.fixed.create_time.year, 2024) << "a zero time is none";
  EXPECT_EQ(now.fixed.physical_size, 512u);
  now.fixed.file_size = test::FakeFileSystem::kCapacity + 1;
  IS(set(file, now), "VOLUME_FULL");
  now.fixed.file_size = 100;
  now.fixed.attribute = 0x40;
  IS(set(file, now), "INVALID_PARAMETER");
  now.fixed.attribute = 0;
  now.fixed.last_access_time = test::date(2001, 13, 1);
  IS(set(file, now), "INVALID_PARAMETER");
  close(file);
}

TEST_F(Files, WhatCannotBeChangedIsDenied) {
  make(u"x", "text");
  make_directory(u"d");
  File* file = open(root, u"x", kWrite);
  File* directory = open(root, u"d", kWrite);
  Info wanted = info(file);
  wanted.fixed.attribute = efi::kFileDirectory;
  IS(set(file, wanted), "ACCESS_DENIED");
  wanted = info(directory);
  wanted.fixed.attribute = 0;
  IS(set(directory, wanted), "ACCESS_DENIED");
  wanted = info(directory);
  wanted.fixed.file_size = 512;
  IS(set(directory, wanted), "ACCESS_DENIED");
  efi::Guid type = efi::FileInfo::kGuid;
  std::array<char16_t, 50> room{};
  IS(file->set_info(file, &type, sizeof(efi::FileInfo) - 1, room.data()), "BAD_BUFFER_SIZE");
  IS(file->set_info(file, &type, 0, room.data()), "BAD_BUFFER_SIZE");
  close(file);
  close(directory);
}

TEST_F(Files, AHandleForReadingMaySetAttributesAlone) {
  make(u"x", "text");
  File* file = open(root, u"x");
  Info wanted = info(file);
  wanted.fixed.attribute = efi::kFileSystem;
  IS(set(file, wanted), "SUCCESS");
  wanted.fixed.modification_time = {};
  IS(set(file, wanted), "SUCCESS");
  wanted.fixed.modification_time = test::date(2001, 2, 3);
  IS(set(file, wanted), "ACCESS_DENIED");
  wanted = info(file);
  wanted.fixed.file_size = 3;
  IS(set(file, wanted), "ACCESS_DENIED");
  IS(rename(file, u"y"), "ACCESS_DENIED");
  EXPECT_EQ(info(file).fixed.attribute, efi::kFileSystem);
  close(file);
}

// systemd-boot renames with the size that GetInfo told for the old name.
TEST_F(Files, TheNewNameMayBeLongerThanTheSizeThatIsGiven) {
  make(u"x", "text");
  File* file = open(root, u"x", kWrite);
  Info wanted = info(file);
  wanted.name = u"longer";
  std::array<char16_t, 60> room{};
  memcpy(room.data(), &wanted.fixed, sizeof wanted.fixed);
  wanted.name.copy(room.data() + sizeof wanted.fixed / 2, wanted.name.size());
  efi::Guid type = efi::FileInfo::kGuid;
  IS(file->set_info(file, &type, sizeof wanted.fixed + sizeof u"x", room.data()), "SUCCESS");
  EXPECT_EQ(info(file).name, u"longer");
  close(file);
}

TEST_F(Files, RenamingMovesToo) {
  make_directory(u"d");
  make(u"x", "text");
  File* file = open(root, u"x", kWrite);
  IS(rename(file, u"y"), "SUCCESS");
  EXPECT_EQ(info(file).name, u"y");
  IS(rename(file, u"Y"), "SUCCESS") << "other letters are no other name";
  EXPECT_EQ(info(file).name, u"Y");
  IS(rename(file, u"\\d\\z"), "SUCCESS");
  EXPECT_EQ(list(root), "d ");
  IS(rename(file, u"..\\back"), "SUCCESS") << "from the directory where it is";
  EXPECT_EQ(list(root), "d back ");
  EXPECT_EQ(read(file), "text");
  IS(rename(file, u"d"), "ACCESS_DENIED");
  IS(rename(file, u"none\\x"), "NOT_FOUND");
  IS(rename(file, u"new\\"), "INVALID_PARAMETER") << "it is no directory";
  IS(rename(file, u""), "ACCESS_DENIED");
  IS(rename(file, u".."), "NOT_FOUND");
  close(file);
}

TEST_F(Files, ADirectoryStaysOutOfItself) {
  make_directory(u"a");
  make_directory(u"a\\b");
  make_directory(u"c");
  File* a = open(root, u"a", kWrite);
  IS(rename(a, u"a\\x"), "ACCESS_DENIED");
  IS(rename(a, u"\\a\\b\\x"), "ACCESS_DENIED");
  IS(rename(a, u"a\\b"), "ACCESS_DENIED");
  IS(rename(a, u"a\\b\\.."), "ACCESS_DENIED");
  IS(rename(a, u"\\c\\a"), "SUCCESS");
  EXPECT_STREQ(opens(root, u"c\\a\\b"), "SUCCESS");
  IS(rename(root, u"x"), "ACCESS_DENIED");
  close(a);
}

}  // namespace
}  // namespace efilite::core
