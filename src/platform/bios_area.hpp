// SPDX-License-Identifier: BSD-2-Clause-Patent
// What a PC's BIOS leaves below 1 MiB is found by its anchor, on a border of 16 bytes.
#pragma once

#include "base/bytes.hpp"

namespace efilite::platform {

// The first place from `at` on, which is such a border, that begins with these two characters; else the end. The area is of 16-byte units.
size_t next_anchor(ByteSpan area, size_t at, const char (&begins)[3]);

}  // namespace efilite::platform
