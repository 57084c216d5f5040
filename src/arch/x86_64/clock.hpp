// SPDX-License-Identifier: BSD-2-Clause-Patent
// The time source behind Stall and the timer events: the TSC, its rate told by the hypervisor or measured once, on first use:
// a boot that never asks for the time does not pay for the measurement, nor does one whose only timer is minutes away.
#pragma once

#include "core/ports.hpp"

namespace efilite::arch {

class X86Clock final : public core::Clock {
 public:
  // Port of the ACPI PM timer, for machines without a PIT; 0: there is none.
  void set_pm_timer(uint16_t port) { pm_timer_port_ = port; }
  // Who knows the rate of the TSC says so before it is asked for.
  void set_tsc_khz(uint64_t khz) { tsc_khz_ = khz; }

  // For time stamps, which may cost next to nothing: the rate in kHz as far as it is known, or can be told from what the PM timer has
  // counted since begin_comparison(). 0: not yet, or never.
  void begin_comparison();
  uint64_t rate_for_time_stamps();

  uint64_t now() override;
  bool may_be_due(uint64_t due) override;
  void stall(uint64_t microseconds) override;
  void set_alarm(uint64_t due) override;
  void cancel_alarm() override;
  uint64_t counter() override;
  uint64_t counter_frequency() override;

  // For idling: an interrupt comes within this time even when no alarm is set.
  void ensure_alarm_within(uint64_t units);
  void alarm_fired() { due_ = kNone; }

 private:
  static constexpr uint64_t kNone = ~uint64_t{0};

  void calibrate();
  uint64_t measure_tsc_khz() const;
  bool calibrated();  // or the hypervisor tells the rate
  bool enable_apic();
  void arm(uint64_t due);

  uint64_t tsc_khz_ = 0;   // 0: not known yet
  uint64_t apic_khz_ = 0;  // 0: TSC-deadline mode
  uint64_t start_ = 0;     // the TSC at the first use
  uint64_t compared_from_ = 0;  // the TSC, and the PM timer at the same time
  uint32_t compared_count_ = 0;
  uint64_t compared_khz_ = 0;
  uint64_t due_ = kNone;
  uint16_t pm_timer_port_ = 0;
  bool asked_ = false;         // the hypervisor for the rate
  bool apic_enabled_ = false;
  bool apic_ready_ = false;    // its rate is known, too
};

// TPL's view of the interrupt flag.
class X86Interrupts final : public core::Interrupts {
 public:
  explicit constexpr X86Interrupts(X86Clock& clock) : clock_(clock) {}
  void enable() override;
  void disable() override;
  void wait() override;

 private:
  X86Clock& clock_;
};

}  // namespace efilite::arch
