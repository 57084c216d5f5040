// SPDX-License-Identifier: BSD-2-Clause-Patent
// A virtio SCSI adapter [virtio 1.2, 5.6], of which one request queue is used. The unit's data goes straight between the device and the
// caller's memory.
#pragma once

#include "drivers/scsi/scan.hpp"
#include "drivers/virtio/virtqueue.hpp"

namespace efilite::drivers::virtio {

class ScsiAdapter final : public scsi::Adapter {
 public:
  ScsiAdapter(Transport& transport, core::DeviceMemory& memory, core::Clock& clock, std::string_view name)
      : device_(transport, memory, clock, name) {}

  // DEVICE_ERROR, with a line in the log: it says things about itself that cannot be, or does not start.
  Result<> start();
  Device& device() { return device_; }
  const scsi::Bounds& bounds() const { return bounds_; }

  void run(std::span<scsi::Request> requests) override;
  size_t max_transfer() const override { return max_transfer_; }
  size_t depth() const override { return kSlots; }
  size_t unit_depth() const override { return unit_depth_; }

 private:
  static constexpr uint16_t kSlots = 32;  // requests in flight

  // What the device reads and writes beside the data.
  struct Slot;

  Result<> set_up();
  Result<> learn();
  Result<> submit(scsi::Request& request);
  void finish(const Completion& done);

  Device device_;
  Virtqueue queue_;
  scsi::Bounds bounds_;
  size_t max_transfer_ = 0;
  size_t unit_depth_ = 1;
  Slot* slots_ = nullptr;
  uint32_t free_slots_ = 0;  // a bit each
  std::array<scsi::Request*, kSlots> requests_{};
};

}  // namespace efilite::drivers::virtio
