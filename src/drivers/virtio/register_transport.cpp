// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/virtio/register_transport.hpp"

#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>

#include "drivers/virtio/deadline.hpp"

namespace efilite::drivers::virtio {

namespace {

constexpr uint64_t kResetPatience = 5 * kSecond;
constexpr int kConfigReads = 16;  // until a configuration that changes under our eyes must have settled
constexpr uint32_t kPageShift = 12;

// [virtio 1.2, 2.5.1 and 4.1.3.1] a field is accessed by its own width, one of 64 bits in halves.
unsigned access_size(uint64_t offset, size_t length) {
  const uint64_t both = offset | length;
  return both % 4 == 0 ? 4 : both % 2 == 0 ? 2 : 1;
}

}  // namespace

uint8_t RegisterTransport::status() { return static_cast<uint8_t>(get(layout_->status, layout_->status_width)); }

void RegisterTransport::set_status(uint8_t status) { set(layout_->status, layout_->status_width, status); }

Result<> RegisterTransport::reset() {
  const uint8_t before = status();
  set_status(0);
  for (Deadline deadline(clock_, kResetPatience);;) {
    const uint8_t now = status();
    if (now == 0) return {};
    // A device that cannot be reset may say so by this (Firecracker does); it will not change its mind.
    if ((now & ~before & kStatusFailed) != 0 || deadline.passed()) break;
  }
  if (function_ != nullptr) function_->set_command(0, PCI_COMMAND_MASTER);  // it may still have buffers: keep it from them
  return Status::Timeout;
}

uint64_t RegisterTransport::device_features() {
  const RegisterLayout& at = *layout_;
  uint64_t features = 0;
  for (uint32_t half = 0; half < (at.legacy ? 1 : 2); ++half) {
    if (at.device_features_select != RegisterLayout::kNone) set(at.device_features_select, 4, half);
    features |= (get(at.device_features, 4) & UINT32_MAX) << 32 * half;
  }
  return features;
}

void RegisterTransport::set_driver_features(uint64_t features) {
  const RegisterLayout& at = *layout_;
  for (uint32_t half = 0; half < (at.legacy ? 1 : 2); ++half) {
    if (at.driver_features_select != RegisterLayout::kNone) set(at.driver_features_select, 4, half);
    set(at.driver_features, 4, features >> 32 * half & UINT32_MAX);
  }
}

uint16_t RegisterTransport::queue_limit(uint16_t queue) {
  set(layout_->queue_select, layout_->queue_width, queue);
  const uint64_t limit = get(layout_->queue_limit, layout_->queue_width);
  return static_cast<uint16_t>(limit > UINT16_MAX ? UINT16_MAX : limit);  // neither is a queue's possible size
}

void RegisterTransport::set_address(uint8_t offset, uint64_t address) {
  set(offset, 4, address & UINT32_MAX);
  set(static_cast<uint8_t>(offset + 4), 4, address >> 32);
}

Result<> RegisterTransport::start_queue(uint16_t queue, const QueuePlace& place) {
  const RegisterLayout& at = *layout_;
  if (queue >= kMaxQueues) return Status::Unsupported;
  set(at.queue_select, at.queue_width, queue);
  if (notify_multiplier_ != 0) {
    const uint64_t offset = (get(VIRTIO_PCI_COMMON_Q_NOFF, 2) & UINT16_MAX) * notify_multiplier_;
    if (offset % 2 != 0 || offset + 2 > notify_.length) return Status::DeviceError;
    notify_at_[queue] = static_cast<uint32_t>(offset);
  }
  if (at.queue_length != RegisterLayout::kNone) set(at.queue_length, at.queue_width, place.size);
  if (at.legacy) {
    if (at.page_size != RegisterLayout::kNone) {
      set(at.page_size, 4, 1 << kPageShift);
      set(at.used_align, 4, 1 << kPageShift);
    }
    set(at.page_number, 4, place.descriptors >> kPageShift);
    return {};
  }
  set_address(at.descriptors, place.descriptors);
  set_address(at.available, place.available);
  set_address(at.used, place.used);
  set(at.queue_enable, at.queue_width, 1);
  return {};
}

void RegisterTransport::notify(uint16_t queue) {
  registers_->write(notify_.space, notify_.base + notify_at_[queue], layout_->queue_width, queue);
}

// Whether something is not as `out` had it before.
bool RegisterTransport::copy_config(uint32_t offset, MutableByteSpan out) {
  const unsigned size = access_size(offset, out.size());
  bool changed = false;
  for (size_t at = 0; at < out.size(); at += size) {
    const uint64_t value = registers_->read(config_.space, config_.base + offset + at, size);
    changed |= memcmp(out.data() + at, &value, size) != 0;
    memcpy(out.data() + at, &value, size);
  }
  return changed;
}

Result<> RegisterTransport::read_config(uint32_t offset, MutableByteSpan out) {
  if (!has_config(offset, out.size())) return Status::Unsupported;
  // [virtio 1.2, 2.5.1] what one access gives is of one moment, more of it while the generation is the same. [virtio 1.2, 2.5.4] where
  // there is none, when it reads the same twice.
  copy_config(offset, out);
  if (out.size() == access_size(offset, out.size())) return {};
  const uint8_t generation = layout_->generation;
  for (int i = 0; i < kConfigReads; ++i) {
    const uint64_t before = generation == RegisterLayout::kNone ? 0 : get(generation, layout_->status_width);
    const bool changed = copy_config(offset, out);
    if (generation == RegisterLayout::kNone ? !changed : get(generation, layout_->status_width) == before) return {};
  }
  return Status::DeviceError;
}

Result<> RegisterTransport::write_config(uint32_t offset, ByteSpan in) {
  if (!has_config(offset, in.size())) return Status::Unsupported;
  const unsigned size = access_size(offset, in.size());
  for (size_t at = 0; at < in.size(); at += size) {
    uint64_t value = 0;
    memcpy(&value, in.data() + at, size);
    registers_->write(config_.space, config_.base + offset + at, size, value);
  }
  return {};
}

void RegisterTransport::set_up(core::Registers& registers, const RegisterLayout& layout, DeviceType type) {
  registers_ = &registers;
  layout_ = &layout;
  type_ = type;
  notify_at_ = {};
}

}  // namespace efilite::drivers::virtio
