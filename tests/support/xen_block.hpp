// SPDX-License-Identifier: BSD-2-Clause-Patent
// Disks of Xen's as a guest meets them: a grant table, and back ends that keep to the rules as Linux's do, check that their front end does,
// and break them in every way they are told to.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "tests/support/xen.hpp"
#include "tests/support/front_end_store.hpp"

namespace efilite::test {

inline void insist_xen(bool good, const char* what) {
  if (good) return;
  fprintf(stderr, "the front end breaks the rules: %s\n", what);
  __builtin_trap();
}

// Grants as Xen and the other side see them.
class FakeGrants {
 public:
  FakeFrames frames;
  uint32_t version = 1, most_frames = 4;
  int16_t size_status = GNTST_okay;
  bool version_fixed = false;

  int64_t operate(uint64_t operation, uint64_t address) {
    switch (operation) {
      case GNTTABOP_query_size: {
        auto& size = *reinterpret_cast<gnttab_query_size*>(address);
        size.nr_frames = 1;
        size.max_nr_frames = most_frames;
        size.status = size_status;
        return 0;
      }
      case GNTTABOP_get_version: reinterpret_cast<gnttab_get_version*>(address)->version = version; return 0;
      case GNTTABOP_set_version:
        if (version_fixed) return -XEN_EBUSY;
        version = reinterpret_cast<gnttab_set_version*>(address)->version;
        return 0;
      default: return -XEN_ENOSYS;
    }
  }

  // What the other side does by GNTTABOP_map_grant_ref. nullptr: Xen does not let it.
  std::byte* map(grant_ref_t reference, bool for_writing) {
    grant_entry_header* entry = header(reference);
    if (entry == nullptr || (entry->flags & GTF_type_mask) != GTF_permit_access || entry->domid != 0) return nullptr;
    if (for_writing && (entry->flags & GTF_readonly) != 0) return nullptr;
    in_use(reference) |= static_cast<uint16_t>(for_writing ? GTF_reading | GTF_writing : GTF_reading);
    const uint64_t frame = version == 2 ? reinterpret_cast<grant_entry_v2*>(entry)->full_page.frame
                                        : reinterpret_cast<grant_entry_v1*>(entry)->frame;
    return reinterpret_cast<std::byte*>(frame << 12);
  }
  void unmap(grant_ref_t reference) { in_use(reference) &= static_cast<uint16_t>(~(GTF_reading | GTF_writing)); }

  // Entries that are valid, without the reserved ones.
  size_t active() {
    size_t count = 0;
    for (grant_ref_t i = GNTTAB_NR_RESERVED_ENTRIES; header(i) != nullptr; ++i) count += header(i)->flags != 0;
    return count;
  }
  grant_entry_header* header(grant_ref_t reference) {
    const size_t size = version == 2 ? sizeof(grant_entry_v2) : sizeof(grant_entry_v1);
    std::byte* table = frame(reference * size / 4096);
    return table == nullptr ? nullptr : reinterpret_cast<grant_entry_header*>(table + reference * size % 4096);
  }

 private:
  std::byte* frame(uint64_t index) {
    for (auto& page : frames.pages)
      if (page.space == XENMAPSPACE_grant_table && page.index == index) return page.bytes.data();
    return nullptr;
  }
  uint16_t& in_use(grant_ref_t reference) {
    if (version == 1) return header(reference)->flags;
    return reinterpret_cast<uint16_t*>(frame(XENMAPIDX_grant_table_status))[reference];
  }
};

class FakeXenDisk;

struct XenDiskMachine : FakeXen {
  FakeClock clock;
  FakeStore store{clock};
  FakeGrants grants;
  std::vector<std::unique_ptr<FakeXenDisk>> disks;

  XenDiskMachine();
  FakeXenDisk& add_disk(uint64_t sectors, uint32_t id = 51712);

 protected:
  ~XenDiskMachine() = default;
  int64_t other(uint32_t number, uint64_t first, uint64_t second, uint64_t) override {
    return number == __HYPERVISOR_grant_table_op ? grants.operate(first, second) : -XEN_ENOSYS;
  }
  void notified(evtchn_port_t port) override;
  void waited() override;

 private:
  void react();
};

class FakeXenDisk {
 public:
  FakeXenDisk(XenDiskMachine& xen, uint64_t sectors, uint32_t number) : disk(sectors * 512), id(number), xen_(xen) {
    for (uint64_t i = 0; i < sectors; ++i) {
      memset(&disk[i * 512], static_cast<int>(i * 7), 512);
      memcpy(&disk[i * 512], &i, sizeof i);
    }
    front("backend") = back_path_;
    front("backend-id") = "0";
    front("state") = "1";
    front("device-type") = "disk";
    back("sectors") = std::to_string(sectors);
    back("info") = "0";
    back("sector-size") = "512";
    set_state(XenbusStateInitWait);
  }

  std::vector<uint8_t> disk;
  const uint32_t id;
  // How it behaves.
  bool answers_in_reverse = false;
  bool waits_until_asked = false;                // it works only while somebody waits
  unsigned batch = ~0u;                          // requests that it answers at a time
  bool answers = true;                           // at all
  bool reacts = true;                            // to what the front end's state is
  bool lets_go = true;                           // of what it has mapped, when a request is done
  bool lets_go_of_ring = true;
  bool told_lies = false;                        // of itself in the store: requests that do not fit what it is are failed
  std::optional<unsigned> comes_to;              // another state than Connected
  std::function<void(blkif_response&)> twist;    // what it answers
  bool scribbled = false;                        // it has written to the ring what it must not
  std::function<void(blkif_sring&)> meddle;      // with the ring, after its answers
  uint64_t fails_from = ~uint64_t{0};            // the sector at which its medium is bad
  // What it has seen.
  int requests = 0, indirect_requests = 0, flushes = 0, barriers = 0, notifies = 0, events = 0, connections = 0;
  unsigned most_in_flight = 0, most_segments = 0;

  std::string& front(const std::string& key) { return xen_.store["device/vbd/" + std::to_string(id) + "/" + key]; }
  std::string& back(const std::string& key) { return xen_.store[back_path_ + "/" + key]; }
  bool has_front(const std::string& key) { return xen_.store.has("device/vbd/" + std::to_string(id) + "/" + key); }
  unsigned state() { return static_cast<unsigned>(number("state")); }
  void set_state(unsigned state) { xen_.store.change(back_path_ + "/state", std::to_string(state)); }
  bool connected() const { return !ring_.empty(); }
  evtchn_port_t port() const { return port_; }

  // The front end's state has changed: what Linux's back end does.
  void react() {
    if (!reacts) return;
    const auto now = static_cast<unsigned>(std::stoul(front("state")));
    switch (now) {
      case XenbusStateInitialising:
        if (state() == XenbusStateClosed) set_state(XenbusStateInitWait);
        return;
      case XenbusStateInitialised:
      case XenbusStateConnected:
        if (state() == XenbusStateConnected) return;
        if (comes_to) return set_state(*comes_to);
        return connect();
      case XenbusStateClosing: return set_state(XenbusStateClosing);
      case XenbusStateClosed:
        disconnect();
        return set_state(XenbusStateClosed);
      default: return;
    }
  }

  void work() {
    if (!connected() || !answers) return;
    auto& ring = *shared_;
    ring_index produced = ring.req_prod;
    // Who has scribbled on the ring has no rules to insist on any more.
    if (scribbled && produced - answered_ > entries_) return;
    insist_xen(produced - answered_ <= entries_, "more requests than the ring has room for");
    most_in_flight = std::max(most_in_flight, produced - answered_);
    std::vector<blkif_response> done;
    while (consumed_ != produced && done.size() < batch) done.push_back(serve(consumed_++));
    if (answers_in_reverse) std::reverse(done.begin(), done.end());
    for (blkif_response& response : done) answer(response);
    ring.req_event = consumed_ + 1;
    if (meddle) meddle(ring);
  }
  void let_go() {
    for (grant_ref_t each : kept_) xen_.grants.unmap(each);
    kept_.clear();
  }
  // One response, from wherever it comes.
  void answer(blkif_response response) {
    if (twist) twist(response);
    shared_->ring[answered_ % entries_].rsp = response;
    const ring_index before = answered_++;
    shared_->rsp_prod = answered_;
    if (answered_ - shared_->rsp_event >= answered_ - before) return;
    ++events;
    xen_.raise(port_);
  }

 private:
  using ring_index = RING_IDX;

  void connect() {
    ++connections;
    insist_xen(front("protocol") == "x86_64-abi", "another ABI");
    insist_xen(!has_front("feature-persistent") && !has_front("multi-queue-num-queues"), "what a predecessor wanted");
    unsigned order = 0;
    if (has_front("ring-page-order")) order = static_cast<unsigned>(std::stoul(front("ring-page-order")));
    insist_xen(order <= number("max-ring-page-order"), "too large a ring");
    insist_xen((order == 0) == has_front("ring-ref"), "ring-ref is for one page");
    ring_.clear();
    for (unsigned i = 0; i < 1u << order; ++i) {
      const auto reference = static_cast<grant_ref_t>(std::stoul(front(order == 0 ? "ring-ref" : "ring-ref" + std::to_string(i))));
      std::byte* page = xen_.grants.map(reference, true);
      insist_xen(page != nullptr, "a page of the ring is not granted");
      if (i == 0) shared_ = reinterpret_cast<blkif_sring*>(page);
      insist_xen(page == reinterpret_cast<std::byte*>(shared_) + i * 4096, "pages of a ring of a test lie one behind the other");
      ring_.push_back(reference);
    }
    port_ = static_cast<evtchn_port_t>(std::stoul(front("event-channel")));
    insist_xen(xen_.channels.contains(port_) && xen_.channels[port_].remote == 0, "there is no such event channel");
    entries_ = static_cast<unsigned>(std::bit_floor(((size_t{4096} << order) - 64) / sizeof(blkif_sring_entry)));
    consumed_ = answered_ = 0;
    insist_xen(shared_->req_prod == 0 && shared_->rsp_prod == 0 && shared_->rsp_event == 1, "the ring does not begin at 0");
    set_state(XenbusStateConnected);
  }
  void disconnect() {
    if (lets_go_of_ring)
      for (grant_ref_t each : ring_) xen_.grants.unmap(each);
    ring_.clear();
    if (lets_go) let_go();
  }
  uint64_t number(const std::string& key) {
    return xen_.store.has(back_path_ + "/" + key) ? strtoull(back(key).c_str(), nullptr, 10) : 0;
  }

  blkif_response serve(ring_index index) {
    blkif_request request;
    memcpy(&request, &shared_->ring[index % entries_].req, sizeof request);
    ++requests;
    if (request.operation == BLKIF_OP_INDIRECT) return serve_indirect(request);
    insist_xen(request.handle == static_cast<blkif_vdev_t>(id), "a request for another device");
    insist_xen(request.nr_segments <= BLKIF_MAX_SEGMENTS_PER_REQUEST, "too many segments");
    return serve(request.operation, request.id, request.sector_number, {request.seg, request.nr_segments});
  }
  blkif_response serve_indirect(const blkif_request& as_direct) {
    blkif_request_indirect request;
    memcpy(&request, &as_direct, sizeof request);
    ++indirect_requests;
    insist_xen(told_lies || request.nr_segments <= number("feature-max-indirect-segments"), "too many segments");
    insist_xen(request.handle == static_cast<blkif_vdev_t>(id), "a request for another device");
    std::byte* page = xen_.grants.map(request.indirect_grefs[0], false);
    insist_xen(page != nullptr && request.nr_segments <= 512, "segments that are not granted");
    std::vector<blkif_request_segment> segments(request.nr_segments);
    memcpy(segments.data(), page, segments.size() * sizeof(blkif_request_segment));
    xen_.grants.unmap(request.indirect_grefs[0]);
    return serve(request.indirect_op, request.id, request.sector_number, segments);
  }
  blkif_response serve(uint8_t operation, uint64_t request, uint64_t sector, std::span<const blkif_request_segment> segments) {
    blkif_response response{request, operation, BLKIF_RSP_OKAY};
    most_segments = std::max(most_segments, static_cast<unsigned>(segments.size()));
    if (operation == BLKIF_OP_FLUSH_DISKCACHE || operation == BLKIF_OP_WRITE_BARRIER) {
      const bool is_flush = operation == BLKIF_OP_FLUSH_DISKCACHE;
      ++(is_flush ? flushes : barriers);
      insist_xen(told_lies || number(is_flush ? "feature-flush-cache" : "feature-barrier") == 1, "an operation that was not offered");
      insist_xen(segments.empty(), "a flush with data");
      return response;
    }
    insist_xen(operation == BLKIF_OP_READ || operation == BLKIF_OP_WRITE, "an operation that there is not");
    insist_xen(!segments.empty(), "no data");
    const uint64_t size_of_sector = number("sector-size") / 512;
    for (const blkif_request_segment& segment : segments) {
      insist_xen(segment.first_sect <= segment.last_sect && segment.last_sect < 8, "a segment that does not lie in its page");
      const unsigned count = segment.last_sect - segment.first_sect + 1u;
      const bool fits = size_of_sector != 0 && (sector | count) % size_of_sector == 0 && sector <= disk.size() / 512 &&
                        count <= disk.size() / 512 - sector;
      insist_xen(fits || told_lies, "a part of a sector, or behind the end");
      std::byte* page = xen_.grants.map(segment.gref, operation == BLKIF_OP_READ);
      insist_xen(page != nullptr, "memory that is not granted");
      std::byte* at = page + segment.first_sect * 512;
      if (!fits || sector + count > fails_from) response.status = BLKIF_RSP_ERROR;
      else if (operation == BLKIF_OP_READ) memcpy(at, &disk[sector * 512], count * 512);
      else memcpy(&disk[sector * 512], at, count * 512);
      if (lets_go) xen_.grants.unmap(segment.gref);
      else kept_.push_back(segment.gref);
      sector += count;
    }
    return response;
  }

  XenDiskMachine& xen_;
  const std::string back_path_ = "/local/domain/0/backend/vbd/1/" + std::to_string(id);
  std::vector<grant_ref_t> ring_, kept_;
  blkif_sring* shared_ = nullptr;
  evtchn_port_t port_ = 0;
  unsigned entries_ = 0;
  ring_index consumed_ = 0, answered_ = 0;
};

inline XenDiskMachine::XenDiskMachine() {
  store.written = [this](const std::string& path) {
    for (auto& disk : disks)
      if (path == FakeStore::absolute("device/vbd/" + std::to_string(disk->id) + "/state")) disk->react();
  };
}
inline FakeXenDisk& XenDiskMachine::add_disk(uint64_t sectors, uint32_t id) {
  disks.push_back(std::make_unique<FakeXenDisk>(*this, sectors, id));
  return *disks.back();
}
inline void XenDiskMachine::notified(evtchn_port_t port) {
  for (auto& disk : disks) {
    if (!disk->connected() || disk->port() != port) continue;
    ++disk->notifies;
    if (!disk->waits_until_asked) disk->work();
  }
}
inline void XenDiskMachine::waited() {
  clock.advance(FakeClock::kMillisecond);
  for (auto& disk : disks) disk->work();
}

}  // namespace efilite::test
