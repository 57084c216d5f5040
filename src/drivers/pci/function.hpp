// SPDX-License-Identifier: BSD-2-Clause-Patent
// One function of a PCI device, as a root bus has found it [PCI 3.0, 6; PCI-to-PCI Bridge 1.2, 3].
#pragma once

#include <array>

#include "core/device_ports.hpp"

namespace efilite::drivers::pci {

class RootBus;

// Addresses of a function: a BAR, or a window of a bridge. Base 0 with a size: it has no place yet.
struct Range : core::PciBar {
  uint64_t alignment = 0;  // 0: a bridge has no such window

  bool unplaced() const { return size != 0 && base == 0; }
  bool placed() const { return size != 0 && base != 0; }
  uint64_t end() const { return base + size; }  // of one that is placed: it was checked
  bool overlaps(core::RegisterSpace other, uint64_t from, uint64_t to) const {
    return placed() && space == other && from < end() && base < to;
  }
};

class Function final : public core::PciFunction {
 public:
  // Behind the BARs: what a bridge passes on.
  static constexpr unsigned kIoWindow = kBars;
  static constexpr unsigned kMemoryWindow = kBars + 1;
  static constexpr unsigned kPrefetchableWindow = kBars + 2;
  static constexpr unsigned kRanges = kBars + 3;

  Function(RootBus& root, const core::PciAddress& address, Function* bridge, uint8_t header_type)
      : root_(root), bridge_(bridge), address_(address), header_type_(header_type) {}

  core::PciAddress address() const override { return address_; }
  uint16_t config_size() const override;
  uint32_t read_config(uint16_t offset, unsigned size) override;
  void write_config(uint16_t offset, unsigned size, uint32_t value) override;
  core::PciBar bar(unsigned index) const override;
  core::Registers& registers() override;
  void set_command(uint16_t set, uint16_t clear) override;

  Function* bridge() const { return bridge_; }
  Function* next() const { return next_; }
  bool is_bridge() const;
  bool is_multi_function() const;
  // A link of PCI Express has a device 0 at its other end, and no other.
  bool leads_to_one_device();
  bool lies_behind(const Function* bridge) const;

 private:
  friend class RootBus;
  friend class Placement;
  class DecodingOff;

  void change_command(uint16_t set, uint16_t clear);
  // Learns all ranges, once.
  void measure();
  uint32_t ones_that_stay(uint16_t offset, unsigned size, uint32_t before);
  bool measure_bar(unsigned index);  // whether it takes the next one, too
  void learn_window(unsigned index);
  bool has_window(unsigned index);
  bool is_reachable(const Range& range) const;
  bool is_settled() const;  // all ranges have a place that can be reached
  // Gives a range its base, or with size 0 takes it away.
  void write_range(unsigned index);
  void write_window(unsigned index);

  RootBus& root_;
  Function* const bridge_;
  Function* next_ = nullptr;
  Function* previous_ = nullptr;
  const core::PciAddress address_;
  const uint8_t header_type_;
  uint8_t secondary_ = 0, subordinate_ = 0;  // of a bridge whose bus was looked at
  bool measured_ = false;
  bool prepared_ = false;
  std::array<Range, kRanges> ranges_{};
};

// Offset of the first capability `id` behind the one at `after`, or from the first on; 0: there is none [PCI 3.0, 6.7].
uint8_t find_capability(core::PciFunction& function, uint8_t id, uint8_t after = 0);

}  // namespace efilite::drivers::pci
