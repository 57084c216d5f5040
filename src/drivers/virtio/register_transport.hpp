// SPDX-License-Identifier: BSD-2-Clause-Patent
// A virtio device by its registers. The four ways to reach one (PCI and MMIO, version 1 and legacy) differ in where a register lies and how
// wide it is, and little else.
#pragma once

#include <array>

#include "drivers/virtio/transport.hpp"

namespace efilite::drivers::virtio {

// Offsets of registers; kNone: the interface does not have it.
struct RegisterLayout {
  static constexpr uint8_t kNone = 0xFF;
  bool legacy = false;
  uint8_t status_width = 4;
  uint8_t queue_width = 4;  // of registers with numbers of queues or in them
  uint8_t status;
  uint8_t device_features, device_features_select = kNone;
  uint8_t driver_features, driver_features_select = kNone;
  uint8_t queue_select;
  uint8_t queue_limit;
  uint8_t queue_length = kNone;  // as long as queue_limit says
  uint8_t queue_enable = kNone;  // done by the page number, as are the three after it
  uint8_t descriptors = kNone, available = kNone, used = kNone;
  uint8_t page_number = kNone, page_size = kNone, used_align = kNone;
  uint8_t generation = kNone;
};

// Registers that lie together.
struct RegisterWindow {
  core::RegisterSpace space = core::RegisterSpace::Memory;
  uint64_t base = 0;
  uint64_t length = 0;
};

class RegisterTransport final : public Transport {
 public:
  explicit RegisterTransport(core::Clock& clock) : clock_(clock) {}

  // [virtio 1.2, 4.2.2 and 4.2.4] NOT_FOUND: no device there. UNSUPPORTED: an interface of the future.
  Result<> open_mmio(core::Registers& registers, uint64_t base, uint64_t size);
  // [virtio 1.2, 4.1] NOT_FOUND: not a virtio device. UNSUPPORTED: one without an interface that we know, or in BARs that have no place.
  // The function lives as long as the transport is used; it decodes its BARs and is bus master from then on.
  Result<> open_pci(core::PciFunction& function);
  // By its identity alone; nullopt: not a virtio device.
  static std::optional<DeviceType> type_of(core::PciFunction& function);

  DeviceType type() const override { return type_; }
  bool legacy() const override { return layout_->legacy; }
  bool fixed_queues() const override { return layout_->queue_length == RegisterLayout::kNone; }
  Result<> reset() override;
  uint8_t status() override;
  void set_status(uint8_t status) override;
  uint64_t device_features() override;
  void set_driver_features(uint64_t features) override;
  uint16_t queue_limit(uint16_t queue) override;
  Result<> start_queue(uint16_t queue, const QueuePlace& place) override;
  void notify(uint16_t queue) override;
  Result<> read_config(uint32_t offset, MutableByteSpan out) override;
  Result<> write_config(uint32_t offset, ByteSpan in) override;

 private:
  static constexpr uint16_t kMaxQueues = 64;  // a console with 31 ports has so many

  bool find_pci_windows();
  void note_pci_window(uint16_t capability);
  uint64_t get(uint8_t offset, unsigned size) { return registers_->read(common_.space, common_.base + offset, size); }
  void set(uint8_t offset, unsigned size, uint64_t value) { registers_->write(common_.space, common_.base + offset, size, value); }
  void set_address(uint8_t offset, uint64_t address);
  void set_up(core::Registers& registers, const RegisterLayout& layout, DeviceType type);
  bool copy_config(uint32_t offset, MutableByteSpan out);
  bool has_config(uint32_t offset, size_t size) const { return offset <= config_.length && size <= config_.length - offset; }

  core::Clock& clock_;
  core::Registers* registers_ = nullptr;
  core::PciFunction* function_ = nullptr;
  const RegisterLayout* layout_ = nullptr;
  DeviceType type_{};
  RegisterWindow common_, notify_, config_;
  uint32_t notify_multiplier_ = 0;  // 0: one register for all queues
  std::array<uint32_t, kMaxQueues> notify_at_{};
};

}  // namespace efilite::drivers::virtio
