// SPDX-License-Identifier: BSD-2-Clause-Patent
// The front end's half of a ring of block requests [Xen public/io/ring.h, blkif.h]. What the other side writes is read once; we read
// nothing back of what we have written.
#pragma once

#include <optional>

#include "abi/xen.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace efilite::drivers::xen {

struct BlkResponse {
  uint64_t id;
  uint8_t operation;
  int16_t status;
};

class BlkRing {
 public:
  static constexpr unsigned kMostEntries = 64;

  // Zeroed pages, one or two.
  void start(MutableByteSpan pages);
  unsigned entries() const { return entries_; }
  unsigned in_flight() const { return produced_ - consumed_; }

  // Where the next request is put, and that it is there. Not more than entries() in flight.
  void* next() { return &ring_->ring[produced_ & (entries_ - 1)]; }
  void push() { ++produced_; }
  // Shows the other side what was put there. True: it wants an event for that.
  bool publish();

  // An event is wanted once so many more responses are there.
  void want_event(unsigned responses);
  bool has_response() const;
  // PROTOCOL_ERROR: there are more responses than requests.
  Result<std::optional<BlkResponse>> take();

 private:
  blkif_sring* ring_ = nullptr;
  unsigned entries_ = 0;
  // Both sides count modulo 2^32.
  RING_IDX produced_ = 0, published_ = 0, consumed_ = 0;
};

}  // namespace efilite::drivers::xen
