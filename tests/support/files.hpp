// SPDX-License-Identifier: BSD-2-Clause-Patent
// A volume in memory and its files, by their C edge.
#pragma once

#include <gtest/gtest.h>

#include "core/storage/open_file.hpp"
#include "tests/support/block_device.hpp"
#include "tests/support/events.hpp"
#include "tests/support/file_system.hpp"

namespace efilite::core::testing_files {

using efi::EfiStatus;
using efi::encode;
using File = efi::FileProtocol;

constexpr uint64_t kRead = efi::kFileModeRead, kWrite = kRead | efi::kFileModeWrite, kCreate = kWrite | efi::kFileModeCreate;

// Names of statuses read better than numbers.
inline const char* name(EfiStatus status) {
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

}  // namespace efilite::core::testing_files
