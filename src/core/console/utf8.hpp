// SPDX-License-Identifier: BSD-2-Clause-Patent
// UTF-8 outside, UCS-2 and UTF-16 inside EFI [UEFI 2.10, 2.3.1: CHAR16 is UCS-2]. Malformed input becomes U+FFFD, never a failure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.hpp"

namespace efilite::core {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

// Returns how many bytes of `out` it filled, 1 to 4. A surrogate or a number above U+10FFFF becomes U+FFFD.
size_t encode_utf8(char32_t character, std::array<char, 4>& out);

// Byte by byte, as a terminal sends it.
class Utf8Decoder {
 public:
  // A finished character; nullopt: more bytes are needed. A byte that breaks a sequence off gives U+FFFD and is kept for the next call to
  // take_rest().
  std::optional<char32_t> feed(uint8_t byte);
  // The byte that broke a sequence off, when it is a character of its own.
  std::optional<char32_t> take_rest();
  bool in_sequence() const { return left_ != 0; }

 private:
  std::optional<char32_t> start(uint8_t byte);

  char32_t value_ = 0;
  char32_t least_ = 0;  // overlong forms are below it
  int left_ = 0;
  std::optional<uint8_t> rest_;
};

// Both return the units written; BufferTooSmall when `out` cannot hold all. No terminator is written.
Result<size_t> utf8_to_utf16(std::string_view in, std::span<char16_t> out);
Result<size_t> utf16_to_utf8(std::u16string_view in, std::span<char> out);

}  // namespace efilite::core
