// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "runtime/time.hpp"

#include <gtest/gtest.h>

#include <array>

#include "arch/io.hpp"

namespace efilite::runtime {
namespace {

struct FakeCmos : arch::FakeIo {
  std::array<uint8_t, 128> cell{};
  uint8_t index = 0;
  uint8_t index_port_reads_as = 0xFF;
  uint8_t last_index_written = 0;
  int busy_reads = 0;              // how often status A says that an update is in progress; -1: for ever
  int ticks_at_read = -1;          // after so many data reads the second goes on
  bool hours_are_fixed = false;    // Cloud Hypervisor: the time registers ignore writes
  bool written_while_running = false;

  FakeCmos() {
    arch::fake_io = this;
    cell[0x0A] = 0x26;
    cell[0x0B] = 0x02;
    cell[0x0D] = 0x80;
    set(0x23, 0x59, 0x58, 0x31, 0x12, 0x25, 0x20);
  }
  ~FakeCmos() { arch::fake_io = nullptr; }
  void set(uint8_t hour, uint8_t minute, uint8_t second, uint8_t day, uint8_t month, uint8_t year, uint8_t century) {
    cell[4] = hour, cell[2] = minute, cell[0] = second, cell[7] = day, cell[8] = month, cell[9] = year, cell[0x32] = century;
  }
  uint32_t in(uint16_t port, int) override {
    if (port == 0x70) return index_port_reads_as;
    if (port != 0x71) return 0xFF;
    if (index == 0x0A && busy_reads != 0) {
      if (busy_reads > 0) --busy_reads;
      return cell[0x0A] | 0x80;
    }
    if (ticks_at_read > 0 && --ticks_at_read == 0) ++cell[0];
    return cell[index];
  }
  void out(uint16_t port, uint32_t value, int) override {
    if (port == 0x70) {
      last_index_written = static_cast<uint8_t>(value);
      index = value & 0x7F;
    } else if (port == 0x71) {
      if (index < 0x0A) {
        if (!(cell[0x0B] & 0x80)) written_while_running = true;
        if (hours_are_fixed) return;
      }
      cell[index] = static_cast<uint8_t>(value);
    }
  }
};

struct AbsentCmos : arch::FakeIo {
  uint8_t answer;
  explicit AbsentCmos(uint8_t a) : answer(a) { arch::fake_io = this; }
  ~AbsentCmos() { arch::fake_io = nullptr; }
  uint32_t in(uint16_t, int) override { return answer; }
  void out(uint16_t, uint32_t, int) override {}
};

efi::Time read(const ClockState& clock) {
  efi::Time time = {};
  EXPECT_EQ(get_time(clock, &time, nullptr), Status::Success);
  return time;
}

void expect_time(const efi::Time& t, int year, int month, int day, int hour, int minute, int second) {
  EXPECT_EQ(t.year, year);
  EXPECT_EQ(t.month, month);
  EXPECT_EQ(t.day, day);
  EXPECT_EQ(t.hour, hour);
  EXPECT_EQ(t.minute, minute);
  EXPECT_EQ(t.second, second);
}

const efi::Time kGood = {2024, 2, 29, 13, 14, 15, 0, 0, 60, 1, 0};

TEST(Clock, ReadsBcdWithTheCenturyRegister) {
  FakeCmos cmos;
  ClockState clock;
  start_clock(clock, 0x32);
  efi::TimeCapabilities capabilities = {};
  efi::Time time = {};
  EXPECT_EQ(get_time(clock, &time, &capabilities), Status::Success);
  expect_time(time, 2025, 12, 31, 23, 59, 58);
  EXPECT_EQ(time.time_zone, efi::kUnspecifiedTimezone);
  EXPECT_EQ(time.daylight, 0);
  EXPECT_EQ(time.nanosecond, 0u);
  EXPECT_EQ(capabilities.resolution, 1u);
  EXPECT_EQ(capabilities.accuracy, 50'000'000u);
  EXPECT_FALSE(capabilities.sets_to_zero);
}

TEST(Clock, ReadsBinary) {
  FakeCmos cmos;
  cmos.cell[0x0B] = 0x06;
  cmos.set(13, 14, 15, 28, 2, 99, 19);
  ClockState clock;
  start_clock(clock, 0x32);
  expect_time(read(clock), 1999, 2, 28, 13, 14, 15);
}

TEST(Clock, FindsTheCenturyWithoutTheFadtWhenItIsPlausible) {
  FakeCmos cmos;
  ClockState clock;
  cmos.cell[0x32] = 0x21;
  start_clock(clock, 0);
  EXPECT_EQ(clock.century_index, 0x32);
  EXPECT_EQ(read(clock).year, 2125);
  cmos.cell[0x32] = 0x00;
  start_clock(clock, 0);
  EXPECT_EQ(clock.century_index, 0);
  EXPECT_EQ(read(clock).year, 2025);
}

TEST(Clock, ATwelveHourClockIsPutIntoTwentyFourHours) {
  struct { uint8_t raw; int hour; } cases[] = {{0x12, 0}, {0x01, 1}, {0x11, 11}, {0x92, 12}, {0x81, 13}, {0x91, 23}};
  for (auto& c : cases) {
    FakeCmos cmos;
    cmos.cell[0x0B] = 0;
    cmos.cell[4] = c.raw;
    ClockState clock;
    start_clock(clock, 0x32);
    EXPECT_EQ(cmos.cell[0x0B], 0x02);
    EXPECT_FALSE(cmos.written_while_running);
    EXPECT_EQ(read(clock).hour, c.hour);
  }
}

TEST(Clock, ATwelveHourClockOfTheOsIsUnderstood) {
  FakeCmos cmos;
  ClockState clock;
  start_clock(clock, 0x32);
  for (uint8_t mode : {0x00, 0x04}) {
    cmos.cell[0x0B] = mode;
    for (uint8_t hour = 0; hour < 24; ++hour) {
      efi::Time time = kGood;
      time.hour = hour;
      EXPECT_EQ(set_time(clock, &time), Status::Success);
      EXPECT_EQ(read(clock).hour, hour);
      EXPECT_TRUE((cmos.cell[4] & 0x80) == (hour >= 12 ? 0x80 : 0));
    }
  }
}

TEST(Clock, NoonIsNoonOnAClockThatOnlyForgotItsModeBit) {
  FakeCmos cmos;
  cmos.hours_are_fixed = true;
  cmos.cell[0x0B] = 0;
  cmos.cell[4] = 0x12;
  ClockState clock;
  start_clock(clock, 0x32);
  EXPECT_EQ(read(clock).hour, 12);
  cmos.cell[0x0B] = 0;
  cmos.cell[4] = 0x17;
  EXPECT_EQ(read(clock).hour, 17);
}

TEST(Clock, SetTimeComesBackWithZoneAndDaylight) {
  for (uint8_t mode : {0x02, 0x06}) {
    FakeCmos cmos;
    cmos.cell[0x0B] = mode;
    cmos.set(1, 2, 3, 4, 5, 6, mode & 4 ? 20 : 0x20);
    ClockState clock;
    start_clock(clock, 0x32);
    EXPECT_EQ(set_time(clock, &kGood), Status::Success);
    EXPECT_FALSE(cmos.written_while_running);
    EXPECT_EQ(cmos.cell[0x0B], mode);
    EXPECT_EQ(cmos.cell[6], 5);  // Thursday
    efi::Time back = read(clock);
    expect_time(back, 2024, 2, 29, 13, 14, 15);
    EXPECT_EQ(back.time_zone, 60);
    EXPECT_EQ(back.daylight, 1);
    efi::Time far = kGood;
    far.year = 1999;
    far.month = 12;
    far.day = 31;
    EXPECT_EQ(set_time(clock, &far), Status::Success);
    EXPECT_EQ(read(clock).year, 1999);
    EXPECT_EQ(cmos.cell[6], 6);  // Friday
  }
}

TEST(Clock, SetTimeRefusesFieldsOutOfRange) {
  FakeCmos cmos;
  ClockState clock;
  start_clock(clock, 0x32);
  auto before = cmos.cell;
  auto refused = [&](auto change) {
    efi::Time time = kGood;
    change(time);
    return set_time(clock, &time) == Status::InvalidParameter;
  };
  EXPECT_EQ(set_time(clock, nullptr), Status::InvalidParameter);
  EXPECT_TRUE(refused([](auto& t) { t.year = 1899; }));
  EXPECT_TRUE(refused([](auto& t) { t.year = 10000; }));
  EXPECT_TRUE(refused([](auto& t) { t.month = 0; }));
  EXPECT_TRUE(refused([](auto& t) { t.month = 13; }));
  EXPECT_TRUE(refused([](auto& t) { t.day = 0; }));
  EXPECT_TRUE(refused([](auto& t) { t.day = 30; }));
  EXPECT_TRUE(refused([](auto& t) { t.year = 2023; }));
  EXPECT_TRUE(refused([](auto& t) { t.year = 2100; }));
  EXPECT_FALSE(refused([](auto& t) { t.year = 2000; }));
  cmos.cell = before;
  EXPECT_TRUE(refused([](auto& t) { t.month = 4; t.day = 31; }));
  EXPECT_TRUE(refused([](auto& t) { t.hour = 24; }));
  EXPECT_TRUE(refused([](auto& t) { t.minute = 60; }));
  EXPECT_TRUE(refused([](auto& t) { t.second = 60; }));
  EXPECT_TRUE(refused([](auto& t) { t.nanosecond = 1'000'000'000; }));
  EXPECT_TRUE(refused([](auto& t) { t.time_zone = 1441; }));
  EXPECT_TRUE(refused([](auto& t) { t.time_zone = -1441; }));
  EXPECT_TRUE(refused([](auto& t) { t.daylight = 4; }));
  EXPECT_EQ(cmos.cell, before);
}

TEST(Clock, WithoutACenturyRegisterOnlyThisCenturyCanBeSet) {
  FakeCmos cmos;
  cmos.cell[0x32] = 0;
  ClockState clock;
  start_clock(clock, 0);
  efi::Time time = kGood;
  EXPECT_EQ(set_time(clock, &time), Status::Success);
  time.year = 1996;
  EXPECT_EQ(set_time(clock, &time), Status::InvalidParameter);
  EXPECT_EQ(cmos.cell[0x32], 0);
}

TEST(Clock, AnUpdateInProgressIsWaitedForButNotForEver) {
  FakeCmos cmos;
  ClockState clock;
  start_clock(clock, 0x32);
  cmos.busy_reads = 50;
  expect_time(read(clock), 2025, 12, 31, 23, 59, 58);
  cmos.busy_reads = -1;
  efi::Time time = {};
  EXPECT_EQ(get_time(clock, &time, nullptr), Status::DeviceError);
  EXPECT_EQ(set_time(clock, &kGood), Status::DeviceError);
  EXPECT_EQ(time.year, 0);
}

TEST(Clock, AReadThatATickDisturbsIsTakenAgain) {
  FakeCmos cmos;
  ClockState clock;
  start_clock(clock, 0x32);
  for (int n = 1; n < 20; ++n) {
    cmos.cell[0] = 0x10;
    cmos.ticks_at_read = n;
    // Status A, then eight registers twice: after the tenth read both passes have seen the same second, which is right as well.
    EXPECT_EQ(int{read(clock).second}, n <= 10 ? 11 : 10) << n;
  }
}

TEST(Clock, NonsenseInTheRegistersIsADeviceError) {
  FakeCmos cmos;
  ClockState clock;
  start_clock(clock, 0x32);
  efi::Time time = {};
  cmos.cell[8] = 0x13;
  EXPECT_EQ(get_time(clock, &time, nullptr), Status::DeviceError);
  cmos.cell[8] = 0x0B;
  EXPECT_EQ(get_time(clock, &time, nullptr), Status::DeviceError);
  EXPECT_EQ(set_time(clock, &kGood), Status::Success);  // and this is how it is put right
  EXPECT_EQ(get_time(clock, &time, nullptr), Status::Success);
  cmos.cell[9] = 0xA0;
  EXPECT_EQ(get_time(clock, &time, nullptr), Status::DeviceError);
}

TEST(Clock, AnAbsentClockIsUnsupported) {
  for (uint8_t answer : {0xFF, 0x00}) {
    AbsentCmos nobody(answer);
    ClockState clock;
    start_clock(clock, 0x32);
    EXPECT_EQ(clock.source, ClockSource::None);
    efi::Time time = {};
    EXPECT_EQ(get_time(clock, &time, nullptr), Status::Unsupported);
    EXPECT_EQ(set_time(clock, &kGood), Status::Unsupported);
    EXPECT_EQ(get_time(clock, nullptr, nullptr), Status::InvalidParameter);
  }
}

TEST(Clock, TheNmiMaskIsKeptAsFound) {
  FakeCmos cmos;
  ClockState clock;
  start_clock(clock, 0x32);
  cmos.index_port_reads_as = 0x8D;
  read(clock);
  EXPECT_EQ(cmos.last_index_written & 0x80, 0x80);
  cmos.index_port_reads_as = 0x0D;
  read(clock);
  EXPECT_EQ(cmos.last_index_written & 0x80, 0);
  cmos.index_port_reads_as = 0xFF;  // cannot be read back
  read(clock);
  EXPECT_EQ(cmos.last_index_written & 0x80, 0);
}

}  // namespace
}  // namespace efilite::runtime
