// SPDX-License-Identifier: BSD-2-Clause-Patent
// SimpleFileSystem and File by their C edge, over a file system in memory.
#include <gtest/gtest.h>

#include "core/storage/open_file.hpp"
#include "tests/support/block_device.hpp"
#include "tests/support/events.hpp"
#include "tests/support/file_system.hpp"

namespace efilite::core {
namespace {

using efi::EfiStatus;
using efi::encode;
using File = efi::FileProtocol;

constexpr uint64_t kRead = efi::kFileModeRead, kWrite = kRead | efi::kFileModeWrite, kCreate = kWrite | efi::kFileModeCreate;

// Names of statuses read better than numbers.
const char* name(EfiStatus status) {
  for (int s = 0; s < 256; ++s)
    if (const auto known = static_cast<Status>(s); encode(known) == status && (is_error(known) || (s & 0x7F) != 0 || s == 0))
      return status_name(known);
  return "?";
}
#define IS(call, status) EXPECT_STREQ(name(call), status)

struct Info {
  efi::FileInfo fixed;
  std::u16string name;
};

struct Files : test::EventTest {
  test::FakeDisk disk{16};
  test::FakeFileSystems kinds;
  std::optional<Volume> volume;
  test::FakeFileSystem& fs = kinds.volume;
  File* root = nullptr;

  Files() {
    volume.emplace(queue, machine.heap, disk, kinds);
    root = open_volume();
  }
  ~Files() {
    if (root != nullptr) root->close(root);
    volume.reset();
    EXPECT_EQ(machine.heap.blocks(), 0u);
    EXPECT_FALSE(kinds.is_mounted);
  }
  File* open_volume() {
    File* out = nullptr;
    IS(volume->protocol()->open_volume(volume->protocol(), &out), "SUCCESS");
    return out;
  }
  EfiStatus try_open(File* from, std::u16string path, uint64_t mode, uint64_t attributes, File*& out) {
    out = nullptr;
    return from->open(from, &out, path.data(), mode, attributes);
  }
  File* open(File* from, std::u16string path, uint64_t mode = kRead, uint64_t attributes = 0) {
    File* out;
    IS(try_open(from, path, mode, attributes, out), "SUCCESS");
    return out;
  }
  const char* opens(File* from, std::u16string path, uint64_t mode = kRead, uint64_t attributes = 0) {
    File* out;
    const char* said = name(try_open(from, path, mode, attributes, out));
    if (out != nullptr) out->close(out);
    return said;
  }
  void make(std::u16string path, std::string content = "") {
    File* file = open(root, path, kCreate);
    if (!content.empty()) write(file, content);
    file->close(file);
  }
  void make_directory(std::u16string path) { close(open(root, path, kCreate, efi::kFileDirectory)); }
  static void close(File* file) { file->close(file); }
  static EfiStatus write(File* file, std::string content) {
    efi::Uintn size = content.size();
    auto status = file->write(file, &size, content.data());
    if (status == EfiStatus{}) EXPECT_EQ(size, content.size());
    return status;
  }
  static std::string read(File* file, size_t most = 1000) {
    std::string out(most, '?');
    efi::Uintn size = most;
    if (auto status = file->read(file, &size, out.data()); status != EfiStatus{}) return name(status);
    out.resize(size);
    return out;
  }
  static uint64_t position(File* file) {
    uint64_t at = 12345;
    IS(file->get_position(file, &at), "SUCCESS");
    return at;
  }
  template <typename Fixed>
  static Fixed get(File* file, std::u16string& text, const efi::Guid& type = Fixed::kGuid) {
    efi::Guid guid = type;
    efi::Uintn size = 0;
    IS(file->get_info(file, &guid, &size, nullptr), "BUFFER_TOO_SMALL");
    std::vector<char16_t> room(size / 2);
    IS(file->get_info(file, &guid, &size, room.data()), "SUCCESS");
    Fixed fixed;
    memcpy(&fixed, room.data(), sizeof fixed);
    EXPECT_EQ(fixed.size, size);
    text.assign(room.data() + sizeof fixed / 2);
    EXPECT_EQ(size, sizeof fixed + 2 * text.size() + 2);
    return fixed;
  }
  static Info info(File* file) {
    Info out;
    out.fixed = get<efi::FileInfo>(file, out.name);
    return out;
  }
  static EfiStatus set(File* file, const Info& wanted) {
    std::vector<char16_t> room(40 + wanted.name.size() + 1);
    memcpy(room.data(), &wanted.fixed, 80);
    memcpy(room.data() + 40, wanted.name.data(), wanted.name.size() * 2);
    efi::Guid type = efi::FileInfo::kGuid;
    return file->set_info(file, &type, room.size() * 2, room.data());
  }
  static EfiStatus rename(File* file, std::u16string to) {
    Info wanted = info(file);
    wanted.name = to;
    return set(file, wanted);
  }
  std::string list(File* directory) {
    std::string out;
    directory->set_position(directory, 0);
    for (;;) {
      std::array<char16_t, 400> room;
      efi::Uintn size = sizeof room;
      IS(directory->read(directory, &size, room.data()), "SUCCESS");
      if (size == 0) return out;
      for (const char16_t* c = room.data() + 40; *c != 0; ++c) out += static_cast<char>(*c);
      out += ' ';
    }
  }
};

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
  EXPECT_STREQ(opens(file, u"\\x"), "INVALID_PARAMETER");
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
  IS(file->set_info(file, &type, 81, room.data()), "BAD_BUFFER_SIZE");
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
