// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "abi/xen_time.hpp"

#include <gtest/gtest.h>


namespace efilite {
namespace {

TEST(XenSystemClock, CountsTicksByItsScale) {
  // 2.5 GHz: 0.4 ns a tick.
  XenSystemClock clock{1000, 5'000'000, 0xCCCCCCCD, -1};
  EXPECT_EQ(clock.at(1000), 5'000'000u);
  EXPECT_EQ(clock.at(1000 + 2'500'000'000), 1'005'000'000u);
  // 250 MHz: 4 ns.
  clock = {0, 0, 0x80000000, 3};
  EXPECT_EQ(clock.at(250'000'000), 1'000'000'000u);
  // Ten years of ticks.
  clock = {0, 0, 0x80000000, 0};
  EXPECT_EQ(clock.at(uint64_t{1} << 60), uint64_t{1} << 59);
}

TEST(XenSystemClock, DoesNotGoBackForATscThatIsBehind) {
  const XenSystemClock clock{1000, 77, 0x80000000, 1};
  EXPECT_EQ(clock.at(999), 77u);
}

TEST(XenSystemClock, IsReadFromItsPage) {
  vcpu_time_info page{};
  page.version = 4;
  page.tsc_timestamp = 123;
  page.system_time = 456;
  page.tsc_to_system_mul = 7;
  page.tsc_shift = -3;
  XenSystemClock clock{};
  ASSERT_TRUE(read_xen_clock(page, clock));
  EXPECT_EQ(clock.at_tsc, 123u);
  EXPECT_EQ(clock.at_ns, 456u);
  EXPECT_EQ(clock.multiplier, 7u);
  EXPECT_EQ(clock.shift, -3);
}

TEST(XenSystemClock, OfNonsenseIsNone) {
  vcpu_time_info page{};
  XenSystemClock clock{};
  EXPECT_FALSE(read_xen_clock(page, clock)) << "a page that Xen has not filled yet";
  page.tsc_to_system_mul = 1;
  EXPECT_TRUE(read_xen_clock(page, clock));
  for (int shift : {-128, -32, 32, 127}) {
    page.tsc_shift = static_cast<int8_t>(shift);
    EXPECT_FALSE(read_xen_clock(page, clock)) << shift;
  }
}

TEST(XenSystemClock, ThatIsBeingChangedForEverIsNotWaitedFor) {
  vcpu_time_info page{};
  page.version = 5;
  page.tsc_to_system_mul = 1;
  XenSystemClock clock{};
  EXPECT_FALSE(read_xen_clock(page, clock));
}

TEST(XenWallClock, HasSixtyFourBitsOfSeconds) {
  shared_info page{};
  page.wc_version = 2;
  page.wc_sec = 0x80000000;
  page.wc_sec_hi = 1;
  page.wc_nsec = 999'999'999;
  XenWallClock clock{};
  ASSERT_TRUE(read_xen_clock(page, clock));
  EXPECT_EQ(clock.seconds, 0x180000000u);
  EXPECT_EQ(clock.nanoseconds, 999'999'999u);
  page.wc_nsec = 1'000'000'000;
  EXPECT_FALSE(read_xen_clock(page, clock));
  page.wc_nsec = 0;
  page.wc_version = 3;
  EXPECT_FALSE(read_xen_clock(page, clock));
}

TEST(XenClocks, AreNeverReadHalfChanged) {
  int copies = 0;
  uint32_t version = 1, first = 0, second = 0;
  ASSERT_TRUE(read_xen_consistently(version, [&] {
    first = version;
    // A change that ends after the first value was read, and one that begins and ends.
    ++copies;
    if (copies == 1) version = 2;
    if (copies == 2) version = 4;
    second = version;
  }));
  EXPECT_EQ(copies, 3);
  EXPECT_EQ(first, second);
}

}  // namespace
}  // namespace efilite
