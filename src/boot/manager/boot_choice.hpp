// SPDX-License-Identifier: BSD-2-Clause-Patent
// What efilite.boot= asks for.
#pragma once

#include <array>
#include <string_view>

#include "boot/manager/heap_bytes.hpp"

namespace efilite::boot {

struct BootChoice {
  enum class Kind : uint8_t {
    Order,   // "disk": BootNext, BootOrder and what comes behind them
    Menu,    // "menu"
    Option,  // "Boot0003"
    Path,    // a device path as text, PARTUUID=, LABEL=, or a file on whichever volume has it
  };
  Kind kind = Kind::Order;
  uint16_t number = 0;  // of the option
  HeapBytes path;       // whole or in a short form
  std::array<char16_t, 64> label{};
  size_t label_size = 0;  // not 0: `path` is a file's, if anything, on the volume of this name
};

// What is not understood is told in one line, and INVALID_PARAMETER.
Result<BootChoice> parse_boot_choice(std::string_view text, core::Heap& heap);

}  // namespace efilite::boot
