// SPDX-License-Identifier: BSD-2-Clause-Patent
// Miscellaneous boot services [UEFI 2.10, 7.5].
#include "conformance.hpp"

namespace conformance {
namespace {

UINT64 cycles() { return __builtin_ia32_rdtsc(); }
UINT8 bytes[256];
void count_up() {
  for (UINTN i = 0; i < sizeof bytes; ++i) bytes[i] = static_cast<UINT8>(i);
}

const Test kTests[] = {
    {"7.5.1 SetWatchdogTimer: a code of a loader", [] { return ok(bs->SetWatchdogTimer(300, 0x10000, 0, nullptr)); }},
    {"7.5.1 SetWatchdogTimer: a text with it", [] { return ok(bs->SetWatchdogTimer(300, 0x10000, 10, text(L"text"))); }},
    {"7.5.1 SetWatchdogTimer: a code of the firmware's is INVALID_PARAMETER",
     [] { return is(bs->SetWatchdogTimer(300, 0xFFFF, 0, nullptr), kInvalid); }},
    {"7.5.1 SetWatchdogTimer: a timeout of 0 turns it off", [] { return ok(bs->SetWatchdogTimer(0, 0x10000, 0, nullptr)); }},
    {"7.5.1 SetWatchdogTimer: off with code 0, as loaders do", [] { return ok(bs->SetWatchdogTimer(0, 0, 0, nullptr)); }},

    {"7.5.2 Stall: it succeeds", [] { return ok(bs->Stall(100)); }},
    {"7.5.2 Stall: 0 microseconds", [] { return ok(bs->Stall(0)); }},
    {"7.5.2 Stall: it takes the longer for more",
     [] {
       UINT64 start = cycles();
       bs->Stall(1000);
       UINT64 middle = cycles();
       bs->Stall(100000);
       return that(cycles() - middle > middle - start);
     }},
    {"7.5.2 Stall: it takes its time at TPL_HIGH_LEVEL, too",
     [] {
       AtTpl raised(TPL_HIGH_LEVEL);
       UINT64 start = cycles();
       bs->Stall(1000);
       UINT64 middle = cycles();
       bs->Stall(100000);
       return that(cycles() - middle > middle - start);
     }},

    {"7.5.3 CopyMem: it copies",
     [] {
       UINT8 copy[256] = {};
       count_up();
       bs->CopyMem(copy, bytes, 256);
       return that(same(copy, bytes, 256));
     }},
    {"7.5.3 CopyMem: nothing",
     [] {
       count_up();
       bs->CopyMem(bytes, bytes + 9, 0);
       return equal(bytes[0], 0);
     }},
    {"7.5.3 CopyMem: overlapping, towards the end",
     [] {
       count_up();
       bs->CopyMem(bytes + 3, bytes, 200);
       for (UINTN i = 0; i < 200; ++i) {
         if (bytes[i + 3] != i) return equal(bytes[i + 3], i);
       }
       return equal(bytes[203], 203);
     }},
    {"7.5.3 CopyMem: overlapping, towards the start",
     [] {
       count_up();
       bs->CopyMem(bytes, bytes + 3, 200);
       for (UINTN i = 0; i < 200; ++i) {
         if (bytes[i] != i + 3) return equal(bytes[i], i + 3);
       }
       return equal(bytes[200], 200);
     }},
    {"7.5.3 CopyMem: to itself",
     [] {
       count_up();
       bs->CopyMem(bytes, bytes, 256);
       return equal(bytes[255], 255);
     }},
    {"7.5.3 CopyMem: every length and alignment up to 16",
     [] {
       for (UINTN from = 0; from < 16; ++from) {
         for (UINTN length = 0; length < 16; ++length) {
           UINT8 copy[64] = {};
           count_up();
           bs->CopyMem(copy + 20, bytes + from + 1, length);
           if (!same(copy + 20, bytes + from + 1, length) || copy[19] != 0 || copy[20 + length] != 0) return that(false);
         }
       }
       return true;
     }},

    {"7.5.4 SetMem: it fills, and no more",
     [] {
       count_up();
       bs->SetMem(bytes + 10, 20, 0xA5);
       for (UINTN i = 10; i < 30; ++i) {
         if (bytes[i] != 0xA5) return equal(bytes[i], 0xA5);
       }
       return equal(bytes[9], 9) && equal(bytes[30], 30);
     }},
    {"7.5.4 SetMem: nothing",
     [] {
       count_up();
       bs->SetMem(bytes + 10, 0, 0xA5);
       return equal(bytes[10], 10);
     }},

    {"7.5.5 GetNextMonotonicCount: no place for the count is INVALID_PARAMETER",
     [] { return is(bs->GetNextMonotonicCount(nullptr), kInvalid); }},
    {"7.5.5 GetNextMonotonicCount: each is greater than the one before",
     [] {
       UINT64 last = 0, next = 0;
       if (!ok(bs->GetNextMonotonicCount(&last))) return false;
       for (int i = 0; i < 100; ++i) {
         if (!ok(bs->GetNextMonotonicCount(&next)) || !that(next > last)) return false;
         last = next;
       }
       return true;
     }},
    {"7.5.5 GetNextMonotonicCount: one by one",
     [] {
       UINT64 first = 0, second = 0;
       return ok(bs->GetNextMonotonicCount(&first)) && ok(bs->GetNextMonotonicCount(&second)) && equal(second, first + 1);
     }},

    {"7.5.7 CalculateCrc32: the check value of '123456789'",
     [] {
       UINT32 sum = 0;
       char digits[] = "123456789";
       return ok(bs->CalculateCrc32(digits, 9, &sum)) && equal(sum, 0xCBF43926);
     }},
    {"7.5.7 CalculateCrc32: one byte of zero",
     [] {
       UINT32 sum = 0;
       UINT8 zero = 0;
       return ok(bs->CalculateCrc32(&zero, 1, &sum)) && equal(sum, 0xD202EF8D);
     }},
    {"7.5.7 CalculateCrc32: no data are INVALID_PARAMETER",
     [] {
       UINT32 sum;
       return is(bs->CalculateCrc32(nullptr, 8, &sum), kInvalid);
     }},
    {"7.5.7 CalculateCrc32: a size of 0 is INVALID_PARAMETER",
     [] {
       UINT32 sum;
       return is(bs->CalculateCrc32(bytes, 0, &sum), kInvalid);
     }},
    {"7.5.7 CalculateCrc32: no place for the sum is INVALID_PARAMETER", [] { return is(bs->CalculateCrc32(bytes, 8, nullptr), kInvalid); }},
};

}  // namespace

constinit const Chapter kMisc(kTests);

}  // namespace conformance
