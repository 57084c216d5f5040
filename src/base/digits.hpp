// SPDX-License-Identifier: BSD-2-Clause-Patent
// A number as text.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace efilite {

class Digits {
 public:
  // `base` is at most 16.
  explicit Digits(uint64_t number, unsigned base = 10);
  std::string_view view() const { return {text_.data() + at_, text_.size() - at_}; }

 private:
  std::array<char, 20> text_;  // 2^64 has 20 decimal digits
  size_t at_;
};

}  // namespace efilite
