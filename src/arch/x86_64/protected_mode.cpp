// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "arch/x86_64/protected_mode.hpp"

#include "base/check.hpp"

extern "C" const std::byte protected_mode_begin[PROTECTED_MODE_CODE];  // protected_mode.S

namespace efilite::arch {

namespace {

struct Arguments {  // as protected_mode.S finds them, and the copies behind
  ProtectedModeEntry entry;
  uint32_t count;
};
static_assert(sizeof(Arguments) == 16);

constexpr PhysRange range_at(uint64_t begin, uint64_t size) { return {{begin}, {begin + size}}; }
PhysRange target_of(const LastCopy& copy) { return range_at(copy.to, uint64_t{copy.bytes} + copy.zero_bytes); }
PhysRange source_of(const LastCopy& copy) { return range_at(copy.from, copy.bytes); }

void check_copies(PhysRange room, std::span<const LastCopy> copies) {
  constexpr uint64_t k4GiB = uint64_t{1} << 32;
  CHECK(room.end.value <= k4GiB);
  for (const LastCopy& copy : copies) {
    const PhysRange target = target_of(copy);
    CHECK(target.end.value <= k4GiB && source_of(copy).end.value <= k4GiB && !target.overlaps(room));
    for (const LastCopy& other : copies) CHECK(!target.overlaps(source_of(other)));
  }
}

}  // namespace

void enter_protected_mode(MutableByteSpan room, const ProtectedModeEntry& entry, std::span<const LastCopy> copies) {
  CHECK(room.size() >= pages_for_protected_mode(copies.size()).value * kPageSize);
  check_copies(range_at(reinterpret_cast<uint64_t>(room.data()), room.size()), copies);
  const Arguments arguments{entry, static_cast<uint32_t>(copies.size())};
  memcpy(room.data(), protected_mode_begin, PROTECTED_MODE_CODE);
  memcpy(room.data() + PROTECTED_MODE_CODE, &arguments, sizeof arguments);
  memcpy(room.data() + PROTECTED_MODE_CODE + sizeof arguments, copies.data(), copies.size_bytes());
  reinterpret_cast<void (*)()>(room.data())();
  __builtin_unreachable();
}

}  // namespace efilite::arch
