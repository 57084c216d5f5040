// SPDX-License-Identifier: BSD-2-Clause-Patent
// How a virtio device is reached, by PCI or by MMIO, in the interface of version 1 or the one before it [virtio 1.2, 4]. Whoever drives a
// device trusts nothing it says beyond what this interface promises.
#pragma once

#include "core/device_ports.hpp"

namespace efilite::drivers::virtio {

// [virtio 1.2, 5]
enum class DeviceType : uint32_t { Network = 1, Block = 2, Console = 3, Entropy = 4, Scsi = 8 };

// Bits of the device status [virtio 1.2, 2.1].
inline constexpr uint8_t kStatusAcknowledge = 1;
inline constexpr uint8_t kStatusDriver = 2;
inline constexpr uint8_t kStatusDriverOk = 4;
inline constexpr uint8_t kStatusFeaturesOk = 8;
inline constexpr uint8_t kStatusNeedsReset = 64;
inline constexpr uint8_t kStatusFailed = 128;

// Where a split virtqueue lies [virtio 1.2, 2.7]. With a legacy transport the three follow each other as 2.7.2 has it.
struct QueuePlace {
  uint16_t size = 0;  // a power of two
  uint64_t descriptors = 0;
  uint64_t available = 0;
  uint64_t used = 0;
};

class Transport {
 public:
  virtual DeviceType type() const = 0;
  // The interface before version 1: 32 feature bits, no FEATURES_OK, rings in one piece.
  virtual bool legacy() const = 0;
  // Queues are as long as the device wants them. [virtio 1.2, 4.1.5.1.3.1] so it is with legacy PCI.
  virtual bool fixed_queues() const { return legacy(); }
  // Back to the state after power-on; returns once the device says so. TIMEOUT when it never does.
  virtual Result<> reset() = 0;
  virtual uint8_t status() = 0;
  virtual void set_status(uint8_t status) = 0;
  virtual uint64_t device_features() = 0;
  virtual void set_driver_features(uint64_t features) = 0;
  // The most descriptors that the queue can have; with fixed_queues() exactly what it has. 0: there is no such queue.
  virtual uint16_t queue_limit(uint16_t queue) = 0;
  virtual Result<> start_queue(uint16_t queue, const QueuePlace& place) = 0;
  virtual void notify(uint16_t queue) = 0;
  // The device's own configuration; all of `out` as it was at one moment [virtio 1.2, 2.5.1]. UNSUPPORTED where there is less.
  virtual Result<> read_config(uint32_t offset, MutableByteSpan out) = 0;
  virtual Result<> write_config(uint32_t offset, ByteSpan in) = 0;

 protected:
  ~Transport() = default;
};

}  // namespace efilite::drivers::virtio
