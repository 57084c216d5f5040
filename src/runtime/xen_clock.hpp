// SPDX-License-Identifier: BSD-2-Clause-Patent
// The time of a guest of Xen's: from the page that Xen keeps up to date as long as it is ours, and from then on by the TSC.
#pragma once

#include "abi/xen_time.hpp"

namespace efilite::runtime {

struct XenClock {
  const shared_info* live;  // until ExitBootServices; from then on nullptr, and Xen's clocks are as they were
  XenSystemClock system;
  XenWallClock wall;
  uint32_t time_leaf;    // of CPUID, where Xen tells of the TSC
  uint32_t incarnation;  // of the domain: it has another one when it is migrated or restored, and another TSC then
  bool kept;
};

void start_xen_clock(XenClock& clock, const shared_info* page, uint32_t time_leaf);
// The page is about to be Xen's again.
void keep_xen_clock(XenClock& clock);

// False: Xen does not tell, or nobody has told how much time passed while the domain was moved.
bool xen_time(const XenClock& clock, XenWallClock& now);

}  // namespace efilite::runtime
