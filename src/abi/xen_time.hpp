// SPDX-License-Identifier: BSD-2-Clause-Patent
// Xen's two clocks [Xen public/xen.h]: a CPU's system time, counted in nanoseconds since the domain began, and the wall clock at the time 0
// of that. Xen changes both under our eyes, with a version that is odd meanwhile; of what it writes nothing is believed but the numbers.
#pragma once

#include <optional>

#include "abi/xen.hpp"
#include "base/bytes.hpp"

namespace efilite {

// A change takes Xen less than a microsecond.
inline constexpr int kXenClockAttempts = 1000;
inline constexpr uint32_t kNsPerSecond = 1'000'000'000;

// What `copy` reads between two looks at an even version; false: it was never the same.
template <typename Copy>
bool read_xen_consistently(const uint32_t& version, Copy copy) {
  for (int i = 0; i < kXenClockAttempts; ++i) {
    const uint32_t before = __atomic_load_n(&version, __ATOMIC_ACQUIRE);
    copy();
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if ((before & 1) == 0 && before == __atomic_load_n(&version, __ATOMIC_RELAXED)) return true;
  }
  return false;
}

struct XenSystemClock {
  uint64_t at_tsc;  // what the TSC was
  uint64_t at_ns;   // at this system time
  uint32_t multiplier;
  int8_t shift;

  uint64_t nanoseconds(uint64_t ticks) const {
    const uint64_t shifted = shift >= 0 ? ticks << shift : ticks >> -shift;
    return static_cast<uint64_t>(static_cast<unsigned __int128>(shifted) * multiplier >> 32);
  }
  // Another CPU's TSC may be a few ticks behind; one that is a second behind is no longer the one that was read.
  bool knows(uint64_t tsc) const { return tsc >= at_tsc || nanoseconds(at_tsc - tsc) < kNsPerSecond; }
  uint64_t at(uint64_t tsc) const { return at_ns + (tsc > at_tsc ? nanoseconds(tsc - at_tsc) : 0); }
};

inline bool read_xen_clock(const vcpu_time_info& page, XenSystemClock& out) {
  const bool consistent = read_xen_consistently(page.version, [&] {
    out = {read_once(&page.tsc_timestamp), read_once(&page.system_time), read_once(&page.tsc_to_system_mul), read_once(&page.tsc_shift)};
  });
  return consistent && out.multiplier != 0 && out.shift > -32 && out.shift < 32;
}

struct XenWallClock {
  uint64_t seconds;  // since 1970, at the system time 0
  uint32_t nanoseconds;
};

inline bool read_xen_clock(const shared_info& page, XenWallClock& out) {
  uint32_t high = 0, low = 0;
  const bool consistent = read_xen_consistently(page.wc_version, [&] {
    low = read_once(&page.wc_sec);
    high = read_once(&page.wc_sec_hi);
    out.nanoseconds = read_once(&page.wc_nsec);
  });
  out.seconds = uint64_t{high} << 32 | low;
  return consistent && (low | high) != 0 && out.nanoseconds < kNsPerSecond;  // nobody has ever set it to 1970
}

}  // namespace efilite
