// SPDX-License-Identifier: BSD-2-Clause-Patent
// A virtio disk [virtio 1.2, 5.2]. What is asked for goes straight between the device and the caller's memory, in few large requests that
// are in flight together.
#pragma once

#include "core/storage_ports.hpp"
#include "drivers/virtio/virtqueue.hpp"

namespace efilite::drivers::virtio {

class BlkDevice final : public core::BlockDevice {
 public:
  BlkDevice(Transport& transport, core::DeviceMemory& memory, core::Clock& clock, std::string_view name)
      : device_(transport, memory, clock, name) {}

  // NO_MEDIA: its capacity is 0. DEVICE_ERROR, with a line in the log: it says things about itself that cannot be, or does not start.
  Result<> start();
  // For its end: stop() and shutdown().
  Device& device() { return device_; }

  uint32_t block_size() const override { return block_size_; }
  uint64_t block_count() const override { return block_count_; }
  bool read_only() const override { return read_only_; }
  bool removable() const override { return false; }
  core::BlockTopology topology() const override { return topology_; }
  Result<> read(uint64_t block, MutableByteSpan bytes) override;
  Result<> write(uint64_t block, ByteSpan bytes) override;
  Result<> flush() override;

 private:
  static constexpr uint16_t kRequests = 16;  // in flight

  // What the device reads and writes beside the data.
  struct Request;

  Result<> set_up();
  Result<> learn_size();
  Result<> learn_topology();
  Result<> set_up_requests();
  Result<> transfer(uint32_t type, uint64_t block, std::byte* data, size_t size);
  Result<> submit(uint32_t type, uint64_t sector, std::byte* data, size_t size);
  Result<> finish(const Completion& done, bool tell);

  Device device_;
  Virtqueue queue_;
  Request* requests_ = nullptr;
  uint64_t block_count_ = 0;
  uint32_t block_size_ = 512;
  core::BlockTopology topology_;
  uint32_t piece_size_ = 0;    // of a request's data, at most
  uint32_t request_size_ = 0;  // of all of it: a multiple of the block size
  uint16_t free_requests_ = 0;  // a bit each
  bool read_only_ = false;
};

}  // namespace efilite::drivers::virtio
