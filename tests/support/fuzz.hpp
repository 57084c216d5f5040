// SPDX-License-Identifier: BSD-2-Clause-Patent
// What fuzzers share: their input, a heap that counts and can run dry, and a machine where nothing ever happens.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "core/ports.hpp"

// A broken invariant is a crash that the fuzzer keeps the input of.
#define EXPECT(condition) \
  if (!(condition)) __builtin_trap()

namespace efilite::test {

// The bytes of the input one behind the other; zeros after the end.
class FuzzInput {
 public:
  FuzzInput(const uint8_t* data, size_t size) : left_(std::as_bytes(std::span(data, size))) {}
  bool empty() const { return left_.empty(); }
  template <typename T>
  T take() {
    T value{};
    fill(std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
  uint8_t byte() { return take<uint8_t>(); }
  // What is left, if it is less than `out`; the rest of that stays.
  void fill(MutableByteSpan out) {
    const size_t size = std::min(out.size(), left_.size());
    if (size != 0) memcpy(out.data(), left_.data(), size);
    left_ = left_.subspan(size);
  }

 private:
  ByteSpan left_;
};

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
