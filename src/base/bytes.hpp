// SPDX-License-Identifier: BSD-2-Clause-Patent
// Foreign bytes are read by checked copy, never by cast: the input may be short, unaligned, or change under our feet.
// All hosts and guests of efilite are little-endian, so a copy is also the decoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

namespace efilite {

using ByteSpan = std::span<const std::byte>;
using MutableByteSpan = std::span<std::byte>;

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

// nullopt when [offset, offset + length) does not lie inside `bytes`.
constexpr std::optional<ByteSpan> slice(ByteSpan bytes, uint64_t offset, uint64_t length) {
  if (offset > bytes.size() || length > bytes.size() - offset) return std::nullopt;
  return bytes.subspan(static_cast<size_t>(offset), static_cast<size_t>(length));
}

template <typename T>
  requires std::is_trivially_copyable_v<T>
std::optional<T> read_at(ByteSpan bytes, uint64_t offset) {
  auto from = slice(bytes, offset, sizeof(T));
  if (!from) return std::nullopt;
  T out;
  __builtin_memcpy(&out, from->data(), sizeof(T));  // freestanding, memcpy would be a call even for one byte
  return out;
}

// A value in memory that another party may write at any time: one read, then only the copy is looked at.
template <typename T>
  requires(std::is_integral_v<T> || std::is_enum_v<T>)
T read_once(const volatile T* shared) {
  return *shared;
}
template <typename T>
  requires(std::is_integral_v<T> || std::is_enum_v<T>)
void write_once(volatile T* shared, std::type_identity_t<T> value) {
  *shared = value;
}

template <typename T>
ByteSpan bytes_of(const T& object) {
  return std::as_bytes(std::span<const T, 1>(&object, 1));
}

}  // namespace efilite
