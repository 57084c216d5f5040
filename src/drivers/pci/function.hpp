// SPDX-License-Identifier: BSD-2-Clause-Patent
// One function of a PCI device, as a root bus has found it.
#pragma once

#include <array>

#include "core/device_ports.hpp"

namespace efilite::drivers::pci {

class RootBus;

class Function final : public core::PciFunction {
 public:
  Function(RootBus& root, const core::PciAddress& address, Function* bridge) : root_(root), bridge_(bridge), address_(address) {}

  core::PciAddress address() const override { return address_; }
  uint16_t config_size() const override;
  uint32_t read_config(uint16_t offset, unsigned size) override;
  void write_config(uint16_t offset, unsigned size, uint32_t value) override;
  core::PciBar bar(unsigned index) const override;
  core::Registers& registers() override;
  void set_command(uint16_t set, uint16_t clear) override;

 private:
  friend class RootBus;

  RootBus& root_;
  Function* const bridge_;
  Function* next_ = nullptr;
  const core::PciAddress address_;
};

}  // namespace efilite::drivers::pci
