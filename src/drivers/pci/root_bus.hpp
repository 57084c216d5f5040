// SPDX-License-Identifier: BSD-2-Clause-Patent
// A root bus, what is on it and behind its bridges. Looking for functions costs one read for each that is not there; the sizes of BARs are
// asked for when somebody wants to know of them.
#pragma once

#include "drivers/pci/config_access.hpp"
#include "drivers/pci/function.hpp"

namespace efilite::drivers::pci {

// Knows where BARs may be put that have no place yet: memory below and above 4 GiB, I/O. Not asked while all have one, for whoever knows
// may have to search for it.
class WindowSource {
 public:
  virtual std::span<const core::PciWindow> windows() = 0;

 protected:
  ~WindowSource() = default;
};

struct RootBusPlace {
  uint16_t segment = 0;
  uint8_t first_bus = 0;
  uint8_t last_bus = 255;
};

class RootBus final : public core::PciRoot {
 public:
  RootBus(ConfigAccess& config, core::Registers& registers, core::Heap& heap, WindowSource& windows, const RootBusPlace& place)
      : config_(config), registers_(registers), heap_(heap), windows_(windows), place_(place) {}
  RootBus(const RootBus&) = delete;
  RootBus& operator=(const RootBus&) = delete;
  ~RootBus();

  uint16_t segment() const override { return place_.segment; }
  uint8_t first_bus() const override { return place_.first_bus; }
  uint8_t last_bus() const override { return place_.last_bus; }
  uint16_t config_size() const override { return config_.config_size(); }
  uint32_t read_config(const core::PciAddress& where, uint16_t offset, unsigned size) override;
  void write_config(const core::PciAddress& where, uint16_t offset, unsigned size, uint32_t value) override;
  std::span<const core::PciWindow> windows() override { return windows_.windows(); }
  core::Registers& registers() override { return registers_; }
  // NOT_FOUND: nobody answers. OUT_OF_RESOURCES: there is not enough memory to tell of all functions.
  Result<> visit(core::PciVisitor& visitor) override;

 private:
  friend class Function;
  friend class Placement;

  bool is_present(const core::PciAddress& where);
  Result<Function*> add(const core::PciAddress& where, Function* bridge);
  Result<> scan_device(core::PciAddress where, Function* bridge);
  // The highest number of a bus behind `bridge`; none is above `limit`.
  Result<uint8_t> scan_bus(uint8_t bus, Function* bridge, uint8_t limit, unsigned depth);
  Result<> scan_bridges(Function* first, uint8_t bus, uint8_t limit, unsigned depth, bool numbered);
  // Whether a bridge has numbers that can be, and no sibling has them.
  bool is_numbered(const Function& bridge, uint32_t numbers, uint8_t limit) const;
  uint8_t highest_on(Function* first, uint8_t bus) const;

  // Before somebody uses a function's BARs.
  void prepare(Function& function);

  ConfigAccess& config_;
  core::Registers& registers_;
  core::Heap& heap_;
  WindowSource& windows_;
  const RootBusPlace place_;
  Function* first_ = nullptr;
  Function* last_ = nullptr;
  unsigned count_ = 0;
  bool scanned_ = false;
  bool assigned_ = false;
};

}  // namespace efilite::drivers::pci
