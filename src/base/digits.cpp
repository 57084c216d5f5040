// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "base/digits.hpp"

namespace efilite {

Digits::Digits(uint64_t number, unsigned base) : at_(text_.size()) {
  do {
    text_[--at_] = "0123456789abcdef"[number % base];
    number /= base;
  } while (number != 0);
}

}  // namespace efilite
