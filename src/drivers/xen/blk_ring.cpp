// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/blk_ring.hpp"

#include <algorithm>
#include <bit>

namespace efilite::drivers::xen {

namespace {

void full_fence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

}  // namespace

void BlkRing::start(MutableByteSpan pages) {
  ring_ = reinterpret_cast<blkif_sring*>(pages.data());
  entries_ = static_cast<unsigned>(std::bit_floor((pages.size() - offsetof(blkif_sring, ring)) / sizeof(blkif_sring_entry)));
  produced_ = published_ = consumed_ = 0;
  ring_->req_event = 1;
  ring_->rsp_event = 1;
}

bool BlkRing::publish() {
  const RING_IDX before = published_;
  if (produced_ == before) return false;
  published_ = produced_;
  __atomic_thread_fence(__ATOMIC_RELEASE);
  write_once(&ring_->req_prod, published_);
  full_fence();  // it looks for requests after it has said at which it wants an event
  return published_ - read_once(&ring_->req_event) < published_ - before;
}

void BlkRing::want_event(unsigned responses) {
  write_once(&ring_->rsp_event, consumed_ + responses);
  full_fence();  // then the caller looks whether they are there
}

bool BlkRing::has_response() const { return read_once(&ring_->rsp_prod) != consumed_; }

Result<std::optional<BlkResponse>> BlkRing::take() {
  const RING_IDX done = read_once(&ring_->rsp_prod) - consumed_;
  if (done == 0) return std::optional<BlkResponse>();
  if (done > published_ - consumed_) return Status::ProtocolError;
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  const blkif_response& at = ring_->ring[consumed_ & (entries_ - 1)].rsp;
  ++consumed_;
  return std::optional(BlkResponse{read_once(&at.id), read_once(&at.operation), read_once(&at.status)});
}

}  // namespace efilite::drivers::xen
