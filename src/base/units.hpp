// SPDX-License-Identifier: BSD-2-Clause-Patent
// Units as types, so that bytes, pages and physical addresses cannot be mixed up, and arithmetic that can overflow says so.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

namespace efilite {

inline constexpr uint64_t kPageSize = 4096;  // EFI_PAGE_SIZE [UEFI 2.10, 7.2.1]
inline constexpr uint64_t kPageMask = kPageSize - 1;

template <typename T>
constexpr std::optional<T> checked_add(T a, T b) {
  T out;
  return __builtin_add_overflow(a, b, &out) ? std::nullopt : std::optional<T>(out);
}

template <typename T>
constexpr std::optional<T> checked_mul(T a, T b) {
  T out;
  return __builtin_mul_overflow(a, b, &out) ? std::nullopt : std::optional<T>(out);
}

struct Bytes {
  uint64_t value = 0;
  constexpr auto operator<=>(const Bytes&) const = default;
};

struct PageCount {
  uint64_t value = 0;
  constexpr auto operator<=>(const PageCount&) const = default;

  static constexpr PageCount covering(Bytes b) {  // cannot overflow: the quotient is far below 2^64
    return {b.value / kPageSize + ((b.value & kPageMask) != 0)};
  }
  constexpr std::optional<Bytes> bytes() const {
    auto n = checked_mul(value, kPageSize);
    return n ? std::optional(Bytes{*n}) : std::nullopt;
  }
};

struct PhysAddr {
  uint64_t value = 0;
  constexpr auto operator<=>(const PhysAddr&) const = default;

  constexpr bool page_aligned() const { return (value & kPageMask) == 0; }
  constexpr std::optional<PhysAddr> plus(Bytes b) const {
    auto n = checked_add(value, b.value);
    return n ? std::optional(PhysAddr{*n}) : std::nullopt;
  }
};

// [begin, end): half open, so an empty range has begin == end. The top page of the 64-bit space cannot be named; nobody has RAM there.
struct PhysRange {
  PhysAddr begin;
  PhysAddr end;
  constexpr bool operator==(const PhysRange&) const = default;

  constexpr uint64_t size() const { return end.value - begin.value; }
  constexpr bool empty() const { return begin == end; }
  constexpr bool contains(PhysRange r) const { return begin <= r.begin && r.end <= end; }
  constexpr bool overlaps(PhysRange r) const { return begin < r.end && r.begin < end; }
};

constexpr uint64_t align_down(uint64_t v, uint64_t alignment) { return v & ~(alignment - 1); }
constexpr std::optional<uint64_t> align_up(uint64_t v, uint64_t alignment) {
  auto n = checked_add(v, alignment - 1);
  return n ? std::optional(align_down(*n, alignment)) : std::nullopt;
}

}  // namespace efilite
