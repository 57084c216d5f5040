// SPDX-License-Identifier: BSD-2-Clause-Patent
// GetTime of a guest of Xen's, from the page and after it.
#include <gtest/gtest.h>

#include <ctime>
#include <functional>
#include <memory>

#include "arch/io.hpp"
#include "runtime/time.hpp"

namespace efilite::runtime {
namespace {

constexpr uint32_t kTimeLeaf = 0x40000103;

struct Domain final : arch::FakeCpu {
  shared_info page{};
  uint32_t incarnation = 1;
  ClockState clock{};

  Domain() {
    arch::fake_cpu = this;
    arch::fake_timestamp = 1'000'000'000;
    vcpu_time_info& time = page.vcpu_info[0].time;
    time.version = 2;
    time.tsc_timestamp = 1'000'000'000;
    time.system_time = 0;
    time.tsc_to_system_mul = 0x80000000;
    time.tsc_shift = 1;  // 1 GHz
    page.wc_version = 2;
    start_clock_of_xen(clock, &page, kTimeLeaf);
  }
  ~Domain() { arch::fake_cpu = nullptr; }
  CpuidResult cpuid(uint32_t leaf, uint32_t subleaf) override {
    EXPECT_EQ(leaf, kTimeLeaf);
    EXPECT_EQ(subleaf, 0u);
    return {0, 0, 0, incarnation};
  }
  void set(uint64_t seconds, uint32_t nanoseconds = 0) {
    page.wc_sec = static_cast<uint32_t>(seconds);
    page.wc_sec_hi = static_cast<uint32_t>(seconds >> 32);
    page.wc_nsec = nanoseconds;
  }
  static void pass(uint64_t nanoseconds) { arch::fake_timestamp += nanoseconds; }
  efi::Time now() {
    efi::Time time = {};
    EXPECT_EQ(get_time(clock, &time, nullptr), Status::Success);
    return time;
  }
  Status status() {
    efi::Time time = {};
    return get_time(clock, &time, nullptr);
  }
};

void expect_date(const efi::Time& time, int year, int month, int day, int hour = 0, int minute = 0, int second = 0) {
  EXPECT_EQ(time.year, year);
  EXPECT_EQ(time.month, month);
  EXPECT_EQ(time.day, day);
  EXPECT_EQ(time.hour, hour);
  EXPECT_EQ(time.minute, minute);
  EXPECT_EQ(time.second, second);
}

TEST(XenTime, IsTheWallClockAndWhatHasPassedSince) {
  Domain domain;
  domain.set(1'709'212'455, 900'000'000);  // 2024-02-29 13:14:15.9
  domain.page.vcpu_info[0].time.system_time = 3'050'000'000;
  Domain::pass(50'000'000 - 1000);  // reading the TSC takes the rest
  efi::Time time = {};
  efi::TimeCapabilities capabilities = {};
  ASSERT_EQ(get_time(domain.clock, &time, &capabilities), Status::Success);
  expect_date(time, 2024, 2, 29, 13, 14, 19);
  EXPECT_EQ(time.nanosecond, 0u);
  EXPECT_EQ(time.time_zone, efi::kUnspecifiedTimezone);
  EXPECT_EQ(time.daylight, 0);
  EXPECT_EQ(capabilities.resolution, 1'000'000'000u);
  EXPECT_EQ(capabilities.accuracy, 50'000'000u);
  EXPECT_FALSE(capabilities.sets_to_zero);
}

TEST(XenTime, FollowsAHostWhoseClockIsSet) {
  Domain domain;
  domain.set(1'700'000'000);
  const efi::Time before = domain.now();
  domain.set(1'700'000'100);
  EXPECT_EQ((domain.now().minute * 60 + domain.now().second) - (before.minute * 60 + before.second), 100);
}

TEST(XenTime, KnowsTheCalendar) {
  Domain domain;
  struct {
    uint64_t seconds;
    int year, month, day, hour, minute, second;
  } cases[] = {
      {1, 1970, 1, 1, 0, 0, 1},
      {946'684'799, 1999, 12, 31, 23, 59, 59},
      {946'684'800, 2000, 1, 1, 0, 0, 0},
      {951'782'400, 2000, 2, 29, 0, 0, 0},
      {951'868'800, 2000, 3, 1, 0, 0, 0},
      {2'147'483'648, 2038, 1, 19, 3, 14, 8},
      {4'107'542'400, 2100, 3, 1, 0, 0, 0},  // which is no leap year
      {4'294'967'296, 2106, 2, 7, 6, 28, 16},
      {253'402'300'799, 9999, 12, 31, 23, 59, 59},
  };
  for (const auto& c : cases) {
    domain.set(c.seconds);
    expect_date(domain.now(), c.year, c.month, c.day, c.hour, c.minute, c.second);
  }
}

TEST(XenTime, IsTheHostsCalendarForEveryDay) {
  Domain domain;
  for (uint64_t day = 0; day < 2'932'897; day += 13) {
    domain.set(day * 86'400 + 86'399);
    const auto then = static_cast<time_t>(day * 86'400 + 86'399);
    tm expected{};
    gmtime_r(&then, &expected);
    const efi::Time time = domain.now();
    ASSERT_EQ(time.year, expected.tm_year + 1900) << day;
    ASSERT_EQ(time.month, expected.tm_mon + 1) << day;
    ASSERT_EQ(time.day, expected.tm_mday) << day;
    ASSERT_TRUE(is_valid(time)) << day;
  }
}

TEST(XenTime, BehindTheLastYearIsADeviceError) {
  Domain domain;
  domain.set(253'402'300'800);
  EXPECT_EQ(domain.status(), Status::DeviceError);
  domain.set(~uint64_t{0});
  domain.page.vcpu_info[0].time.system_time = 5'000'000'000;
  EXPECT_EQ(domain.status(), Status::DeviceError);
}

TEST(XenTime, WithoutAClockThatXenHasSetIsADeviceError) {
  Domain domain;
  EXPECT_EQ(domain.status(), Status::DeviceError) << "the wall clock says nothing";
  domain.set(1'700'000'000);
  EXPECT_EQ(domain.status(), Status::Success);
  domain.page.vcpu_info[0].time.tsc_to_system_mul = 0;
  EXPECT_EQ(domain.status(), Status::DeviceError) << "nor does the scale";
}

TEST(XenTime, ThatIsBeingChangedForEverIsADeviceErrorAndNoWait) {
  Domain domain;
  domain.set(1'700'000'000);
  domain.page.wc_version = 3;
  EXPECT_EQ(domain.status(), Status::DeviceError);
  domain.page.wc_version = 4;
  domain.page.vcpu_info[0].time.version = 1;
  EXPECT_EQ(domain.status(), Status::DeviceError);
}

TEST(XenTime, GoesOnWithoutThePage) {
  Domain domain;
  domain.set(1'709'212'455);
  keep_xen_clock(domain.clock.xen);
  domain.page = {};
  Domain::pass(3600ull * 1'000'000'000);
  expect_date(domain.now(), 2024, 2, 29, 14, 14, 15);
  Domain::pass(366ull * 86'400 * 1'000'000'000);
  expect_date(domain.now(), 2025, 3, 1, 14, 14, 15);
}

TEST(XenTime, AfterAMigrationIsADeviceErrorRatherThanWrong) {
  Domain domain;
  domain.set(1'709'212'455);
  ++domain.incarnation;
  EXPECT_EQ(domain.status(), Status::Success) << "the page is right all the time";
  keep_xen_clock(domain.clock.xen);
  EXPECT_EQ(domain.status(), Status::Success);
  ++domain.incarnation;
  EXPECT_EQ(domain.status(), Status::DeviceError);
}

TEST(XenTime, ByATscThatWasSetBackIsADeviceErrorRatherThanWrong) {
  Domain domain;
  Domain::pass(3600ull * 1'000'000'000);
  domain.set(1'709'212'455);
  domain.page.vcpu_info[0].time.tsc_timestamp = arch::fake_timestamp;
  keep_xen_clock(domain.clock.xen);
  EXPECT_EQ(domain.status(), Status::Success);
  arch::fake_timestamp = 0;
  EXPECT_EQ(domain.status(), Status::DeviceError);
}

TEST(XenTime, ThatCouldNotBeReadInTheEndIsADeviceError) {
  Domain domain;
  domain.set(1'709'212'455);
  domain.page.wc_version = 1;
  keep_xen_clock(domain.clock.xen);
  domain.page.wc_version = 2;
  EXPECT_EQ(domain.status(), Status::DeviceError);
}

TEST(XenTime, CannotBeSet) {
  Domain domain;
  domain.set(1'709'212'455);
  const efi::Time good = {2024, 2, 29, 13, 14, 15, 0, 0, 60, 1, 0};
  EXPECT_EQ(set_time(domain.clock, &good), Status::Unsupported);
  efi::Time bad = good;
  bad.month = 13;
  EXPECT_EQ(set_time(domain.clock, &bad), Status::InvalidParameter);
  EXPECT_EQ(set_time(domain.clock, nullptr), Status::InvalidParameter);
  EXPECT_EQ(get_time(domain.clock, nullptr, nullptr), Status::InvalidParameter);
}

}  // namespace
}  // namespace efilite::runtime
