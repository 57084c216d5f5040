// SPDX-License-Identifier: BSD-2-Clause-Patent
// The two cases of letters as efilite's English knows them: those of ISO Latin-1. Unicode collation and names of files share it, so that
// what compares equal there is one file here.
#pragma once

#include <cstddef>
#include <string_view>

namespace efilite {

// Latin-1 has its lower case 32 behind the upper, but for the signs of multiplication and division, ss, and y with diaeresis.
constexpr char16_t to_upper(char16_t c) {
  if (c == 0xFF) return 0x178;
  bool lower = (c >= 'a' && c <= 'z') || (c >= 0xE0 && c <= 0xFE && c != 0xF7);
  return lower ? static_cast<char16_t>(c - 32) : c;
}

constexpr char16_t to_lower(char16_t c) {
  if (c == 0x178) return 0xFF;
  bool upper = (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7);
  return upper ? static_cast<char16_t>(c + 32) : c;
}

constexpr bool same_letters(std::u16string_view a, std::u16string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (to_upper(a[i]) != to_upper(b[i])) return false;
  }
  return true;
}

}  // namespace efilite
