// SPDX-License-Identifier: BSD-2-Clause-Patent
// Port and MMIO access, CPUID, hypercalls, and the few instructions that C++ has no word for. All inline: runtime/ may use it after
// ExitBootServices.
#pragma once

#include <cstdint>

#include "abi/hypervisor.hpp"

namespace efilite::arch {

inline void out8(uint16_t port, uint8_t value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
inline void out16(uint16_t port, uint16_t value) { asm volatile("outw %0, %1" : : "a"(value), "Nd"(port)); }
inline void out32(uint16_t port, uint32_t value) { asm volatile("outl %0, %1" : : "a"(value), "Nd"(port)); }
inline uint8_t in8(uint16_t port) {
  uint8_t value;
  asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
inline uint16_t in16(uint16_t port) {
  uint16_t value;
  asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
inline uint32_t in32(uint16_t port) {
  uint32_t value;
  asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

inline void mmio_write8(uint64_t address, uint8_t value) { *reinterpret_cast<volatile uint8_t*>(address) = value; }
inline void mmio_write16(uint64_t address, uint16_t value) { *reinterpret_cast<volatile uint16_t*>(address) = value; }
inline void mmio_write32(uint64_t address, uint32_t value) { *reinterpret_cast<volatile uint32_t*>(address) = value; }
inline uint32_t mmio_read32(uint64_t address) { return *reinterpret_cast<volatile uint32_t*>(address); }

inline CpuidResult cpuid(uint32_t leaf, uint32_t subleaf = 0) {
  CpuidResult r;
  asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
  return r;
}
// For find_hypervisor(): a hypervisor's leaves have no subleaves that matter there.
inline CpuidResult cpuid_leaf(uint32_t leaf) { return cpuid(leaf); }

// How Xen is called: the CPU's own instruction, which differs between makers.
enum class HypercallBy : uint8_t { Nothing, Vmcall, Vmmcall };

// [Xen public/arch-x86/xen-x86_64.h] Xen may leave anything in the registers of the arguments.
inline int64_t hypercall(HypercallBy by, uint32_t number, uint64_t first, uint64_t second, uint64_t third) {
  int64_t answer = number;
  if (by == HypercallBy::Vmcall)
    asm volatile("vmcall" : "+a"(answer), "+D"(first), "+S"(second), "+d"(third) : : "memory");
  else
    asm volatile("vmmcall" : "+a"(answer), "+D"(first), "+S"(second), "+d"(third) : : "memory");
  return answer;
}

inline uint64_t timestamp() {
  uint32_t low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return uint64_t{high} << 32 | low;
}

// About a microsecond of waiting, which the CPU, or whoever shares it with us, is told of. Not a loop: a hypervisor that emulates counts
// instructions, and a pause is the cheapest.
inline void rest() { asm volatile(".rept 32\npause\n.endr"); }

// Returns whether interrupts were enabled, and disables them.
inline bool interrupts_save_disable() {
  uint64_t flags;
  asm volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
  return (flags & 0x200) != 0;
}
inline void interrupts_restore(bool enabled) {
  if (enabled) asm volatile("sti" : : : "memory");
}

// The last resort of a reset: an exception that cannot be delivered shuts the CPU down, and the chipset resets it.
[[noreturn]] inline void triple_fault() {
  struct [[gnu::packed]] {
    uint16_t limit = 0;
    uint64_t base = 0;
  } no_idt;
  asm volatile("lidt %0; int3" : : "m"(no_idt));
  for (;;) asm volatile("cli; hlt");
}

[[noreturn]] inline void halt_forever() {
  for (;;) asm volatile("cli; hlt");
}

}  // namespace efilite::arch
