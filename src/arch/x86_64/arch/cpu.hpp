// SPDX-License-Identifier: BSD-2-Clause-Patent
// Model-specific registers and the other instructions of privileged code.
#pragma once

#include <cstdint>
#include <optional>

#include "arch/io.hpp"

namespace efilite::arch {

inline uint64_t read_msr(uint32_t index) {
  uint32_t low, high;
  asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
  return uint64_t{high} << 32 | low;
}

inline void write_msr(uint32_t index, uint64_t value) {
  asm volatile("wrmsr" : : "c"(index), "a"(static_cast<uint32_t>(value)), "d"(static_cast<uint32_t>(value >> 32)) : "memory");
}

// XCR0; needs CR4.OSXSAVE.
inline uint64_t read_xcr0() {
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}
inline void write_xcr0(uint64_t value) {
  asm volatile("xsetbv" : : "c"(0), "a"(static_cast<uint32_t>(value)), "d"(static_cast<uint32_t>(value >> 32)) : "memory");
}

// What the CPU remembers of page tables, but for global pages.
inline void flush_translations() {
  uint64_t root;
  asm volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(root) : : "memory");
}

inline uint64_t read_cr2() {
  uint64_t value;
  asm volatile("mov %%cr2, %0" : "=r"(value));
  return value;
}

inline bool has_gigabyte_pages() { return cpuid(0x80000000).eax >= 0x80000001 && (cpuid(0x80000001).edx & (1u << 26)) != 0; }

// Physical address width; 36 where the CPU does not say.
inline unsigned physical_address_bits() { return cpuid(0x80000000).eax >= 0x80000008 ? cpuid(0x80000008).eax & 0xFF : 36; }

inline bool has_rdrand() { return (cpuid(1).ecx & (1u << 30)) != 0; }
inline bool has_rdseed() { return cpuid(0).eax >= 7 && (cpuid(7).ebx & (1u << 18)) != 0; }

// One random number, or nothing when the generator says it has none now.
inline std::optional<uint64_t> rdrand() {
  uint64_t value;
  bool ok;
  asm volatile("rdrand %0" : "=r"(value), "=@ccc"(ok));
  return ok ? std::optional(value) : std::nullopt;
}
inline std::optional<uint64_t> rdseed() {
  uint64_t value;
  bool ok;
  asm volatile("rdseed %0" : "=r"(value), "=@ccc"(ok));
  return ok ? std::optional(value) : std::nullopt;
}

}  // namespace efilite::arch
