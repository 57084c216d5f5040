// SPDX-License-Identifier: BSD-2-Clause-Patent
// Patterns match as a table of all beginnings of string and pattern says; conversions stay inside what they are given.
// Input: a byte that chooses the size of a short name, the string, a NUL, the pattern.
#include <cstdlib>
#include <string>
#include <vector>

#include "base/letter_case.hpp"
#include "core/protocols/unicode_collation.hpp"

namespace {

using namespace efilite;
using namespace efilite::core::collation;

#define EXPECT(condition) \
  if (!(condition)) __builtin_trap()

struct Element {
  bool any_number = false;
  std::vector<std::pair<char16_t, char16_t>> ranges;
};

std::vector<Element> parsed(const std::u16string& pattern) {
  std::vector<Element> out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    Element e;
    if (pattern[i] == '*') {
      e.any_number = true;
    } else if (pattern[i] == '?') {
      e.ranges = {{0, 0xFFFF}};
    } else if (pattern[i] == '[') {
      for (++i; i < pattern.size() && pattern[i] != ']'; ++i) {
        bool range = i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']';
        e.ranges.emplace_back(to_upper(pattern[i]), to_upper(pattern[range ? i + 2 : i]));
        if (range) i += 2;
      }
    } else {
      e.ranges = {{to_upper(pattern[i]), to_upper(pattern[i])}};
    }
    out.push_back(e);
  }
  return out;
}

bool by_table(const std::u16string& string, const std::vector<Element>& pattern) {
  std::vector<bool> row(string.size() + 1);  // row[n]: the pattern so far matches the first n characters
  row[0] = true;
  for (const Element& e : pattern) {
    std::vector<bool> next(row.size());
    for (size_t n = 0; n < row.size(); ++n) {
      if (e.any_number) {
        next[n] = row[n] || (n > 0 && next[n - 1]);
      } else if (n > 0 && row[n - 1]) {
        for (auto [low, high] : e.ranges) next[n] = next[n] || (low <= to_upper(string[n - 1]) && to_upper(string[n - 1]) <= high);
      }
    }
    row = next;
  }
  return row.back();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > 2000) return 0;
  std::u16string string, pattern;
  bool second = false;
  for (size_t i = 1; i < size; ++i) {
    if (data[i] == 0) {
      if (second) break;
      second = true;
    } else {
      (second ? pattern : string) += data[i];
    }
  }
  EXPECT(matches(string.c_str(), pattern.c_str()) == by_table(string, parsed(pattern)));
  EXPECT(compare(string.c_str(), string.c_str()) == 0);
  EXPECT((compare(string.c_str(), pattern.c_str()) < 0) == (compare(pattern.c_str(), string.c_str()) > 0));

  auto* p = &protocol();
  std::u16string lower = string, upper = string;
  p->str_lwr(p, lower.data());
  p->str_upr(p, upper.data());
  EXPECT(compare(lower.c_str(), upper.c_str()) == 0);

  std::vector<char> fat(data[0]);
  fat.shrink_to_fit();
  p->str_to_fat(p, string.data(), fat.size(), fat.data());
  std::vector<char16_t> back(fat.size() + 1);
  back.shrink_to_fit();
  p->fat_to_str(p, fat.size(), fat.data(), back.data());
  std::vector<char> again(fat.size());
  EXPECT(p->str_to_fat(p, back.data(), again.size(), again.data()) == 0);  // a short name is legal as it is
  return 0;
}
