// SPDX-License-Identifier: BSD-2-Clause-Patent
// A virtio device as a driver meets it: one that keeps to the rules, checks that its driver does, and breaks them in every way it is told
// to. A test derives from it what the device is for.
#pragma once

#define VIRTIO_RING_NO_LEGACY
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "drivers/virtio/transport.hpp"
#include "tests/support/clock.hpp"

namespace efilite::test {

// Pages that nobody may touch any more once they are given back.
class FakeDeviceMemory final : public core::DeviceMemory {
 public:
  size_t allowed = SIZE_MAX;  // allocations
  uint64_t lowest_limit = ~uint64_t{0};
  ~FakeDeviceMemory() {
    for (const Held& held : held_) free_pages(held);
  }
  Result<MutableByteSpan> allocate(PageCount pages, uint64_t below = ~uint64_t{0}) override {
    lowest_limit = std::min(lowest_limit, below);
    if (allowed == 0) return Status::OutOfResources;
    --allowed;
    const size_t size = pages.value * kPageSize;
    const bool low = below >> 47 == 0;
    void* at = low ? mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0)
                   : std::aligned_alloc(kPageSize, size);
    if (at == nullptr || at == MAP_FAILED) std::abort();
    memset(at, 0, size);
    const Held held{{static_cast<std::byte*>(at), size}, low};
    held_.push_back(held);
    return held.bytes;
  }
  void keep(MutableByteSpan pages) override {
    for (Held& held : held_)
      if (held.bytes.data() == pages.data()) held.is_kept = true;
  }
  void release(MutableByteSpan pages) override {
    for (size_t i = 0; i < held_.size(); ++i) {
      if (held_[i].bytes.data() != pages.data() || held_[i].bytes.size() != pages.size()) continue;
      free_pages(held_[i]);
      held_.erase(held_.begin() + static_cast<long>(i));
      return;
    }
    std::abort();
  }
  size_t held() const { return held_.size(); }
  size_t kept() const { return static_cast<size_t>(std::ranges::count(held_, true, &Held::is_kept)); }

 private:
  struct Held {
    MutableByteSpan bytes;
    bool is_low;  // the sanitizer has its heap where a legacy device does not reach
    bool is_kept = false;
  };
  static void free_pages(const Held& held) {
    if (held.is_low) {
      munmap(held.bytes.data(), held.bytes.size());
    } else {
      std::free(held.bytes.data());
    }
  }
  std::vector<Held> held_;
};

// What a driver asks for, as its descriptors say.
struct VirtioRequest {
  uint16_t head = 0;
  bool indirect = false;
  std::vector<ByteSpan> readable{};
  std::vector<MutableByteSpan> writable{};

  std::vector<std::byte> input() const {
    std::vector<std::byte> all;
    for (ByteSpan piece : readable) all.insert(all.end(), piece.begin(), piece.end());
    return all;
  }
  size_t room() const {
    size_t size = 0;
    for (MutableByteSpan piece : writable) size += piece.size();
    return size;
  }
  // To the writable pieces, `offset` bytes behind their begin; how many found room.
  size_t write(ByteSpan bytes, size_t offset = 0) const {
    size_t done = 0;
    for (MutableByteSpan piece : writable) {
      const size_t skip = std::min(offset, piece.size());
      offset -= skip;
      const size_t count = std::min(piece.size() - skip, bytes.size() - done);
      if (count != 0) memcpy(piece.data() + skip, bytes.data() + done, count);
      done += count;
    }
    return done;
  }
};

class FakeVirtioDevice : public drivers::virtio::Transport {
 public:
  struct Queue {
    uint16_t limit = 0;
    drivers::virtio::QueuePlace place{};
    bool started = false;
    uint16_t next_available = 0;
    uint16_t next_used = 0;
    std::deque<VirtioRequest> held{};
  };

  FakeVirtioDevice(drivers::virtio::DeviceType kind, std::vector<uint16_t> queue_limits) : type_(kind) {
    for (uint16_t limit : queue_limits) queues.push_back({.limit = limit});
  }

  // What it is. Changes are for before a driver begins.
  bool is_legacy = false;
  bool lets_choose = false;  // how long a legacy queue is, as MMIO does
  uint64_t offered = uint64_t{1} << VIRTIO_F_VERSION_1;
  std::vector<uint8_t> config;
  std::vector<Queue> queues;

  // How it misbehaves.
  bool never_resets = false;
  bool refuses_features = false;
  bool config_never_settles = false;
  bool never_answers = false;
  bool needs_reset = false;   // says so in its status
  bool wants_no_notify = false;
  int index_jump = 0;         // of the used index, beside the one step that is right
  bool answers_twice = false;
  std::function<void(uint32_t& id, uint32_t& length)> answer_change;
  // How it may behave.
  bool answers_in_reverse = false;
  bool holds = false;         // requests stay until answer()

  // What it saw.
  uint64_t accepted = 0;
  int resets = 0, notifies = 0, requests = 0, indirect_requests = 0;
  size_t most_in_flight = 0, most_pieces = 0;

  void answer(uint16_t index) {
    Queue& queue = queues[index];
    std::deque<VirtioRequest> requests_now;
    requests_now.swap(queue.held);
    if (answers_in_reverse) std::reverse(requests_now.begin(), requests_now.end());
    for (const VirtioRequest& request : requests_now) {
      const uint32_t written = serve(index, request);
      complete(queue, request.head, written);
      if (answers_twice) complete(queue, request.head, written);
    }
  }
  // Puts anything into the used ring.
  void complete(Queue& queue, uint32_t id, uint32_t length) {
    if (answer_change) answer_change(id, length);
    auto* used = reinterpret_cast<vring_used*>(queue.place.used);
    used->ring[queue.next_used % queue.place.size] = {id, length};
    queue.next_used = static_cast<uint16_t>(queue.next_used + 1 + index_jump);
    *const_cast<volatile uint16_t*>(&used->idx) = queue.next_used;
  }

  // The transport.
  drivers::virtio::DeviceType type() const override { return type_; }
  bool legacy() const override { return is_legacy; }
  bool fixed_queues() const override { return is_legacy && !lets_choose; }
  Result<> reset() override {
    set_status(0);
    return status() == 0 ? Result<>() : Result<>(Status::Timeout);
  }
  uint8_t status() override { return static_cast<uint8_t>(status_ | (needs_reset ? drivers::virtio::kStatusNeedsReset : 0)); }
  void set_status(uint8_t status) override {
    using namespace drivers::virtio;
    if (status == 0) return restart();
    insist((status_ & ~status & ~kStatusFailed) == 0, "a status bit is cleared without a reset");
    insist(!is_legacy || (status & kStatusFeaturesOk) == 0, "FEATURES_OK on a legacy device");
    insist((status & kStatusDriverOk) == 0 || is_legacy || (status_ & kStatusFeaturesOk) != 0, "DRIVER_OK before FEATURES_OK");
    if (refuses_features) status &= static_cast<uint8_t>(~kStatusFeaturesOk);
    status_ = status;
  }
  uint64_t device_features() override { return offered; }
  void set_driver_features(uint64_t features) override {
    insist((status_ & drivers::virtio::kStatusDriver) != 0, "features before DRIVER");
    insist((status_ & (drivers::virtio::kStatusFeaturesOk | drivers::virtio::kStatusDriverOk)) == 0, "features after they were agreed on");
    insist((features & ~offered) == 0, "features that were not offered");
    accepted = features;
  }
  uint16_t queue_limit(uint16_t index) override { return index < queues.size() ? queues[index].limit : 0; }
  Result<> start_queue(uint16_t index, const drivers::virtio::QueuePlace& place) override {
    insist(index < queues.size() && !queues[index].started, "a queue that is not there, or was started already");
    insist((status_ & drivers::virtio::kStatusDriverOk) == 0, "a queue is started after DRIVER_OK");
    insist(place.size != 0 && (place.size & (place.size - 1)) == 0 && place.size <= queues[index].limit, "a queue of an impossible size");
    insist(place.descriptors % 16 == 0 && place.available % 2 == 0 && place.used % 4 == 0, "a queue that is not aligned");
    if (is_legacy) {
      insist(place.size == queues[index].limit || !fixed_queues(), "a queue of another size than it has to be");
      insist(place.descriptors % kPageSize == 0 && place.used % kPageSize == 0, "a legacy queue that is not aligned");
      insist(place.available == place.descriptors + 16 * place.size, "a legacy queue in pieces");
      insist(place.used == ((place.available + 6 + 2 * place.size + kPageMask) & ~kPageMask), "a legacy queue in pieces");
    }
    queues[index].place = place;
    queues[index].started = true;
    return {};
  }
  void notify(uint16_t index) override {
    ++notifies;
    insist((status_ & drivers::virtio::kStatusDriverOk) != 0, "notified before DRIVER_OK");
    insist(index < queues.size() && queues[index].started, "a queue is notified that was not started");
    Queue& queue = queues[index];
    auto* available = reinterpret_cast<const vring_avail*>(queue.place.available);
    insist((available->flags & VRING_AVAIL_F_NO_INTERRUPT) != 0, "interrupts are wanted");
    const auto added = static_cast<uint16_t>(available->idx - queue.next_available);
    insist(added != 0 && added <= queue.place.size, "nothing new is available");
    for (uint16_t i = 0; i < added; ++i, ++queue.next_available)
      queue.held.push_back(fetch(queue, available->ring[queue.next_available % queue.place.size]));
    most_in_flight = std::max(most_in_flight, queue.held.size());
    if (!holds && !never_answers) answer(index);
  }
  Result<> read_config(uint32_t offset, MutableByteSpan out) override {
    if (config_never_settles) return Status::DeviceError;
    if (offset > config.size() || out.size() > config.size() - offset) return Status::Unsupported;
    memcpy(out.data(), config.data() + offset, out.size());
    return {};
  }
  Result<> write_config(uint32_t offset, ByteSpan in) override {
    if (offset > config.size() || in.size() > config.size() - offset) return Status::Unsupported;
    memcpy(config.data() + offset, in.data(), in.size());
    return {};
  }

  template <typename T>
  void set_config(size_t offset, T value) {
    if (config.size() < offset + sizeof value) config.resize(offset + sizeof value);
    memcpy(config.data() + offset, &value, sizeof value);
  }
  void offer(unsigned feature) { offered |= uint64_t{1} << feature; }
  bool has_accepted(unsigned feature) const { return (accepted >> feature & 1) != 0; }

 protected:
  ~FakeVirtioDevice() = default;
  // Does what it is asked to; how many bytes it wrote.
  virtual uint32_t serve(uint16_t queue, const VirtioRequest& request) = 0;

  static void insist(bool good, const char* what) {
    if (good) return;
    fprintf(stderr, "virtio driver: %s\n", what);
    std::abort();
  }

 private:
  void restart() {
    ++resets;
    if (never_resets) return;
    status_ = 0;
    accepted = 0;
    needs_reset = false;
    for (Queue& queue : queues) queue = {.limit = queue.limit};
  }
  VirtioRequest fetch(Queue& queue, uint16_t head) {
    insist(head < queue.place.size, "a request begins outside of the ring");
    for (const VirtioRequest& other : queue.held) insist(other.head != head, "a descriptor is used twice");
    VirtioRequest request{.head = head};
    auto* table = reinterpret_cast<const vring_desc*>(queue.place.descriptors);
    size_t entries = queue.place.size;
    size_t at = head;
    if ((table[head].flags & VRING_DESC_F_INDIRECT) != 0) {
      insist(has_accepted(VIRTIO_RING_F_INDIRECT_DESC), "an indirect descriptor that was not agreed on");
      insist(table[head].flags == VRING_DESC_F_INDIRECT && table[head].len % 16 == 0 && table[head].len != 0, "a bad indirect descriptor");
      entries = table[head].len / 16;
      table = reinterpret_cast<const vring_desc*>(table[head].addr);
      at = 0;
      request.indirect = true;
      ++indirect_requests;
    }
    for (size_t count = 1;; ++count) {
      insist(at < entries, "a descriptor outside of its table");
      insist(count <= queue.place.size, "more descriptors than a queue may have");
      const vring_desc& one = table[at];
      insist(one.len != 0 && (one.flags & ~(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE)) == 0, "a bad descriptor");
      auto* bytes = reinterpret_cast<std::byte*>(one.addr);
      if ((one.flags & VRING_DESC_F_WRITE) != 0) {
        request.writable.emplace_back(bytes, one.len);
      } else {
        insist(request.writable.empty(), "what is to be read comes after what is to be written");
        request.readable.emplace_back(bytes, one.len);
      }
      if ((one.flags & VRING_DESC_F_NEXT) == 0) break;
      at = one.next;
    }
    ++requests;
    most_pieces = std::max(most_pieces, request.readable.size() + request.writable.size());
    return request;
  }

  drivers::virtio::DeviceType type_;
  uint8_t status_ = 0;
};

}  // namespace efilite::test
