// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/virtio/virtqueue.hpp"

#define VIRTIO_RING_NO_LEGACY
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include <algorithm>
#include <atomic>
#include <bit>

#include "base/check.hpp"
#include "base/log.hpp"

namespace efilite::drivers::virtio {

namespace {

constexpr uint16_t kLargestQueue = 32768;  // [virtio 1.2, 2.7]
constexpr uint16_t kDirectPieces = 4;      // so many are cheaper in the ring than in a table of their own
constexpr uint16_t kTables = 16;
constexpr uint16_t kNoTable = 0xFF;
constexpr uint64_t kLegacyAlign = 4096;    // of the used ring [virtio 1.2, 2.7.2]
constexpr uint64_t kLegacyEnd = kPageSize << 32;  // a legacy device is told a page number of 32 bits

// Both sides count modulo 2^16.
uint16_t distance(uint16_t from, uint16_t to) { return static_cast<uint16_t>(to - from); }

// Where the parts of a queue lie in its memory, the driver's own behind what the device is told of.
struct Layout {
  Layout(uint16_t size, uint16_t tables, uint16_t pieces, bool legacy) {
    available = sizeof(vring_desc) * size;
    const uint64_t available_end = available + sizeof(vring_avail) + sizeof(uint16_t) * (size + 1);
    used = *align_up(available_end, legacy ? kLegacyAlign : alignof(vring_used_t));
    const uint64_t used_end = used + sizeof(vring_used) + sizeof(vring_used_elem) * size + sizeof(uint16_t);
    indirect = *align_up(used_end, sizeof(vring_desc));
    slots = indirect + sizeof(vring_desc) * tables * pieces;
  }
  uint64_t available, used, indirect, slots;
};

}  // namespace

Result<> Device::begin(uint64_t wanted) {
  usable_ = false;
  if (!transport_.reset()) return fail("it does not reset");
  quiet_ = true;
  release_pages();  // of a start before this one that did not end well
  transport_.set_status(kStatusAcknowledge);
  transport_.set_status(kStatusAcknowledge | kStatusDriver);
  Result<> agreed = agree(wanted);
  if (!agreed) transport_.set_status(static_cast<uint8_t>(transport_.status() | kStatusFailed));
  return agreed;
}

Result<> Device::agree(uint64_t wanted) {
  constexpr uint64_t version_1 = uint64_t{1} << VIRTIO_F_VERSION_1;
  // Our addresses are physical ones, which is also what a platform's means of translation have them mean until it is set up, and our fences
  // order what other CPUs and devices see.
  constexpr uint64_t platform = uint64_t{1} << VIRTIO_F_ACCESS_PLATFORM | uint64_t{1} << VIRTIO_F_ORDER_PLATFORM;
  const uint64_t offered = transport_.device_features();
  features_ = offered & (wanted | version_1 | platform | uint64_t{1} << VIRTIO_RING_F_INDIRECT_DESC);
  if (transport_.legacy()) {
    features_ &= UINT32_MAX;
  } else if ((features_ & version_1) == 0) {
    return fail("it does not know version 1 of the interface by which it is reached");
  }
  transport_.set_driver_features(features_);
  if (!transport_.legacy()) {
    transport_.set_status(kStatusAcknowledge | kStatusDriver | kStatusFeaturesOk);
    if ((transport_.status() & kStatusFeaturesOk) == 0) return fail("it refuses the features it offered: ", features_);
  }
  return {};
}

void Device::ready() {
  transport_.set_status(static_cast<uint8_t>(kStatusAcknowledge | kStatusDriver | kStatusDriverOk |
                                             (transport_.legacy() ? 0 : kStatusFeaturesOk)));
  usable_ = true;
}

Result<> Device::read_config(uint32_t offset, MutableByteSpan out) {
  Result<> read = transport_.read_config(offset, out);
  if (read) return {};
  return fail(read.status() == Status::Unsupported ? "its configuration is too short for " : "its configuration changes all the time at ",
              offset);
}

Result<MutableByteSpan> Device::allocate(PageCount pages) {
  if (pages_.full()) return Status::OutOfResources;
  MutableByteSpan memory = TRY(memory_.allocate(pages, transport_.legacy() ? kLegacyEnd : ~uint64_t{0}));
  CHECK(pages_.push_back(memory));
  return memory;
}

void Device::stop() {
  usable_ = false;
  if (quiet_) return;
  quiet_ = transport_.reset().has_value();
  if (quiet_) return;
  log::line("efilite: ", name_, ": it does not reset, and may still write to memory that it was told of");
  for (MutableByteSpan memory : pages_) memory_.keep(memory);
}

void Device::shutdown() {
  stop();
  if (quiet_) release_pages();
}

void Device::release_pages() {
  for (MutableByteSpan memory : pages_) memory_.release(memory);
  pages_.clear();
}

Status Device::fail(std::string_view what_it_did, std::optional<uint64_t> number) {
  usable_ = false;  // before the log is told, which may leave by this very device
  log::print("efilite: ");
  log::print(name_);
  log::print(": ");
  log::print(what_it_did);
  if (number) log::print(log::Hex{*number});
  log::line("; it is not used any more");
  stop();
  return Status::DeviceError;
}

Result<> Device::start_queue(Virtqueue& queue, uint16_t index, const QueueShape& shape) {
  const uint16_t limit = transport_.queue_limit(index);
  if (limit == 0) return Status::NotFound;
  const bool legacy = transport_.legacy();
  const bool fixed = transport_.fixed_queues();
  if (limit > kLargestQueue || (fixed && !std::has_single_bit(limit))) return fail("it has a queue of an impossible size: ", limit);
  queue.counts_all_ = legacy || shape.counts_all;
  queue.size_ = fixed ? limit : std::bit_floor(std::min(limit, shape.size));
  queue.max_pieces_ = std::min(shape.max_pieces, queue.size_);  // [virtio 1.2, 2.7.5.3.1] in a table, too
  const bool indirect = has(VIRTIO_RING_F_INDIRECT_DESC) && queue.max_pieces_ > kDirectPieces;
  const uint16_t tables = indirect ? kTables : 0;
  const Layout layout(queue.size_, tables, queue.max_pieces_, legacy);
  std::byte* memory = TRY(allocate(PageCount::covering({layout.slots + sizeof(Virtqueue::Slot) * queue.size_}))).data();
  queue.device_ = this;
  queue.index_ = index;
  queue.descriptors_ = reinterpret_cast<vring_desc*>(memory);
  queue.available_ = reinterpret_cast<vring_avail*>(memory + layout.available);
  queue.used_ = reinterpret_cast<vring_used*>(memory + layout.used);
  queue.tables_ = reinterpret_cast<vring_desc*>(memory + layout.indirect);
  queue.slots_ = reinterpret_cast<Virtqueue::Slot*>(memory + layout.slots);
  queue.clear(tables);
  quiet_ = false;
  const auto address = reinterpret_cast<uint64_t>(memory);
  return transport_.start_queue(index, {queue.size_, address, address + layout.available, address + layout.used});
}

Result<> Device::start_request_queue(Virtqueue& queue, uint16_t index, const QueueShape& shape) {
  Result<> started = start_queue(queue, index, shape);
  if (started.status() == Status::NotFound) return fail("it has no queue for requests");
  return started;
}

void Virtqueue::clear(uint16_t tables) {
  free_tables_ = static_cast<uint16_t>((1u << tables) - 1);
  for (uint16_t i = 0; i < size_; ++i) slots_[i] = {.next = static_cast<uint16_t>(i + 1)};
  first_free_ = 0;
  free_ = size_;
  in_flight_ = unpublished_ = next_available_ = next_used_ = 0;
  write_once(&available_->flags, VRING_AVAIL_F_NO_INTERRUPT);
}

// Descriptors of the ring are linked as the free ones were, those of a table one behind the other.
void Virtqueue::describe(std::span<const Piece> pieces, vring_desc* table, Slot& head) {
  uint16_t at = table != nullptr ? 0 : first_free_;
  uint64_t writable = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const Piece& piece = pieces[i];
    const bool last = i + 1 == pieces.size();
    const uint16_t next = table != nullptr ? static_cast<uint16_t>(at + 1) : slots_[at].next;
    const int flags = (piece.device_writes ? VRING_DESC_F_WRITE : 0) | (last ? 0 : VRING_DESC_F_NEXT);
    (table != nullptr ? table : descriptors_)[at] = {piece.address, piece.length, static_cast<uint16_t>(flags),
                                                     last ? uint16_t{0} : next};
    if (piece.device_writes) writable += piece.length;
    if (table == nullptr) head.last = at;
    at = next;
  }
  CHECK(writable <= UINT32_MAX);
  head.writable = static_cast<uint32_t>(writable);
}

Result<> Virtqueue::submit(std::span<const Piece> pieces, uint16_t token) {
  CHECK(!pieces.empty() && pieces.size() <= max_pieces_);
  if (device_ == nullptr || !device_->usable()) return Status::DeviceError;
  const bool indirect = pieces.size() > kDirectPieces && free_tables_ != 0;
  const auto needed = static_cast<uint16_t>(indirect ? 1 : pieces.size());
  if (free_ < needed) return Status::NotReady;

  const uint16_t first = first_free_;
  Slot& head = slots_[first];
  head.last = first;
  head.table = kNoTable;
  head.token = token;
  head.in_flight = true;
  if (indirect) {
    head.table = static_cast<uint8_t>(std::countr_zero(free_tables_));
    free_tables_ = static_cast<uint16_t>(free_tables_ & (free_tables_ - 1));
    vring_desc* table = tables_ + size_t{head.table} * max_pieces_;
    describe(pieces, table, head);
    descriptors_[first] = {reinterpret_cast<uint64_t>(table), static_cast<uint32_t>(pieces.size() * sizeof(vring_desc)),
                           VRING_DESC_F_INDIRECT, 0};
  } else {
    describe(pieces, nullptr, head);
  }
  first_free_ = slots_[head.last].next;
  free_ = static_cast<uint16_t>(free_ - needed);
  write_once(&available_->ring[(next_available_ + unpublished_) & (size_ - 1)], first);
  ++unpublished_;
  ++in_flight_;
  return {};
}

void Virtqueue::notify() {
  if (unpublished_ == 0 || !device_->usable()) return;
  std::atomic_thread_fence(std::memory_order_release);
  next_available_ = static_cast<uint16_t>(next_available_ + unpublished_);
  unpublished_ = 0;
  write_once(&available_->idx, next_available_);
  // [virtio 1.2, 2.7.13] the device looks at the index after it has asked to be told, we look at that after the index is out.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if ((read_once(&used_->flags) & VRING_USED_F_NO_NOTIFY) == 0) device_->transport().notify(index_);
}

Result<std::optional<Completion>> Virtqueue::poll() {
  if (device_ == nullptr || !device_->usable()) return Status::DeviceError;
  const uint16_t done = distance(next_used_, read_once<uint16_t>(&used_->idx));
  if (done == 0) return std::optional<Completion>();
  if (done > in_flight_ - unpublished_) return device_->fail("more requests are done than it was given: ", done);
  std::atomic_thread_fence(std::memory_order_acquire);
  const vring_used_elem& element = used_->ring[next_used_ & (size_ - 1)];
  return std::optional(TRY(take(read_once<uint32_t>(&element.id), read_once<uint32_t>(&element.len))));
}

Result<Completion> Virtqueue::take(uint32_t id, uint32_t written) {
  if (id >= size_ || !slots_[id].in_flight) return device_->fail("it is done with a request that it was not given: ", id);
  Slot& head = slots_[id];
  if (written > head.writable) {
    // [virtio 1.2, 2.7.8.1] devices of old are known not to care.
    if (!counts_all_) return device_->fail("it wrote more than there was room for: ", written);
    written = head.writable;
  }
  head.in_flight = false;
  if (head.table != kNoTable) free_tables_ = static_cast<uint16_t>(free_tables_ | 1u << head.table);
  uint16_t pieces = 1;
  for (uint16_t at = static_cast<uint16_t>(id); at != head.last; at = slots_[at].next) ++pieces;
  slots_[head.last].next = first_free_;
  first_free_ = static_cast<uint16_t>(id);
  free_ = static_cast<uint16_t>(free_ + pieces);
  --in_flight_;
  ++next_used_;
  return Completion{head.token, written};
}

Result<Completion> Virtqueue::wait() {
  CHECK(in_flight_ != unpublished_);
  for (Deadline deadline(device_->clock(), kPatience);;) {
    // The index alone is looked at as long as it stands: who counts instructions counts those of waiting, too.
    if (read_once<uint16_t>(&used_->idx) != next_used_ || !device_->usable())
      if (std::optional<Completion> done = TRY(poll())) return *done;
    if (deadline.passed()) return device_->fail("it has not answered for half a minute");
    if (deadline.is_long() && (device_->transport().status() & kStatusNeedsReset) != 0) return device_->fail("it says that it has failed");
  }
}

Result<uint32_t> Virtqueue::run(std::span<const Piece> pieces) {
  TRY(submit(pieces, 0));
  notify();
  return TRY(wait()).written;
}

}  // namespace efilite::drivers::virtio
