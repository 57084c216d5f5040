// SPDX-License-Identifier: BSD-2-Clause-Patent
// A FAT volume on a disk in memory, mounted and ready, for the tests of src/fs.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fs/fat/fat_volume.hpp"
#include "tests/support/fat_image.hpp"
#include "tests/support/memory.hpp"

namespace efilite::fs {

using core::FileNode;
using test::FatShape;

inline std::string text(ByteSpan bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline ByteSpan bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

// A node that is released at the end of the scope.
class Held {
 public:
  explicit Held(FileNode* node) : node_(node) {}
  Held(Held&& other) : node_(std::exchange(other.node_, nullptr)) {}
  ~Held() {
    if (node_ != nullptr) node_->release();
  }
  FileNode* operator->() const { return node_; }
  FileNode& operator*() const { return *node_; }

 private:
  FileNode* node_;
};

struct FatFixture {
  ~FatFixture() {
    unmount();
    EXPECT_EQ(heap.live(), 0u);
  }
  void format(const FatShape& shape) {
    disk = test::make_fat(shape);
    mount();
  }
  void unmount() {
    if (volume != nullptr) std::exchange(volume, nullptr)->unmount();
  }
  void mount() {
    auto mounted = FatVolume::mount(disk, heap, clock);
    ASSERT_EQ(mounted.status(), Status::Success);
    volume = *mounted;
  }
  void remount() {
    unmount();
    mount();
  }
  Held root() { return Held(*volume->root()); }
  Held make(std::u16string_view name, std::string_view contents = "") {
    Held node(*root()->create(name, 0));
    if (!contents.empty()) EXPECT_EQ(node->write(0, bytes(contents)).value_or(0), contents.size());
    return node;
  }
  Held open(std::u16string_view name) { return Held(*root()->find(name)); }
  std::string contents(FileNode& node) {
    std::vector<std::byte> out(node.facts()->size + 10);
    const uint64_t count = *node.read(0, out);
    return text(ByteSpan(out).first(count));
  }
  std::vector<std::u16string> names() {
    std::vector<std::u16string> out;
    uint64_t cursor = 0;
    core::FileName name;
    core::FileFacts facts;
    Held dir = root();
    while (dir->next_entry(cursor, name, facts)) out.emplace_back(name.view());
    return out;
  }

  test::FatDisk disk;
  test::HostHeap heap;
  test::FatClock clock;
  FatVolume* volume = nullptr;
};

}  // namespace efilite::fs
