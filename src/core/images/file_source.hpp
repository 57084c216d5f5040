// SPDX-License-Identifier: BSD-2-Clause-Patent
// An open file of a program's file system, or ours, as a source: what is wanted of it is read straight to its place.
#pragma once

#include "abi/uefi/file.hpp"
#include "core/ports.hpp"

namespace efilite::core {

class FileSource final : public ByteSource {
 public:
  explicit FileSource(efi::FileProtocol* file) : file_(file) {}
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() { file_->close(file_); }

  // Comes first. LOAD_ERROR for a directory, which has no end to go to.
  Result<> measure();
  uint64_t size() const override { return size_; }
  Result<> read(uint64_t offset, MutableByteSpan out) override;

 private:
  efi::FileProtocol* file_;
  uint64_t size_ = 0;
};

// What a program's protocol said, as far as LoadImage has a code for it.
Status failure_of(efi::EfiStatus status);

}  // namespace efilite::core
