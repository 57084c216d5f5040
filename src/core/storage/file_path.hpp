// SPDX-License-Identifier: BSD-2-Clause-Patent
// Names as EFI_FILE_PROTOCOL takes them: components between backslashes, "." and "..", from the root when a backslash stands first
// [UEFI 2.10, 13.5.2].
#pragma once

#include <utility>

#include "core/storage_ports.hpp"

namespace efilite::core {

// A reference that is paid back.
class NodeReference {
 public:
  NodeReference() = default;
  explicit NodeReference(FileNode* node) : node_(node) {}
  NodeReference(NodeReference&& other) : node_(std::exchange(other.node_, nullptr)) {}
  NodeReference& operator=(NodeReference&& other) {
    std::swap(node_, other.node_);
    return *this;
  }
  ~NodeReference() {
    if (node_ != nullptr) node_->release();
  }
  FileNode* get() const { return node_; }
  FileNode* operator->() const { return node_; }
  FileNode* take() { return std::exchange(node_, nullptr); }

 private:
  FileNode* node_ = nullptr;
};

class FilePath {
 public:
  // A path that has not ended within so many characters is taken for garbage.
  static constexpr size_t kMaxLength = 32767;
  enum class Part : uint8_t { End, Here, Up, Name };

  explicit FilePath(const char16_t* text) : text_(text) {}
  bool absolute() const { return *text_ == u'\\'; }
  // Empty components are none. INVALID_PARAMETER for a name that is longer than names can be, and for a path that does not end.
  Result<Part> next(FileName& name);
  bool at_end();  // nothing but backslashes is left
  bool ends_in_backslash() const { return at_ != 0 && text_[at_ - 1] == u'\\'; }  // once it is at_end()

 private:
  const char16_t* text_;
  size_t at_ = 0;
};

// Where a path leads.
struct Place {
  NodeReference node;          // what it names; or empty, when the last component is not there
  NodeReference holder;        // keeps `directory` alive
  FileNode* directory = nullptr;  // where `missing` would be
  FileName missing;
  bool means_directory = false;  // it ended in a backslash
};

// Follows `text` from `from`, a directory. NOT_FOUND when anything before the last component is not there or no directory, and for what
// would lie above the root.
Result<> follow(FileSystem& volume, FileNode& from, const char16_t* text, Place& place);

}  // namespace efilite::core
