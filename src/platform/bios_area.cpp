// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/bios_area.hpp"

namespace efilite::platform {

// By pointers, and eight at a time: this runs thousands of times where there is nothing.
size_t next_anchor(ByteSpan area, size_t at, const char (&begins)[3]) {
  constexpr ptrdiff_t kStep = 16, kAtOnce = 8 * kStep;
  uint16_t wanted;
  __builtin_memcpy(&wanted, begins, sizeof wanted);
  const std::byte* here = area.data() + at;
  const std::byte* const end = area.data() + area.size();
  const auto is_it = [&](ptrdiff_t n) {
    uint16_t text;
    __builtin_memcpy(&text, here + n * kStep, sizeof text);
    return text == wanted;
  };
  for (; end - here >= kAtOnce; here += kAtOnce)
    if (is_it(0) || is_it(1) || is_it(2) || is_it(3) || is_it(4) || is_it(5) || is_it(6) || is_it(7)) break;
  while (here != end && !is_it(0)) here += kStep;
  return static_cast<size_t>(here - area.data());
}

}  // namespace efilite::platform
