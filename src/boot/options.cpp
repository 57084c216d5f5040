// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/options.hpp"

#include <algorithm>
#include <optional>

#include "base/log.hpp"

namespace efilite::boot {

namespace {

constexpr std::string_view kPrefix = "efilite.";

// substr() without its check for a caller's mistake, which would need an exception's machinery.
std::string_view first(std::string_view text, size_t n) { return {text.data(), n}; }

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

size_t word_length(std::string_view text) {
  bool quoted = false;
  size_t n = 0;
  for (; n < text.size() && (quoted || !is_space(text[n])); ++n) {
    if (text[n] == '"') quoted = !quoted;
  }
  return n;
}

size_t space_length(std::string_view text) {
  size_t n = 0;
  while (n < text.size() && is_space(text[n])) ++n;
  return n;
}

std::string_view unquoted(std::string_view word) {
  if (word.starts_with('"')) word.remove_prefix(1);
  if (word.ends_with('"')) word.remove_suffix(1);
  return word;
}

// Which of `words` the value is.
std::optional<size_t> which(std::string_view value, std::span<const std::string_view> words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (value == words[i]) return i;
  }
  return std::nullopt;
}

void take_log(std::string_view value, Options& options) {
  constexpr std::string_view levels[] = {"quiet", "normal", "timing", "debug"};  // in LogLevel's order
  if (auto level = which(value, levels)) {
    options.log = static_cast<LogLevel>(*level);
  } else {
    log::line("efilite: efilite.log=", value, " is none of quiet, normal, timing, debug");
  }
}

void take_console(std::string_view value, Options& options) {
  constexpr std::string_view choices[] = {"serial", "virtio", "xen", "both"};  // in ConsoleChoice's order, behind the first
  if (auto choice = which(value, choices)) {
    options.console = static_cast<ConsoleChoice>(*choice + 1);
  } else {
    log::line("efilite: efilite.console=", value, " is none of serial, virtio, xen, both");
  }
}

void take_entry(std::string_view value, Options& options) {
  if (auto wish = formats::parse_wish(value)) options.entry = *wish;
  else log::line("efilite: efilite.entry=", value, " is none of efi, handover, linux, linux32, pvh, pv");
}

void take_boot(std::string_view value, Options& options) {
  options.boot.clear();
  if (value.empty()) return log::line("efilite: efilite.boot= does not say what is to be booted");
  constexpr size_t kMost = decltype(options.boot)::capacity();
  if (value.size() > kMost) return log::line("efilite: efilite.boot= is longer than ", kMost, " characters");
  for (char c : value) (void)options.boot.push_back(c);
}

void take_timeout(std::string_view value, Options& options) {
  uint32_t seconds = 0;
  for (size_t i = 0; i < value.size() && seconds <= UINT16_MAX; ++i) {
    const auto digit = static_cast<unsigned>(value[i] - '0');
    seconds = digit <= 9 ? seconds * 10 + digit : UINT32_MAX;
  }
  if (!value.empty() && seconds <= UINT16_MAX) options.timeout = static_cast<uint16_t>(seconds);
  else log::line("efilite: efilite.timeout=", value, " is no number of seconds up to 65535");
}

// The table of our options. A new one is a line here, a member of Options and a line in the guide.
struct Known {
  std::string_view name;
  void (*take)(std::string_view value, Options& options);
};
constexpr Known kKnown[] = {{"efilite.log", take_log}, {"efilite.boot", take_boot}, {"efilite.timeout", take_timeout},
                            {"efilite.console", take_console}, {"efilite.entry", take_entry}};

void take(std::string_view word, Options& options) {
  size_t equals = 0;
  while (equals < word.size() && word[equals] != '=') ++equals;
  std::string_view name = first(word, equals);
  word.remove_prefix(equals);
  if (!word.empty()) word.remove_prefix(1);
  std::string_view value = unquoted(word);
  for (const Known& known : kKnown) {
    if (name == known.name) return known.take(value, options);
  }
  log::line("efilite: unknown option ", name, " (it is not passed on)");
}

// One UTF-8 sequence off the front of `text`; what is not well-formed counts as one bad byte each [Unicode 15, 3.9 table 3-7].
char32_t next_character(std::string_view& text) {
  constexpr char32_t bad = 0xFFFD;
  auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  uint8_t first = byte(0);
  size_t length = 0;
  if (first < 0x80) length = 1;
  else if (first >= 0xC2 && first < 0xE0) length = 2;
  else if (first >= 0xE0 && first < 0xF0) length = 3;
  else if (first >= 0xF0 && first < 0xF5) length = 4;
  char32_t c = length == 1 ? first : first & (0x7Fu >> length);
  bool good = length != 0 && length <= text.size();
  for (size_t i = 1; good && i < length; ++i) {
    good = (byte(i) & 0xC0) == 0x80;
    c = c << 6 | (byte(i) & 0x3F);
  }
  // Longer than need be, a surrogate, or beyond Unicode.
  if (good && ((length == 3 && (c < 0x800 || (c >= 0xD800 && c < 0xE000))) || (length == 4 && (c < 0x10000 || c > 0x10FFFF)))) good = false;
  text.remove_prefix(good ? length : 1);
  return good ? c : bad;
}

}  // namespace

size_t take_options(std::string_view text, Options& options, std::span<char> rest) {
  size_t kept = 0;
  // Never ahead of what is read, so `rest` may be the same memory.
  auto keep = [&](std::string_view part) {
    for (char c : part) {
      if (kept < rest.size()) rest[kept++] = c;
    }
  };
  size_t spaces = space_length(text);
  keep(first(text, spaces));
  text.remove_prefix(spaces);
  while (!text.empty()) {
    std::string_view word = first(text, word_length(text));
    if (word == "--") {
      keep(text);
      break;
    }
    text.remove_prefix(word.size());
    std::string_view gap = first(text, space_length(text));
    text.remove_prefix(gap.size());
    if (std::string_view bare = unquoted(word); bare.size() >= kPrefix.size() && first(bare, kPrefix.size()) == kPrefix) {
      take(bare, options);
      // The space behind goes with it; at the end, the space before.
      while (text.empty() && kept > 0 && is_space(rest[kept - 1])) --kept;
      continue;
    }
    keep(word);
    keep(gap);
  }
  return kept;
}

uint32_t make_load_options(std::string_view text, std::span<char16_t> out) {
  if (out.empty() || space_length(text) == text.size()) return 0;
  size_t n = 0;
  size_t room = out.size() - 1;
  while (!text.empty()) {
    char32_t c = next_character(text);
    if (n + (c > 0xFFFF ? 2 : 1) > room) break;
    if (c > 0xFFFF) {
      out[n++] = static_cast<char16_t>(0xD7C0 + (c >> 10));
      c = 0xDC00 + (c & 0x3FF);
    }
    out[n++] = static_cast<char16_t>(c);
  }
  out[n++] = u'\0';
  return static_cast<uint32_t>(n * sizeof(char16_t));
}

}  // namespace efilite::boot
