// SPDX-License-Identifier: BSD-2-Clause-Patent
// Starting kernels by PVH.
#pragma once

#include "boot/firmware/start.hpp"

namespace efilite::boot {

[[noreturn]] void start_pvh(const Machine& machine);

}  // namespace efilite::boot
