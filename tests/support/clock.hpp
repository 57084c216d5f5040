// SPDX-License-Identifier: BSD-2-Clause-Patent
// A machine with a clock that moves only when it is told to, and an alarm that interrupts when it is due and interrupts are enabled.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/ports.hpp"

namespace efilite::test {

class FakeClock final : public core::Clock {
 public:
  static constexpr uint64_t kMillisecond = 10'000;

  uint64_t time = 0;
  uint64_t step = 0;  // for those who wait by looking at it
  std::optional<uint64_t> alarm;
  std::function<void()> interrupt;  // what the alarm calls; none: it is never heard
  bool enabled = false;
  int looks = 0;   // calls of now()
  int alarms = 0;  // calls of set_alarm()

  uint64_t now() override {
    ++looks;
    return time += step;
  }
  void stall(uint64_t microseconds) override { advance(microseconds * 10); }
  void set_alarm(uint64_t due) override {
    ++alarms;
    alarm = due;
  }
  void cancel_alarm() override { alarm.reset(); }
  uint64_t counter() override { return 3 * time; }  // of 30 MHz
  uint64_t counter_frequency() override { return 3 * 1000 * kMillisecond; }

  void advance(uint64_t units) {
    const uint64_t end = time + units;
    while (enabled && interrupt && alarm && *alarm <= end) {
      time = std::max(time, *alarm);
      deliver();
    }
    time = std::max(time, end);
  }
  void deliver() {
    while (enabled && interrupt && alarm && *alarm <= time) {
      alarm.reset();
      enabled = false;
      interrupt();
      if (enabled) std::abort();  // a handler must leave enabling to its return
      enabled = true;
    }
  }
};

class FakeInterrupts final : public core::Interrupts {
 public:
  explicit FakeInterrupts(FakeClock& clock) : clock_(clock) {}
  int waits = 0;
  std::function<void()> on_wait;

  bool enabled() const { return clock_.enabled; }
  void enable() override {
    clock_.enabled = true;
    clock_.deliver();
  }
  void disable() override { clock_.enabled = false; }
  void wait() override {
    ++waits;
    if (on_wait) on_wait();
    const uint64_t latest = clock_.time + 10 * FakeClock::kMillisecond;
    const uint64_t next = std::min(clock_.alarm.value_or(latest), latest);
    clock_.advance(next > clock_.time ? next - clock_.time : 0);
  }

 private:
  FakeClock& clock_;
};

// Gives out memory until told not to, and takes it all back at its end.
class ListHeap final : public core::Heap {
 public:
  size_t allowed = SIZE_MAX;  // blocks
  void* allocate(size_t size) override {
    if (blocks_.size() >= allowed) return nullptr;
    blocks_.push_back({static_cast<std::byte*>(std::aligned_alloc(16, (size + 15) & ~size_t{15})), &std::free});
    return blocks_.back().get();
  }
  void release(void* block) override {
    std::erase_if(blocks_, [=](const auto& held) { return held.get() == block; });
  }
  size_t blocks() const { return blocks_.size(); }

 private:
  std::vector<std::unique_ptr<std::byte, void (*)(void*)>> blocks_;
};

}  // namespace efilite::test
