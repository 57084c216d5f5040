// SPDX-License-Identifier: BSD-2-Clause-Patent
// The CMOS clock counts by itself, so a read is taken twice until both agree; every wait is bounded, for a hypervisor may have left any
// bit stuck.
#include "runtime/time.hpp"

#include <cstring>

#include "arch/io.hpp"

namespace efilite::runtime {
namespace {

constexpr uint16_t kIndexPort = 0x70;
constexpr uint16_t kDataPort = 0x71;
constexpr uint8_t kNmiDisable = 0x80;  // bit 7 of the index port is not the clock's: it is kept as found

constexpr uint8_t kWeekday = 0x06;
constexpr uint8_t kStatusA = 0x0A;
constexpr uint8_t kStatusB = 0x0B;
constexpr uint8_t kStatusD = 0x0D;
constexpr uint8_t kUpdateInProgress = 0x80;  // A
constexpr uint8_t kBinary = 0x04;            // B
constexpr uint8_t k24Hours = 0x02;           // B
constexpr uint8_t kSet = 0x80;               // B: the clock stands still while it is written
constexpr uint8_t kAfternoon = 0x80;         // bit of the hour in 12-hour mode
constexpr uint8_t kUsualCentury = 0x32;

constexpr int kUpdateWait = 20000;  // port reads; an update takes 2 ms, a read about 1 us
constexpr int kReadAttempts = 8;

enum Field : uint8_t { kSecond, kMinute, kHour, kDay, kMonth, kYear, kCentury, kFields };
constexpr uint8_t kRegister[kCentury] = {0x00, 0x02, 0x04, 0x07, 0x08, 0x09};

struct Cmos {
  uint8_t nmi;

  Cmos() {
    uint8_t now = arch::in8(kIndexPort);
    nmi = now == 0xFF ? 0 : now & kNmiDisable;  // many chipsets and hypervisors cannot be asked, and read as all ones
  }
  uint8_t read(uint8_t index) const {
    arch::out8(kIndexPort, index | nmi);
    return arch::in8(kDataPort);
  }
  void write(uint8_t index, uint8_t value) const {
    arch::out8(kIndexPort, index | nmi);
    arch::out8(kDataPort, value);
  }
  bool wait_for_update() const {
    for (int i = 0; i < kUpdateWait; ++i) {
      if ((read(kStatusA) & kUpdateInProgress) == 0) return true;
    }
    return false;
  }
};

struct Registers {
  uint8_t value[kFields];
  uint8_t mode;  // status B
};

void read_once(const Cmos& cmos, const ClockState& clock, Registers& out) {
  for (int i = 0; i < kCentury; ++i) out.value[i] = cmos.read(kRegister[i]);
  out.value[kCentury] = clock.century_index ? cmos.read(clock.century_index) : 0;
  out.mode = cmos.read(kStatusB);
}

bool read_stable(const Cmos& cmos, const ClockState& clock, Registers& out) {
  for (int i = 0; i < kReadAttempts; ++i) {
    if (!cmos.wait_for_update()) return false;
    Registers again;
    read_once(cmos, clock, out);
    read_once(cmos, clock, again);
    if (memcmp(&out, &again, sizeof(out)) == 0) return true;
  }
  return false;
}

// 0xFF for what is no BCD: it is out of range for every field.
uint8_t decode(uint8_t raw, uint8_t mode) {
  if (mode & kBinary) return raw;
  return (raw >> 4) > 9 || (raw & 15) > 9 ? 0xFF : static_cast<uint8_t>((raw >> 4) * 10 + (raw & 15));
}
uint8_t encode(uint8_t value, uint8_t mode) { return mode & kBinary ? value : static_cast<uint8_t>(value / 10 * 16 + value % 10); }

uint8_t decode_hour(uint8_t raw, uint8_t mode) {
  if (mode & k24Hours) return decode(raw, mode);
  uint8_t hour = decode(raw & 0x7F, mode);
  if (hour == 0 || hour > 12) return hour;  // no 12-hour clock says this: some hypervisors leave the mode bit clear and count to 23
  return static_cast<uint8_t>(hour % 12 + (raw & kAfternoon ? 12 : 0));
}
uint8_t encode_hour(uint8_t hour, uint8_t mode) {
  if (mode & k24Hours) return encode(hour, mode);
  uint8_t afternoon = hour >= 12 ? kAfternoon : 0;
  return encode(hour % 12 == 0 ? 12 : hour % 12, mode) | afternoon;
}

bool plausible_century(uint8_t century) { return century >= 19 && century <= 99; }

uint8_t days_in(uint16_t year, uint8_t month) {
  if (month == 2) return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// The moment in the Gregorian calendar [UEFI 2.10, 8.3.1]; false: it lies behind the last year that there is.
bool set_date(efi::Time& time, const XenWallClock& since_1970) {
  constexpr uint64_t kDay = 24 * 60 * 60, kDaysOf400Years = 146'097, kDaysOf8030Years = 2'932'897;
  uint64_t days = since_1970.seconds / kDay;
  if (days >= kDaysOf8030Years) return false;
  auto rest = static_cast<uint32_t>(since_1970.seconds % kDay);
  time.year = static_cast<uint16_t>(1970 + days / kDaysOf400Years * 400);
  days %= kDaysOf400Years;
  for (;; ++time.year) {
    const uint32_t length = 337 + days_in(time.year, 2);
    if (days < length) break;
    days -= length;
  }
  for (time.month = 1; days >= days_in(time.year, time.month); ++time.month) days -= days_in(time.year, time.month);
  time.day = static_cast<uint8_t>(days + 1);
  time.hour = static_cast<uint8_t>(rest / 3600);
  time.minute = static_cast<uint8_t>(rest / 60 % 60);
  time.second = static_cast<uint8_t>(rest % 60);
  time.nanosecond = since_1970.nanoseconds;
  return true;
}

// What its owner calls that time is not for us to know: xl can give a domain the local one.
Status get_xen_time(const ClockState& clock, efi::Time& time) {
  XenWallClock now{};
  time.time_zone = clock.time_zone;
  return xen_time(clock.xen, now) && set_date(time, now) ? Status::Success : Status::DeviceError;
}

// 1 is Sunday. Days since a Sunday before the years that matter, modulo 7.
uint8_t weekday(uint16_t year, uint8_t month, uint8_t day) {
  uint32_t before = year - 1u;
  uint32_t days = before * 365 + before / 4 - before / 100 + before / 400;  // 1 January of year 1 was a Monday
  for (uint8_t m = 1; m < month; ++m) days += days_in(year, m);
  return static_cast<uint8_t>((days + day) % 7 + 1);
}

bool decode_time(const Registers& raw, const ClockState& clock, efi::Time& time) {
  uint8_t year = decode(raw.value[kYear], raw.mode);
  if (year > 99) return false;
  uint8_t century = clock.century_index ? decode(raw.value[kCentury], raw.mode) : 20;
  if (!plausible_century(century)) century = 20;
  time.year = static_cast<uint16_t>(century * 100 + year);
  time.month = decode(raw.value[kMonth], raw.mode);
  time.day = decode(raw.value[kDay], raw.mode);
  time.hour = decode_hour(raw.value[kHour], raw.mode);
  time.minute = decode(raw.value[kMinute], raw.mode);
  time.second = decode(raw.value[kSecond], raw.mode);
  time.time_zone = clock.time_zone;
  time.daylight = clock.daylight;
  return is_valid(time);
}

Status get_cmos_time(const ClockState& clock, efi::Time& time) {
  Cmos cmos;
  Registers raw;
  return read_stable(cmos, clock, raw) && decode_time(raw, clock, time) ? Status::Success : Status::DeviceError;
}

void use_24_hours(const Cmos& cmos, const ClockState& clock) {
  Registers raw;
  efi::Time time = {};
  if (!read_stable(cmos, clock, raw) || !decode_time(raw, clock, time)) return;
  uint8_t mode = raw.mode | k24Hours;
  cmos.write(kStatusB, mode | kSet);
  cmos.write(kRegister[kHour], encode_hour(time.hour, mode));
  cmos.write(kStatusB, mode & static_cast<uint8_t>(~kSet));
}

}  // namespace

bool is_valid(const efi::Time& time) {
  if (time.year < 1900 || time.year > 9999 || time.month < 1 || time.month > 12) return false;
  if (time.day < 1 || time.day > days_in(time.year, time.month)) return false;
  if (time.hour > 23 || time.minute > 59 || time.second > 59 || time.nanosecond > 999'999'999) return false;
  if ((time.time_zone < -1440 || time.time_zone > 1440) && time.time_zone != efi::kUnspecifiedTimezone) return false;
  return (time.daylight & ~3) == 0;  // ADJUST_DAYLIGHT and IN_DAYLIGHT
}

void start_without_clock(ClockState& clock) {
  clock = {};
  clock.time_zone = efi::kUnspecifiedTimezone;
}

void start_clock_of_xen(ClockState& clock, const shared_info* page, uint32_t time_leaf) {
  start_without_clock(clock);
  clock.source = ClockSource::Xen;
  start_xen_clock(clock.xen, page, time_leaf);
}

void start_clock(ClockState& clock, uint8_t century_index) {
  start_without_clock(clock);
  Cmos cmos;
  uint8_t a = cmos.read(kStatusA), b = cmos.read(kStatusB), d = cmos.read(kStatusD), month = cmos.read(kRegister[kMonth]);
  if (a == b && b == d && d == month) return;  // a bus with nobody on it gives the same answer to every question
  clock.source = ClockSource::Cmos;
  if (century_index == 0 && plausible_century(decode(cmos.read(kUsualCentury), b))) century_index = kUsualCentury;
  clock.century_index = century_index;
  if ((b & k24Hours) == 0) use_24_hours(cmos, clock);
}

Status get_time(const ClockState& clock, efi::Time* time, efi::TimeCapabilities* capabilities) {
  if (!time) return Status::InvalidParameter;
  if (clock.source == ClockSource::None) return Status::Unsupported;
  const bool xen = clock.source == ClockSource::Xen;
  efi::Time now = {};
  if (Status status = xen ? get_xen_time(clock, now) : get_cmos_time(clock, now); is_error(status)) return status;
  *time = now;
  // Whole seconds, or Xen's nanoseconds; 50 ppm as PC crystals are; and a set does not restart the second.
  if (capabilities) *capabilities = {xen ? kNsPerSecond : 1, 50'000'000, 0};
  return Status::Success;
}

Status set_time(ClockState& clock, const efi::Time* time) {
  if (!time || !is_valid(*time)) return Status::InvalidParameter;
  if (clock.source != ClockSource::Cmos) return Status::Unsupported;
  if (clock.century_index == 0 && time->year / 100 != 20) return Status::InvalidParameter;  // it would come back as another year
  Cmos cmos;
  if (!cmos.wait_for_update()) return Status::DeviceError;
  uint8_t mode = cmos.read(kStatusB) & static_cast<uint8_t>(~kSet);
  cmos.write(kStatusB, mode | kSet);
  cmos.write(kRegister[kSecond], encode(time->second, mode));
  cmos.write(kRegister[kMinute], encode(time->minute, mode));
  cmos.write(kRegister[kHour], encode_hour(time->hour, mode));
  cmos.write(kRegister[kDay], encode(time->day, mode));
  cmos.write(kRegister[kMonth], encode(time->month, mode));
  cmos.write(kRegister[kYear], encode(static_cast<uint8_t>(time->year % 100), mode));
  if (clock.century_index) cmos.write(clock.century_index, encode(static_cast<uint8_t>(time->year / 100), mode));
  cmos.write(kWeekday, weekday(time->year, time->month, time->day));
  cmos.write(kStatusB, mode);
  clock.time_zone = time->time_zone;
  clock.daylight = time->daylight;
  return Status::Success;
}

}  // namespace efilite::runtime
