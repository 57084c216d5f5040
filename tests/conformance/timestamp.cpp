// SPDX-License-Identifier: BSD-2-Clause-Patent
// The timestamp counter [UEFI 2.10, 39.1].
#include "conformance.hpp"

namespace conformance {
namespace {

// gnu-efi does not have it.
struct Properties {
  UINT64 Frequency, EndValue;
};
struct Timestamp {
  UINT64(EFIAPI* GetTimestamp)();
  EFI_STATUS(EFIAPI* GetProperties)(Properties*);
};
EFI_GUID kTimestampGuid = {0xafbfde41, 0x2e6e, 0x4262, {0xba, 0x65, 0x62, 0xb9, 0x23, 0x6e, 0x54, 0x95}};

template <typename Body>
bool with(Body body) {
  auto* timestamp = locate<Timestamp>(kTimestampGuid);
  return timestamp ? body(*timestamp) : skip("no Timestamp");
}

const Test kTests[] = {
    {"39.1.2 GetTimestamp: it does not go backwards",
     [] {
       return with([](Timestamp& timestamp) {
         UINT64 last = timestamp.GetTimestamp();
         for (int i = 0; i < 1000; ++i) {
           const UINT64 now = timestamp.GetTimestamp();
           if (!that(now >= last)) return false;
           last = now;
         }
         return true;
       });
     }},
    {"39.1.2 GetTimestamp: it counts at TPL_HIGH_LEVEL, too",
     [] {
       return with([](Timestamp& timestamp) {
         AtTpl raised(TPL_HIGH_LEVEL);
         const UINT64 start = timestamp.GetTimestamp();
         bs->Stall(1000);
         return that(timestamp.GetTimestamp() > start);
       });
     }},
    {"39.1.3 GetProperties: no place for the properties is INVALID_PARAMETER",
     [] { return with([](Timestamp& timestamp) { return is(timestamp.GetProperties(nullptr), kInvalid); }); }},
    {"39.1.3 GetProperties: the counter's end is beyond its value",
     [] {
       return with([](Timestamp& timestamp) {
         Properties properties = {};
         return ok(timestamp.GetProperties(&properties)) && that(properties.Frequency > 0) &&
                that(timestamp.GetTimestamp() <= properties.EndValue);
       });
     }},
    {"39.1.3 GetProperties: the frequency is the one that Stall keeps time by",
     [] {
       return with([](Timestamp& timestamp) {
         Properties properties = {};
         if (!ok(timestamp.GetProperties(&properties))) return false;
         const UINT64 start = timestamp.GetTimestamp();
         bs->Stall(100000);
         const UINT64 tenth = timestamp.GetTimestamp() - start;
         // A busy host makes it more, never less.
         return that(tenth >= properties.Frequency / 10 - properties.Frequency / 1000) && that(tenth < properties.Frequency * 5);
       });
     }},
    {"39.1.3 GetProperties: they do not change",
     [] {
       return with([](Timestamp& timestamp) {
         Properties first = {}, second = {};
         return ok(timestamp.GetProperties(&first)) && ok(timestamp.GetProperties(&second)) && equal(first.Frequency, second.Frequency) &&
                equal(first.EndValue, second.EndValue);
       });
     }},
};

}  // namespace

constinit const Chapter kTimestamp(kTests);

}  // namespace conformance
