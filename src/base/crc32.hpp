// SPDX-License-Identifier: BSD-2-Clause-Patent
// CRC-32 as EFI's tables, GPT and CalculateCrc32 use it: polynomial 0x04C11DB7 reflected, seed and result inverted
// [UEFI 2.10, 4.2 and 7.5.7].
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace efilite {

uint32_t crc32(ByteSpan bytes);

// For data in several pieces: start with kCrc32Start, feed each piece, finish with crc32_finish.
inline constexpr uint32_t kCrc32Start = 0xFFFFFFFF;
uint32_t crc32_feed(uint32_t state, ByteSpan bytes);
constexpr uint32_t crc32_finish(uint32_t state) { return ~state; }

}  // namespace efilite
