// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/virtio/deadline.hpp"

#include "arch/io.hpp"

namespace efilite::drivers::virtio {

namespace {
constexpr int kRestsPerLook = 8;           // at what is waited for
constexpr uint32_t kFreeLooks = 1 << 14;   // milliseconds of a CPU, before the clock is asked
constexpr uint32_t kLooksPerTime = 1 << 7;
}  // namespace

bool Deadline::passed() {
  for (int i = 0; i < kRestsPerLook; ++i) arch::rest();
  if (++looks_ < kFreeLooks || looks_ % kLooksPerTime != 0) return false;
  const uint64_t now = clock_.now();
  if (end_ == 0) end_ = now + units_;
  return now >= end_;
}

}  // namespace efilite::drivers::virtio
