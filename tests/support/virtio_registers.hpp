// SPDX-License-Identifier: BSD-2-Clause-Patent
// A fake virtio device behind its registers: a slot of MMIO or a function on a PCI bus, in version 1 of the interface or the one before.
#pragma once

#include <linux/pci_regs.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>

#include <array>
#include <map>

#include "tests/support/virtio.hpp"

namespace efilite::test {

// What all four have in common: selectors, and addresses that come in halves.
class VirtioRegisterFile : public core::Registers {
 public:
  explicit VirtioRegisterFile(FakeVirtioDevice& device) : device_(device) {}
  uint8_t generation = 0;
  std::function<void()> on_config_read, on_status_read;

 protected:
  ~VirtioRegisterFile() = default;
  static void insist(bool good, const char* what) {
    if (good) return;
    fprintf(stderr, "virtio transport: %s\n", what);
    std::abort();
  }
  uint8_t status() {
    if (on_status_read) on_status_read();
    return device_.status();
  }
  uint32_t feature_half() const { return feature_select_ > 1 ? 0 : static_cast<uint32_t>(device_.offered >> 32 * feature_select_); }
  void take_features(uint32_t half, uint32_t bits) {
    features_ = half == 0 ? (features_ & ~uint64_t{UINT32_MAX}) | bits : (features_ & UINT32_MAX) | uint64_t{bits} << 32;
    device_.set_driver_features(features_ & device_.offered);
    insist((features_ & ~device_.offered) == 0 || half == 0, "features that were not offered");
  }
  uint64_t config(uint64_t offset, unsigned size) {
    if (on_config_read) on_config_read();
    uint64_t value = 0;
    insist(offset + size <= device_.config.size(), "there is no such configuration");
    memcpy(&value, &device_.config[offset], size);
    return value;
  }
  void set_config(uint64_t offset, unsigned size, uint64_t value) {
    insist(offset + size <= device_.config.size(), "there is no such configuration");
    memcpy(&device_.config[offset], &value, size);
  }
  drivers::virtio::QueuePlace& place() { return places_[selected_]; }
  static void set_half(uint64_t& address, bool high, uint32_t value) {
    address = high ? (address & UINT32_MAX) | uint64_t{value} << 32 : (address & ~uint64_t{UINT32_MAX}) | value;
  }
  void start_queue() { insist(device_.start_queue(selected_, place()).has_value(), "the queue does not start"); }
  // [virtio 1.2, 2.7.2]
  void start_legacy_queue(uint32_t page, uint16_t size) {
    const uint64_t descriptors = uint64_t{page} * kPageSize, available = descriptors + 16 * size;
    place() = {size, descriptors, available, (available + 6 + 2 * size + kPageMask) & ~kPageMask};
    start_queue();
  }

  FakeVirtioDevice& device_;
  uint32_t feature_select_ = 0, driver_select_ = 0;
  uint64_t features_ = 0;
  uint16_t selected_ = 0;
  std::map<uint16_t, drivers::virtio::QueuePlace> places_;
};

class FakeVirtioMmio final : public VirtioRegisterFile {
 public:
  static constexpr uint64_t kBase = 0xFEB0'0000, kSize = 512;
  explicit FakeVirtioMmio(FakeVirtioDevice& device) : VirtioRegisterFile(device) { device.lets_choose = true; }
  uint32_t magic = 0x74726976;
  std::optional<uint32_t> version, type;  // instead of the right ones
  uint32_t page_size = 0, used_align = 0;

  uint64_t read(core::RegisterSpace space, uint64_t address, unsigned size) override {
    const uint64_t offset = check(space, address, size);
    if (offset >= VIRTIO_MMIO_CONFIG) return config(offset - VIRTIO_MMIO_CONFIG, size);
    switch (offset) {
      case VIRTIO_MMIO_MAGIC_VALUE: return magic;
      case VIRTIO_MMIO_VERSION: return version.value_or(device_.is_legacy ? 1 : 2);
      case VIRTIO_MMIO_DEVICE_ID: return type.value_or(static_cast<uint32_t>(device_.type()));
      case VIRTIO_MMIO_DEVICE_FEATURES: return feature_half();
      case VIRTIO_MMIO_QUEUE_NUM_MAX: return device_.queue_limit(selected_);
      case VIRTIO_MMIO_STATUS: return status();
      case VIRTIO_MMIO_CONFIG_GENERATION: insist(!device_.is_legacy, "no such register"); return generation;
      default: insist(false, "a register that cannot be read"); return 0;
    }
  }
  void write(core::RegisterSpace space, uint64_t address, unsigned size, uint64_t value64) override {
    const uint64_t offset = check(space, address, size);
    if (offset >= VIRTIO_MMIO_CONFIG) return set_config(offset - VIRTIO_MMIO_CONFIG, size, value64);
    const auto value = static_cast<uint32_t>(value64);
    switch (offset) {
      case VIRTIO_MMIO_DEVICE_FEATURES_SEL: feature_select_ = value; return;
      case VIRTIO_MMIO_DRIVER_FEATURES_SEL: driver_select_ = value; return;
      case VIRTIO_MMIO_DRIVER_FEATURES: return take_features(driver_select_, value);
      case VIRTIO_MMIO_QUEUE_SEL: selected_ = static_cast<uint16_t>(value); return;
      case VIRTIO_MMIO_QUEUE_NUM: place().size = static_cast<uint16_t>(value); return;
      case VIRTIO_MMIO_QUEUE_NOTIFY: return device_.notify(static_cast<uint16_t>(value));
      case VIRTIO_MMIO_STATUS: return device_.set_status(static_cast<uint8_t>(value));
      default: break;
    }
    if (device_.is_legacy) {
      switch (offset) {
        case VIRTIO_MMIO_GUEST_PAGE_SIZE: page_size = value; return;
        case VIRTIO_MMIO_QUEUE_ALIGN: used_align = value; return;
        case VIRTIO_MMIO_QUEUE_PFN:
          insist(page_size == kPageSize && used_align == kPageSize, "a queue without its alignment");
          return start_legacy_queue(value, place().size);
        default: break;
      }
    } else {
      switch (offset) {
        case VIRTIO_MMIO_QUEUE_DESC_LOW: case VIRTIO_MMIO_QUEUE_DESC_HIGH: return set_half(place().descriptors, offset & 4, value);
        case VIRTIO_MMIO_QUEUE_AVAIL_LOW: case VIRTIO_MMIO_QUEUE_AVAIL_HIGH: return set_half(place().available, offset & 4, value);
        case VIRTIO_MMIO_QUEUE_USED_LOW: case VIRTIO_MMIO_QUEUE_USED_HIGH: return set_half(place().used, offset & 4, value);
        case VIRTIO_MMIO_QUEUE_READY: insist(value == 1, "not enabled"); return start_queue();
        default: break;
      }
    }
    insist(false, "a register that cannot be written");
  }

 private:
  static uint64_t check(core::RegisterSpace space, uint64_t address, unsigned size) {
    insist(space == core::RegisterSpace::Memory && address >= kBase && address + size <= kBase + kSize, "outside of the slot");
    const uint64_t offset = address - kBase;
    insist(offset >= VIRTIO_MMIO_CONFIG || (size == 4 && offset % 4 == 0), "a register is accessed by another width than 32 bits");
    insist(offset % size == 0, "not aligned");
    return offset;
  }
};

// A function with configuration space as bytes, BARs that have their place, and registers behind them.
class FakeVirtioFunction final : public core::PciFunction, public VirtioRegisterFile {
 public:
  static constexpr uint64_t kMemoryBase = 0x8'0000'0000, kIoBase = 0xC000;
  static constexpr uint32_t kCommon = 0x0000, kNotify = 0x3000, kDevice = 0x2000;  // in BAR 4
  static constexpr uint32_t kMultiplier = 4;

  explicit FakeVirtioFunction(FakeVirtioDevice& device) : VirtioRegisterFile(device) {
    const auto type = static_cast<uint16_t>(device.type());
    put<uint16_t>(PCI_VENDOR_ID, 0x1AF4);
    put<uint16_t>(PCI_SUBSYSTEM_ID, type);
    if (device.is_legacy) {
      put<uint16_t>(PCI_DEVICE_ID, 0x1001);
      bars[0] = {core::RegisterSpace::Io, false, false, kIoBase, 64};
      return;
    }
    put<uint16_t>(PCI_DEVICE_ID, static_cast<uint16_t>(0x1040 + type));
    put<uint16_t>(PCI_STATUS, PCI_STATUS_CAP_LIST);
    bars[4] = {core::RegisterSpace::Memory, true, true, kMemoryBase, 0x4000};
    put<uint8_t>(PCI_CAPABILITY_LIST, 0x40);
    put_capability(0x40, 0x50, VIRTIO_PCI_CAP_PCI_CFG, 0, 0, 0);
    put_capability(0x50, 0x68, VIRTIO_PCI_CAP_NOTIFY_CFG, 4, kNotify, 0x1000, 20);
    put<uint32_t>(0x50 + VIRTIO_PCI_NOTIFY_CAP_MULT, kMultiplier);
    put_capability(0x68, 0x78, VIRTIO_PCI_CAP_DEVICE_CFG, 4, kDevice, 0x1000);
    put_capability(0x78, 0, VIRTIO_PCI_CAP_COMMON_CFG, 4, kCommon, 0x1000);
  }
  std::array<uint8_t, 256> config_space{};
  std::array<core::PciBar, kBars> bars{};
  uint16_t command = 0;
  std::map<uint16_t, uint16_t> notify_offsets;  // else the queue's number

  template <typename T>
  void put(size_t at, T value) { memcpy(&config_space[at], &value, sizeof value); }
  void put_capability(uint8_t at, uint8_t next, uint8_t kind, uint8_t bar, uint32_t offset, uint32_t length, uint8_t size = 16) {
    put<virtio_pci_cap>(at, {PCI_CAP_ID_VNDR, next, size, kind, bar, 0, {0, 0}, offset, length});
  }

  core::PciAddress address() const override { return {}; }
  uint16_t config_size() const override { return 256; }
  uint32_t read_config(uint16_t offset, unsigned size) override {
    insist(offset % size == 0 && offset + size <= config_space.size(), "a bad access to configuration space");
    uint32_t value = 0;
    memcpy(&value, &config_space[offset], size);
    return value;
  }
  void write_config(uint16_t, unsigned, uint32_t) override { insist(false, "configuration space is written to"); }
  core::PciBar bar(unsigned index) const override { return bars.at(index); }
  core::Registers& registers() override { return *this; }
  void set_command(uint16_t set, uint16_t clear) override { command = static_cast<uint16_t>((command | set) & ~clear); }

  uint64_t read(core::RegisterSpace space, uint64_t address, unsigned size) override {
    const uint64_t offset = check(space, address, size);
    if (device_.is_legacy) return read_legacy(offset, size);
    if (offset >= kDevice && offset < kNotify) return config(offset - kDevice, size);
    switch (offset) {
      case VIRTIO_PCI_COMMON_DF: return sized(size, 4, feature_half());
      case VIRTIO_PCI_COMMON_STATUS: return sized(size, 1, status());
      case VIRTIO_PCI_COMMON_CFGGENERATION: return sized(size, 1, generation);
      case VIRTIO_PCI_COMMON_Q_SIZE: return sized(size, 2, device_.queue_limit(selected_));
      case VIRTIO_PCI_COMMON_Q_NOFF: return sized(size, 2, notify_offset(selected_));
      default: insist(false, "a register that need not be read"); return 0;
    }
  }
  void write(core::RegisterSpace space, uint64_t address, unsigned size, uint64_t value64) override {
    const uint64_t offset = check(space, address, size);
    const auto value = static_cast<uint32_t>(value64);
    if (device_.is_legacy) return write_legacy(offset, size, value);
    if (offset >= kNotify) {
      insist(size == 2 && offset - kNotify == uint64_t{notify_offset(static_cast<uint16_t>(value))} * kMultiplier, "notified elsewhere");
      return device_.notify(static_cast<uint16_t>(value));
    }
    if (offset >= kDevice) return set_config(offset - kDevice, size, value);
    switch (offset) {
      case VIRTIO_PCI_COMMON_DFSELECT: feature_select_ = value; break;
      case VIRTIO_PCI_COMMON_GFSELECT: driver_select_ = value; break;
      case VIRTIO_PCI_COMMON_GF: take_features(driver_select_, value); break;
      case VIRTIO_PCI_COMMON_STATUS: sized(size, 1, 0); return device_.set_status(static_cast<uint8_t>(value));
      case VIRTIO_PCI_COMMON_Q_SELECT: sized(size, 2, 0); selected_ = static_cast<uint16_t>(value); return;
      case VIRTIO_PCI_COMMON_Q_SIZE: sized(size, 2, 0); place().size = static_cast<uint16_t>(value); return;
      case VIRTIO_PCI_COMMON_Q_ENABLE: sized(size, 2, 0); insist(value == 1, "not enabled"); return start_queue();
      case VIRTIO_PCI_COMMON_Q_DESCLO: case VIRTIO_PCI_COMMON_Q_DESCHI: set_half(place().descriptors, offset % 8 == 4, value); break;
      case VIRTIO_PCI_COMMON_Q_AVAILLO: case VIRTIO_PCI_COMMON_Q_AVAILHI: set_half(place().available, offset % 8 == 4, value); break;
      case VIRTIO_PCI_COMMON_Q_USEDLO: case VIRTIO_PCI_COMMON_Q_USEDHI: set_half(place().used, offset % 8 == 4, value); break;
      default: insist(false, "a register that need not be written");
    }
    sized(size, 4, 0);
  }

 private:
  uint16_t notify_offset(uint16_t queue) const {
    auto found = notify_offsets.find(queue);
    return found == notify_offsets.end() ? queue : found->second;
  }
  static uint64_t sized(unsigned size, unsigned right, uint64_t value) {
    insist(size == right, "a register is accessed by another width than its own");
    return value;
  }
  uint64_t check(core::RegisterSpace space, uint64_t address, unsigned size) const {
    insist((command & (space == core::RegisterSpace::Io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY)) != 0, "the BAR is not decoded yet");
    const core::PciBar& bar = bars[device_.is_legacy ? 0 : 4];
    insist(space == bar.space && address >= bar.base && address + size <= bar.base + bar.size, "outside of the BAR");
    insist(address % size == 0, "not aligned");
    return address - bar.base;
  }
  uint64_t read_legacy(uint64_t offset, unsigned size) {
    if (offset >= 20) return config(offset - 20, size);
    switch (offset) {
      case VIRTIO_PCI_HOST_FEATURES: return sized(size, 4, feature_half());
      case VIRTIO_PCI_QUEUE_NUM: return sized(size, 2, device_.queue_limit(selected_));
      case VIRTIO_PCI_STATUS: return sized(size, 1, status());
      default: insist(false, "a register that need not be read"); return 0;
    }
  }
  void write_legacy(uint64_t offset, unsigned size, uint32_t value) {
    if (offset >= 20) return set_config(offset - 20, size, value);
    switch (offset) {
      case VIRTIO_PCI_GUEST_FEATURES: sized(size, 4, 0); return take_features(0, value);
      case VIRTIO_PCI_QUEUE_PFN: sized(size, 4, 0); return start_legacy_queue(value, device_.queue_limit(selected_));
      case VIRTIO_PCI_QUEUE_SEL: sized(size, 2, 0); selected_ = static_cast<uint16_t>(value); return;
      case VIRTIO_PCI_QUEUE_NOTIFY: sized(size, 2, 0); return device_.notify(static_cast<uint16_t>(value));
      case VIRTIO_PCI_STATUS: sized(size, 1, 0); return device_.set_status(static_cast<uint8_t>(value));
      default: insist(false, "a register that need not be written");
    }
  }
};

}  // namespace efilite::test
