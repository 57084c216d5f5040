// SPDX-License-Identifier: BSD-2-Clause-Patent
// Patterns that tell memory nobody has written from memory nobody may use any more: in a debug build, and on the host. As addresses they
// are not canonical, so that a pointer out of either kind of memory faults at once. The shipping firmware leaves memory as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace efilite {

#if defined(EFILITE_POISON)
inline constexpr bool kPoison = true;
#else
inline constexpr bool kPoison = false;
#endif

inline constexpr uint8_t kFreedByte = 0xAF;
inline constexpr uint8_t kFreshByte = 0xBE;

inline void poison(void* memory, size_t size, uint8_t pattern) {
  if constexpr (kPoison) memset(memory, pattern, size);
}

// What such a pointer points to, as a crash report says it, or nullptr. The low bytes may have had an offset added.
constexpr const char* poison_of(uint64_t value) {
  constexpr uint64_t kEach = 0x010101010101, kLow = 16;
  if (value >> kLow == kFreedByte * kEach) return "freed memory";
  if (value >> kLow == kFreshByte * kEach) return "memory that was never written";
  return nullptr;
}

}  // namespace efilite
