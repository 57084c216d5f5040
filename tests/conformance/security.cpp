// SPDX-License-Identifier: BSD-2-Clause-Patent
// Random numbers [UEFI 2.10, 37.5].
#include "conformance.hpp"

namespace conformance {
namespace {

EFI_GUID kRngGuid = EFI_RNG_PROTOCOL_GUID;
UINT8 numbers[64], others[64];

template <typename Body>
bool with(Body body) {
  auto* rng = locate<EFI_RNG_PROTOCOL>(kRngGuid);
  return rng ? body(*rng) : skip("no RNG");
}

const Test kTests[] = {
    {"37.5.2 GetInfo: too small a buffer is BUFFER_TOO_SMALL, with the size",
     [] {
       return with([](EFI_RNG_PROTOCOL& rng) {
         UINTN size = 0;
         return is(rng.GetInfo(&rng, &size, nullptr), EFI_BUFFER_TOO_SMALL) && that(size >= 16) && equal(size % 16, 0);
       });
     }},
    {"37.5.2 GetInfo: the algorithms",
     [] {
       return with([](EFI_RNG_PROTOCOL& rng) {
         EFI_GUID algorithms[16] = {};
         UINTN size = sizeof algorithms;
         return ok(rng.GetInfo(&rng, &size, algorithms)) && that(size >= 16 && size % 16 == 0);
       });
     }},
    {"37.5.2 GetInfo: no size is INVALID_PARAMETER",
     [] {
       return with([](EFI_RNG_PROTOCOL& rng) {
         EFI_GUID algorithms[16];
         return is(rng.GetInfo(&rng, nullptr, algorithms), kInvalid);
       });
     }},
    {"37.5.3 GetRNG: numbers by the default algorithm",
     [] {
       return with([](EFI_RNG_PROTOCOL& rng) {
         return ok(rng.GetRNG(&rng, nullptr, sizeof numbers, numbers)) && ok(rng.GetRNG(&rng, nullptr, sizeof others, others)) &&
                that(!same(numbers, others, sizeof numbers));
       });
     }},
    {"37.5.3 GetRNG: every algorithm that GetInfo tells works",
     [] {
       return with([](EFI_RNG_PROTOCOL& rng) {
         EFI_GUID algorithms[16] = {};
         UINTN size = sizeof algorithms;
         if (!ok(rng.GetInfo(&rng, &size, algorithms))) return false;
         for (UINTN i = 0; i < size / 16; ++i) {
           if (!ok(rng.GetRNG(&rng, &algorithms[i], 32, numbers))) return false;
         }
         return true;
       });
     }},
    {"37.5.3 GetRNG: an unknown algorithm is UNSUPPORTED",
     [] { return with([](EFI_RNG_PROTOCOL& rng) { return is(rng.GetRNG(&rng, &kNobodysGuid, 16, numbers), EFI_UNSUPPORTED); }); }},
    {"37.5.3 GetRNG: a length of 0 is INVALID_PARAMETER",
     [] { return with([](EFI_RNG_PROTOCOL& rng) { return is(rng.GetRNG(&rng, nullptr, 0, numbers), kInvalid); }); }},
    {"37.5.3 GetRNG: no buffer is INVALID_PARAMETER",
     [] { return with([](EFI_RNG_PROTOCOL& rng) { return is(rng.GetRNG(&rng, nullptr, 16, nullptr), kInvalid); }); }},
    {"37.5.3 GetRNG: an odd length, and no more",
     [] {
       return with([](EFI_RNG_PROTOCOL& rng) {
         bs->SetMem(numbers, sizeof numbers, 0);
         if (!ok(rng.GetRNG(&rng, nullptr, 13, numbers))) return false;
         for (UINTN i = 13; i < sizeof numbers; ++i) {
           if (numbers[i] != 0) return that(false);
         }
         return true;
       });
     }},
};

}  // namespace

constinit const Chapter kSecurity(kTests);

}  // namespace conformance
