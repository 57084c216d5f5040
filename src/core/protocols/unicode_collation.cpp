// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_UNICODE_COLLATION_PROTOCOL [UEFI 2.10, 21.1]. Its functions only read and write what the caller owns: no task priority, no memory.
#include "core/protocols/unicode_collation.hpp"

#include <cstddef>
#include <string_view>

#include "base/letter_case.hpp"

namespace efilite::core::collation {

int64_t compare(const char16_t* a, const char16_t* b) {
  while (*a != 0 && to_upper(*a) == to_upper(*b)) ++a, ++b;
  return int64_t{to_upper(*a)} - to_upper(*b);
}

namespace {

// One element of a pattern that is no "*" against one character; nullptr or what follows the element.
// [UEFI 2.10, 21.1.3] A set that its "]" does not end is taken to end with the pattern.
const char16_t* match_one(char16_t c, const char16_t* pattern) {
  if (*pattern == '?') return pattern + 1;
  if (*pattern != '[') return to_upper(*pattern) == to_upper(c) ? pattern + 1 : nullptr;
  bool found = false;
  for (++pattern; *pattern != 0 && *pattern != ']'; ++pattern) {
    char16_t low = to_upper(*pattern), high = low;
    if (pattern[1] == '-' && pattern[2] != 0 && pattern[2] != ']') {
      high = to_upper(pattern[2]);
      pattern += 2;
    }
    found |= low <= to_upper(c) && to_upper(c) <= high;
  }
  if (!found) return nullptr;
  return *pattern == ']' ? pattern + 1 : pattern;
}

}  // namespace

// Only the last "*" ever needs to be tried again, so the work is at most the product of the lengths and there is no recursion.
bool matches(const char16_t* string, const char16_t* pattern) {
  const char16_t* retry_pattern = nullptr;
  const char16_t* retry_string = nullptr;
  for (;;) {
    if (*pattern == '*') {
      retry_pattern = ++pattern;
      retry_string = string;
      continue;
    }
    if (*string == 0 && *pattern == 0) return true;
    const char16_t* next = *string != 0 && *pattern != 0 ? match_one(*string, pattern) : nullptr;
    if (next != nullptr) {
      pattern = next;
      ++string;
      continue;
    }
    if (retry_pattern == nullptr || *retry_string == 0) return false;
    string = ++retry_string;
    pattern = retry_pattern;
  }
}

namespace {

using Protocol = efi::UnicodeCollationProtocol;

int64_t EFIAPI stri_coll(Protocol*, char16_t* a, char16_t* b) { return compare(a, b); }
efi::Boolean EFIAPI metai_match(Protocol*, char16_t* string, char16_t* pattern) { return matches(string, pattern); }

void EFIAPI str_lwr(Protocol*, char16_t* string) {
  for (; *string != 0; ++string) *string = to_lower(*string);
}

void EFIAPI str_upr(Protocol*, char16_t* string) {
  for (; *string != 0; ++string) *string = to_upper(*string);
}

void EFIAPI fat_to_str(Protocol*, efi::Uintn size, char* fat, char16_t* string) {
  for (; size > 0 && *fat != 0; --size) *string++ = static_cast<unsigned char>(*fat++);
  *string = 0;
}

// [UEFI 2.10, 21.1.7] Periods and spaces are left out; what a short name cannot hold becomes "_", and the answer is TRUE. When `fat` is
// shorter than its size it gets a NUL.
efi::Boolean EFIAPI str_to_fat(Protocol*, char16_t* string, efi::Uintn size, char* fat) {
  constexpr std::string_view kLegal = "$%'-_@~`!(){}^#&";
  bool replaced = false;
  for (; *string != 0 && size > 0; ++string) {
    if (*string == '.' || *string == ' ') continue;
    char16_t c = to_upper(*string);
    bool legal = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c < 0x80 && kLegal.find(static_cast<char>(c)) != kLegal.npos);
    replaced |= !legal;
    *fat++ = legal ? static_cast<char>(c) : '_';
    --size;
  }
  if (size > 0) *fat = 0;
  return replaced;
}

constinit char eng[] = "eng";
constinit char en[] = "en";
constinit Protocol the_protocol = {stri_coll, metai_match, str_lwr, str_upr, fat_to_str, str_to_fat, eng};
constinit Protocol the_protocol2 = {stri_coll, metai_match, str_lwr, str_upr, fat_to_str, str_to_fat, en};

}  // namespace

Protocol& protocol() { return the_protocol; }
Protocol& protocol2() { return the_protocol2; }

}  // namespace efilite::core::collation
