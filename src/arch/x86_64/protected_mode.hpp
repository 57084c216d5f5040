// SPDX-License-Identifier: BSD-2-Clause-Patent
// Entering a kernel in 32-bit protected mode without paging, and the copies that can be made only then: to where efilite is.
#pragma once

#include <span>

#include "arch/layout.h"
#include "base/bytes.hpp"
#include "base/units.hpp"

namespace efilite::arch {

// `bytes` go from `from` to `to`, and `zero_bytes` zeros behind them.
struct LastCopy {
  uint32_t to;
  uint32_t from;
  uint32_t bytes;
  uint32_t zero_bytes;
};
static_assert(sizeof(LastCopy) == 16);

// All other registers are 0; of the segments, the selectors are those that Linux wants [boot.rst, 32-bit Boot Protocol], and the rest is as
// PVH has it [Xen docs/misc/pvh.pandoc].
struct ProtectedModeEntry {
  uint32_t entry;
  uint32_t ebx = 0;
  uint32_t esi = 0;
};

constexpr PageCount pages_for_protected_mode(size_t copies) {
  return PageCount::covering({PROTECTED_MODE_CODE + sizeof(uint32_t) * 4 + copies * sizeof(LastCopy)});
}

// `room` lies below 4 GiB, mapped one to one, and can be written and executed: pages_for_protected_mode(). No copy goes into it or into
// what another copy reads, so their order does not matter; the sources are below 4 GiB. Boot services are over.
[[noreturn]] void enter_protected_mode(MutableByteSpan room, const ProtectedModeEntry& entry, std::span<const LastCopy> copies);

}  // namespace efilite::arch
