// SPDX-License-Identifier: BSD-2-Clause-Patent
// Waiting for timers, for the tests that do.
#pragma once

#include "conformance.hpp"

namespace conformance {

inline constexpr UINT64 kMillisecond = 10000;  // in SetTimer's 100 ns

// Waits for a timer by looking at it, for a second at most.
inline bool comes(EFI_EVENT event) {
  for (int i = 0; i < 1000; ++i) {
    if (bs->CheckEvent(event) == EFI_SUCCESS) return true;
    bs->Stall(1000);
  }
  return false;
}

inline bool called(const Calls& calls, UINTN times) {
  for (int i = 0; i < 1000 && *const_cast<const volatile UINTN*>(&calls.count) < times; ++i) bs->Stall(1000);
  return calls.count >= times;
}

}  // namespace conformance
