// SPDX-License-Identifier: BSD-2-Clause-Patent
// The C edge of events and of the miscellaneous services: what a program sees through EFI_BOOT_SERVICES.
#include "core/events/event_services.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/events/events.hpp"
#include "core/firmware.hpp"
#include "core/handles/handles.hpp"
#include "core/misc_services.hpp"
#include "tests/support/clock.hpp"

namespace efilite::core {
namespace {

using efi::EfiStatus;

constexpr auto kOk = efi::encode(Status::Success);
constexpr auto kInvalid = efi::encode(Status::InvalidParameter);
constexpr auto kUnsupported = efi::encode(Status::Unsupported);
constexpr auto kNotReady = efi::encode(Status::NotReady);
constexpr auto kDeviceError = efi::encode(Status::DeviceError);
constexpr uint64_t kSecond = 1000 * test::FakeClock::kMillisecond;

std::vector<uint64_t> the_expired;
std::string the_description;

class Services : public testing::Test {
 protected:
  test::ListHeap heap;
  test::FakeClock clock;
  test::FakeInterrupts interrupts{clock};
  EventQueue events{heap, interrupts, clock};
  HandleDatabase handles{heap, events};
  runtime::RuntimeState runtime_state{};
  MiscServices misc{{events,
                     [](uint64_t code, std::string_view description) {
                       the_expired.push_back(code);
                       the_description = description;
                     }},
                    runtime_state};
  efi::BootServices bs{};
  alignas(64) std::byte nobody_[64] = {};  // the rooms that these services never touch
  Firmware firmware_{reinterpret_cast<MemoryMap&>(nobody_),
                     reinterpret_cast<Pool&>(nobody_),
                     events,
                     handles,
                     reinterpret_cast<Images&>(nobody_),
                     reinterpret_cast<Tables&>(nobody_),
                     clock,
                     nullptr};

  Services() {
    the_expired.clear();
    the_firmware = &firmware_;
    fill_event_services(bs);
    fill_misc_services(bs, misc);
    clock.interrupt = [this] { events.tick(); };
    events.restore_tpl(efi::kTplApplication);
  }
  ~Services() override { the_firmware = nullptr; }

  static void EFIAPI count(efi::Event, void* context) { ++*static_cast<int*>(context); }
};

TEST_F(Services, ClosingAnEventEndsItsRegistrations) {
  efi::Event event = nullptr;
  ASSERT_EQ(bs.create_event(0, 0, nullptr, nullptr, &event), kOk);
  auto key = handles.register_notify(efi::LoadedImageProtocol::kGuid, event);
  ASSERT_TRUE(key);
  efi::Handle handle = nullptr;
  int interface = 0;
  ASSERT_TRUE(handles.install(&handle, efi::LoadedImageProtocol::kGuid, &interface));
  ASSERT_TRUE(handles.count(efi::LocateSearchType::ByRegisterNotify, nullptr, *key));
  ASSERT_EQ(bs.close_event(event), kOk);
  EXPECT_FALSE(handles.count(efi::LocateSearchType::ByRegisterNotify, nullptr, *key));
}

TEST_F(Services, CreatingNeedsSomewhereToPutTheEvent) {
  int calls = 0;
  EXPECT_EQ(bs.create_event(0, 0, nullptr, nullptr, nullptr), kInvalid);
  EXPECT_EQ(bs.create_event_ex(efi::kEvtNotifySignal, 8, count, &calls, &efi::kEventGroupReadyToBoot, nullptr), kInvalid);
  efi::Event event = nullptr;
  EXPECT_EQ(bs.create_event(0x400, 0, nullptr, nullptr, &event), kInvalid);
  EXPECT_EQ(event, nullptr);
  heap.allowed = 0;
  EfiStatus status = kOk;
  while (status == kOk) status = bs.create_event(0, 0, nullptr, nullptr, &event);
  EXPECT_EQ(status, efi::encode(Status::OutOfResources));
}

TEST_F(Services, AnEventsWholeLife) {
  int calls = 0;
  efi::Event event = nullptr;
  ASSERT_EQ(bs.create_event(efi::kEvtTimer | efi::kEvtNotifySignal, efi::kTplCallback, count, &calls, &event), kOk);
  EXPECT_EQ(bs.signal_event(event), kOk);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(bs.check_event(event), kInvalid);
  EXPECT_EQ(bs.set_timer(event, efi::TimerDelay::Relative, 1000), kOk);
  EXPECT_EQ(bs.set_timer(event, efi::TimerDelay{7}, 10), kInvalid);
  EXPECT_EQ(bs.stall(100), kOk);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(bs.raise_tpl(efi::kTplCallback), efi::kTplApplication);
  EXPECT_EQ(bs.signal_event(event), kOk);
  EXPECT_EQ(calls, 2);
  bs.restore_tpl(efi::kTplApplication);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(bs.close_event(event), kOk);
  EXPECT_EQ(bs.close_event(event), kInvalid);
  EXPECT_EQ(bs.signal_event(event), kInvalid);
}

TEST_F(Services, CreateEventExWithoutAGroupIsCreateEvent) {
  int calls = 0;
  efi::Event event = nullptr;
  ASSERT_EQ(bs.create_event_ex(efi::kEvtSignalExitBootServices, efi::kTplCallback, count, &calls, nullptr, &event), kOk);
  EXPECT_EQ(bs.create_event_ex(efi::kEvtSignalExitBootServices, efi::kTplCallback, count, &calls, &efi::kEventGroupReadyToBoot, &event),
            kInvalid);
  events.exit_boot_services();
  EXPECT_EQ(calls, 1);
}

TEST_F(Services, WaitForEventChecksWhatItIsGiven) {
  efi::Event event = nullptr;
  efi::Uintn index = 55;
  ASSERT_EQ(bs.create_event(0, 0, nullptr, nullptr, &event), kOk);
  EXPECT_EQ(bs.wait_for_event(0, &event, &index), kInvalid);
  EXPECT_EQ(bs.wait_for_event(1, nullptr, &index), kInvalid);
  EXPECT_EQ(bs.wait_for_event(1, &event, nullptr), kInvalid);
  EXPECT_EQ(index, 55u);
  EXPECT_EQ(bs.check_event(event), kNotReady);
  bs.signal_event(event);
  {
    TplGuard guard(events, efi::kTplNotify);
    EXPECT_EQ(bs.wait_for_event(1, &event, &index), kUnsupported);
    EXPECT_EQ(bs.wait_for_event(0, nullptr, nullptr), kUnsupported);
  }
  EXPECT_EQ(bs.wait_for_event(1, &event, &index), kOk);
  EXPECT_EQ(index, 0u);
}

TEST_F(Services, StallWaits) {
  EXPECT_EQ(bs.stall(1500), kOk);
  EXPECT_EQ(clock.time, 15'000u);
}

TEST_F(Services, StallSeesTimersWithoutInterrupts) {
  clock.interrupt = nullptr;
  int calls = 0;
  efi::Event event = nullptr;
  ASSERT_EQ(bs.create_event(efi::kEvtTimer | efi::kEvtNotifySignal, efi::kTplCallback, count, &calls, &event), kOk);
  EXPECT_EQ(bs.set_timer(event, efi::TimerDelay::Periodic, 1000), kOk);
  EXPECT_EQ(bs.stall(100), kOk);
  EXPECT_EQ(calls, 1);
}

TEST_F(Services, TheWatchdogBarksWithItsCode) {
  EXPECT_EQ(bs.set_watchdog_timer(300, 0x10000, 0, nullptr), kOk);
  clock.advance(299 * kSecond);
  EXPECT_TRUE(the_expired.empty());
  clock.advance(kSecond);
  EXPECT_EQ(the_expired, std::vector<uint64_t>{0x10000});
}

TEST_F(Services, TheWatchdogBarksAtAProgramThatHangsAtARaisedPriority) {
  EXPECT_EQ(bs.set_watchdog_timer(1, 0x12345, 0, nullptr), kOk);
  bs.raise_tpl(efi::kTplNotify);
  clock.advance(kSecond);
  EXPECT_EQ(the_expired.size(), 1u);
}

TEST_F(Services, TheWatchdogCanBeSetAgainAndSwitchedOff) {
  EXPECT_EQ(bs.set_watchdog_timer(0, 0, 0, nullptr), kOk);  // loaders do, with code 0
  EXPECT_EQ(clock.looks, 0);
  EXPECT_EQ(bs.set_watchdog_timer(10, 0x10000, 0, nullptr), kOk);
  clock.advance(9 * kSecond);
  EXPECT_EQ(bs.set_watchdog_timer(10, 0x20000, 0, nullptr), kOk);
  clock.advance(9 * kSecond);
  EXPECT_TRUE(the_expired.empty());
  EXPECT_EQ(bs.set_watchdog_timer(0, 0, 0, nullptr), kOk);
  clock.advance(100 * kSecond);
  EXPECT_TRUE(the_expired.empty());
  EXPECT_FALSE(clock.alarm.has_value());
  EXPECT_EQ(bs.set_watchdog_timer(~efi::Uintn{0}, 0x20000, 0, nullptr), kOk);
  clock.advance(100 * kSecond);
  EXPECT_TRUE(the_expired.empty());
}

TEST_F(Services, CodesOfTheFirmwareAreNotForPrograms) {
  EXPECT_EQ(bs.set_watchdog_timer(10, 0xFFFF, 0, nullptr), kInvalid);
  EXPECT_TRUE(misc.watchdog.set(10, 0, {}, true).has_value());
}

TEST_F(Services, WithoutAWatchdogOrRoomForItThatIsSaid) {
  MiscServices without{{events, nullptr}, runtime_state};
  fill_misc_services(bs, without);
  EXPECT_EQ(bs.set_watchdog_timer(10, 0x10000, 0, nullptr), kUnsupported);
  fill_misc_services(bs, misc);
  heap.allowed = 0;
  while (events.create(0, 0, nullptr, nullptr)) {
  }
  EXPECT_EQ(bs.set_watchdog_timer(10, 0x10000, 0, nullptr), kDeviceError);
}

TEST_F(Services, TheWatchdogTellsTheDescriptionThatItWasGiven) {
  struct {
    char16_t text[6] = u"Hello";
    uint16_t more[3] = {0xD800, 7, 8};
  } data;
  EXPECT_EQ(bs.set_watchdog_timer(1, 0x10000, sizeof data, data.text), kOk);
  data = {};
  clock.advance(kSecond);
  EXPECT_EQ(the_description, "Hello");
  std::u16string endless(1000, u'\u20AC');
  EXPECT_EQ(bs.set_watchdog_timer(1, 0x10000, 2 * endless.size(), endless.data()), kOk);
  clock.advance(kSecond);
  EXPECT_EQ(the_description.size(), 120u);
  EXPECT_EQ(bs.set_watchdog_timer(1, 0x10000, 100, nullptr), kOk);
  clock.advance(kSecond);
  EXPECT_EQ(the_description, "");
  EXPECT_EQ(bs.set_watchdog_timer(1, 0x10000, 3, endless.data()), kOk);
  clock.advance(kSecond);
  EXPECT_EQ(the_description, "\u20AC");
}

TEST_F(Services, TheMonotonicCountIsTheRuntimesOwn) {
  uint64_t first = 0, second = 0;
  EXPECT_EQ(bs.get_next_monotonic_count(nullptr), kInvalid);
  EXPECT_EQ(bs.get_next_monotonic_count(&first), kOk);
  EXPECT_EQ(bs.get_next_monotonic_count(&second), kOk);
  EXPECT_EQ(second, first + 1);
  const uint32_t high = runtime::next_high_monotonic_count(runtime_state);
  EXPECT_EQ(bs.get_next_monotonic_count(&second), kOk);
  EXPECT_EQ(second >> 32, high);
  EXPECT_GT(second, first);
}

TEST_F(Services, Crc32IsTheOneOfTheTables) {
  char text[] = "123456789";
  uint32_t crc = 0;
  EXPECT_EQ(bs.calculate_crc32(text, 9, &crc), kOk);
  EXPECT_EQ(crc, 0xCBF43926u);
  EXPECT_EQ(bs.calculate_crc32(nullptr, 9, &crc), kInvalid);
  EXPECT_EQ(bs.calculate_crc32(text, 0, &crc), kInvalid);
  EXPECT_EQ(bs.calculate_crc32(text, 9, nullptr), kInvalid);
}

TEST_F(Services, CopyMemMayOverlapAndSetMemFills) {
  char text[] = "abcdefgh";
  bs.copy_mem(text + 2, text, 5);
  EXPECT_STREQ(text, "ababcdeh");
  bs.copy_mem(text, text + 1, 5);
  EXPECT_STREQ(text, "babcddeh");
  bs.set_mem(text, 3, 'x');
  EXPECT_STREQ(text, "xxxcddeh");
  bs.copy_mem(nullptr, nullptr, 0);
  bs.set_mem(nullptr, 0, 1);
}

}  // namespace
}  // namespace efilite::core
