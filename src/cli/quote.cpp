// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/quote.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/printable.hpp"

namespace efilite::cli {

std::string shell_word(std::string_view word) {
  constexpr std::string_view kHarmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
  if (!word.empty() && word.find_first_not_of(kHarmless) == std::string_view::npos) return std::string(word);
  std::string out = "'";
  for (char c : word) {
    if (c == '\'') out += "'\\''";
    else out += c;
  }
  return out + '\'';
}

std::string qemu_value(std::string_view value) {
  std::string out;
  for (char c : value) {
    out += c;
    if (c == ',') out += ',';
  }
  return out;
}

std::string xl_string(std::string_view value) {
  std::string out = "\"";
  for (char c : value) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') out += fmt::format("\\{}", c);
    else if (byte < 0x20 || byte == 0x7F) out += fmt::format("\\x{:02x}", byte);
    else out += c;
  }
  return out + '"';
}

std::string xml_text(std::string_view value) {
  std::string out;
  for (char c : value) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&apos;"; break;
      // As themselves a reader makes spaces of them in an attribute.
      case '\n': out += "&#10;"; break;
      case '\t': out += "&#9;"; break;
      case '\r': out += "&#13;"; break;
      default: out += c;
    }
  }
  return out;
}

bool fits_xml(std::string_view value) {
  const auto is_forbidden = [](char c) { return static_cast<uint8_t>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r'; };
  return std::ranges::none_of(value, is_forbidden) && utf8(value) == value && value.find("\xEF\xBF\xBE") == value.npos &&
         value.find("\xEF\xBF\xBF") == value.npos;
}

}  // namespace efilite::cli
