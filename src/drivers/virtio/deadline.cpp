// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/virtio/deadline.hpp"

#include "arch/io.hpp"

namespace efilite::drivers::virtio {

namespace {
constexpr uint32_t kFreeRests = 1 << 14;  // some milliseconds, before the clock is asked at all
constexpr uint32_t kRestsPerLook = 1 << 7;
}  // namespace

bool Deadline::passed() {
  arch::rest();
  if (++rests_ < kFreeRests || rests_ % kRestsPerLook != 0) return false;
  const uint64_t now = clock_.now();
  if (end_ == 0) end_ = now + units_;
  return now >= end_;
}

}  // namespace efilite::drivers::virtio
