// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/protocols/rng.hpp"

#include <algorithm>

namespace efilite::core {

namespace {
// Intel's guide asks for a few retries of either instruction; RDSEED may run dry for longer than RDRAND.
constexpr int kRetries = 1000;
}  // namespace

efi::EfiStatus EFIAPI Rng::get_info(efi::RngProtocol* self, efi::Uintn* size, efi::Guid* algorithms) {
  if (self == nullptr || size == nullptr) return efi::encode(Status::InvalidParameter);
  Entropy& entropy = reinterpret_cast<Interface*>(self)->owner->entropy_;
  // [37.5.2] the first algorithm of the list is the default
  efi::Guid list[2];
  efi::Uintn count = 0;
  if (entropy.has_drbg()) list[count++] = efi::kRngAlgorithmSp80090Ctr256;
  if (entropy.has_raw()) list[count++] = efi::kRngAlgorithmRaw;
  efi::Uintn needed = count * sizeof(efi::Guid);
  efi::Uintn given = *size;
  *size = needed;
  if (given < needed) return efi::encode(Status::BufferTooSmall);
  if (algorithms == nullptr) return efi::encode(Status::InvalidParameter);
  std::copy_n(list, count, algorithms);
  return efi::encode(Status::Success);
}

efi::EfiStatus EFIAPI Rng::get_rng(efi::RngProtocol* self, efi::Guid* algorithm, efi::Uintn size, uint8_t* value) {
  if (self == nullptr || size == 0 || value == nullptr) return efi::encode(Status::InvalidParameter);
  Rng& rng = *reinterpret_cast<Interface*>(self)->owner;
  bool raw;
  if (algorithm == nullptr)
    raw = !rng.entropy_.has_drbg();
  else if (*algorithm == efi::kRngAlgorithmRaw && rng.entropy_.has_raw())
    raw = true;
  else if (*algorithm == efi::kRngAlgorithmSp80090Ctr256 && rng.entropy_.has_drbg())
    raw = false;
  else
    return efi::encode(Status::Unsupported);
  return efi::encode(rng.fill(std::as_writable_bytes(std::span(value, size)), raw));
}

Result<> Rng::fill(MutableByteSpan out, bool raw) {
  while (!out.empty()) {
    std::optional<uint64_t> word;
    for (int i = 0; i < kRetries && !word; ++i) word = raw ? entropy_.raw() : entropy_.drbg();
    if (!word) return Status::NotReady;  // [37.5.3] there is not enough random data now
    size_t count = std::min(out.size(), sizeof(*word));
    memcpy(out.data(), &*word, count);
    out = out.subspan(count);
  }
  return {};
}

}  // namespace efilite::core
