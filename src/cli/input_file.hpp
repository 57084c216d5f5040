// SPDX-License-Identifier: BSD-2-Clause-Patent
// A file, a disk or standard input as the bytes that the firmware's parsers read.
#pragma once

#include <memory>

#include "cli/outcome.hpp"
#include "core/ports.hpp"

namespace efilite::cli {

class InputFile : public core::ByteSource {
 public:
  virtual ~InputFile() = default;

  // "-" is standard input. What has no size of its own, a pipe, is read to its end first.
  static Outcome<std::unique_ptr<InputFile>> open(const std::string& name);
};

// What is in memory already, which outlives this.
class TextSource final : public core::ByteSource {
 public:
  explicit TextSource(std::string_view text) : text_(text) {}
  uint64_t size() const override { return text_.size(); }
  Result<> read(uint64_t offset, MutableByteSpan out) override;

 private:
  std::string_view text_;
};

// Some bytes of another source, which begin there: the kernel in a unified kernel image.
class Part final : public core::ByteSource {
 public:
  // They lie inside `whole`.
  Part(core::ByteSource& whole, uint64_t offset, uint64_t size) : whole_(whole), offset_(offset), size_(size) {}
  uint64_t size() const override { return size_; }
  Result<> read(uint64_t offset, MutableByteSpan out) override;

 private:
  core::ByteSource& whole_;
  uint64_t offset_;
  uint64_t size_;
};

Outcome<std::string> read_all(core::ByteSource& source, uint64_t limit);

// For messages.
std::string shown_name(const std::string& name);

}  // namespace efilite::cli
