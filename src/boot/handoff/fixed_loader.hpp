// SPDX-License-Identifier: BSD-2-Clause-Patent
// Segments that a kernel wants at physical addresses of its own choice. What goes to free memory is read straight there; what goes to where
// efilite itself still is, is read elsewhere, and becomes a last copy.
#pragma once

#include <span>

#include "arch/x86_64/protected_mode.hpp"
#include "base/static_vector.hpp"
#include "core/memory/memory_map.hpp"
#include "core/ports.hpp"

namespace efilite::boot {

class FixedLoader {
 public:
  struct Segment {
    uint64_t address;
    uint64_t size;       // with the zeros behind what is read
    uint64_t offset;     // in the image
    uint64_t file_size;  // not above size
  };
  static constexpr size_t kMaxSegments = 32;
  static constexpr size_t kMaxPieces = 64;

  FixedLoader(core::MemoryMap& memory, core::PhysicalMemory& physical) : memory_(memory), physical_(physical) {}
  FixedLoader(const FixedLoader&) = delete;
  FixedLoader& operator=(const FixedLoader&) = delete;

  // Failures are told in one line, which begins with the log's subject.
  Result<> add(const Segment& segment);
  // Takes what is free of the places that segments want. Once more after something of it has been freed.
  Result<> claim();
  // Reads all segments. Of what they want no more is freed from now on.
  Result<> load(core::ByteSource& image);

  // Whether a segment wants some of it.
  bool wants(PhysRange range) const;
  // Pages up to `last`, or below 4 GiB, that no segment wants, also for others; after claim(). They are the OS's in the end.
  Result<PhysRange> allocate(uint64_t bytes, PhysAddr last = {(uint64_t{1} << 32) - 1});

  std::span<const arch::LastCopy> last_copies() const { return {copies_.begin(), copies_.size()}; }
  uint64_t bytes_read() const { return bytes_read_; }

 private:
  struct Piece {
    PhysRange range;
    bool claimed;
  };

  Result<> claim(PhysRange pages);
  Result<MutableByteSpan> bytes_at(PhysRange range);
  Piece piece_at(uint64_t at, uint64_t end) const;
  Result<> load(core::ByteSource& image, const Segment& segment, Piece piece);

  core::MemoryMap& memory_;
  core::PhysicalMemory& physical_;
  StaticVector<Segment, kMaxSegments> segments_;  // by address
  StaticVector<PhysRange, kMaxPieces> claimed_;   // whole pages
  StaticVector<arch::LastCopy, kMaxPieces> copies_;
  uint64_t bytes_read_ = 0;
};

}  // namespace efilite::boot
