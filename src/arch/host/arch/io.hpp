// SPDX-License-Identifier: BSD-2-Clause-Patent
// The host's stand-in: a test installs a FakeIo and sees every access. Without one, ports read as a bus with nobody on it: all ones.
// The same with FakeCpu, without which CPUID tells nothing.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "abi/hypervisor.hpp"

namespace efilite::arch {

class FakeIo {
 public:
  virtual uint32_t in(uint16_t port, int bytes) = 0;
  virtual void out(uint16_t port, uint32_t value, int bytes) = 0;
  virtual uint32_t mmio_read(uint64_t, int bytes) { return bytes == 1 ? 0xFF : bytes == 2 ? 0xFFFF : 0xFFFFFFFF; }
  virtual void mmio_write(uint64_t, uint32_t, int) {}

 protected:
  ~FakeIo() = default;
};

inline FakeIo* fake_io = nullptr;

inline void out8(uint16_t port, uint8_t value) { if (fake_io) fake_io->out(port, value, 1); }
inline void out16(uint16_t port, uint16_t value) { if (fake_io) fake_io->out(port, value, 2); }
inline void out32(uint16_t port, uint32_t value) { if (fake_io) fake_io->out(port, value, 4); }
inline uint8_t in8(uint16_t port) { return fake_io ? static_cast<uint8_t>(fake_io->in(port, 1)) : 0xFF; }
inline uint16_t in16(uint16_t port) { return fake_io ? static_cast<uint16_t>(fake_io->in(port, 2)) : 0xFFFF; }
inline uint32_t in32(uint16_t port) { return fake_io ? fake_io->in(port, 4) : 0xFFFFFFFF; }
inline void mmio_write8(uint64_t address, uint8_t value) { if (fake_io) fake_io->mmio_write(address, value, 1); }
inline void mmio_write16(uint64_t address, uint16_t value) { if (fake_io) fake_io->mmio_write(address, value, 2); }
inline void mmio_write32(uint64_t address, uint32_t value) { if (fake_io) fake_io->mmio_write(address, value, 4); }
inline uint32_t mmio_read32(uint64_t address) { return fake_io ? fake_io->mmio_read(address, 4) : 0xFFFFFFFF; }

enum class HypercallBy : uint8_t { Nothing, Vmcall, Vmmcall };

class FakeCpu {
 public:
  virtual CpuidResult cpuid(uint32_t, uint32_t) { return {}; }
  virtual int64_t hypercall(HypercallBy, uint32_t, uint64_t, uint64_t, uint64_t) { return -38; }  // ENOSYS

 protected:
  ~FakeCpu() = default;
};

inline FakeCpu* fake_cpu = nullptr;

inline CpuidResult cpuid(uint32_t leaf, uint32_t subleaf = 0) { return fake_cpu ? fake_cpu->cpuid(leaf, subleaf) : CpuidResult{}; }
inline CpuidResult cpuid_leaf(uint32_t leaf) { return cpuid(leaf); }
inline int64_t hypercall(HypercallBy by, uint32_t number, uint64_t first, uint64_t second, uint64_t third) {
  return fake_cpu ? fake_cpu->hypercall(by, number, first, second, third) : -38;
}

inline uint64_t fake_timestamp = 0;
inline uint64_t timestamp() { return fake_timestamp += 1000; }

inline void rest() {}

inline bool interrupts_save_disable() { return false; }
inline void interrupts_restore(bool) {}

// Where a real machine ends, a test can hook in to see it (throwing is fine there).
inline void (*fake_stop)(const char* how) = nullptr;
[[noreturn]] inline void stopped(const char* how) {
  if (fake_stop) fake_stop(how);
  abort();
}
[[noreturn]] inline void triple_fault() { stopped("triple fault"); }
[[noreturn]] inline void halt_forever() { stopped("halt"); }

}  // namespace efilite::arch
