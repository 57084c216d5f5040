// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/blkfront.hpp"

#include <xen/io/protocols.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/copy.hpp"
#include "base/log.hpp"

namespace efilite::drivers::xen {

namespace {

// What requests and sizes are counted in, whatever `sector-size` says: as Linux's back end has always done.
constexpr uint32_t kSector = 512;
constexpr uint32_t kCdBlock = 2048;
constexpr uint64_t kSlice = kSecond;  // of waiting, before other things are looked at
constexpr uint64_t kPatienceToLetGo = 5 * kSecond, kLetGoSlice = kSecond / 10;
// That tell the other side of a ring. Some are a predecessor's alone.
constexpr std::string_view kKeys[] = {"ring-ref", "ring-page-order", "ring-ref0", "ring-ref1", "event-channel", "protocol",
                                      "feature-persistent", "multi-queue-num-queues"};

using Side = FrontEnd::Side;

}  // namespace

bool is_cd_drive(FrontEnd& vbd) { return vbd.text(Side::Front, "device-type").value_or("") == "cdrom"; }

BlkFront::BlkFront(const Services& xen, GrantTable& grants, core::DeviceMemory& memory, core::Clock& clock, uint32_t id,
                   std::string_view name)
    : xen_(xen), grants_(grants), memory_(memory), clock_(clock), id_(id), name_(name), front_(xen.store, clock, "vbd", id, name) {}

// ---- the two ends

Result<> BlkFront::start() {
  if (usable_) return {};
  TRY(front_.find());
  is_cd_ = is_cd_drive(front_);
  if (is_cd_) {
    // "aio:" and the like name how an image would be read, if there were one.
    const std::string_view medium = front_.text(Side::Back, "params").value_or("?");
    if (medium.empty() || medium.back() == ':') return Status::NoMedia;
  }
  Result<> connected = connect();
  front_.unwatch();
  usable_ = connected.has_value();
  if (connected) return {};
  shutdown();
  if (connected.status() == Status::NoMedia) return connected;
  log::line("efilite: ", name_, " cannot be used: ", connected.status());
  return connected.status() == Status::OutOfResources ? Status::OutOfResources : Status::DeviceError;
}

Result<> BlkFront::connect() {
  TRY(front_.make_fresh());
  if (!release_memory()) return Status::AccessDenied;
  front_.remove(kKeys);
  TRY(front_.wait(States(XenbusStateInitWait, XenbusStateInitialised, XenbusStateConnected)));
  TRY(share());
  const unsigned came_to = TRY(front_.wait(States(XenbusStateConnected, XenbusStateClosing, XenbusStateClosed)));
  if (came_to != XenbusStateConnected) return Status::DeviceError;
  TRY(learn_size());
  TRY(learn_requests());
  return front_.set_state(XenbusStateConnected);
}

// Of the two ways to tell of a ring of several pages, the one that is not deprecated. Persistent grants are not offered: every page would
// have to be copied, which takes three times the instructions of granting it and ending that.
Result<> BlkFront::share() {
  const unsigned order = TRY(front_.number(Side::Back, "max-ring-page-order", 0)) > 0 ? 1 : 0;
  TRY(ring_pages_.allocate(grants_, memory_, front_.other_domain(), size_t{1} << order));
  ring_.start(ring_pages_.bytes());
  port_ = TRY(xen_.events.open(front_.other_domain()));
  shared_ = true;
  const auto references = ring_pages_.references();
  if (order == 0) {
    TRY(front_.write("ring-ref", references[0]));
  } else {
    TRY(front_.write("ring-page-order", order));
    for (size_t i = 0; i < references.size(); ++i) TRY(front_.write(StorePath().add("ring-ref").add(i).view(), references[i]));
  }
  TRY(front_.write("event-channel", port_));
  TRY(front_.write("protocol", XEN_IO_PROTO_ABI_X86_64));
  return front_.set_state(XenbusStateInitialised);
}

Result<> BlkFront::learn_size() {
  const uint64_t sectors = TRY(front_.number(Side::Back, "sectors"));
  const uint64_t size = TRY(front_.number(Side::Back, "sector-size", kSector));
  const uint64_t info = TRY(front_.number(Side::Back, "info", 0));
  const uint64_t physical = TRY(front_.number(Side::Back, "physical-sector-size", size));
  if (sectors > UINT64_MAX / kSector) {
    log::line("efilite: ", name_, ": it has more sectors than there can be: ", sectors);
    return Status::DeviceError;
  }
  // Of a larger one no part would lie within one page, as a segment has to.
  if (size < kSector || size > kPageSize || !std::has_single_bit(size)) {
    log::line("efilite: ", name_, ": its sectors are of an impossible size: ", size);
    return Status::DeviceError;
  }
  is_cd_ = is_cd_ || (info & VDISK_CDROM) != 0;
  removable_ = is_cd_ || (info & VDISK_REMOVABLE) != 0;
  read_only_ = (info & VDISK_READONLY) != 0;
  sector_size_ = static_cast<uint32_t>(size);
  block_size_ = is_cd_ ? std::max(sector_size_, kCdBlock) : sector_size_;
  block_count_ = sectors / (block_size_ / kSector);
  const bool makes_sense = physical % block_size_ == 0 && physical / block_size_ <= UINT32_MAX;
  topology_ = {.lowest_aligned = 0, .per_physical = makes_sense ? static_cast<uint32_t>(physical / block_size_) : 0, .best_granularity = 0};
  return block_count_ != 0 ? Result<>() : Status::NoMedia;
}

Result<> BlkFront::learn_requests() {
  flush_operation_ = kNoFlush;
  if (TRY(front_.number(Side::Back, "feature-flush-cache", 0)) != 0) flush_operation_ = BLKIF_OP_FLUSH_DISKCACHE;
  else if (TRY(front_.number(Side::Back, "feature-barrier", 0)) != 0) flush_operation_ = BLKIF_OP_WRITE_BARRIER;
  const uint64_t indirect = TRY(front_.number(Side::Back, "feature-max-indirect-segments", 0));
  pages_per_request_ = BLKIF_MAX_SEGMENTS_PER_REQUEST;
  unsigned slots = std::min(ring_.entries(), kMostPages / pages_per_request_);
  if (indirect > pages_per_request_) {
    pages_per_request_ = static_cast<unsigned>(std::min<uint64_t>(indirect, kMostPagesOfRequest));
    slots = std::min({ring_.entries(), kMostPages / pages_per_request_, kMostIndirect});
    TRY(indirect_.allocate(grants_, memory_, front_.other_domain(), slots));
  }
  free_slots_ = ~uint64_t{0} >> (64 - slots);
  requests_ = {};
  return {};
}

unsigned BlkFront::end_grants(unsigned slot) {
  Request& request = requests_[slot];
  grant_ref_t* const references = references_.data() + slot * pages_per_request_;
  uint16_t left = 0;
  for (unsigned i = 0; i < request.pages; ++i)
    if (!grants_.end(references[i])) references[left++] = references[i];
  return request.pages = left;
}

// False: the other side still has something mapped that it was shown.
bool BlkFront::end_all_grants() {
  unsigned data_left = 0;
  for (unsigned i = 0; i < requests_.size(); ++i)
    if (requests_[i].pages != 0) data_left += end_grants(i);
  const bool ring_ended = ring_pages_.end(), indirect_ended = indirect_.end();
  return data_left == 0 && ring_ended && indirect_ended;
}

// A back end may say that it is closed while the last of its requests is still on the way to the disk.
bool BlkFront::wait_to_end_all_grants() {
  for (uint64_t end = 0;;) {
    if (end_all_grants()) return true;
    const uint64_t now = clock_.now();
    if (end == 0) end = now + kPatienceToLetGo;
    if (now >= end) return false;
    xen_.events.wait(port_, kLetGoSlice);
  }
}

// What is the caller's stays so.
void BlkFront::keep_memory() {
  log::line("efilite: ", name_, ": its back end may still write to memory that it was shown");
  if (!bounce_.empty()) memory_.keep(bounce_);
  ring_pages_.keep();
  indirect_.keep();
}

bool BlkFront::release_memory() {
  if (!end_all_grants()) return false;
  if (!bounce_.empty()) memory_.release(std::exchange(bounce_, {}));
  (void)ring_pages_.release();
  (void)indirect_.release();
  return true;
}

void BlkFront::disconnect() {
  usable_ = false;
  if (!std::exchange(shared_, false)) return;
  Result<> closed = front_.close();
  if (!wait_to_end_all_grants()) keep_memory();
  (void)xen_.events.close(port_);
  front_.remove(kKeys);
  if (closed) closed = front_.restart();
  if (!closed) log::line("efilite: ", name_, ": its back end was not closed: ", closed.status());
  front_.unwatch();
}

void BlkFront::stop() {
  if (usable_) (void)flush();
  disconnect();
}

void BlkFront::shutdown() {
  stop();
  (void)release_memory();
}

Status BlkFront::fail(std::string_view what_it_did, std::optional<uint64_t> number) {
  usable_ = false;
  log::print("efilite: ");
  log::print(name_);
  log::print(": ");
  log::print(what_it_did);
  if (number) log::print(log::Hex{*number});
  log::line("; it is not used any more");
  disconnect();
  return Status::DeviceError;
}

// ---- requests

// Every page of the data is granted for as long as the request is in flight.
Result<> BlkFront::grant_pages(unsigned slot, blkif_request_segment* segments, std::byte* data, size_t size) {
  Request& request = requests_[slot];
  const Access access = request.operation == BLKIF_OP_READ ? Access::ReadWrite : Access::ReadOnly;
  const domid_t other = front_.other_domain();
  grant_ref_t* const references = references_.data() + slot * pages_per_request_;
  for (auto at = reinterpret_cast<uint64_t>(data), end = at + size; at < end; ++request.pages) {
    const uint64_t page = align_down(at, kPageSize), last = std::min(end, page + kPageSize);
    const grant_ref_t reference = TRY(grants_.grant(other, page, access));
    references[request.pages] = reference;
    segments[request.pages] = {reference, static_cast<uint8_t>((at - page) / kSector), static_cast<uint8_t>((last - page) / kSector - 1)};
    at = last;
  }
  return {};
}

// As much of the data as fits into one request: how much that was. NOT_READY: no room until some are done.
Result<size_t> BlkFront::submit(uint8_t operation, uint64_t sector, std::byte* data, size_t size) {
  if (free_slots_ == 0) return Status::NotReady;
  const auto slot = static_cast<unsigned>(std::countr_zero(free_slots_));
  const size_t in_first = kPageSize - (reinterpret_cast<uint64_t>(data) & kPageMask);
  const size_t length = std::min(size, in_first + (pages_per_request_ - 1) * kPageSize);
  const size_t pages = length <= in_first ? length != 0 : 1 + (length - in_first + kPageMask) / kPageSize;
  const bool is_indirect = pages > BLKIF_MAX_SEGMENTS_PER_REQUEST;

  Request& request = requests_[slot];
  request = {.id = ++sequence_ << 8 | slot, .sector = sector, .pages = 0, .operation = operation, .in_flight = true};
  auto* direct = static_cast<blkif_request*>(ring_.next());
  auto* segments = is_indirect ? reinterpret_cast<blkif_request_segment*>(indirect_.page(slot)) : direct->seg;
  Result<> granted = grant_pages(slot, segments, data, length);
  if (!granted) {
    request.in_flight = false;
    // It was not told of them, but it could guess.
    if (end_grants(slot) != 0) return fail("it has mapped memory that it was not given");
    return granted.status() == Status::OutOfResources && ring_.in_flight() != 0 ? Status::NotReady : granted.status();
  }
  if (is_indirect) {
    auto* indirect = reinterpret_cast<blkif_request_indirect*>(direct);
    indirect->operation = BLKIF_OP_INDIRECT;
    indirect->indirect_op = operation;
    indirect->nr_segments = request.pages;
    indirect->id = request.id;
    indirect->sector_number = sector;
    indirect->handle = static_cast<blkif_vdev_t>(id_);
    indirect->indirect_grefs[0] = indirect_.references()[slot];
  } else {
    direct->operation = operation;
    direct->nr_segments = static_cast<uint8_t>(request.pages);
    direct->handle = static_cast<blkif_vdev_t>(id_);
    direct->id = request.id;
    direct->sector_number = sector;
  }
  ring_.push();
  free_slots_ &= free_slots_ - 1;
  return length;
}

void BlkFront::publish() {
  if (ring_.publish()) (void)xen_.events.notify(port_);
}

Result<std::optional<BlkResponse>> BlkFront::take() {
  auto taken = ring_.take();
  if (!taken) return fail("more requests are done than it was given");
  if (!*taken) return std::optional<BlkResponse>();
  BlkResponse done = **taken;
  const uint64_t slot = done.id & 0xFF;
  if (slot >= requests_.size() || !requests_[slot].in_flight || requests_[slot].id != done.id)
    return fail("it is done with a request that it was not given: ", done.id);
  Request& request = requests_[slot];
  const bool was_indirect = request.pages > BLKIF_MAX_SEGMENTS_PER_REQUEST;
  // Of an indirect one Linux tells what was to be done.
  if (done.operation != request.operation && !(was_indirect && done.operation == BLKIF_OP_INDIRECT))
    return fail("it is done with something else than it was asked for: ", done.operation);
  request.in_flight = false;
  free_slots_ |= uint64_t{1} << slot;
  if (end_grants(static_cast<unsigned>(slot)) != 0) return fail("it has not let go of the memory of a request that is done");
  return std::optional(done);
}

// The next that will be done. At least one is in flight; without any that wait for room an event is of use only when all are done.
Result<BlkResponse> BlkFront::wait(bool for_all) {
  for (uint64_t end = 0;;) {
    if (auto done = TRY(take())) return *done;
    (void)xen_.events.take(port_);
    ring_.want_event(for_all ? ring_.in_flight() : (ring_.in_flight() + 1) / 2);
    if (!ring_.has_response()) xen_.events.wait(port_, kSlice);
    // Also when there is one now: what shows and hides one again and again must not hold us for ever.
    const uint64_t now = clock_.now();
    if (end == 0) end = now + kPatience;
    if (now >= end) return fail("it has not answered for half a minute");
    if (end - now > kPatience - kSlice) continue;
    const auto state = front_.state(Side::Back);
    if (!state || *state == XenbusStateClosing || *state == XenbusStateClosed) return fail("its back end has closed");
  }
}

bool BlkFront::succeeded(const BlkResponse& done, bool tell_why) const {
  if (done.status == BLKIF_RSP_OKAY) return true;
  if (!tell_why) return false;
  const Request& request = requests_[done.id & 0xFF];
  const char* what = request.operation == BLKIF_OP_READ ? "reading" : request.operation == BLKIF_OP_WRITE ? "writing" : "flushing";
  log::line("efilite: ", name_, ": ", what, " failed at sector ", request.sector, ": status ", done.status);
  return false;
}

Result<> BlkFront::stream(uint8_t operation, uint64_t sector, std::byte* data, size_t size) {
  Result<> result;
  size_t at = 0;
  while (at < size || ring_.in_flight() != 0) {
    while (at < size) {
      auto submitted = submit(operation, sector + at / kSector, data + at, size - at);
      if (submitted.status() == Status::NotReady) break;
      if (!submitted) {  // nothing is in flight that could make room
        result = submitted.error();
        at = size;
        break;
      }
      at += *submitted;
    }
    publish();
    if (ring_.in_flight() == 0) break;
    if (succeeded(TRY(wait(at == size)), result.has_value())) continue;
    result = Status::DeviceError;
    at = size;  // the rest is not begun, but what is in flight is still writing to the caller's memory
  }
  return result;
}

Result<> BlkFront::bounce(uint8_t operation, uint64_t sector, std::byte* data, size_t size) {
  if (bounce_.empty()) bounce_ = TRY(memory_.allocate({kBouncePages}, grants_.reach()));
  for (size_t at = 0; at < size;) {
    const size_t length = std::min(size - at, bounce_.size());
    if (operation == BLKIF_OP_WRITE) copy_bulk(bounce_.data(), data + at, length);
    TRY(stream(operation, sector + at / kSector, bounce_.data(), length));
    if (operation == BLKIF_OP_READ) copy_bulk(data + at, bounce_.data(), length);
    at += length;
  }
  return {};
}

Result<> BlkFront::transfer(uint8_t operation, uint64_t block, std::byte* data, size_t size) {
  if (!usable_) return Status::DeviceError;
  if (size % block_size_ != 0 || block > block_count_ || size / block_size_ > block_count_ - block) return Status::InvalidParameter;
  const uint64_t sector = block * (block_size_ / kSector), address = reinterpret_cast<uint64_t>(data);
  // Segments are whole sectors of one page each.
  const bool can_be_granted = address % sector_size_ == 0 && address < grants_.reach() && size <= grants_.reach() - address;
  return can_be_granted ? stream(operation, sector, data, size) : bounce(operation, sector, data, size);
}

Result<> BlkFront::read(uint64_t block, MutableByteSpan bytes) { return transfer(BLKIF_OP_READ, block, bytes.data(), bytes.size()); }

Result<> BlkFront::write(uint64_t block, ByteSpan bytes) {
  if (read_only_) return Status::WriteProtected;
  return transfer(BLKIF_OP_WRITE, block, const_cast<std::byte*>(bytes.data()), bytes.size());
}

// A back end that offers neither has no cache. It may refuse later what it has offered.
Result<> BlkFront::flush() {
  if (!usable_) return Status::DeviceError;
  if (!can_flush()) return {};
  TRY(submit(flush_operation_, 0, nullptr, 0));
  publish();
  const BlkResponse done = TRY(wait(true));
  if (done.status == BLKIF_RSP_EOPNOTSUPP) {
    flush_operation_ = kNoFlush;
    return {};
  }
  return succeeded(done, true) ? Result<>() : Status::DeviceError;
}

}  // namespace efilite::drivers::xen
