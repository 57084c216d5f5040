// SPDX-License-Identifier: BSD-2-Clause-Patent
// Any DSDT, or any command line: whatever comes of it is a place that can be, told once, and the options are those that a naive reading
// finds.
//
// Input: a byte, 0: AML, else: a command line; then that.
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "platform/acpi_resources.hpp"
#include "platform/buses.hpp"

namespace efilite::platform {
namespace {

#define EXPECT(condition) ((condition) ? void() : (fprintf(stderr, "not so: %s\n", #condition), abort()))

constexpr uint64_t kLimit = uint64_t{1} << 52;

void check(const Buses& buses) {
  for (size_t i = 0; i < buses.mmio.size(); ++i) {
    const MmioPlace& place = buses.mmio[i];
    EXPECT(place.base != 0 && place.size >= 0x100 && place.base <= kLimit && place.size <= kLimit - place.base);
    for (size_t j = 0; j < i; ++j) EXPECT(buses.mmio[j].base != place.base);
  }
  for (const core::PciWindow& window : buses.pci_windows) {
    const bool memory = window.space == core::RegisterSpace::Memory;
    const uint64_t limit = memory ? kLimit : 0x10000;
    EXPECT(window.size != 0 && window.base <= limit && window.size <= limit - window.base);
    EXPECT(!memory || window.base >= 0x100000);
  }
  EXPECT(buses.ecam.size() <= 1);
}

// The number that strtoull reads, and Linux's suffix.
std::optional<uint64_t> number(const std::string& text, size_t& at) {
  if (at >= text.size() || text[at] < '0' || text[at] > '9') return std::nullopt;
  const bool hexadecimal = text.size() > at + 1 && text[at] == '0' && (text[at + 1] | 0x20) == 'x';
  if (hexadecimal && (text.size() <= at + 2 || !isxdigit(static_cast<unsigned char>(text[at + 2])))) return std::nullopt;
  char* end;
  errno = 0;
  uint64_t value = strtoull(text.c_str() + at, &end, 0);
  if (errno != 0) return std::nullopt;
  at = static_cast<size_t>(end - text.c_str());
  if (at < text.size()) {
    if (auto unit = std::string("kmgtpe").find(static_cast<char>(text[at] | 0x20)); unit != std::string::npos) {
      ++at;
      for (size_t i = 0; i <= unit; ++i) {
        if (value >> 54 != 0) return std::nullopt;
        value <<= 10;
      }
    }
  }
  return value;
}

std::optional<MmioPlace> parse(const std::string& text) {
  size_t at = 0;
  auto size = number(text, at);
  if (!size || text[at++] != '@') return std::nullopt;
  auto base = number(text, at);
  if (!base || text[at++] != ':' || !number(text, at)) return std::nullopt;
  if (at < text.size() && (text[at++] != ':' || !number(text, at))) return std::nullopt;
  if (at != text.size()) return std::nullopt;
  return MmioPlace{*base, *size};
}

Buses naive(const std::string& line) {
  Buses found;
  std::string word;
  bool quoted = false;
  for (size_t i = 0; i <= line.size(); ++i) {
    const char c = i < line.size() ? line[i] : ' ';
    const bool space = c == ' ' || (c >= 9 && c <= 13);
    if (i < line.size() && (!space || quoted)) {
      quoted ^= c == '"';
      word += c;
      continue;
    }
    quoted = false;
    if (word == "--") break;
    if (!word.empty() && word.front() == '"') word.erase(0, 1);
    if (!word.empty() && word.back() == '"') word.pop_back();
    const std::string name = "virtio_mmio.device=";
    std::string beginning = word.substr(0, name.size());
    for (char& letter : beginning) letter = letter == '-' ? '_' : letter;
    if (beginning == name) {
      if (auto place = parse(word.substr(name.size()))) found.add(*place);
    }
    word.clear();
  }
  return found;
}

}  // namespace
}  // namespace efilite::platform

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite::platform;
  if (size < 1) return 0;
  std::vector<uint8_t> exact(data + 1, data + size);  // an allocation of its own, so that ASan sees a step beyond it
  Buses buses;
  if (*data == 0) {
    find_resources(std::as_bytes(std::span(exact)), buses);
  } else {
    std::string_view line(reinterpret_cast<const char*>(exact.data()), exact.size());
    read_mmio_options(line, buses);
    const std::string text(line);
    if (text.find('\0') == std::string::npos) {
      Buses other = naive(text);
      EXPECT(other.mmio.size() == buses.mmio.size());
      for (size_t i = 0; i < other.mmio.size(); ++i) {
        EXPECT(other.mmio[i].base == buses.mmio[i].base && other.mmio[i].size == buses.mmio[i].size);
      }
    }
  }
  check(buses);
  return 0;
}
