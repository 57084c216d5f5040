// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <gtest/gtest.h>

#include "tests/support/events.hpp"

namespace efilite::core {
namespace {

using efi::kTplApplication;
using efi::kTplCallback;
using efi::kTplHighLevel;
using efi::kTplNotify;

using EventTimers = test::EventTest;

constexpr uint64_t kMs = test::FakeClock::kMillisecond;
constexpr efi::Guid kSomeGroup = {1, 2, 3, {4}};

// ---- SetTimer

TEST_F(EventTimers, TimersWantATimerEventAndAKnownDelay) {
  EXPECT_EQ(queue.set_timer(make_plain(), efi::TimerDelay::Relative, 1).status(), Status::InvalidParameter);
  EXPECT_EQ(queue.set_timer(make_plain(efi::kEvtTimer), efi::TimerDelay{3}, 1).status(), Status::InvalidParameter);
}

TEST_F(EventTimers, ARelativeTimerSignalsOnce) {
  const auto event = make_timer(kTplCallback, "t");
  EXPECT_TRUE(queue.set_timer(event, efi::TimerDelay::Relative, 3 * kMs).has_value());
  machine.clock.advance(3 * kMs - 1);
  EXPECT_EQ(order(), "");
  machine.clock.advance(1);
  EXPECT_EQ(order(), "t");
  EXPECT_EQ(seen[0].tpl, kTplCallback);
  EXPECT_TRUE(seen[0].interrupts);
  EXPECT_FALSE(machine.clock.alarm.has_value());
  machine.clock.advance(100 * kMs);
  EXPECT_EQ(order(), "t");
}

TEST_F(EventTimers, APeriodicTimerGoesOnUntilItIsCancelled) {
  const auto event = make_timer(kTplCallback, "t");
  EXPECT_TRUE(queue.set_timer(event, efi::TimerDelay::Periodic, 10 * kMs).has_value());
  machine.clock.advance(35 * kMs);
  EXPECT_EQ(order(), "t t t");
  EXPECT_TRUE(queue.set_timer(event, efi::TimerDelay::Cancel, 5).has_value());
  machine.clock.advance(35 * kMs);
  EXPECT_EQ(order(), "t t t");
  EXPECT_FALSE(machine.clock.alarm.has_value());
}

TEST_F(EventTimers, TriggerTimeZeroIsTheNextOrEveryTick) {
  const auto once = make_timer(kTplCallback, "once"), each = make_timer(kTplCallback, "each");
  EXPECT_TRUE(queue.set_timer(once, efi::TimerDelay::Relative, 0).has_value());
  EXPECT_TRUE(queue.set_timer(each, efi::TimerDelay::Periodic, 0).has_value());
  machine.clock.advance(3 * EventQueue::kTimerTick);
  EXPECT_EQ(order(), "once each each each");
}

TEST_F(EventTimers, ATimerIsNeverSoFastThatTheProgramStandsStill) {
  const auto each = make_timer(kTplCallback, "e");
  EXPECT_TRUE(queue.set_timer(each, efi::TimerDelay::Periodic, 1).has_value());
  machine.clock.advance(5 * EventQueue::kShortestTime);
  EXPECT_EQ(order(), "e e e e e");
  EXPECT_TRUE(queue.close(each).has_value());
  seen.clear();
  const auto again = make(efi::kEvtTimer | efi::kEvtNotifySignal, kTplCallback, "a", [&](efi::Event self) {
    EXPECT_TRUE(queue.set_timer(self, efi::TimerDelay::Relative, 1).has_value());
  });
  EXPECT_TRUE(queue.signal(again).has_value());
  machine.clock.advance(3 * EventQueue::kShortestTime);
  EXPECT_EQ(order(), "a a a a");
}

TEST_F(EventTimers, SettingAgainReplacesTheOldTime) {
  const auto event = make_timer(kTplCallback, "t");
  EXPECT_TRUE(queue.set_timer(event, efi::TimerDelay::Periodic, kMs).has_value());
  EXPECT_TRUE(queue.set_timer(event, efi::TimerDelay::Relative, 50 * kMs).has_value());
  machine.clock.advance(49 * kMs);
  EXPECT_EQ(order(), "");
  machine.clock.advance(kMs);
  EXPECT_EQ(order(), "t");
}

TEST_F(EventTimers, ATimeBeyondTheEndOfTimeNeverComes) {
  machine.clock.advance(5);
  const auto event = make_timer(kTplCallback, "t");
  EXPECT_TRUE(queue.set_timer(event, efi::TimerDelay::Periodic, UINT64_MAX - 2).has_value());
  machine.clock.advance(1000 * kMs);
  queue.poll();
  EXPECT_EQ(order(), "");
}

TEST_F(EventTimers, TimersThatAreDueTogetherAreNotifiedInOrderOfTheirTime) {
  const auto a = make_timer(kTplCallback, "a"), b = make_timer(kTplCallback, "b"), c = make_timer(kTplCallback, "c");
  const auto n = make_timer(kTplNotify, "n");
  EXPECT_TRUE(queue.set_timer(a, efi::TimerDelay::Relative, 3 * kMs).has_value());
  EXPECT_TRUE(queue.set_timer(b, efi::TimerDelay::Relative, 1 * kMs).has_value());
  EXPECT_TRUE(queue.set_timer(c, efi::TimerDelay::Relative, 3 * kMs).has_value());
  EXPECT_TRUE(queue.set_timer(n, efi::TimerDelay::Relative, 4 * kMs).has_value());
  queue.raise_tpl(kTplHighLevel);
  machine.clock.advance(5 * kMs);
  queue.restore_tpl(kTplApplication);
  EXPECT_EQ(order(), "n b a c");
}

TEST_F(EventTimers, MissedPeriodsAreSignalledOnceAndThePhaseIsKept) {
  const auto event = make_timer(kTplCallback, "t");
  EXPECT_TRUE(queue.set_timer(event, efi::TimerDelay::Periodic, 10 * kMs).has_value());
  queue.raise_tpl(kTplHighLevel);
  machine.clock.advance(47 * kMs);
  queue.restore_tpl(kTplApplication);
  EXPECT_EQ(order(), "t");
  EXPECT_EQ(machine.clock.alarm, 50 * kMs);
}

TEST_F(EventTimers, TimePassesInsideRestoreTplEvenIfNoInterruptEverComes) {
  machine.clock.interrupt = nullptr;
  const auto event = make_timer(kTplCallback, "t");
  queue.raise_tpl(kTplCallback);
  EXPECT_TRUE(queue.set_timer(event, efi::TimerDelay::Periodic, 10 * kMs).has_value());
  for (int i = 0; i < 4; ++i) {
    machine.clock.advance(10 * kMs);
    queue.restore_tpl(kTplApplication);
    queue.raise_tpl(kTplCallback);
  }
  EXPECT_EQ(order(), "t t t t");
}

TEST_F(EventTimers, ACheckedTimerIsSeenEvenIfNoInterruptEverComes) {
  machine.clock.interrupt = nullptr;
  const auto event = make_plain(efi::kEvtTimer);
  EXPECT_TRUE(queue.set_timer(event, efi::TimerDelay::Relative, kMs).has_value());
  EXPECT_EQ(queue.check(event).status(), Status::NotReady);
  machine.clock.advance(kMs);
  EXPECT_TRUE(queue.check(event).has_value());
}

TEST_F(EventTimers, TheTimerInterruptsLowerWorkButNotHigherOne) {
  const auto timer = make_timer(kTplNotify, "timer");
  EXPECT_TRUE(queue.set_timer(timer, efi::TimerDelay::Relative, kMs).has_value());
  {
    TplGuard guard(queue, kTplNotify);
    machine.clock.advance(kMs);
    EXPECT_EQ(order(), "");
  }
  EXPECT_EQ(order(), "timer");
  EXPECT_TRUE(queue.set_timer(timer, efi::TimerDelay::Relative, kMs).has_value());
  TplGuard guard(queue, kTplCallback);
  machine.clock.advance(kMs);
  EXPECT_EQ(order(), "timer timer");
  EXPECT_EQ(queue.tpl(), kTplCallback);
}

TEST_F(EventTimers, WithoutTimersNobodyLooksAtTheClock) {
  const auto event = make_signal(kTplCallback, "a");
  EXPECT_TRUE(queue.signal(event).has_value());
  { TplGuard guard(queue, kTplNotify); }
  EXPECT_TRUE(queue.close(event).has_value());
  EXPECT_EQ(machine.clock.looks, 0);
  EXPECT_EQ(machine.clock.alarms, 0);
}

TEST_F(EventTimers, TheAlarmIsSetForTheNearestTimerOnly) {
  const auto near = make_plain(efi::kEvtTimer), far = make_plain(efi::kEvtTimer);
  EXPECT_TRUE(queue.set_timer(far, efi::TimerDelay::Relative, 20 * kMs).has_value());
  EXPECT_EQ(machine.clock.alarm, 20 * kMs);
  EXPECT_TRUE(queue.set_timer(near, efi::TimerDelay::Relative, 5 * kMs).has_value());
  EXPECT_EQ(machine.clock.alarm, 5 * kMs);
  EXPECT_TRUE(queue.set_timer(near, efi::TimerDelay::Cancel, 0).has_value());
  EXPECT_EQ(machine.clock.alarm, 20 * kMs);
  machine.clock.alarm = 7 * kMs;  // it may go off early: it is set again
  machine.clock.advance(8 * kMs);
  EXPECT_EQ(machine.clock.alarm, 20 * kMs);
  EXPECT_EQ(queue.check(far).status(), Status::NotReady);
}

// ---- groups, memory map, the end

TEST_F(EventTimers, SignallingAMemberSignalsTheWholeGroup) {
  const auto a = make(efi::kEvtNotifySignal, kTplCallback, "a", {}, &kSomeGroup);
  make(efi::kEvtNotifySignal, kTplNotify, "b", {}, &kSomeGroup);
  const auto plain = *queue.create(0, 0, nullptr, nullptr, &kSomeGroup);
  make(efi::kEvtNotifySignal, kTplNotify, "other", {}, &efi::kEventGroupReadyToBoot);
  EXPECT_TRUE(queue.signal(a).has_value());
  EXPECT_EQ(order(), "b a");
  EXPECT_TRUE(queue.check(plain).has_value());
  EXPECT_TRUE(queue.signal(plain).has_value());  // a member that is not notified itself
  EXPECT_EQ(order(), "b a b a");
  queue.signal_group(efi::kEventGroupReadyToBoot);
  EXPECT_EQ(order(), "b a b a other");
}

TEST_F(EventTimers, ATimerInAGroupSignalsTheGroup) {
  make(efi::kEvtNotifySignal, kTplCallback, "a", {}, &kSomeGroup);
  const auto timer = *queue.create(efi::kEvtTimer, 0, nullptr, nullptr, &kSomeGroup);
  EXPECT_TRUE(queue.set_timer(timer, efi::TimerDelay::Relative, kMs).has_value());
  machine.clock.advance(kMs);
  EXPECT_EQ(order(), "a");
}

TEST_F(EventTimers, AClosedEventLeavesItsGroup) {
  const auto a = make(efi::kEvtNotifySignal, kTplCallback, "a", {}, &kSomeGroup);
  make(efi::kEvtNotifySignal, kTplCallback, "b", {}, &kSomeGroup);
  EXPECT_TRUE(queue.close(a).has_value());
  queue.signal_group(kSomeGroup);
  EXPECT_EQ(order(), "b");
}

TEST_F(EventTimers, MemoryMapChangesAreToldAtTheNextRestoreTpl) {
  const auto event = make(efi::kEvtNotifySignal, kTplNotify, "map", {}, &efi::kEventGroupMemoryMapChange);
  queue.memory_map_changed();
  queue.memory_map_changed();
  EXPECT_EQ(order(), "");
  EXPECT_EQ(queue.tpl(), kTplApplication);
  EXPECT_TRUE(machine.interrupts.enabled());
  { TplGuard guard(queue, kTplNotify); }
  EXPECT_EQ(order(), "map");
  EXPECT_TRUE(queue.close(event).has_value());
  queue.memory_map_changed();
  queue.poll();
  EXPECT_EQ(order(), "map");
}

TEST_F(EventTimers, ExitBootServicesNotifiesEachOnceAndThenNothingMore) {
  const auto timer = make_timer(kTplNotify, "timer");
  const auto late = make_signal(kTplNotify, "late");
  make(efi::kEvtSignalExitBootServices, kTplCallback, "old");
  const auto too_late = [&](efi::Event) {
    EXPECT_EQ(queue.set_timer(timer, efi::TimerDelay::Relative, 1).status(), Status::InvalidParameter);
    EXPECT_TRUE(queue.set_timer(timer, efi::TimerDelay::Cancel, 0).has_value()) << "drivers tidy up here";
  };
  make(efi::kEvtNotifySignal, kTplNotify, "new", too_late, &efi::kEventGroupExitBootServices);
  make(efi::kEvtNotifySignal, kTplNotify, "before", {}, &efi::kEventGroupBeforeExitBootServices);
  EXPECT_TRUE(queue.set_timer(timer, efi::TimerDelay::Relative, kMs).has_value());
  {
    TplGuard guard(queue, kTplNotify);  // as a thunk may hold it
    queue.exit_boot_services();
    EXPECT_EQ(order(), "new old");
    EXPECT_FALSE(machine.clock.alarm.has_value());
  }
  EXPECT_FALSE(machine.interrupts.enabled());
  machine.clock.advance(10 * kMs);
  queue.tick();
  queue.poll();
  EXPECT_TRUE(queue.signal(late).has_value());
  queue.memory_map_changed();
  queue.restore_tpl(kTplApplication);
  EXPECT_EQ(order(), "new old");
  EXPECT_FALSE(machine.interrupts.enabled());
}

TEST_F(EventTimers, TheRuntimeGetsTheVirtualAddressNotificationsInTheirOrder) {
  const auto a = make(efi::kEvtSignalVirtualAddressChange, kTplCallback, "a");
  const auto b = make(efi::kEvtNotifySignal, kTplNotify, "b", {}, &efi::kEventGroupVirtualAddressChange);
  make(0, kTplNotify, "not to be notified", {}, &efi::kEventGroupVirtualAddressChange);
  make(efi::kEvtSignalExitBootServices, kTplNotify, "x");
  std::vector<efi::Event> visited;
  queue.exit_boot_services();
  EXPECT_EQ(queue.for_each_virtual_address_change([&](efi::Event event, efi::EventNotify function, void* context) {
    EXPECT_EQ(function, &notify);
    EXPECT_EQ(context, notes[event == a ? 0 : 1].get());
    visited.push_back(event);
  }), 2u);
  EXPECT_EQ(visited, (std::vector{b, a}));
}

TEST_F(EventTimers, NoMoreVirtualAddressEventsAreMadeThanTheRuntimeCanNotify) {
  std::vector<efi::Event> all;
  auto create = [&] { return queue.create(efi::kEvtSignalVirtualAddressChange, kTplNotify, notify, nullptr); };
  for (uint32_t i = 0; i < EventQueue::kMaxAddressChangeEvents; ++i) all.push_back(create().value());
  EXPECT_EQ(create().status(), Status::OutOfResources);
  EXPECT_EQ(queue.create(efi::kEvtNotifySignal, kTplNotify, notify, nullptr, &efi::kEventGroupVirtualAddressChange).status(),
            Status::OutOfResources);
  EXPECT_TRUE(queue.create(efi::kEvtNotifySignal, kTplNotify, notify, nullptr).has_value());
  EXPECT_TRUE(queue.close(all[5]).has_value());
  EXPECT_TRUE(create().has_value());
}

}  // namespace
}  // namespace efilite::core
