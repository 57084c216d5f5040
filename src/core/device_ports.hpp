// SPDX-License-Identifier: BSD-2-Clause-Patent
// What devices look like to their drivers and to core's bus protocols: registers, memory that a device may be told of, functions of a
// PCI bus.
#pragma once

#include <compare>
#include <span>

#include "core/ports.hpp"

namespace efilite::core {

enum class RegisterSpace : uint8_t { Memory, Io };

// Device registers by address, little-endian. `size` is 1, 2, 4 or, in memory, 8, and the address a multiple of it. One access each,
// but 8 may be two of 4.
class Registers {
 public:
  virtual uint64_t read(RegisterSpace space, uint64_t address, unsigned size) = 0;
  virtual void write(RegisterSpace space, uint64_t address, unsigned size, uint64_t value) = 0;
  // Makes memory that a device answers at reachable for these, and for programs, if it is not yet. UNSUPPORTED where it cannot be.
  virtual Result<> map(PhysRange) { return {}; }

 protected:
  ~Registers() = default;
};

// Whole pages that devices read and write; their address is what devices know them by, too. Zeroed. OUT_OF_RESOURCES when there are none.
// `below` is the first address that the device cannot reach. Of pages that a device does not let go of, keep() says so: an OS does not get
// them either. Should the device let go of them in the end, they are released as all others.
class DeviceMemory {
 public:
  virtual Result<MutableByteSpan> allocate(PageCount pages, uint64_t below = ~uint64_t{0}) = 0;
  virtual void release(MutableByteSpan pages) = 0;
  virtual void keep(MutableByteSpan pages) = 0;

 protected:
  ~DeviceMemory() = default;
};

struct PciAddress {
  uint16_t segment = 0;
  uint8_t bus = 0;
  uint8_t device = 0;    // 0 to 31
  uint8_t function = 0;  // 0 to 7
  constexpr auto operator<=>(const PciAddress&) const = default;
};

struct PciBar {
  RegisterSpace space = RegisterSpace::Memory;
  bool is_64_bit = false;
  bool prefetchable = false;
  uint64_t base = 0;  // where it answers once decoding is on
  uint64_t size = 0;  // 0: there is none, or it got no place
};

// One function of a PCI device. Offsets into configuration space are below config_size() and multiples of `size`, which is 1, 2 or 4.
class PciFunction {
 public:
  static constexpr unsigned kBars = 6;
  virtual PciAddress address() const = 0;
  virtual uint16_t config_size() const = 0;  // 256 or 4096
  virtual uint32_t read_config(uint16_t offset, unsigned size) = 0;
  virtual void write_config(uint16_t offset, unsigned size, uint32_t value) = 0;
  // The second half of a 64-bit BAR has size 0. Looked up, and assigned if nobody has yet, when it is first asked for.
  virtual PciBar bar(unsigned index) const = 0;
  virtual Registers& registers() = 0;
  // I/O, memory and bus master bits of the command register [PCI 3.0, 6.2.2].
  virtual void set_command(uint16_t set, uint16_t clear) = 0;

 protected:
  ~PciFunction() = default;
};

// Addresses that a root bridge passes on to the devices behind it.
struct PciWindow {
  RegisterSpace space = RegisterSpace::Memory;
  uint64_t base = 0;
  uint64_t size = 0;
};

// Is told of the functions behind a root bridge.
class PciVisitor {
 public:
  // `bridge` is what the function lies behind, told before; nullptr on the root bus. A failure ends the visit.
  virtual Result<> found(PciFunction& function, PciFunction* bridge) = 0;

 protected:
  ~PciVisitor() = default;
};

// A root bridge and all buses behind it.
class PciRoot {
 public:
  virtual uint16_t segment() const = 0;
  virtual uint8_t first_bus() const = 0;  // the root bus
  virtual uint8_t last_bus() const = 0;   // the last number that a bus behind it can have
  virtual uint16_t config_size() const = 0;
  // Of any function, also of one that is not there: that reads as all ones.
  virtual uint32_t read_config(const PciAddress& where, uint16_t offset, unsigned size) = 0;
  virtual void write_config(const PciAddress& where, uint16_t offset, unsigned size, uint32_t value) = 0;
  virtual std::span<const PciWindow> windows() = 0;
  virtual Registers& registers() = 0;
  // The first visit looks for the functions, and a later one tells of the same.
  virtual Result<> visit(PciVisitor& visitor) = 0;

 protected:
  ~PciRoot() = default;
};

}  // namespace efilite::core
