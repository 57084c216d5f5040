// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "runtime/xen_clock.hpp"

#include "arch/io.hpp"

namespace efilite::runtime {
namespace {

bool read_page(const shared_info& page, XenClock& clock) {
  return read_xen_clock(page.vcpu_info[0].time, clock.system) && read_xen_clock(page, clock.wall);
}

// [Xen public/arch-x86/cpuid.h] subleaf 0, EDX
uint32_t current_incarnation(uint32_t time_leaf) { return arch::cpuid(time_leaf).edx; }

}  // namespace

void start_xen_clock(XenClock& clock, const shared_info* page, uint32_t time_leaf) {
  clock = {};
  clock.live = page;
  clock.time_leaf = time_leaf;
}

void keep_xen_clock(XenClock& clock) {
  if (clock.live == nullptr) return;
  clock.incarnation = current_incarnation(clock.time_leaf);
  clock.kept = read_page(*clock.live, clock);
  clock.live = nullptr;
}

bool xen_time(const XenClock& clock, XenWallClock& now) {
  XenClock at = clock;
  if (at.live != nullptr) {
    if (!read_page(*at.live, at)) return false;
  } else if (!at.kept || current_incarnation(at.time_leaf) != at.incarnation) {
    return false;
  }
  const uint64_t tsc = arch::timestamp();
  if (!at.system.knows(tsc)) return false;
  const uint64_t passed = at.system.at(tsc);
  const uint64_t fraction = at.wall.nanoseconds + passed % kNsPerSecond;
  now.nanoseconds = static_cast<uint32_t>(fraction % kNsPerSecond);
  return !__builtin_add_overflow(at.wall.seconds, passed / kNsPerSecond + fraction / kNsPerSecond, &now.seconds);
}

}  // namespace efilite::runtime
