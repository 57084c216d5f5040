// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "arch/x86_64/apic.hpp"

#include "arch/cpu.hpp"
#include "arch/io.hpp"
#include "arch/layout.h"

namespace efilite::arch {

namespace {

// Intel SDM volume 3, 11.4.1: register offsets in xAPIC mode; in x2APIC mode MSR 0x800 + offset / 16.
constexpr uint32_t kEoi = 0xB0;
constexpr uint32_t kSpurious = 0xF0;
constexpr uint32_t kLvtTimer = 0x320;
constexpr uint32_t kInitialCount = 0x380;
constexpr uint32_t kCurrentCount = 0x390;
constexpr uint32_t kDivide = 0x3E0;

constexpr uint32_t kMsrBase = 0x1B;
constexpr uint32_t kMsrDeadline = 0x6E0;
constexpr uint32_t kMasked = 1u << 16;
constexpr uint32_t kDeadlineMode = 1u << 18;
constexpr uint32_t kDivideByOne = 0xB;

bool x2apic() { return (read_msr(kMsrBase) & (1 << 10)) != 0; }
uint64_t base() { return read_msr(kMsrBase) & 0x000FFFFFFFFFF000; }

void write(uint32_t offset, uint32_t value) {
  if (x2apic())
    write_msr(0x800 + offset / 16, value);
  else
    mmio_write32(base() + offset, value);
}

uint32_t read(uint32_t offset) {
  return x2apic() ? static_cast<uint32_t>(read_msr(0x800 + offset / 16)) : mmio_read32(base() + offset);
}

}  // namespace

bool apic_present() { return (cpuid(1).edx & (1 << 9)) != 0; }

void apic_enable() {
  write_msr(kMsrBase, read_msr(kMsrBase) | 1 << 11);
  write(kSpurious, 0x100 | VECTOR_SPURIOUS);
  write(kLvtTimer, kMasked | VECTOR_TIMER);
  write(kDivide, kDivideByOne);
}

void apic_end_of_interrupt() { write(kEoi, 0); }

void apic_start_one_shot(uint32_t count) {
  write(kLvtTimer, VECTOR_TIMER);
  write(kInitialCount, count);
}

uint32_t apic_current_count() { return read(kCurrentCount); }

void apic_arm_deadline(uint64_t tsc) {
  write(kLvtTimer, kDeadlineMode | VECTOR_TIMER);
  asm volatile("mfence");  // SDM 11.5.4.1: the LVT write must be done before the deadline is
  write_msr(kMsrDeadline, tsc);
}

void apic_disable_timer() {
  write(kInitialCount, 0);
  write(kLvtTimer, kMasked | VECTOR_TIMER);
}

}  // namespace efilite::arch
