// SPDX-License-Identifier: BSD-2-Clause-Patent
// Calls and jumps in packed code. There each names its target, which is the same in many places and so packs well, and not how far away
// that is.
#pragma once

#include "base/bytes.hpp"
#include "base/units.hpp"

namespace efilite::arch {

// Makes the calls in `code`, which lies at `address`, what the processor wants. Those into `image` were changed, all below 4 GiB; the last
// twelve bytes have none (cmake/calls.py).
void restore_calls(MutableByteSpan code, uint32_t address, PhysRange image);

}  // namespace efilite::arch
