// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <gtest/gtest.h>

#include "tests/support/events.hpp"

namespace efilite::core {
namespace {

using efi::kTplApplication;
using efi::kTplCallback;
using efi::kTplHighLevel;
using efi::kTplNotify;

using Events = test::EventTest;

constexpr uint64_t kMs = test::FakeClock::kMillisecond;
constexpr efi::Guid kSomeGroup = {1, 2, 3, {4}};

// ---- CreateEvent, CreateEventEx, CloseEvent

TEST_F(Events, ReservedTypeBitsAreRefused) {
  for (uint32_t type : {0x1u, 0x202u, 0x400u, 0x20000000u, 0x60000203u, efi::kEvtTimer | 0x201u}) {
    EXPECT_EQ(queue.create(type, kTplCallback, notify, nullptr).status(), Status::InvalidParameter) << type;
  }
}

TEST_F(Events, WaitAndSignalNotificationExcludeEachOther) {
  EXPECT_EQ(queue.create(efi::kEvtNotifyWait | efi::kEvtNotifySignal, kTplCallback, notify, nullptr).status(), Status::InvalidParameter);
}

TEST_F(Events, NotificationNeedsAFunctionAndALevelAboveApplication) {
  for (uint32_t type : {efi::kEvtNotifyWait, efi::kEvtNotifySignal, efi::kEvtSignalExitBootServices, efi::kEvtSignalVirtualAddressChange}) {
    EXPECT_EQ(queue.create(type, kTplCallback, nullptr, nullptr).status(), Status::InvalidParameter);
    EXPECT_EQ(queue.create(type, kTplApplication, notify, nullptr).status(), Status::InvalidParameter);
    EXPECT_EQ(queue.create(type, 0, notify, nullptr).status(), Status::InvalidParameter);
    EXPECT_EQ(queue.create(type, kTplHighLevel + 1, notify, nullptr).status(), Status::InvalidParameter);
    for (efi::Tpl tpl : {kTplCallback, kTplNotify, kTplHighLevel}) EXPECT_TRUE(queue.create(type, tpl, notify, nullptr).has_value());
  }
}

TEST_F(Events, WithoutNotificationFunctionAndLevelDoNotMatter) {
  EXPECT_TRUE(queue.create(0, 99, nullptr, nullptr).has_value());
  EXPECT_TRUE(queue.create(efi::kEvtTimer | efi::kEvtRuntime, 0, notify, nullptr).has_value());
}

TEST_F(Events, TheOldTypesThatNameAGroupAreRefusedTogetherWithAGroup) {
  for (uint32_t type : {efi::kEvtSignalExitBootServices, efi::kEvtSignalVirtualAddressChange}) {
    EXPECT_EQ(queue.create(type, kTplCallback, notify, nullptr, &kSomeGroup).status(), Status::InvalidParameter);
  }
}

TEST_F(Events, MemoryShortageIsToldAndLeavesTheQueueUsable) {
  machine.heap.allowed = 0;
  std::vector<efi::Event> made;
  for (;;) {
    auto event = queue.create(0, 0, nullptr, nullptr);
    if (!event) {
      EXPECT_EQ(event.status(), Status::OutOfResources);
      break;
    }
    made.push_back(*event);
  }
  ASSERT_GE(made.size(), 8u);
  EXPECT_TRUE(queue.close(made[3]).has_value());
  EXPECT_TRUE(queue.create(0, 0, nullptr, nullptr).has_value());
  machine.heap.allowed = 1;
  EXPECT_TRUE(queue.create(0, 0, nullptr, nullptr).has_value());
}

TEST_F(Events, NobodyIsFooledByStaleWildOrNullEvents) {
  const efi::Event event = make_plain();
  EXPECT_TRUE(queue.is_valid(event));
  EXPECT_TRUE(queue.close(event).has_value());
  const efi::Event successor = make_plain();  // takes the same place
  EXPECT_NE(event, successor);
  for (efi::Event bad : {event, efi::Event{nullptr}, reinterpret_cast<efi::Event>(8), reinterpret_cast<efi::Event>(~uintptr_t{0}),
                         reinterpret_cast<efi::Event>(reinterpret_cast<uintptr_t>(successor) + 1)}) {
    EXPECT_FALSE(queue.is_valid(bad));
    EXPECT_EQ(queue.close(bad).status(), Status::InvalidParameter);
    EXPECT_EQ(queue.signal(bad).status(), Status::InvalidParameter);
    EXPECT_EQ(queue.check(bad).status(), Status::InvalidParameter);
    EXPECT_EQ(queue.set_timer(bad, efi::TimerDelay::Cancel, 0).status(), Status::InvalidParameter);
  }
}

TEST_F(Events, EventsBeyondTheFirstChunkWorkAlike) {
  std::vector<efi::Event> events;
  for (int i = 0; i < 100; ++i) events.push_back(make_signal(kTplCallback, std::to_string(i)));
  for (auto event : {events[99], events[16], events[40]}) EXPECT_TRUE(queue.signal(event).has_value());
  EXPECT_EQ(order(), "99 16 40");
}

TEST_F(Events, ClosingTakesTheQueuedNotificationAndTheTimerWithIt) {
  const efi::Event queued = make_signal(kTplCallback, "queued");
  const efi::Event timer = make_timer(kTplCallback, "timer");
  queue.raise_tpl(kTplNotify);
  EXPECT_TRUE(queue.signal(queued).has_value());
  EXPECT_TRUE(queue.set_timer(timer, efi::TimerDelay::Relative, kMs).has_value());
  EXPECT_TRUE(queue.close(queued).has_value());
  EXPECT_TRUE(queue.close(timer).has_value());
  EXPECT_FALSE(machine.clock.alarm.has_value());
  queue.restore_tpl(kTplApplication);
  machine.clock.advance(2 * kMs);
  EXPECT_EQ(order(), "");
}

TEST_F(Events, ANotificationMayCloseItsOwnEvent) {
  const efi::Event event = make_signal(kTplCallback, "once", [this](efi::Event self) { EXPECT_TRUE(queue.close(self).has_value()); });
  EXPECT_TRUE(queue.signal(event).has_value());
  EXPECT_EQ(order(), "once");
  EXPECT_FALSE(queue.is_valid(event));
}

// ---- notification order and task priority

TEST_F(Events, SignalNotifiesAtOnceWhenThePriorityAllows) {
  const efi::Event event = make_signal(kTplCallback, "a");
  EXPECT_TRUE(queue.signal(event).has_value());
  ASSERT_EQ(order(), "a");
  EXPECT_EQ(seen[0].tpl, kTplCallback);
  EXPECT_TRUE(seen[0].interrupts);
  EXPECT_EQ(seen[0].event, event);
  EXPECT_EQ(queue.tpl(), kTplApplication);
}

TEST_F(Events, NotificationsWaitForTheirPriorityAndRunInOrderOfIt) {
  const auto low1 = make_signal(kTplCallback, "c1"), low2 = make_signal(kTplCallback, "c2"), high1 = make_signal(kTplNotify, "n1"),
             high2 = make_signal(kTplNotify, "n2"), top = make_signal(kTplHighLevel, "h");
  EXPECT_EQ(queue.raise_tpl(kTplHighLevel), kTplApplication);
  EXPECT_FALSE(machine.interrupts.enabled());
  for (auto event : {low1, high1, low2, top, high2}) EXPECT_TRUE(queue.signal(event).has_value());
  EXPECT_EQ(order(), "");
  queue.restore_tpl(kTplNotify);
  EXPECT_EQ(order(), "h");
  EXPECT_TRUE(machine.interrupts.enabled());
  queue.restore_tpl(kTplCallback);
  EXPECT_EQ(order(), "h n1 n2");
  queue.restore_tpl(kTplApplication);
  EXPECT_EQ(order(), "h n1 n2 c1 c2");
  EXPECT_EQ(seen[0].tpl, kTplHighLevel);
  EXPECT_FALSE(seen[0].interrupts);
  EXPECT_EQ(seen[1].tpl, kTplNotify);
  EXPECT_TRUE(seen[1].interrupts);
}

TEST_F(Events, AHigherNotificationInterruptsALowerOne) {
  const auto high = make_signal(kTplNotify, "high");
  const auto same = make_signal(kTplCallback, "same");
  const auto low = make_signal(kTplCallback, "low", [&](efi::Event) {
    EXPECT_TRUE(queue.signal(same).has_value());
    EXPECT_TRUE(queue.signal(high).has_value());
    EXPECT_EQ(order(), "low high");
    EXPECT_EQ(queue.tpl(), kTplCallback);
  });
  EXPECT_TRUE(queue.signal(low).has_value());
  EXPECT_EQ(order(), "low high same");
}

TEST_F(Events, SignallingTwiceBeforeTheNotificationNotifiesOnce) {
  const auto event = make_signal(kTplCallback, "a");
  {
    TplGuard guard(queue, kTplCallback);
    EXPECT_TRUE(queue.signal(event).has_value());
    EXPECT_TRUE(queue.signal(event).has_value());
  }
  EXPECT_EQ(order(), "a");
  EXPECT_TRUE(queue.signal(event).has_value());
  EXPECT_EQ(order(), "a a");
}

TEST_F(Events, ANotificationMaySignalItsOwnEventAgain) {
  int left = 2;
  const auto event = make_signal(kTplCallback, "a", [&](efi::Event self) {
    if (left-- > 0) {
      EXPECT_TRUE(queue.signal(self).has_value());
    }
  });
  EXPECT_TRUE(queue.signal(event).has_value());
  EXPECT_EQ(order(), "a a a");
}

TEST_F(Events, AForgottenRaiseInsideANotificationDoesNotOutliveIt) {
  const auto event = make_signal(kTplCallback, "a", [&](efi::Event) { queue.raise_tpl(kTplHighLevel); });
  EXPECT_TRUE(queue.signal(event).has_value());
  EXPECT_EQ(queue.tpl(), kTplApplication);
  EXPECT_TRUE(machine.interrupts.enabled());
}

TEST_F(Events, SenselessPriorityChangesKeepTheQueueSane) {
  EXPECT_EQ(queue.raise_tpl(kTplNotify), kTplApplication);
  EXPECT_EQ(queue.raise_tpl(kTplCallback), kTplNotify);  // lower: stays
  EXPECT_EQ(queue.tpl(), kTplNotify);
  EXPECT_EQ(queue.raise_tpl(1000), kTplNotify);
  EXPECT_EQ(queue.tpl(), kTplHighLevel);
  queue.restore_tpl(0);
  EXPECT_EQ(queue.tpl(), kTplApplication);
  queue.restore_tpl(kTplHighLevel);  // up
  EXPECT_FALSE(machine.interrupts.enabled());
  queue.restore_tpl(kTplApplication);
  EXPECT_TRUE(machine.interrupts.enabled());
}

TEST_F(Events, AGuardInsideAHigherPriorityChangesNothing) {
  queue.raise_tpl(kTplHighLevel);
  {
    TplGuard guard(queue, kTplNotify);
    EXPECT_EQ(queue.tpl(), kTplHighLevel);
  }
  EXPECT_EQ(queue.tpl(), kTplHighLevel);
  EXPECT_FALSE(machine.interrupts.enabled());
}

// ---- CheckEvent, WaitForEvent

TEST_F(Events, CheckTakesTheSignal) {
  const auto event = make_plain();
  EXPECT_EQ(queue.check(event).status(), Status::NotReady);
  EXPECT_TRUE(queue.signal(event).has_value());
  EXPECT_TRUE(queue.check(event).has_value());
  EXPECT_EQ(queue.check(event).status(), Status::NotReady);
}

TEST_F(Events, CheckRefusesSignalNotificationEvents) {
  EXPECT_EQ(queue.check(make_signal(kTplCallback, "a")).status(), Status::InvalidParameter);
}

TEST_F(Events, CheckRunsTheWaitNotificationWhichMaySignal) {
  bool ready = false;
  const auto event = make(efi::kEvtNotifyWait, kTplNotify, "w", [&](efi::Event self) {
    if (ready) {
      EXPECT_TRUE(queue.signal(self).has_value());
    }
  });
  EXPECT_EQ(queue.check(event).status(), Status::NotReady);
  ready = true;
  EXPECT_TRUE(queue.check(event).has_value());
  EXPECT_EQ(order(), "w w");
  EXPECT_EQ(seen[0].tpl, kTplNotify);
  EXPECT_TRUE(queue.signal(event).has_value());  // signalling from outside does not notify
  EXPECT_TRUE(queue.check(event).has_value());
  EXPECT_EQ(order(), "w w");
}

TEST_F(Events, CheckAtTheNotificationsPriorityOnlyQueuesItOnce) {
  const auto event = make(efi::kEvtNotifyWait, kTplNotify, "w", [&](efi::Event self) { EXPECT_TRUE(queue.signal(self).has_value()); });
  {
    TplGuard guard(queue, kTplNotify);
    EXPECT_EQ(queue.check(event).status(), Status::NotReady);
    EXPECT_EQ(queue.check(event).status(), Status::NotReady);
    EXPECT_EQ(order(), "");
  }
  EXPECT_EQ(order(), "w");
  EXPECT_TRUE(queue.check(event).has_value());
}

TEST_F(Events, CheckSurvivesAWaitNotificationThatClosesTheEvent) {
  const auto event = make(efi::kEvtNotifyWait, kTplNotify, "w", [&](efi::Event self) { EXPECT_TRUE(queue.close(self).has_value()); });
  EXPECT_EQ(queue.check(event).status(), Status::InvalidParameter);
}

TEST_F(Events, WaitingNeedsTplApplicationAndSomethingToWaitFor) {
  size_t index = 77;
  const efi::Event event = make_plain();
  EXPECT_EQ(queue.wait({}, index).status(), Status::InvalidParameter);
  TplGuard guard(queue, kTplCallback);
  EXPECT_EQ(queue.wait({&event, 1}, index).status(), Status::Unsupported);
}

TEST_F(Events, WaitingNamesTheEventThatCannotBeWaitedFor) {
  size_t index = 77;
  const std::array events = {make_plain(), make_signal(kTplCallback, "s")};
  EXPECT_EQ(queue.wait(events, index).status(), Status::InvalidParameter);
  EXPECT_EQ(index, 1u);
}

TEST_F(Events, WaitingTellsTheFirstSignalledAndLeavesTheOthers) {
  size_t index = 77;
  const std::array events = {make_plain(), make_plain(), make_plain()};
  EXPECT_TRUE(queue.signal(events[2]).has_value());
  EXPECT_TRUE(queue.signal(events[1]).has_value());
  EXPECT_TRUE(queue.wait(events, index).has_value());
  EXPECT_EQ(index, 1u);
  EXPECT_TRUE(queue.wait(events, index).has_value());
  EXPECT_EQ(index, 2u);
  EXPECT_EQ(machine.interrupts.waits, 0);
}

TEST_F(Events, WaitingIdlesUntilTheTimerIsDue) {
  size_t index = 77;
  const std::array events = {make_plain(), make_plain(efi::kEvtTimer)};
  EXPECT_TRUE(queue.set_timer(events[1], efi::TimerDelay::Relative, 25 * kMs).has_value());
  EXPECT_TRUE(queue.wait(events, index).has_value());
  EXPECT_EQ(index, 1u);
  EXPECT_EQ(machine.clock.time, 25 * kMs);
  EXPECT_LE(machine.interrupts.waits, 4);
}

TEST_F(Events, WaitingAsksPolledEventsAgainAndAgain) {
  size_t index = 77;
  int asked = 0;
  const efi::Event event = make(efi::kEvtNotifyWait, kTplNotify, "w", [&](efi::Event self) {
    if (++asked == 5) {
      EXPECT_TRUE(queue.signal(self).has_value());
    }
  });
  EXPECT_TRUE(queue.wait({&event, 1}, index).has_value());
  EXPECT_EQ(asked, 5);
  EXPECT_EQ(machine.interrupts.waits, 4);
}

}  // namespace
}  // namespace efilite::core
