// SPDX-License-Identifier: BSD-2-Clause-Patent
// A PCI bus of the host's: configuration space by ECAM and by ports, bridges that pass on what they were told to, BARs with memory behind
// them. Two functions that answer at one address are a failure of the test.
#pragma once

#include <linux/pci_regs.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "drivers/pci/root_bus.hpp"

namespace efilite::test {

enum class BarKind { Memory32, Memory64, Prefetchable32, Prefetchable64, Io };

class FakePciFunction {
 public:
  std::array<uint8_t, 4096> config{}, writable{};
  std::map<unsigned, std::unique_ptr<FakePciFunction>> behind;  // of a bridge, by 8 * device + function
  struct Bar {
    core::RegisterSpace space;
    bool is_64_bit;
    std::vector<uint8_t> bytes;  // its registers, as far as they were written
    uint64_t size;
  };
  std::map<unsigned, Bar> bars;
  int touched = 0;  // how often configuration space was written

  FakePciFunction(uint16_t vendor, uint16_t device, uint16_t device_class = 0x0100) {
    set(PCI_VENDOR_ID, 2, vendor);
    set(PCI_DEVICE_ID, 2, device);
    set(PCI_CLASS_DEVICE, 2, device_class);
    may_write(PCI_COMMAND, 2, 0x0547);
    may_write(PCI_INTERRUPT_LINE, 1, 0xFF);
  }
  uint64_t get(unsigned offset, unsigned size) const {
    uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) value |= uint64_t{config[offset + i]} << (8 * i);
    return value;
  }
  void set(unsigned offset, unsigned size, uint64_t value) {
    for (unsigned i = 0; i < size; ++i) config[offset + i] = static_cast<uint8_t>(value >> (8 * i));
  }
  void may_write(unsigned offset, unsigned size, uint64_t mask) {
    for (unsigned i = 0; i < size; ++i) writable[offset + i] = static_cast<uint8_t>(mask >> (8 * i));
  }
  void write(unsigned offset, unsigned size, uint64_t value) {
    ++touched;
    for (unsigned i = 0; i < size; ++i) {
      uint8_t& byte = config[offset + i];
      byte = static_cast<uint8_t>((byte & ~writable[offset + i]) | (value >> (8 * i) & writable[offset + i]));
    }
  }
  uint16_t command() const { return static_cast<uint16_t>(get(PCI_COMMAND, 2)); }

  FakePciFunction& add_bar(unsigned index, BarKind kind, uint64_t size, uint64_t base = 0) {
    const bool io = kind == BarKind::Io, wide = kind == BarKind::Memory64 || kind == BarKind::Prefetchable64;
    const uint64_t flags = io ? 1 : (wide ? 4 : 0) | (kind == BarKind::Prefetchable32 || kind == BarKind::Prefetchable64 ? 8 : 0);
    set(PCI_BASE_ADDRESS_0 + 4 * index, wide ? 8 : 4, base | flags);
    may_write(PCI_BASE_ADDRESS_0 + 4 * index, wide ? 8 : 4, io ? ~(size - 1) & ~uint64_t{3} : ~(size - 1) & ~uint64_t{15});
    bars[index] = {io ? core::RegisterSpace::Io : core::RegisterSpace::Memory, wide, std::vector<uint8_t>(size < 8192 ? size : 8192), size};
    return *this;
  }
  uint64_t base(unsigned index) const {
    const Bar& bar = bars.at(index);
    return get(PCI_BASE_ADDRESS_0 + 4 * index, bar.is_64_bit ? 8 : 4) & ~uint64_t{bar.space == core::RegisterSpace::Io ? 3u : 15u};
  }
  FakePciFunction& multi_function() {
    set(PCI_HEADER_TYPE, 1, get(PCI_HEADER_TYPE, 1) | 0x80);
    return *this;
  }
  // Numbers 0 and no windows: as after power-on. The prefetchable window has 64 bits, the one for I/O 16.
  FakePciFunction& make_bridge(uint8_t secondary = 0, uint8_t subordinate = 0) {
    set(PCI_HEADER_TYPE, 1, 1);
    set(PCI_CLASS_DEVICE, 2, 0x0604);
    set(PCI_PRIMARY_BUS, 4, uint32_t{subordinate} << 16 | uint32_t{secondary} << 8);
    may_write(PCI_PRIMARY_BUS, 4, 0xFFFFFFFF);
    may_write(PCI_IO_BASE, 2, 0xF0F0);
    may_write(PCI_MEMORY_BASE, 4, 0xFFF0FFF0);
    set(PCI_PREF_MEMORY_BASE, 4, 0x00010001);
    may_write(PCI_PREF_MEMORY_BASE, 4, 0xFFF0FFF0);
    may_write(PCI_PREF_BASE_UPPER32, 8, UINT64_MAX);
    return *this;
  }
  // A PCI Express port of this type.
  FakePciFunction& make_port(unsigned type) {
    set(PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
    set(PCI_CAPABILITY_LIST, 1, 0x40);
    set(0x40, 4, PCI_CAP_ID_EXP | type << 20);
    return *this;
  }
  FakePciFunction& memory_window(uint64_t base, uint64_t size) {
    set(PCI_MEMORY_BASE, 2, base >> 16);
    set(PCI_MEMORY_LIMIT, 2, (base + size - 1) >> 16 & 0xFFF0);
    return *this;
  }
  FakePciFunction& add(unsigned device, std::unique_ptr<FakePciFunction> function, unsigned number = 0) {
    return *(behind[8 * device + number] = std::move(function));
  }
  bool is_bridge() const { return (config[PCI_HEADER_TYPE] & 0x7F) == 1; }

  bool passes(core::RegisterSpace space, uint64_t address) const {
    if (space == core::RegisterSpace::Io)
      return address >= (config[PCI_IO_BASE] & 0xF0u) << 8 && address <= ((config[PCI_IO_LIMIT] & 0xF0u) << 8 | 0xFFF);
    const auto inside = [&](uint64_t base, uint64_t limit) { return address >= base && address <= limit; };
    return inside((get(PCI_MEMORY_BASE, 2) & 0xFFF0) << 16, (get(PCI_MEMORY_LIMIT, 2) & 0xFFF0) << 16 | 0xFFFFF) ||
           inside((get(PCI_PREF_MEMORY_BASE, 2) & 0xFFF0) << 16 | get(PCI_PREF_BASE_UPPER32, 4) << 32,
                  (get(PCI_PREF_MEMORY_LIMIT, 2) & 0xFFF0) << 16 | 0xFFFFF | get(PCI_PREF_LIMIT_UPPER32, 4) << 32);
  }
};

// Address windows that were known from the first.
struct FixedWindows final : drivers::pci::WindowSource {
  explicit FixedWindows(std::span<const core::PciWindow> all) : list(all) {}
  std::span<const core::PciWindow> windows() override {
    ++asked;
    return list;
  }
  std::span<const core::PciWindow> list;
  int asked = 0;
};

class FakePci final : public core::Registers {
 public:
  static constexpr uint64_t kEcam = 0xB0000000;

  bool has_ports = true;
  int config_reads = 0, config_writes = 0;
  int nobody = 0;  // accesses that no BAR answered
  std::vector<PhysRange> mapped;
  uint64_t map_end = UINT64_MAX;
  FakePciFunction bus{0, 0};  // the root bus, as what lies behind a bridge

  FakePciFunction& add(unsigned device, unsigned function = 0, uint16_t device_class = 0x0100) {
    return bus.add(device, std::make_unique<FakePciFunction>(0x1AF4, static_cast<uint16_t>(0x1000 + device), device_class), function);
  }
  static std::unique_ptr<FakePciFunction> function() { return std::make_unique<FakePciFunction>(0x1AF4, 0x1042); }

  uint64_t read(core::RegisterSpace space, uint64_t address, unsigned size) override {
    uint64_t value = UINT64_MAX;
    access(space, address, size, value, false);
    return value & (UINT64_MAX >> (64 - 8 * size));
  }
  void write(core::RegisterSpace space, uint64_t address, unsigned size, uint64_t value) override {
    access(space, address, size, value, true);
  }
  Result<> map(PhysRange range) override {
    if (range.end.value > map_end) return Status::Unsupported;
    mapped.push_back(range);
    return {};
  }

 private:
  static void insist(bool good) {
    if (!good) __builtin_trap();
  }
  void access(core::RegisterSpace space, uint64_t address, unsigned size, uint64_t& value, bool writing) {
    insist(size == 1 || size == 2 || size == 4 || (size == 8 && space == core::RegisterSpace::Memory));
    insist(address % size == 0);
    if (space == core::RegisterSpace::Memory && address >= kEcam && address < kEcam + (256u << 20)) {
      const auto where = static_cast<unsigned>(address - kEcam);
      return config(where >> 20, where >> 12 & 0xFF, where & 0xFFF, size, value, writing);
    }
    if (has_ports && space == core::RegisterSpace::Io && address >= 0xCF8 && address < 0xD00) {
      if (address == 0xCF8 && size == 4) {
        if (writing) port_address = static_cast<uint32_t>(value);
        value = port_address;
      } else if (address >= 0xCFC && (port_address >> 31) != 0) {
        config(port_address >> 16 & 0xFF, port_address >> 8 & 0xFF, (port_address & 0xFC) | (address & 3), size, value, writing);
      }
      return;
    }
    int answers = 0;
    decode(bus, space, address, size, value, writing, answers);
    insist(answers <= 1);
    nobody += answers == 0;
  }
  void config(unsigned bus_number, unsigned devfn, unsigned offset, unsigned size, uint64_t& value, bool writing) {
    ++(writing ? config_writes : config_reads);
    FakePciFunction* on = &bus;
    for (unsigned number = 0; number != bus_number;) {
      FakePciFunction* next = nullptr;
      for (auto& [at, function] : on->behind)
        if (function->is_bridge() && function->config[PCI_SECONDARY_BUS] > number && function->config[PCI_SECONDARY_BUS] <= bus_number &&
            bus_number <= function->config[PCI_SUBORDINATE_BUS])
          next = function.get();
      if (next == nullptr) return;
      on = next;
      number = next->config[PCI_SECONDARY_BUS];
    }
    auto found = on->behind.find(devfn);
    if (found == on->behind.end()) return;
    if (writing) found->second->write(offset, size, value);
    if (!writing) value = found->second->get(offset, size);
  }
  static void decode(FakePciFunction& on, core::RegisterSpace space, uint64_t address, unsigned size, uint64_t& value, bool writing,
                     int& answers) {
    for (auto& [at, function] : on.behind) {
      if ((function->command() & (space == core::RegisterSpace::Io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY)) == 0) continue;
      for (auto& [index, bar] : function->bars) {
        const uint64_t base = function->base(index);
        if (bar.space != space || base == 0 || address < base || address - base >= bar.size) continue;
        ++answers;
        const uint64_t offset = (address - base) % bar.bytes.size();
        if (!writing) value = 0;
        for (unsigned i = 0; i < size; ++i) {
          if (writing) bar.bytes[offset + i] = static_cast<uint8_t>(value >> (8 * i));
          if (!writing) value |= uint64_t{bar.bytes[offset + i]} << (8 * i);
        }
      }
      if (function->is_bridge() && function->passes(space, address)) decode(*function, space, address, size, value, writing, answers);
    }
  }

  uint32_t port_address = 0;
};

}  // namespace efilite::test
