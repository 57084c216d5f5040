// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "base/byte_sum.hpp"

namespace efilite {

uint8_t byte_sum(ByteSpan bytes) {
  // Eight bytes at a time, in four lanes with room for a carry.
  constexpr uint64_t lanes = 0x00FF00FF00FF00FF;
  uint64_t sums = 0;
  const std::byte* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= sizeof sums; left -= sizeof sums, at += sizeof sums) {
    uint64_t word;
    __builtin_memcpy(&word, at, sizeof word);
    sums = (sums + (word & lanes) + (word >> 8 & lanes)) & lanes;
  }
  uint64_t sum = sums + (sums >> 16) + (sums >> 32) + (sums >> 48);
  for (; left != 0; --left) sum += static_cast<uint64_t>(*at++);
  return static_cast<uint8_t>(sum);
}

void set_byte_sum(MutableByteSpan bytes, size_t offset) {
  bytes[offset] = std::byte{0};
  bytes[offset] = std::byte{static_cast<uint8_t>(0 - byte_sum(bytes))};
}

}  // namespace efilite
