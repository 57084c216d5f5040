// SPDX-License-Identifier: BSD-2-Clause-Patent
// A root bus, what is on it and behind its bridges. Looking for functions costs one read for each that is not there; the sizes of BARs are
// asked for when somebody wants to know of them.
#pragma once

#include <array>

#include "drivers/pci/config_access.hpp"
#include "drivers/pci/function.hpp"

namespace efilite::drivers::pci {

struct RootBusPlace {
  uint16_t segment = 0;
  uint8_t first_bus = 0;
  uint8_t last_bus = 255;
  // Where BARs may be put that have no place yet: memory below and above 4 GiB, I/O. Lives as long as the bus.
  std::span<const core::PciWindow> windows{};
};

class RootBus final : public core::PciRoot {
 public:
  RootBus(ConfigAccess& config, core::Registers& registers, core::Heap& heap, const RootBusPlace& place)
      : config_(config), registers_(registers), heap_(heap), place_(place) {}
  RootBus(const RootBus&) = delete;
  RootBus& operator=(const RootBus&) = delete;
  ~RootBus();

  uint16_t segment() const override { return place_.segment; }
  uint8_t first_bus() const override { return place_.first_bus; }
  uint8_t last_bus() const override { return place_.last_bus; }
  uint16_t config_size() const override { return config_.config_size(); }
  uint32_t read_config(const core::PciAddress& where, uint16_t offset, unsigned size) override;
  void write_config(const core::PciAddress& where, uint16_t offset, unsigned size, uint32_t value) override;
  std::span<const core::PciWindow> windows() const override { return place_.windows; }
  core::Registers& registers() override { return registers_; }
  // OUT_OF_RESOURCES: there is not enough memory to tell of all of them.
  Result<> visit(core::PciVisitor& visitor) override;

 private:
  friend class Function;

  ConfigAccess& config_;
  core::Registers& registers_;
  core::Heap& heap_;
  const RootBusPlace place_;
  Function* first_ = nullptr;
  Function* last_ = nullptr;
  bool scanned_ = false;
};

}  // namespace efilite::drivers::pci
