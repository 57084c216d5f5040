// SPDX-License-Identifier: BSD-2-Clause-Patent
// The two ways to configuration space: a window of memory (ECAM) [PCIe 5.0, 7.2.2] and the ports 0xCF8 and 0xCFC [PCI 3.0, 3.2.2.3.2].
#pragma once

#include "core/device_ports.hpp"

namespace efilite::drivers::pci {

// What ACPI's MCFG says of one segment [PCI Firmware 3.0, 4.1.2]. `base` is where bus 0 would be, whichever is the first.
struct EcamWindow {
  uint64_t base = 0;
  uint16_t segment = 0;
  uint8_t first_bus = 0;
  uint8_t last_bus = 0;
};

// Offsets are below config_size() and multiples of `size`, which is 1, 2 or 4. The bus is one that the way reaches.
class ConfigAccess {
 public:
  // Before the first use. NOT_FOUND: there is no such way to configuration space.
  virtual Result<> open() = 0;
  virtual uint16_t config_size() const = 0;
  virtual uint32_t read(const core::PciAddress& where, uint16_t offset, unsigned size) = 0;
  virtual void write(const core::PciAddress& where, uint16_t offset, unsigned size, uint32_t value) = 0;

 protected:
  ~ConfigAccess() = default;
};

class EcamAccess final : public ConfigAccess {
 public:
  constexpr EcamAccess(core::Registers& registers, const EcamWindow& window) : registers_(registers), window_(window) {}
  Result<> open() override;
  uint16_t config_size() const override { return 4096; }
  uint32_t read(const core::PciAddress& where, uint16_t offset, unsigned size) override;
  void write(const core::PciAddress& where, uint16_t offset, unsigned size, uint32_t value) override;

 private:
  uint64_t address_of(const core::PciAddress& where, uint16_t offset) const;

  core::Registers& registers_;
  const EcamWindow window_;
};

// Segment 0 only, and the first 256 bytes.
class PortAccess final : public ConfigAccess {
 public:
  explicit constexpr PortAccess(core::Registers& registers) : registers_(registers) {}
  // Whether there is such a thing at all: most machines without PCI have nobody at these ports.
  bool answers();
  Result<> open() override { return answers() ? Result<>() : Result<>(Status::NotFound); }
  uint16_t config_size() const override { return 256; }
  uint32_t read(const core::PciAddress& where, uint16_t offset, unsigned size) override;
  void write(const core::PciAddress& where, uint16_t offset, unsigned size, uint32_t value) override;

 private:
  // Its data port.
  uint64_t select(const core::PciAddress& where, uint16_t offset);

  core::Registers& registers_;
};

}  // namespace efilite::drivers::pci
