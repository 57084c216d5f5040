// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "formats/sbat.hpp"

#include <algorithm>
#include <charconv>

namespace efilite::formats {

namespace {

// Up to `separator`, which is taken too.
std::string_view take(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

}  // namespace

// The section ends with zeros.
SbatReader::SbatReader(std::string_view text, uint64_t offset) : rest_(text.substr(0, text.find('\0'))), offset_(offset) {}

std::optional<Parsed<SbatEntry>> SbatReader::next() {
  while (!rest_.empty()) {
    const uint64_t at = offset_;
    std::string_view line = take(rest_, '\n');
    offset_ += line.size() + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    SbatEntry entry{};
    entry.component = take(line, ',');
    const uint64_t generation_at = at + entry.component.size() + 1;
    const std::string_view generation = take(line, ',');
    const auto [end, error] = std::from_chars(generation.data(), generation.data() + generation.size(), entry.generation);
    if (entry.component.empty()) return Problem{at, ".sbat", "a line names no component"};
    if (error != std::errc() || end != generation.data() + generation.size() || entry.generation == 0)
      return Problem{generation_at, ".sbat", "a component's generation is no number above 0"};
    entry.vendor = take(line, ',');
    entry.package = take(line, ',');
    entry.version = take(line, ',');
    entry.url = take(line, ',');
    return entry;
  }
  return std::nullopt;
}

}  // namespace efilite::formats
