// SPDX-License-Identifier: BSD-2-Clause-Patent
// Starting kernels by PVH, and those that have only Xen's paravirtualized entry by Xen's shim.
#pragma once

#include "boot/firmware/start.hpp"
#include "boot/handoff/pvh.hpp"

namespace efilite::boot {

[[noreturn]] void start_pvh(const Machine& machine);
[[noreturn]] void start_pv(const Machine& machine);

// The last step of both.
[[noreturn]] void enter_by_pvh(const Machine& machine, PvhHandOff& hand_off, uint32_t entry);

}  // namespace efilite::boot
