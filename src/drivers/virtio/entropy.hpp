// SPDX-License-Identifier: BSD-2-Clause-Patent
// A virtio source of random numbers [virtio 1.2, 5.4].
#pragma once

#include "drivers/virtio/virtqueue.hpp"

namespace efilite::drivers::virtio {

class EntropyDevice final {
 public:
  EntropyDevice(Transport& transport, core::DeviceMemory& memory, core::Clock& clock, std::string_view name)
      : device_(transport, memory, clock, name) {}

  // DEVICE_ERROR, with a line in the log: it does not start.
  Result<> start();
  Device& device() { return device_; }

  // Never the same bytes twice; nullopt: the device has none now.
  std::optional<uint64_t> word();

 private:
  static constexpr size_t kAtOnce = 64;
  Result<> set_up();

  Device device_;
  Virtqueue queue_;
  MutableByteSpan buffer_;
  size_t left_ = 0;  // of its first bytes
};

}  // namespace efilite::drivers::virtio
