// SPDX-License-Identifier: BSD-2-Clause-Patent
// A virtio device from reset to DRIVER_OK [virtio 1.2, 3.1] and its split virtqueues [virtio 1.2, 2.7], polled. What the device writes is
// read once and checked: a device that breaks the rules is reset and not used any more, and one line in the log says what it did.
#pragma once

#include <optional>
#include <span>

#include "base/static_vector.hpp"
#include "drivers/virtio/deadline.hpp"
#include "drivers/virtio/transport.hpp"

// <linux/virtio_ring.h>
struct vring_desc;
struct vring_avail;
struct vring_used;

namespace efilite::drivers::virtio {

// A part of a request. Those that the device reads come before those that it writes [virtio 1.2, 2.7.4.2]; none is empty.
struct Piece {
  uint64_t address;
  uint32_t length;
  bool device_writes;
};
inline Piece to_device(ByteSpan bytes) {
  return {reinterpret_cast<uint64_t>(bytes.data()), static_cast<uint32_t>(bytes.size()), false};
}
inline Piece from_device(MutableByteSpan bytes) {
  return {reinterpret_cast<uint64_t>(bytes.data()), static_cast<uint32_t>(bytes.size()), true};
}

struct QueueShape {
  uint16_t size = 64;       // descriptors that are of use; the device may allow fewer, or insist on more
  uint16_t max_pieces = 3;  // that one request may have
  bool counts_all = false;  // the device may count what it has read, too, among what it has written
};

// A request that the device is done with. `written` is no more than the length of the pieces that it was to write.
struct Completion {
  uint16_t token = 0;
  uint32_t written = 0;
};

class Virtqueue;

// Owns the memory that the device was told of, which is given back only once the device has been reset. Also to be kept there: whatever of
// a driver's own the device reads or writes (request headers, status bytes), since a device that is late may still write to it.
class Device {
 public:
  // `name` is for the log, and lives as long as the device.
  Device(Transport& transport, core::DeviceMemory& memory, core::Clock& clock, std::string_view name)
      : transport_(transport), memory_(memory), clock_(clock), name_(name) {}
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  ~Device() { shutdown(); }

  // begin(), then `set_up`, which starts queues, and ready(); when one of them fails, shutdown().
  template <typename SetUp>
  Result<> start(uint64_t wanted, SetUp set_up) {
    Result<> done = begin(wanted);
    if (done) done = set_up();
    if (done) ready();
    else shutdown();
    return done;
  }
  // Resets the device and agrees on features: those of `wanted` that it offers, and what queues need. Then come start_queue() and ready().
  // DEVICE_ERROR, with a line in the log: the device does not reset, or refuses.
  Result<> begin(uint64_t wanted);
  bool has(unsigned feature) const { return (features_ >> feature & 1) != 0; }
  // NOT_FOUND: there is no such queue. DEVICE_ERROR: its size makes no sense. OUT_OF_RESOURCES.
  Result<> start_queue(Virtqueue& queue, uint16_t index, const QueueShape& shape);
  // The same, but there has to be one.
  Result<> start_request_queue(Virtqueue& queue, uint16_t index, const QueueShape& shape);
  void ready();
  // A field of the device's configuration. DEVICE_ERROR, with a line in the log: there is none such, or it never settles.
  template <typename T>
  Result<T> read_config(uint32_t offset) {
    T value{};
    TRY(read_config(offset, std::as_writable_bytes(std::span(&value, 1))));
    return value;
  }
  Result<> read_config(uint32_t offset, MutableByteSpan out);
  // Zeroed, until shutdown().
  Result<MutableByteSpan> allocate(PageCount pages);

  // Resets the device; its memory stays. Requests in flight are lost, and every further one is DEVICE_ERROR.
  void stop();
  // The same, and gives the memory back, unless the device does not reset and so may still write to it.
  void shutdown();
  // stop(), with a line that says why.
  Status fail(std::string_view what_it_did, std::optional<uint64_t> number = {});
  bool usable() const { return usable_; }

  Transport& transport() { return transport_; }
  core::Clock& clock() { return clock_; }
  std::string_view name() const { return name_; }

 private:
  Result<> agree(uint64_t wanted);
  void release_pages();

  Transport& transport_;
  core::DeviceMemory& memory_;
  core::Clock& clock_;
  std::string_view name_;
  uint64_t features_ = 0;
  bool usable_ = false;
  bool quiet_ = true;  // it was reset, and cannot write anywhere
  StaticVector<MutableByteSpan, 8> pages_;
};

class Virtqueue {
 public:
  // Nothing that a device does may take longer.
  static constexpr uint64_t kPatience = 30 * kSecond;

  // Puts a request into the ring; notify() tells the device of all that were put there. NOT_READY: no room until some are done.
  Result<> submit(std::span<const Piece> pieces, uint16_t token);
  void notify();
  // A request that is done, in the order of the device's choice; nullopt: none is.
  Result<std::optional<Completion>> poll();
  // The next that will be done. At least one is in flight. A device that takes longer than kPatience is failed.
  Result<Completion> wait();
  // One request from beginning to end, while no other is in flight: how many bytes were written.
  Result<uint32_t> run(std::span<const Piece> pieces);

  uint16_t in_flight() const { return in_flight_; }
  uint16_t size() const { return size_; }
  // The most pieces that a request may have: what was asked for, or less where the ring is short.
  uint16_t max_pieces() const { return max_pieces_; }

 private:
  friend class Device;

  // What we know ourselves about a descriptor: nothing is read back from memory that the device could have written to.
  struct Slot {
    uint32_t writable = 0;  // bytes of the request that the device may write
    uint16_t next = 0;      // in the chain of free ones, or in the request
    uint16_t last = 0;      // of the request that begins here, as are the following
    uint16_t token = 0;
    uint8_t table = 0;
    bool in_flight = false;
  };
  void clear(uint16_t tables);
  void describe(std::span<const Piece> pieces, vring_desc* table, Slot& head);
  Result<Completion> take(uint32_t id, uint32_t written);

  Device* device_ = nullptr;
  vring_desc* descriptors_ = nullptr;
  vring_avail* available_ = nullptr;
  vring_used* used_ = nullptr;
  Slot* slots_ = nullptr;
  vring_desc* tables_ = nullptr;  // for indirect descriptors [virtio 1.2, 2.7.5.3]: kTables of max_pieces_ each
  uint16_t free_tables_ = 0;             // a bit each
  uint16_t index_ = 0;
  uint16_t size_ = 0;
  uint16_t max_pieces_ = 0;
  uint16_t first_free_ = 0;
  uint16_t free_ = 0;
  uint16_t in_flight_ = 0;
  uint16_t unpublished_ = 0;
  bool counts_all_ = false;
  uint16_t next_available_ = 0;
  uint16_t next_used_ = 0;
};

}  // namespace efilite::drivers::virtio
