// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "arch/x86_64/clock.hpp"

#include <algorithm>
#include <utility>

#include "arch/x86_64/apic.hpp"
#include "arch/cpu.hpp"
#include "arch/io.hpp"
#include "base/log.hpp"

namespace efilite::arch {

namespace {

// a * b / c with 128 bits in between (in assembly: the compiler would call a library for it). What does not fit 64 bits is the largest
// number.
uint64_t scale(uint64_t a, uint64_t b, uint64_t c) {
  uint64_t low, high;
  asm("mulq %3" : "=a"(low), "=d"(high) : "a"(a), "r"(b) : "cc");
  if (high >= c) return ~uint64_t{0};
  asm("divq %2" : "+a"(low), "+d"(high) : "r"(c) : "cc");
  return low;
}

constexpr uint64_t kUnitsPerMs = 10'000;  // of 100 ns
constexpr uint64_t kPitHz = 1'193'182;
constexpr uint64_t kPmTimerHz = 3'579'545;
constexpr uint64_t kMeasureUs = 2000;  // at least; twice, to be sure
constexpr uint64_t kShortStallUs = 5000;
constexpr uint64_t kLeastTicksPerUnit = 50;  // no TSC counts slower than with 500 MHz

// The hypervisor's own word: Intel's crystal leaf, VMware's timing leaf (which KVM and others offer).
uint64_t told_tsc_khz() {
  if (cpuid(0).eax >= 0x15) {
    auto r = cpuid(0x15);
    if (r.eax != 0 && r.ebx != 0 && r.ecx != 0) return scale(r.ecx, r.ebx, r.eax) / 1000;
  }
  const Hypervisor hypervisor = find_hypervisor(cpuid_leaf);
  if (hypervisor.present() && hypervisor.last >= hypervisor.base + 0x10) return cpuid(hypervisor.base + 0x10).eax;
  return 0;
}

// PIT channel 0, which counts down from 0xFFFF by itself, seen through its latch: the only part of a PIT that every machine with one has
// (microvm lacks port 0x61, the gate of channel 2). Its interrupt is masked, and an OS programs the channel anew.
uint16_t pit_count() {
  out8(0x43, 0x00);  // latch channel 0
  uint8_t low = in8(0x40);
  return static_cast<uint16_t>(in8(0x40) << 8 | low);
}

// A counter's value and the time at which it was read. A busy host may take the CPU away between the two, so the best of a few is kept.
struct Sample {
  uint64_t tsc;
  uint32_t value;
};
template <typename Read>
Sample sample(Read read) {
  Sample best{};
  uint64_t best_spread = ~uint64_t{0};
  for (int i = 0; i < 4; ++i) {
    uint64_t before = timestamp();
    uint32_t value = read();
    uint64_t spread = timestamp() - before;
    if (spread >= best_spread) continue;
    best_spread = spread;
    best = {before + spread / 2, value};
  }
  return best;
}

// What runs at a known rate: the PIT, or ACPI's PM timer, of which 24 bits are always there.
struct Reference {
  uint64_t hz;
  uint32_t mask;
  uint16_t pm_timer_port = 0;

  uint32_t count() const { return pm_timer_port != 0 ? in32(pm_timer_port) : uint32_t{0} - pit_count(); }
  // False when it stands still, as a bus with nobody on it does.
  bool wait(uint32_t from, uint64_t microseconds) const {
    const uint64_t wanted = hz * microseconds / 1'000'000;
    for (uint64_t polls = 0; ((count() - from) & mask) < wanted; ++polls)
      if (polls > 100'000) return false;
    return true;
  }
};

Reference start_pit() {
  out8(0x43, 0x34);  // channel 0, both bytes, mode 2
  out8(0x40, 0xFF);
  out8(0x40, 0xFF);
  return {kPitHz, 0xFFFF};
}

// kHz of the TSC; 0 when the reference stands still.
uint64_t measure_once(const Reference& reference) {
  auto read = [&reference] { return reference.count(); };
  Sample first = sample(read);
  if (!reference.wait(first.value, kMeasureUs)) return 0;
  Sample last = sample(read);
  uint32_t passed = (last.value - first.value) & reference.mask;
  return scale(last.tsc - first.tsc, reference.hz, uint64_t{passed} * 1000);
}

// Until two measurements agree to half a percent. A host that pauses us for longer than the counter takes to wrap makes the TSC look too
// fast, never too slow: without agreement the smallest is right.
uint64_t measure(const Reference& reference) {
  uint64_t smallest = ~uint64_t{0};
  for (int i = 0; i < 5; ++i) {
    uint64_t khz = measure_once(reference);
    if (khz == 0) return 0;
    uint64_t difference = khz > smallest ? khz - smallest : smallest - khz;
    smallest = std::min(smallest, khz);
    if (difference <= smallest / 200) break;
  }
  return smallest;
}

}  // namespace

uint64_t X86Clock::measure_tsc_khz() const {
  if (uint64_t khz = measure(start_pit())) return khz;
  if (pm_timer_port_ != 0)
    if (uint64_t khz = measure({kPmTimerHz, 0xFFFFFF, pm_timer_port_})) return khz;
  log::line("clock: neither hypervisor, PIT nor PM timer tell the rate of the TSC; 1 GHz is assumed, so times may be wrong");
  return 1'000'000;
}

bool X86Clock::calibrated() {
  if (tsc_khz_ == 0 && !std::exchange(asked_, true)) tsc_khz_ = told_tsc_khz();
  return tsc_khz_ != 0;
}

void X86Clock::calibrate() {
  if (!calibrated()) tsc_khz_ = measure_tsc_khz();
}

void X86Clock::begin_comparison() {
  if (pm_timer_port_ == 0) return;
  compared_count_ = in32(pm_timer_port_);
  compared_from_ = timestamp();
}

// One look at the timer is all it takes: the longer the boot, the better. Only the first answer is worked out, for the timer wraps around
// within five seconds, and until a program is started no boot takes as long.
uint64_t X86Clock::rate_for_time_stamps() {
  if (calibrated()) return tsc_khz_;
  if (compared_khz_ != 0 || compared_from_ == 0) return compared_khz_;
  constexpr uint32_t kEnough = 200;  // half a percent
  const uint32_t passed = (in32(pm_timer_port_) - compared_count_) & 0xFFFFFF;
  if (passed >= kEnough) compared_khz_ = scale(timestamp() - compared_from_, kPmTimerHz, uint64_t{passed} * 1000);
  return compared_khz_;
}

// Time begins with the first question, whose answer needs no rate.
uint64_t X86Clock::now() {
  if (start_ == 0) {
    start_ = timestamp();
    return 0;
  }
  calibrate();
  return scale(timestamp() - start_, kUnitsPerMs, tsc_khz_);
}

bool X86Clock::may_be_due(uint64_t due) { return calibrated() || (timestamp() - start_) / kLeastTicksPerUnit >= due; }

void X86Clock::stall(uint64_t microseconds) {
  // GRUB takes the rate of the TSC from its first Stall, of a millisecond: that must not last as long as our own measurement.
  if (!calibrated() && microseconds <= kShortStallUs) {
    Reference pit = start_pit();
    if (pit.wait(pit.count(), microseconds)) return;
  }
  calibrate();
  uint64_t start = timestamp();
  uint64_t ticks = scale(microseconds, tsc_khz_, 1000);
  while (timestamp() - start < ticks) asm volatile("pause");
}

// Without one, timers are polled by RestoreTPL and WaitForEvent.
bool X86Clock::enable_apic() {
  if (!apic_enabled_ && apic_present()) {
    apic_enable();
    apic_enabled_ = true;
  }
  return apic_enabled_;
}

void X86Clock::arm(uint64_t due) {
  if (!enable_apic()) return;
  if (!apic_ready_) {
    apic_ready_ = true;
    if ((cpuid(1).ecx & (1u << 24)) == 0) {
      apic_start_one_shot(0xFFFFFFFF);
      Sample first = sample(apic_current_count);
      stall(200);
      Sample last = sample(apic_current_count);
      apic_khz_ = std::max<uint64_t>(scale(first.value - last.value, tsc_khz_, last.tsc - first.tsc), 1);
      apic_disable_timer();
    }
  }
  uint64_t current = now();
  uint64_t left = due > current ? due - current : 0;
  if (apic_khz_ == 0) {
    apic_arm_deadline(timestamp() + scale(std::min(left, 3600'000 * kUnitsPerMs), tsc_khz_, kUnitsPerMs) + 1);
  } else {
    uint64_t count = scale(std::min(left, 3600'000 * kUnitsPerMs), apic_khz_, kUnitsPerMs) + 1;
    apic_start_one_shot(static_cast<uint32_t>(std::min<uint64_t>(count, 0xFFFFFFFF)));
  }
}

void X86Clock::set_alarm(uint64_t due) {
  due_ = due;
  if (may_be_due(due)) calibrate();
  if (tsc_khz_ != 0) return arm(due);
  // An alarm may come too early: by the first, some seconds from now, more time has passed than it takes to measure the rate.
  if (enable_apic()) apic_start_one_shot(0xFFFFFFFF);
}

void X86Clock::cancel_alarm() {
  due_ = kNone;
  if (apic_enabled_) apic_disable_timer();
}

uint64_t X86Clock::counter() { return timestamp(); }

uint64_t X86Clock::counter_frequency() {
  calibrate();
  return tsc_khz_ * 1000;
}

void X86Clock::ensure_alarm_within(uint64_t units) {
  uint64_t latest = now() + units;
  if (due_ > latest) arm(latest);
}

void X86Interrupts::enable() { asm volatile("sti" : : : "memory"); }
void X86Interrupts::disable() { asm volatile("cli" : : : "memory"); }

void X86Interrupts::wait() {
  if (!apic_present()) {
    asm volatile("pause");
    return;
  }
  // The console is polled, so sleep no longer than a person notices.
  asm volatile("cli");
  clock_.ensure_alarm_within(10 * kUnitsPerMs);
  asm volatile("sti; hlt" : : : "memory");
}

}  // namespace efilite::arch
