// SPDX-License-Identifier: BSD-2-Clause-Patent
// A file system in memory that keeps to core's port, and dies when its user does not: references are counted, names checked.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/storage/volume.hpp"

namespace efilite::test {

inline std::u16string folded(std::u16string_view name) {
  std::u16string out(name);
  for (char16_t& c : out)
    if (c >= u'a' && c <= u'z') c = static_cast<char16_t>(c - 32);
  return out;
}

inline efi::Time date(uint16_t year, uint8_t month, uint8_t day) {
  efi::Time time{};
  time.year = year, time.month = month, time.day = day;
  return time;
}

class FakeFileSystem final : public core::FileSystem {
 public:
  static constexpr uint64_t kCapacity = 1 << 20;

  struct Node final : core::FileNode {
    Node(FakeFileSystem& owner, Node* above, std::u16string_view called, uint64_t attributes) : fs(owner), up(above), called(called) {
      info.attributes = attributes;
      info.created = info.accessed = info.modified = date(2024, 5, 6);
      ++fs.nodes;
    }
    ~Node() { --fs.nodes; }
    FakeFileSystem& fs;
    Node* up;
    std::u16string called;
    core::FileFacts info;
    std::vector<uint8_t> bytes;
    std::vector<Node*> children;
    int references = 0;
    bool gone = false;

    Node* taken() {
      ++references;
      ++fs.references;
      return this;
    }
    Status state() const { return fs.failure != Status::Success ? fs.failure : gone ? Status::DeviceError : Status::Success; }

    void release() override {
      insist(references > 0);
      --references;
      --fs.references;
      if (gone && references == 0) delete this;
    }
    Result<core::FileFacts> facts() override {
      if (state() != Status::Success) return state();
      core::FileFacts out = info;
      out.size = bytes.size();
      out.physical_size = (bytes.size() + 511) / 512 * 512;
      return out;
    }
    Result<> name(core::FileName& out) override {
      if (state() != Status::Success) return state();
      insist(out.assign(called));
      return {};
    }
    bool is_directory() const override { return (info.attributes & efi::kFileDirectory) != 0; }
    Result<uint64_t> read(uint64_t offset, MutableByteSpan out) override {
      insist(!is_directory());
      if (state() != Status::Success) return state();
      if (offset >= bytes.size()) return uint64_t{0};
      const uint64_t count = std::min<uint64_t>(out.size(), bytes.size() - offset);
      if (count != 0) memcpy(out.data(), bytes.data() + offset, count);
      return count;
    }
    Result<uint64_t> write(uint64_t offset, ByteSpan in) override {
      insist(!is_directory() && !in.empty());
      if (state() != Status::Success) return state();
      const uint64_t used = fs.used() - bytes.size();
      const uint64_t limit = kCapacity - used;
      if (offset >= limit) return Status::VolumeFull;
      const uint64_t count = std::min<uint64_t>(in.size(), limit - offset);
      if (bytes.size() < offset + count) bytes.resize(offset + count);
      memcpy(bytes.data() + offset, in.data(), count);
      return count;
    }
    Result<> resize(uint64_t size) override {
      insist(!is_directory());
      if (state() != Status::Success) return state();
      if (size > kCapacity - (fs.used() - bytes.size())) return Status::VolumeFull;
      bytes.resize(size);
      return {};
    }
    Node* child(std::u16string_view wanted) const {
      for (Node* c : children)
        if (folded(c->called) == folded(wanted)) return c;
      return nullptr;
    }
    static void check(std::u16string_view wanted) {
      insist(!wanted.empty() && wanted.size() <= core::kMaxFileName && wanted != u"." && wanted != u"..");
      insist(wanted.find(u'\\') == std::u16string_view::npos && wanted.find(u'\0') == std::u16string_view::npos);
    }
    Result<core::FileNode*> find(std::u16string_view wanted) override {
      insist(is_directory());
      check(wanted);
      if (state() != Status::Success) return state();
      Node* found = child(wanted);
      if (found == nullptr) return Status::NotFound;
      return found->taken();
    }
    Result<core::FileNode*> create(std::u16string_view wanted, uint64_t attributes) override {
      insist(is_directory() && (attributes & ~efi::kFileValidAttributes) == 0);
      check(wanted);
      if (state() != Status::Success) return state();
      if (wanted.find(u'*') != std::u16string_view::npos) return Status::InvalidParameter;
      if (child(wanted) != nullptr) return Status::AccessDenied;
      children.push_back(new Node(fs, this, wanted, attributes));
      return children.back()->taken();
    }
    Result<core::FileNode*> parent() override {
      if (state() != Status::Success) return state();
      return up == nullptr ? nullptr : up->taken();
    }
    Result<> next_entry(uint64_t& cursor, core::FileName& out, core::FileFacts& told) override {
      insist(is_directory());
      if (state() != Status::Success) return state();
      if (cursor >= children.size()) return Status::NotFound;
      Node* c = children[cursor++];
      insist(out.assign(c->called));
      told = *c->facts();
      return {};
    }
    Result<> remove() override {
      if (state() != Status::Success) return state();
      if (up == nullptr || !children.empty() || (info.attributes & efi::kFileReadOnly) != 0) return Status::AccessDenied;
      std::erase(up->children, this);
      up = nullptr;
      gone = true;
      return {};
    }
    Result<> rename(core::FileNode& directory, std::u16string_view wanted) override {
      auto& to = static_cast<Node&>(directory);
      insist(up != nullptr && to.is_directory());
      check(wanted);
      if (state() != Status::Success) return state();
      for (Node* at = &to; at != nullptr; at = at->up) insist(at != this);
      if (Node* there = to.child(wanted); there != nullptr && there != this) return Status::AccessDenied;
      std::erase(up->children, this);
      to.children.push_back(this);
      up = &to;
      called = wanted;
      return {};
    }
    Result<> set_attributes(uint64_t attributes) override {
      insist(((attributes ^ info.attributes) & efi::kFileDirectory) == 0);
      if (state() != Status::Success) return state();
      info.attributes = attributes;
      return {};
    }
    Result<> set_times(const efi::Time& created, const efi::Time& accessed, const efi::Time& modified) override {
      if (state() != Status::Success) return state();
      if (created.year != 0) info.created = created;
      if (accessed.year != 0) info.accessed = accessed;
      if (modified.year != 0) info.modified = modified;
      return {};
    }
    Result<> flush() override {
      ++fs.flushes;
      return state() == Status::Success ? Result<>() : Result<>(state());
    }
  };

  ~FakeFileSystem() {
    drop(root_);
    insist(nodes == 0);
  }
  static void insist(bool good) {
    if (!good) __builtin_trap();
  }
  uint64_t used() const { return used_below(root_); }

  Result<core::FileNode*> root() override {
    if (failure != Status::Success) return failure;
    return root_->taken();
  }
  Result<core::VolumeFacts> facts() override {
    if (failure != Status::Success) return failure;
    return core::VolumeFacts{.size = kCapacity, .free = kCapacity - used(), .block_size = 512, .read_only = read_only};
  }
  Result<> label(core::FileName& out) override {
    if (failure != Status::Success) return failure;
    insist(out.assign(name));
    return {};
  }
  Result<> set_label(std::u16string_view label) override {
    if (failure != Status::Success) return failure;
    if (label.size() > 11) return Status::InvalidParameter;
    name = label;
    return {};
  }
  Result<> flush() override {
    ++flushes;
    return {};
  }

  int nodes = 0, references = 0, flushes = 0;
  Status failure = Status::Success;
  bool read_only = false;
  std::u16string name = u"FAKE";

 private:
  static void drop(Node* node) {
    for (Node* child : node->children) drop(child);
    delete node;
  }
  static uint64_t used_below(const Node* node) {
    uint64_t sum = node->bytes.size();
    for (const Node* child : node->children) sum += used_below(child);
    return sum;
  }
  Node* root_ = new Node(*this, nullptr, u"", efi::kFileDirectory);
};

// A device has the one fake file system on it when its first byte is 'F'.
class FakeFileSystems final : public core::FileSystems {
 public:
  FakeFileSystem volume;
  bool is_mounted = false;
  int mounts = 0;
  Status failure = Status::Success;
  bool recognises(core::BlockDevice& device) {
    std::vector<std::byte> block(device.block_size());
    return device.read(0, block).has_value() && block[0] == std::byte{'F'};
  }
  Result<core::FileSystem*> mount(core::BlockDevice& device) override {
    FakeFileSystem::insist(!is_mounted);
    if (failure != Status::Success) return failure;
    volume.read_only = device.read_only();
    is_mounted = true;
    ++mounts;
    return &volume;
  }
  void unmount(core::FileSystem& which) override {
    FakeFileSystem::insist(&which == &volume && is_mounted && volume.references == 0);
    is_mounted = false;
  }
};

}  // namespace efilite::test
