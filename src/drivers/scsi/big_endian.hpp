// SPDX-License-Identifier: BSD-2-Clause-Patent
// SCSI's numbers are big-endian.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace efilite::drivers::scsi {

inline void put_be(uint8_t* to, uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) to[i] = static_cast<uint8_t>(value >> 8 * (bytes - 1 - i));
}

// Of bytes that are there.
inline uint64_t get_be(ByteSpan bytes, size_t at, unsigned size) {
  uint64_t value = 0;
  for (unsigned i = 0; i < size; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

}  // namespace efilite::drivers::scsi
