// SPDX-License-Identifier: BSD-2-Clause-Patent
// What fuzzers of core share: a heap that counts and can run dry, and a machine where nothing ever happens.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "core/ports.hpp"

// A broken invariant is a crash that the fuzzer keeps the input of.
#define EXPECT(condition) \
  if (!(condition)) __builtin_trap()

namespace efilite::test {

class FuzzHeap final : public core::Heap {
 public:
  void* allocate(size_t size) override {
    if (left == 0) return nullptr;
    --left;
    ++live;
    return malloc(size);
  }
  void release(void* block) override {
    --live;
    free(block);
  }
  long live = 0;
  size_t left = SIZE_MAX;  // allocations until there is no memory
};

class NoInterrupts final : public core::Interrupts {
  void enable() override {}
  void disable() override {}
  void wait() override {}
};

class NoClock final : public core::Clock {
  uint64_t now() override { return 0; }
  void stall(uint64_t) override {}
  void set_alarm(uint64_t) override {}
  void cancel_alarm() override {}
  uint64_t counter() override { return 0; }
  uint64_t counter_frequency() override { return 1; }
};

}  // namespace efilite::test
