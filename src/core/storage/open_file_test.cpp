// SPDX-License-Identifier: BSD-2-Clause-Patent
// SimpleFileSystem and File by their C edge, over a file system in memory.
#include "tests/support/files.hpp"

namespace efilite::core {
namespace {

using namespace testing_files;

TEST_F(Files, AVolumeIsMountedWhenItIsOpenedAndGivenBackWithItsLastFile) {
  EXPECT_EQ(kinds.mounts, 1);
  File* second = open_volume();
  EXPECT_EQ(kinds.mounts, 1);
  close(root);
  EXPECT_TRUE(kinds.is_mounted);
  close(second);
  EXPECT_FALSE(kinds.is_mounted);
  root = open_volume();
  EXPECT_EQ(kinds.mounts, 2);
}

TEST_F(Files, WhatKeepsAVolumeFromOpeningIsTold) {
  close(std::exchange(root, nullptr));
  auto* protocol = volume->protocol();
  EXPECT_EQ(protocol->revision, 0x10000u);
  File* out = nullptr;
  for (Status s : {Status::VolumeCorrupted, Status::DeviceError, Status::Unsupported, Status::NoMedia, Status::OutOfResources}) {
    kinds.failure = s;
    EXPECT_EQ(protocol->open_volume(protocol, &out), encode(s));
  }
  kinds.failure = Status::Success;
  fs.failure = Status::DeviceError;
  IS(protocol->open_volume(protocol, &out), "DEVICE_ERROR");
  fs.failure = Status::Success;
  machine.heap.allowed = 0;
  IS(protocol->open_volume(protocol, &out), "OUT_OF_RESOURCES");
  machine.heap.allowed = SIZE_MAX;
  IS(protocol->open_volume(protocol, nullptr), "INVALID_PARAMETER");
  EXPECT_EQ(out, nullptr);
  EXPECT_FALSE(kinds.is_mounted);
}

TEST_F(Files, PathsLeadThroughDirectories) {
  make_directory(u"EFI");
  make_directory(u"\\EFI\\BOOT");
  make(u"EFI\\BOOT\\a.efi", "program");
  File* boot = open(root, u"EFI\\BOOT");
  for (auto path : {u"a.efi", u".\\a.efi", u"..\\BOOT\\a.efi", u"\\EFI\\boot\\A.EFI", u"..\\..\\EFI\\BOOT\\a.efi",
                    u"\\\\EFI\\\\\\BOOT\\a.efi", u".\\.\\a.efi"}) {
    File* file = open(boot, path);
    EXPECT_EQ(read(file), "program");
    EXPECT_EQ(info(file).name, u"a.efi");
    close(file);
  }
  for (auto path : {u".", u"", u"..\\BOOT", u"\\EFI\\BOOT\\", u".\\"}) {
    File* same = open(boot, path);
    EXPECT_EQ(info(same).name, u"BOOT");
    close(same);
  }
  File* above = open(boot, u"..\\..");
  EXPECT_EQ(info(above).name, u"");
  EXPECT_EQ(list(above), "EFI ");
  close(above);
  close(boot);
}

TEST_F(Files, WhatIsNotThereIsNotFound) {
  make(u"file");
  for (auto path : {u"none", u"none\\file", u"file\\none", u"file\\", u"file\\.", u"file\\..", u"..", u"\\..", u"..\\file"})
    EXPECT_STREQ(opens(root, path), "NOT_FOUND");
  EXPECT_STREQ(opens(root, u"none\\file", kCreate), "NOT_FOUND");
  EXPECT_STREQ(opens(root, std::u16string(256, u'x')), "NOT_FOUND");
  EXPECT_STREQ(opens(root, std::u16string(255, u'x')), "NOT_FOUND");
  EXPECT_STREQ(opens(root, std::u16string(256, u'x'), kCreate), "INVALID_PARAMETER");
  EXPECT_STREQ(opens(root, std::u16string(255, u'x'), kCreate), "SUCCESS");
  EXPECT_STREQ(opens(root, std::u16string(100'000, u'\\')), "NOT_FOUND") << "no end in sight";
  EXPECT_STREQ(opens(root, std::u16string(32'000, u'\\')), "SUCCESS");
}

TEST_F(Files, ModesAndAttributesAreChecked) {
  for (uint64_t mode : {uint64_t{0}, efi::kFileModeWrite, efi::kFileModeCreate, efi::kFileModeCreate | kRead, kRead | 4})
    EXPECT_STREQ(opens(root, u"x", mode), "INVALID_PARAMETER");
  EXPECT_STREQ(opens(root, u"x", kCreate, 0x08), "INVALID_PARAMETER");
  EXPECT_STREQ(opens(root, u"x", kCreate, 0x40), "INVALID_PARAMETER");
  EXPECT_STREQ(opens(root, u"a*", kCreate), "INVALID_PARAMETER") << "no such name on this volume";
  make(u"x");
  EXPECT_STREQ(opens(root, u"x", kRead, 0x40), "SUCCESS") << "attributes are for what is created";
  File* out = nullptr;
  char16_t text[] = u"x";
  IS(root->open(root, nullptr, text, kRead, 0), "INVALID_PARAMETER");
  IS(root->open(root, &out, nullptr, kRead, 0), "INVALID_PARAMETER");
}

TEST_F(Files, AFileIsNoPlaceToOpenFrom) {
  make(u"x");
  File* file = open(root, u"x");
  EXPECT_STREQ(opens(file, u"y"), "INVALID_PARAMETER");
  EXPECT_STREQ(opens(file, u""), "INVALID_PARAMETER");
  EXPECT_STREQ(opens(file, u"\\x"), "SUCCESS");  // by a name from the root it does not matter where one is
  close(file);
}

TEST_F(Files, CreatingOpensWhatIsThere) {
  make(u"x", "old");
  File* file = open(root, u"X", kCreate, efi::kFileHidden);
  EXPECT_EQ(read(file), "old");
  EXPECT_EQ(info(file).fixed.attribute, 0u);
  close(file);
  make_directory(u"d");
  EXPECT_STREQ(opens(root, u"d", kCreate, efi::kFileDirectory), "SUCCESS");
  EXPECT_STREQ(opens(root, u"d", kCreate), "SUCCESS");
  EXPECT_STREQ(opens(root, u"x", kCreate, efi::kFileDirectory), "SUCCESS");
  EXPECT_STREQ(opens(root, u"new\\", kCreate, efi::kFileDirectory), "SUCCESS");
  EXPECT_STREQ(opens(root, u"other\\", kCreate), "INVALID_PARAMETER");
  EXPECT_EQ(list(root), "x d new ");
}

TEST_F(Files, AReadOnlyFileIsNotOpenedForWriting) {
  File* file = open(root, u"x", kCreate, efi::kFileReadOnly);
  IS(write(file, "who made it may fill it"), "SUCCESS");
  close(file);
  EXPECT_STREQ(opens(root, u"x", kWrite), "ACCESS_DENIED");
  EXPECT_STREQ(opens(root, u"x", kCreate), "ACCESS_DENIED");
  file = open(root, u"x");
  Info wanted = info(file);
  wanted.fixed.attribute = 0;
  IS(set(file, wanted), "SUCCESS");
  close(file);
  EXPECT_STREQ(opens(root, u"x", kWrite), "SUCCESS");
}

TEST_F(Files, AReadOnlyVolumeIsWriteProtected) {
  make(u"x", "text");
  File* writable = open(root, u"x", kWrite);
  disk.is_read_only = true;
  EXPECT_STREQ(opens(root, u"x", kWrite), "WRITE_PROTECTED");
  EXPECT_STREQ(opens(root, u"y", kCreate), "WRITE_PROTECTED");
  EXPECT_STREQ(opens(root, u"x"), "SUCCESS");
  IS(write(writable, "more"), "WRITE_PROTECTED");
  IS(writable->flush(writable), "WRITE_PROTECTED");
  IS(set(writable, info(writable)), "WRITE_PROTECTED");
  efi::Guid label = efi::kFileSystemVolumeLabel;
  char16_t text[] = u"NEW";
  IS(root->set_info(root, &label, sizeof text, text), "WRITE_PROTECTED");
  IS(writable->remove(writable), "WARN_DELETE_FAILURE");
  disk.is_read_only = false;
  EXPECT_STREQ(opens(root, u"x"), "SUCCESS");
}

TEST_F(Files, ReadingAndWritingMoveThePosition) {
  File* file = open(root, u"x", kCreate);
  IS(write(file, "hello world"), "SUCCESS");
  EXPECT_EQ(position(file), 11u);
  EXPECT_EQ(read(file), "");
  IS(file->set_position(file, 6), "SUCCESS");
  EXPECT_EQ(read(file, 3), "wor");
  EXPECT_EQ(read(file), "ld");
  IS(file->set_position(file, 0), "SUCCESS");
  IS(write(file, "J"), "SUCCESS");
  IS(file->set_position(file, UINT64_MAX), "SUCCESS");
  EXPECT_EQ(position(file), 11u);
  IS(file->set_position(file, 12), "SUCCESS");
  EXPECT_EQ(read(file, 1), "DEVICE_ERROR") << "behind the end";
  EXPECT_EQ(position(file), 12u);
  IS(write(file, "!"), "SUCCESS");
  IS(file->set_position(file, 0), "SUCCESS");
  EXPECT_EQ(read(file), std::string("Jello world\0!", 13));
  close(file);
}

TEST_F(Files, EachHandleHasAPositionOfItsOwn) {
  File* one = open(root, u"x", kCreate);
  File* two = open(root, u"x");
  IS(write(one, "abc"), "SUCCESS");
  EXPECT_EQ(read(two, 2), "ab");
  IS(write(one, "def"), "SUCCESS");
  EXPECT_EQ(read(two), "cdef");
  close(one);
  EXPECT_EQ(position(two), 6u);
  close(two);
}

TEST_F(Files, ABufferOrASizeThatIsMissingIsInvalid) {
  File* file = open(root, u"x", kCreate);
  efi::Uintn size = 1;
  IS(file->read(file, nullptr, &size), "INVALID_PARAMETER");
  IS(file->read(file, &size, nullptr), "INVALID_PARAMETER");
  IS(file->write(file, nullptr, &size), "INVALID_PARAMETER");
  IS(file->write(file, &size, nullptr), "INVALID_PARAMETER");
  IS(file->get_position(file, nullptr), "INVALID_PARAMETER");
  size = 0;
  IS(file->read(file, &size, nullptr), "SUCCESS");
  IS(file->write(file, &size, nullptr), "SUCCESS");
  efi::Guid type = efi::FileInfo::kGuid;
  IS(file->get_info(file, nullptr, &size, nullptr), "INVALID_PARAMETER");
  IS(file->get_info(file, &type, nullptr, nullptr), "INVALID_PARAMETER");
  size = 1000;
  IS(file->get_info(file, &type, &size, nullptr), "INVALID_PARAMETER");
  IS(file->set_info(file, nullptr, 100, &size), "INVALID_PARAMETER");
  IS(file->set_info(file, &type, 100, nullptr), "INVALID_PARAMETER");
  close(file);
}

TEST_F(Files, AFullVolumeTakesWhatFits) {
  File* file = open(root, u"x", kCreate);
  std::string most(test::FakeFileSystem::kCapacity - 5, 'x'), ten(10, 'y');
  IS(write(file, most), "SUCCESS");
  efi::Uintn size = 10;
  IS(file->write(file, &size, ten.data()), "VOLUME_FULL");
  EXPECT_EQ(size, 5u);
  EXPECT_EQ(position(file), test::FakeFileSystem::kCapacity);
  IS(write(file, "z"), "VOLUME_FULL");
  IS(file->set_position(file, UINT64_MAX - 1), "SUCCESS");
  size = 10;
  IS(file->write(file, &size, ten.data()), "VOLUME_FULL");
  close(file);
}

TEST_F(Files, AHandleForReadingCannotWrite) {
  make(u"x", "text");
  File* file = open(root, u"x");
  IS(write(file, "a"), "ACCESS_DENIED");
  IS(file->flush(file), "ACCESS_DENIED");
  EXPECT_EQ(read(file), "text");
  IS(file->remove(file), "WARN_DELETE_FAILURE");
  EXPECT_STREQ(opens(root, u"x"), "SUCCESS");
}

TEST_F(Files, ADirectoryIsReadEntryByEntry) {
  make(u"first", "12345");
  make_directory(u"second");
  std::array<char16_t, 100> room{};
  efi::Uintn size = 10;
  IS(root->read(root, &size, room.data()), "BUFFER_TOO_SMALL");
  EXPECT_EQ(size, 80u + 12);
  size = 91;
  IS(root->read(root, &size, room.data()), "BUFFER_TOO_SMALL");
  IS(root->read(root, &size, room.data()), "SUCCESS");
  EXPECT_EQ(size, 92u);
  EXPECT_EQ(std::u16string(room.data() + 40), u"first");
  efi::FileInfo told;
  memcpy(&told, room.data(), sizeof told);
  EXPECT_EQ(told.size, 92u);
  EXPECT_EQ(told.file_size, 5u);
  EXPECT_EQ(told.physical_size, 512u);
  EXPECT_EQ(told.create_time.year, 2024);
  size = sizeof room;
  IS(root->read(root, &size, room.data()), "SUCCESS");
  memcpy(&told, room.data(), sizeof told);
  EXPECT_EQ(told.attribute, efi::kFileDirectory);
  for (int i = 0; i < 2; ++i) {
    size = sizeof room;
    IS(root->read(root, &size, room.data()), "SUCCESS");
    EXPECT_EQ(size, 0u);
  }
  IS(root->set_position(root, 0), "SUCCESS");
  EXPECT_EQ(list(root), "first second ");
  IS(root->set_position(root, 1), "UNSUPPORTED");
  IS(root->set_position(root, UINT64_MAX), "UNSUPPORTED");
  uint64_t at;
  IS(root->get_position(root, &at), "UNSUPPORTED");
  IS(write(root, "x"), "UNSUPPORTED");
}

TEST_F(Files, DeletingClosesTheHandleInEveryCase) {
  make(u"x");
  make_directory(u"d");
  make(u"d\\inside");
  File* file = open(root, u"x", kWrite);
  IS(file->remove(file), "SUCCESS");
  EXPECT_STREQ(opens(root, u"x"), "NOT_FOUND");
  File* directory = open(root, u"d", kWrite);
  IS(directory->remove(directory), "WARN_DELETE_FAILURE");
  EXPECT_STREQ(opens(root, u"d\\inside"), "SUCCESS");
  File* again = open_volume();
  IS(again->remove(again), "WARN_DELETE_FAILURE") << "the root";
  EXPECT_EQ(fs.references, 1);
}

TEST_F(Files, AFileThatWasDeletedIsADeviceError) {
  make(u"x", "text");
  File* other = open(root, u"x", kWrite);
  File* file = open(root, u"x", kWrite);
  IS(file->remove(file), "SUCCESS");
  EXPECT_EQ(read(other), "DEVICE_ERROR");
  IS(write(other, "a"), "DEVICE_ERROR");
  uint64_t at;
  IS(other->get_position(other, &at), "DEVICE_ERROR");
  IS(other->set_position(other, 0), "DEVICE_ERROR");
  IS(other->flush(other), "DEVICE_ERROR");
  efi::Uintn size = 0;
  IS(other->write(other, &size, nullptr), "DEVICE_ERROR");
  efi::Guid type = efi::FileInfo::kGuid;
  IS(other->get_info(other, &type, &size, nullptr), "DEVICE_ERROR");
  make(u"x", "new");
  EXPECT_EQ(read(other), "DEVICE_ERROR");
  IS(other->remove(other), "WARN_DELETE_FAILURE");
  EXPECT_STREQ(opens(root, u"x"), "SUCCESS");
}

TEST_F(Files, FilesOfAVolumeThatIsGoneHaveNoMedia) {
  make(u"x", "text");
  File* file = open(root, u"x", kWrite);
  volume.reset();
  EXPECT_FALSE(kinds.is_mounted);
  EXPECT_EQ(read(file), "NO_MEDIA");
  IS(write(file, "a"), "NO_MEDIA");
  IS(file->flush(file), "NO_MEDIA");
  IS(file->set_position(file, 0), "NO_MEDIA");
  EXPECT_STREQ(opens(root, u"x"), "NO_MEDIA");
  EXPECT_STREQ(opens(root, u"x", kCreate), "NO_MEDIA");
  efi::Guid type = efi::FileInfo::kGuid;
  efi::Uintn size = 0;
  IS(file->get_info(file, &type, &size, nullptr), "NO_MEDIA");
  std::array<char16_t, 100> room{};
  IS(file->set_info(file, &type, sizeof room, room.data()), "NO_MEDIA");
  IS(file->remove(file), "WARN_DELETE_FAILURE");
  close(std::exchange(root, nullptr));
}

TEST_F(Files, TokensAreAnsweredAtOnce) {
  efi::FileIoToken token{make_signal(efi::kTplCallback, "done"), encode(Status::Aborted), 0, nullptr};
  File* file = nullptr;
  char16_t path[] = u"x";
  IS(root->open_ex(root, &file, path, kCreate, 0, &token), "SUCCESS");
  ASSERT_NE(file, nullptr);
  char text[] = "hello";
  token.buffer = text, token.buffer_size = 5;
  IS(file->write_ex(file, &token), "SUCCESS");
  EXPECT_EQ(token.buffer_size, 5u);
  IS(file->flush_ex(file, &token), "SUCCESS");
  IS(file->set_position(file, 2), "SUCCESS");
  token.buffer_size = 5;
  IS(file->read_ex(file, &token), "SUCCESS");
  EXPECT_EQ(token.buffer_size, 3u);
  EXPECT_EQ(std::string(text), "llolo");
  EXPECT_EQ(order(), "done done done done");
  EXPECT_EQ(token.status, EfiStatus{});
  File* none = nullptr;
  char16_t missing[] = u"missing";
  IS(root->open_ex(root, &none, missing, kRead, 0, &token), "NOT_FOUND");
  IS(token.status, "NOT_FOUND");
  EXPECT_EQ(seen.size(), 4u) << "what fails is not queued";
  IS(file->read_ex(file, nullptr), "INVALID_PARAMETER");
  token.event = nullptr;
  IS(file->flush_ex(file, &token), "SUCCESS");
  token.event = reinterpret_cast<efi::Event>(0x1234);
  IS(file->flush_ex(file, &token), "INVALID_PARAMETER");
  close(file);
}

TEST_F(Files, FailuresOfTheDiskAreTold) {
  make(u"x", "text");
  File* file = open(root, u"x", kWrite);
  for (Status s : {Status::DeviceError, Status::VolumeCorrupted, Status::NoMedia}) {
    fs.failure = s;
    EXPECT_STREQ(opens(root, u"x"), status_name(s));
    EXPECT_EQ(read(file), status_name(s));
    EXPECT_EQ(read(root), status_name(s));
    EXPECT_EQ(write(file, "a"), encode(s));
    EXPECT_EQ(file->flush(file), encode(s));
  }
  fs.failure = Status::Success;
  machine.heap.allowed = machine.heap.blocks();
  EXPECT_STREQ(opens(root, u"x"), "OUT_OF_RESOURCES");
  machine.heap.allowed = SIZE_MAX;
  close(file);
}

TEST_F(Files, ClosingWritesWhatIsLeft) {
  File* file = open(root, u"x", kCreate);
  const int before = fs.flushes;
  close(file);
  EXPECT_EQ(fs.flushes, before + 1);
  file = open(root, u"x");
  close(file);
  EXPECT_EQ(fs.flushes, before + 1) << "nothing can be left of a file that is only read";
}

}  // namespace
}  // namespace efilite::core
