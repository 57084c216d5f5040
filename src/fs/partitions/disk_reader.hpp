// SPDX-License-Identifier: BSD-2-Clause-Patent
// Blocks of a disk for those who look for partition tables. The begin of the disk is read at once, since everything that tells what a disk
// is lies there.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "core/storage_ports.hpp"

namespace efilite::fs {

class DiskReader {
 public:
  DiskReader(core::BlockDevice& device, core::Heap& heap) : device_(device), heap_(heap) {}
  ~DiskReader();
  DiskReader(const DiskReader&) = delete;
  DiskReader& operator=(const DiskReader&) = delete;

  core::BlockDevice& device() const { return device_; }
  uint64_t block_bytes() const { return device_.block_size(); }

  // `size` bytes from `block` on; good until the next call. VOLUME_CORRUPTED when they do not lie on the disk.
  Result<ByteSpan> read(uint64_t block, uint64_t size);

 private:
  void drop();
  Result<> load(uint64_t block, uint64_t blocks);

  core::BlockDevice& device_;
  core::Heap& heap_;
  uint64_t first_ = 0;  // the block that bytes_ begins with
  MutableByteSpan bytes_;
};

}  // namespace efilite::fs
