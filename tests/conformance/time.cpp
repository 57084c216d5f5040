// SPDX-License-Identifier: BSD-2-Clause-Patent
// Time, and the rest of the runtime services as they are before ExitBootServices [UEFI 2.10, 8.3 to 8.5].
#include "conformance.hpp"

namespace conformance {
namespace {

bool plausible(const EFI_TIME& time) {
  return that(time.Year >= 1998 && time.Year <= 2099) && that(time.Month >= 1 && time.Month <= 12) &&
         that(time.Day >= 1 && time.Day <= 31) &&
         that(time.Hour <= 23 && time.Minute <= 59 && time.Second <= 59 && time.Nanosecond <= 999999999) &&
         that(time.TimeZone == EFI_UNSPECIFIED_TIMEZONE || (time.TimeZone >= -1440 && time.TimeZone <= 1440)) &&
         equal(time.Daylight & ~3, 0);
}

// A time with one field changed.
template <typename Change>
bool refused(Change change) {
  EFI_TIME time;
  if (!ok(rt->GetTime(&time, nullptr))) return false;
  change(time);
  return is(rt->SetTime(&time), kInvalid);
}

UINT64 seconds(const EFI_TIME& time) { return (time.Day * 24u + time.Hour) * 3600u + time.Minute * 60u + time.Second; }

// Answers of a service that a machine need not have: it is there and says what it must, or it says that it is not.
bool may_lack(EFI_STATUS status, EFI_STATUS wanted) {
  return status == EFI_UNSUPPORTED ? skip("unsupported here, as it may be") : is(status, wanted);
}

// [UEFI 2.10, 4.6.2 and 8.3.2] A clock need not let itself be set. Then the table of supported services says so, and so does the service.
bool cannot_be_set() {
  static const EFI_GUID kRtProperties = {0xeb66918a, 0x7eef, 0x402a, {0x84, 0x2e, 0x93, 0x1d, 0x21, 0xc3, 0x8a, 0xe9}};
  constexpr UINT32 kSetTime = 2;
  struct Properties {
    UINT16 version, length;
    UINT32 supported;
  };
  const auto* properties = static_cast<const Properties*>(configuration_table(kRtProperties));
  return properties != nullptr && (properties->supported & kSetTime) == 0;
}
bool is_refused() {
  EFI_TIME time;
  return ok(rt->GetTime(&time, nullptr)) && is(rt->SetTime(&time), EFI_UNSUPPORTED) && skip("the clock cannot be set, as the table says");
}

const Test kTests[] = {
    {"8.3.1 GetTime: a time that can be",
     [] {
       EFI_TIME time;
       return ok(rt->GetTime(&time, nullptr)) && plausible(time);
     }},
    {"8.3.1 GetTime: the clock's capabilities",
     [] {
       EFI_TIME time;
       EFI_TIME_CAPABILITIES capabilities = {};
       return ok(rt->GetTime(&time, &capabilities)) && that(capabilities.Resolution > 0) && that(capabilities.SetsToZero <= 1);
     }},
    {"8.3.1 GetTime: no place for the time is INVALID_PARAMETER", [] { return is(rt->GetTime(nullptr, nullptr), kInvalid); }},
    {"8.3.1 GetTime: time goes on",
     [] {
       EFI_TIME first, second;
       if (!ok(rt->GetTime(&first, nullptr))) return false;
       bs->Stall(1200000);
       if (!ok(rt->GetTime(&second, nullptr))) return false;
       return that(second.Month != first.Month || seconds(second) > seconds(first));
     }},
    {"8.3.2 SetTime: the time of now",
     [] {
       EFI_TIME time;
       if (cannot_be_set()) return is_refused();
       return ok(rt->GetTime(&time, nullptr)) && ok(rt->SetTime(&time));
     }},
    {"8.3.2 SetTime: what was set is told",
     [] {
       EFI_TIME old, time, back;
       if (cannot_be_set()) return is_refused();
       if (!ok(rt->GetTime(&old, nullptr))) return false;
       time = old;
       time.Year = 2031, time.Month = 3, time.Day = 14, time.Hour = 15, time.Minute = 9, time.Second = 26;
       bool good = ok(rt->SetTime(&time)) && ok(rt->GetTime(&back, nullptr)) && equal(back.Year, 2031) && equal(back.Month, 3) &&
                   equal(back.Day, 14) && equal(back.Hour, 15) && equal(back.Minute, 9);
       return ok(rt->SetTime(&old)) && good;
     }},
    {"8.3.2 SetTime: the time zone is kept",
     [] {
       EFI_TIME old, time, back;
       if (cannot_be_set()) return is_refused();
       if (!ok(rt->GetTime(&old, nullptr))) return false;
       time = old;
       time.TimeZone = 60, time.Daylight = 1;
       bool good = ok(rt->SetTime(&time)) && ok(rt->GetTime(&back, nullptr)) && equal(static_cast<UINT16>(back.TimeZone), 60) &&
                   equal(back.Daylight, 1) && equal(back.Hour, time.Hour);
       return ok(rt->SetTime(&old)) && good;
     }},
    {"8.3.2 SetTime: no time is INVALID_PARAMETER", [] { return is(rt->SetTime(nullptr), kInvalid); }},
    {"8.3.2 SetTime: month 0 is INVALID_PARAMETER", [] { return refused([](EFI_TIME& time) { time.Month = 0; }); }},
    {"8.3.2 SetTime: month 13 is INVALID_PARAMETER", [] { return refused([](EFI_TIME& time) { time.Month = 13; }); }},
    {"8.3.2 SetTime: day 0 is INVALID_PARAMETER", [] { return refused([](EFI_TIME& time) { time.Day = 0; }); }},
    {"8.3.2 SetTime: day 32 is INVALID_PARAMETER", [] { return refused([](EFI_TIME& time) { time.Day = 32; }); }},
    {"8.3.2 SetTime: the 29th of February of a common year is INVALID_PARAMETER",
     [] { return refused([](EFI_TIME& time) { time.Year = 2025, time.Month = 2, time.Day = 29; }); }},
    {"8.3.2 SetTime: the 31st of April is INVALID_PARAMETER",
     [] { return refused([](EFI_TIME& time) { time.Month = 4, time.Day = 31; }); }},
    {"8.3.2 SetTime: hour 24 is INVALID_PARAMETER", [] { return refused([](EFI_TIME& time) { time.Hour = 24; }); }},
    {"8.3.2 SetTime: minute 60 is INVALID_PARAMETER", [] { return refused([](EFI_TIME& time) { time.Minute = 60; }); }},
    {"8.3.2 SetTime: second 60 is INVALID_PARAMETER", [] { return refused([](EFI_TIME& time) { time.Second = 60; }); }},
    {"8.3.2 SetTime: a nanosecond of a billion is INVALID_PARAMETER",
     [] { return refused([](EFI_TIME& time) { time.Nanosecond = 1000000000; }); }},
    {"8.3.2 SetTime: a time zone beyond a day is INVALID_PARAMETER", [] { return refused([](EFI_TIME& time) { time.TimeZone = 1441; }); }},
    {"8.3.2 SetTime: a time zone beyond a day to the west is INVALID_PARAMETER",
     [] { return refused([](EFI_TIME& time) { time.TimeZone = -1441; }); }},
    {"8.3.2 SetTime: unknown bits of Daylight are INVALID_PARAMETER", [] { return refused([](EFI_TIME& time) { time.Daylight = 4; }); }},
    {"8.3.2 SetTime: the year 1899 is INVALID_PARAMETER", [] { return refused([](EFI_TIME& time) { time.Year = 1899; }); }},
    {"8.3.2 SetTime: the year 10000 is INVALID_PARAMETER", [] { return refused([](EFI_TIME& time) { time.Year = 10000; }); }},
    {"8.3.3 GetWakeupTime: no place for the answers is INVALID_PARAMETER",
     [] { return may_lack(rt->GetWakeupTime(nullptr, nullptr, nullptr), kInvalid); }},
    {"8.3.3 GetWakeupTime: it tells",
     [] {
       BOOLEAN enabled = 9, pending = 9;
       EFI_TIME time;
       EFI_STATUS status = rt->GetWakeupTime(&enabled, &pending, &time);
       return may_lack(status, EFI_SUCCESS) && that(status == EFI_UNSUPPORTED || (enabled <= 1 && pending <= 1));
     }},
    {"8.3.4 SetWakeupTime: off", [] { return may_lack(rt->SetWakeupTime(FALSE, nullptr), EFI_SUCCESS); }},
    {"8.3.4 SetWakeupTime: on without a time is INVALID_PARAMETER", [] { return may_lack(rt->SetWakeupTime(TRUE, nullptr), kInvalid); }},

    {"8.4.1 SetVirtualAddressMap: before ExitBootServices it is UNSUPPORTED",
     [] {
       EFI_MEMORY_DESCRIPTOR map = {};
       return is(rt->SetVirtualAddressMap(sizeof map, sizeof map, 1, &map), EFI_UNSUPPORTED);
     }},
    {"8.4.2 ConvertPointer: outside of SetVirtualAddressMap it is UNSUPPORTED or a refusal",
     [] {
       void* pointer = &pointer;
       return that(EFI_ERROR(rt->ConvertPointer(0, &pointer)));
     }},
    {"8.5.2 GetNextHighMonotonicCount: no place for the count is INVALID_PARAMETER",
     [] { return is(rt->GetNextHighMonotonicCount(nullptr), kInvalid); }},
    {"8.5.2 GetNextHighMonotonicCount: each is greater than the one before",
     [] {
       UINT32 first = 0, second = 0;
       return ok(rt->GetNextHighMonotonicCount(&first)) && ok(rt->GetNextHighMonotonicCount(&second)) && that(second > first);
     }},
    {"8.5.2 GetNextHighMonotonicCount: it is the high half of GetNextMonotonicCount",
     [] {
       UINT32 high = 0;
       UINT64 next = 0;
       return ok(rt->GetNextHighMonotonicCount(&high)) && ok(bs->GetNextMonotonicCount(&next)) && equal(next >> 32, high);
     }},
    {"8.5.3 UpdateCapsule: no capsules are INVALID_PARAMETER", [] { return may_lack(rt->UpdateCapsule(nullptr, 0, 0), kInvalid); }},
    {"8.5.4 QueryCapsuleCapabilities: no capsules are INVALID_PARAMETER",
     [] {
       UINT64 largest;
       EFI_RESET_TYPE type;
       return may_lack(rt->QueryCapsuleCapabilities(nullptr, 0, &largest, &type), kInvalid);
     }},
};

}  // namespace

constinit const Chapter kTime(kTests);

}  // namespace conformance
