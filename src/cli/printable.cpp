// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/printable.hpp"

#include <fmt/format.h>

namespace efilite::cli {

namespace {

struct Character {
  char32_t code;
  size_t length;  // 0: the bytes are no UTF-8
};

// [Unicode 15, table 3-7] neither overlong forms, nor surrogates, nor what is above U+10FFFF.
Character decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {0, 0};
  char32_t code = first & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {0, 0};
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[length] || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) return {0, 0};
  return {code, length};
}

bool is_harmless(char32_t code) {
  if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return false;
  // Writing direction and line separators: they would make a terminal show something else than stands there.
  return !(code >= 0x200E && code <= 0x200F) && !(code >= 0x2028 && code <= 0x202E) && !(code >= 0x2066 && code <= 0x2069);
}

}  // namespace

std::string printable(std::string_view text, bool lines) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const Character character = decode(text.substr(at));
    const size_t length = character.length != 0 ? character.length : 1;
    const std::string_view bytes = text.substr(at, length);
    at += length;
    if (character.length != 0 && (is_harmless(character.code) || (lines && character.code == '\n'))) out += bytes;
    else for (char c : bytes) out += fmt::format("\\x{:02x}", static_cast<uint8_t>(c));
  }
  return out;
}

std::string utf8(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const Character character = decode(text.substr(at));
    out += character.length != 0 ? text.substr(at, character.length) : std::string_view("\uFFFD");
    at += character.length != 0 ? character.length : 1;
  }
  return out;
}

std::string utf8(std::u16string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    char32_t code = text[at];
    const bool high = code >= 0xD800 && code < 0xDC00;
    if (high && at + 1 < text.size() && text[at + 1] >= 0xDC00 && text[at + 1] < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (text[++at] - 0xDC00u);
    } else if (code >= 0xD800 && code < 0xE000) {
      code = 0xFFFD;
    }
    const auto put = [&](char32_t value) { out += static_cast<char>(value); };
    if (code < 0x80) put(code);
    else if (code < 0x800) put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
    else if (code < 0x10000) put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
    else put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F)), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

size_t width(std::string_view text) {
  size_t count = 0;
  for (char c : text)
    if ((static_cast<uint8_t>(c) & 0xC0) != 0x80) ++count;
  return count;
}

}  // namespace efilite::cli
