// SPDX-License-Identifier: BSD-2-Clause-Patent
// Waiting for a device that may never answer.
#pragma once

#include "core/ports.hpp"

namespace efilite::drivers::virtio {

inline constexpr uint64_t kSecond = 10'000'000;  // of Clock's 100 ns

// for (Deadline deadline(clock, kSecond); !done();) if (deadline.passed()) return Status::Timeout;
class Deadline {
 public:
  constexpr Deadline(core::Clock& clock, uint64_t units) : clock_(clock), units_(units) {}
  // Lets the CPU rest for a moment. True once the time is over.
  bool passed();
  // It takes so long that what else the device says may be looked at, at a price.
  bool is_long() const { return end_ != 0; }

 private:
  core::Clock& clock_;
  uint64_t units_;
  uint64_t end_ = 0;  // by the clock; 0: not asked yet, since that may have to measure first
  uint32_t rests_ = 0;
};

}  // namespace efilite::drivers::virtio
