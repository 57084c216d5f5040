// SPDX-License-Identifier: BSD-2-Clause-Patent
// A disk by bytes: a few lines of it in memory, and changes that wait until commit(). What a power cut may tear apart is decided by where a
// file system calls commit(): all that was put before is written before anything that is put after.
#pragma once

#include <array>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "core/storage_ports.hpp"

namespace efilite::fs {

class BlockCache {
 public:
  static constexpr uint32_t kLineBytes = 4096;  // no block is larger
  static constexpr size_t kLines = 8;

  explicit BlockCache(core::BlockDevice& device);
  ~BlockCache();
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  // UNSUPPORTED for blocks that are larger than a line.
  Result<> start(core::Heap& heap);

  core::BlockDevice& device() const { return device_; }
  uint32_t block_bytes() const { return block_; }
  uint64_t size() const { return size_; }
  // Blocks of [begin, begin + bytes) are written `copies` times, each copy `bytes` behind the one before. Both are whole blocks.
  void mirror(uint64_t begin, uint64_t bytes, uint32_t copies);

  // VOLUME_CORRUPTED behind the end of the disk: a structure that lies there is nonsense.
  Result<> read(uint64_t at, MutableByteSpan out);
  template <typename T>
  Result<T> get(uint64_t at) {
    T out;
    TRY(read(at, std::as_writable_bytes(std::span(&out, 1))));
    return out;
  }
  // What lies at `at` and behind: `wanted` bytes of it, or less. Good until the next call.
  Result<ByteSpan> peek(uint64_t at, uint64_t wanted);
  // Stays in memory until commit(), or until the line is needed for something else. Puts into one block with nothing in between become one
  // write of that block.
  Result<> put(uint64_t at, ByteSpan in);
  Result<> put_and_commit(uint64_t at, ByteSpan in);
  // File contents: whole blocks go to the disk at once, parts of blocks are put.
  Result<> write(uint64_t at, ByteSpan in);
  // Zeros for file contents, `length` bytes of them.
  Result<> zero(uint64_t at, uint64_t length);
  // When the disk fails, nothing is kept of what it has not taken.
  Result<> commit();
  // Forgets what was put since the last commit(); whether there was something, or was when the disk failed.
  bool discard();

 private:
  static constexpr uint64_t kNowhere = ~uint64_t{0};
  static constexpr uint64_t kAheadBytes = 64 * 1024;
  struct Line {
    uint64_t at = kNowhere;
    uint32_t used = 0;   // when, for choosing the one to give up
    uint32_t dirty = 0;  // a bit for each of its blocks
  };

  MutableByteSpan bytes_of_line(size_t index) const;
  Result<size_t> line(uint64_t at);
  Result<> write_out(size_t index);
  Result<> write_blocks(uint64_t at, ByteSpan in);
  bool holds(size_t index, uint64_t at, uint64_t length) const;
  Result<> write_out_range(uint64_t at, uint64_t length);
  Result<> give_up(uint64_t at, uint64_t length);
  Result<> read_ahead(uint64_t at, uint64_t wanted);
  void forget_ahead(uint64_t at, uint64_t length);
  bool mirrored(uint64_t at) const { return at >= mirror_begin_ && at - mirror_begin_ < mirror_bytes_; }

  core::BlockDevice& device_;
  core::Heap* heap_ = nullptr;
  std::byte* memory_ = nullptr;
  uint32_t block_ = 0;
  uint64_t size_ = 0;
  uint64_t mirror_begin_ = 0;
  uint64_t mirror_bytes_ = 0;
  uint32_t copies_ = 1;
  uint32_t time_ = 0;
  size_t last_ = 0;
  bool dirty_ = false;  // a line may be
  bool failed_ = false;
  std::array<Line, kLines> lines_{};
  // A longer piece for peek(), from a line's begin on: what is on the disk and in the lines.
  std::byte* ahead_ = nullptr;
  uint64_t ahead_at_ = 0;
  uint64_t ahead_bytes_ = 0;
};

}  // namespace efilite::fs
