// SPDX-License-Identifier: BSD-2-Clause-Patent
// Registers of the test's own memory. Ports are for whoever derives from it: nobody answers at them.
#pragma once

#include <cstring>

#include "core/device_ports.hpp"

namespace efilite::test {

class MemoryRegisters : public core::Registers {
 public:
  uint64_t read(core::RegisterSpace space, uint64_t address, unsigned size) override {
    if (space == core::RegisterSpace::Io) return in(address, size);
    uint64_t value = 0;
    memcpy(&value, reinterpret_cast<void*>(address), size);
    return value;
  }
  void write(core::RegisterSpace space, uint64_t address, unsigned size, uint64_t value) override {
    if (space == core::RegisterSpace::Io) return out(address, size, value);
    memcpy(reinterpret_cast<void*>(address), &value, size);
  }

 protected:
  ~MemoryRegisters() = default;
  virtual uint64_t in(uint64_t, unsigned size) { return UINT64_MAX >> (64 - 8 * size); }
  virtual void out(uint64_t, unsigned, uint64_t) {}
};

}  // namespace efilite::test
