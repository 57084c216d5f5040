// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "fs/fat/block_cache.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/units.hpp"

namespace efilite::fs {

BlockCache::BlockCache(core::BlockDevice& device) : device_(device) {}

BlockCache::~BlockCache() {
  if (heap_ == nullptr) return;
  heap_->release(memory_);
  if (ahead_ != nullptr) heap_->release(ahead_);
}

Result<> BlockCache::start(core::Heap& heap) {
  block_ = device_.block_size();
  if (!std::has_single_bit(block_) || block_ < 512 || block_ > kLineBytes) return Status::Unsupported;
  size_ = checked_mul<uint64_t>(device_.block_count(), block_).value_or(align_down(~uint64_t{0}, kLineBytes));
  memory_ = static_cast<std::byte*>(heap.allocate(kLines * kLineBytes));
  if (memory_ == nullptr) return Status::OutOfResources;
  heap_ = &heap;
  return {};
}

void BlockCache::mirror(uint64_t begin, uint64_t bytes, uint32_t copies) {
  mirror_begin_ = begin;
  mirror_bytes_ = bytes;
  copies_ = copies;
}

MutableByteSpan BlockCache::bytes_of_line(size_t index) const {
  uint64_t length = std::min<uint64_t>(kLineBytes, size_ - lines_[index].at);
  return {memory_ + index * kLineBytes, static_cast<size_t>(length)};
}

Result<size_t> BlockCache::line(uint64_t at) {
  if (at >= size_) return Status::VolumeCorrupted;
  uint64_t base = align_down(at, kLineBytes);
  size_t index = last_;
  if (lines_[last_].at != base) {
    size_t oldest = 0;
    for (index = 0; index < kLines && lines_[index].at != base; ++index) {
      if (time_ - lines_[index].used > time_ - lines_[oldest].used) oldest = index;
    }
    if (index == kLines) {
      index = oldest;
      TRY(write_out(index));
      lines_[index].at = base;
      if (auto read = device_.read(base / block_, bytes_of_line(index)); !read) {
        lines_[index].at = kNowhere;
        return read.status();
      }
    }
    last_ = index;
    lines_[index].used = ++time_;
  }
  return index;
}

Result<ByteSpan> BlockCache::peek(uint64_t at, uint64_t wanted) {
  if (at - ahead_at_ >= ahead_bytes_) {
    const uint64_t in_line = kLineBytes - at % kLineBytes;
    if (wanted <= in_line || !read_ahead(at, wanted)) {
      const auto bytes = bytes_of_line(TRY(line(at)));
      return ByteSpan(bytes).subspan(at % kLineBytes);
    }
  }
  return ByteSpan(ahead_, ahead_bytes_).subspan(at - ahead_at_);
}

// That it cannot be done is no failure: line by line it goes as well, as far as it does.
Result<> BlockCache::read_ahead(uint64_t at, uint64_t wanted) {
  if (at >= size_) return Status::VolumeCorrupted;
  if (ahead_ == nullptr) ahead_ = static_cast<std::byte*>(heap_->allocate(kAheadBytes));
  if (ahead_ == nullptr) return Status::OutOfResources;
  ahead_bytes_ = 0;
  ahead_at_ = align_down(at, kLineBytes);
  const uint64_t end = std::min({at + std::min(wanted, kAheadBytes), ahead_at_ + kAheadBytes, size_});
  const uint64_t length = std::min(align_down(end - ahead_at_ + kLineBytes - 1, kLineBytes), size_ - ahead_at_);
  TRY(read(ahead_at_, {ahead_, static_cast<size_t>(length)}));
  ahead_bytes_ = length;
  return {};
}

void BlockCache::forget_ahead(uint64_t at, uint64_t length) {
  if (at < ahead_at_ + ahead_bytes_ && at + length > ahead_at_) ahead_bytes_ = 0;
}

Result<> BlockCache::read(uint64_t at, MutableByteSpan out) {
  if (at - ahead_at_ < ahead_bytes_ && out.size() <= ahead_bytes_ - (at - ahead_at_)) {
    memcpy(out.data(), ahead_ + (at - ahead_at_), out.size());
    return {};
  }
  while (!out.empty()) {
    size_t count;
    // Long pieces go past the lines; what was put is written first, so that the disk has the newest bytes.
    if (at % block_ == 0 && out.size() >= kLineBytes && at < size_ && out.size() <= size_ - at) {
      count = align_down(out.size(), block_);
      if (dirty_) TRY(write_out_range(at, count));
      TRY(device_.read(at / block_, out.first(count)));
    } else {
      size_t index = TRY(line(at));
      auto from = bytes_of_line(index).subspan(at % kLineBytes);
      count = std::min(from.size(), out.size());
      // Only up to where the long piece begins.
      if (at % block_ != 0 && out.size() >= kLineBytes) count = std::min(count, static_cast<size_t>(block_ - at % block_));
      memcpy(out.data(), from.data(), count);
    }
    at += count;
    out = out.subspan(count);
  }
  return {};
}

Result<> BlockCache::put(uint64_t at, ByteSpan in) {
  forget_ahead(at, in.size());
  while (!in.empty()) {
    size_t index = TRY(line(at));
    auto to = bytes_of_line(index).subspan(at % kLineBytes);
    size_t count = std::min(to.size(), in.size());
    memcpy(to.data(), in.data(), count);
    size_t first = at % kLineBytes / block_, last = (at % kLineBytes + count - 1) / block_;
    for (size_t block = first; block <= last; ++block) lines_[index].dirty |= 1u << block;
    dirty_ = true;
    at += count;
    in = in.subspan(count);
  }
  return {};
}

Result<> BlockCache::put_and_commit(uint64_t at, ByteSpan in) {
  TRY(put(at, in));
  return commit();
}

Result<> BlockCache::write(uint64_t at, ByteSpan in) {
  forget_ahead(at, in.size());
  while (!in.empty()) {
    size_t within = at % block_;
    size_t count = within == 0 ? align_down(in.size(), block_) : std::min<size_t>(in.size(), block_ - within);
    if (within != 0 || count == 0) {
      if (count == 0) count = in.size();
      TRY(put(at, in.first(count)));
    } else {
      if (at > size_ || count > size_ - at) return Status::VolumeCorrupted;
      TRY(give_up(at, count));
      TRY(write_blocks(at, in.first(count)));
    }
    at += count;
    in = in.subspan(count);
  }
  return {};
}

Result<> BlockCache::zero(uint64_t at, uint64_t length) {
  static constinit std::array<std::byte, 8 * kLineBytes> zeros{};
  while (length != 0) {
    // To the next border first, so that all that follows are whole blocks.
    const uint64_t count = std::min<uint64_t>(length, zeros.size() - at % kLineBytes);
    TRY(write(at, ByteSpan(zeros).first(static_cast<size_t>(count))));
    at += count;
    length -= count;
  }
  return {};
}

// Whether line `index` holds a part of [at, at + length).
bool BlockCache::holds(size_t index, uint64_t at, uint64_t length) const {
  const uint64_t begin = lines_[index].at;
  return begin != kNowhere && begin < at + length && begin + kLineBytes > at;
}

Result<> BlockCache::write_out_range(uint64_t at, uint64_t length) {
  for (size_t i = 0; i < kLines; ++i) {
    if (holds(i, at, length)) TRY(write_out(i));
  }
  return {};
}

// No line shall hold a part of [at, at + length) any more.
Result<> BlockCache::give_up(uint64_t at, uint64_t length) {
  TRY(write_out_range(at, length));
  for (size_t i = 0; i < kLines; ++i) {
    if (holds(i, at, length)) lines_[i].at = kNowhere;
  }
  return {};
}

Result<> BlockCache::commit() {
  for (size_t i = 0; dirty_ && i < kLines; ++i) TRY(write_out(i));
  dirty_ = false;
  return {};
}

bool BlockCache::discard() {
  bool any = std::exchange(failed_, false);
  ahead_bytes_ = 0;
  for (Line& held : lines_) {
    if (held.dirty == 0) continue;
    held = {};
    any = true;
  }
  return any;
}

Result<> BlockCache::write_out(size_t index) {
  Line& held = lines_[index];
  const auto bytes = held.dirty != 0 ? bytes_of_line(index) : MutableByteSpan();
  for (size_t from = 0; held.dirty >> from != 0;) {
    if ((held.dirty >> from & 1) == 0) {
      ++from;
      continue;
    }
    const uint64_t at = held.at + from * block_;
    size_t to = from + 1;
    while ((held.dirty >> to & 1) != 0 && mirrored(held.at + to * block_) == mirrored(at)) ++to;
    if (auto written = write_blocks(at, bytes.subspan(from * block_, (to - from) * block_)); !written) return written;
    from = to;
  }
  held.dirty = 0;
  return {};
}

Result<> BlockCache::write_blocks(uint64_t at, ByteSpan in) {
  const uint32_t copies = mirrored(at) ? copies_ : 1;
  for (uint32_t copy = 0; copy < copies; ++copy) {
    auto written = device_.write((at + copy * mirror_bytes_) / block_, in);
    if (written) continue;
    // What is on the disk now is unknown: nothing is believed that has not been read anew.
    for (Line& held : lines_) held = {};
    ahead_bytes_ = 0;
    failed_ = true;
    return written;
  }
  return {};
}

}  // namespace efilite::fs
