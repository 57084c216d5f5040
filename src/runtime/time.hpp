// SPDX-License-Identifier: BSD-2-Clause-Patent
// GetTime and SetTime [UEFI 2.10, 8.3] on the PC's CMOS clock (MC146818) at ports 0x70 and 0x71, and GetTime by Xen's clock.
#pragma once

#include <cstdint>

#include "abi/uefi/types.hpp"
#include "runtime/xen_clock.hpp"

namespace efilite::runtime {

enum class ClockSource : uint8_t { None, Cmos, Xen };

struct ClockState {
  ClockSource source;
  uint8_t century_index;  // CMOS register of the century; 0: there is none, and every year is 20xx
  uint8_t daylight;       // what SetTime was told: the clock itself has no place for it
  int16_t time_zone;
  XenClock xen;
};

// `century_index` is the FADT's, 0 when it names none. Finds out by itself whether anybody answers at the ports, and puts a 12-hour
// clock into 24-hour mode.
void start_clock(ClockState& clock, uint8_t century_index);
// The FADT says NO_CMOS_RTC: GetTime and SetTime are UNSUPPORTED, and RT_PROPERTIES says so.
void start_without_clock(ClockState& clock);
// The same for SetTime alone: a domain cannot set Xen's clock.
void start_clock_of_xen(ClockState& clock, const shared_info* page, uint32_t time_leaf);

[[nodiscard]] Status get_time(const ClockState& clock, efi::Time* time, efi::TimeCapabilities* capabilities);
[[nodiscard]] Status set_time(ClockState& clock, const efi::Time* time);

// [UEFI 2.10, 8.3.1] whether each field lies in its range; SetTime and SetWakeupTime refuse others.
bool is_valid(const efi::Time& time);

}  // namespace efilite::runtime
