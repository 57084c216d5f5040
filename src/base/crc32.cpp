// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "base/crc32.hpp"

#include <array>

namespace efilite {

namespace {
constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0u);
    table[i] = crc;
  }
  return table;
}
constexpr auto kTable = make_table();
}  // namespace

uint32_t crc32_feed(uint32_t state, ByteSpan bytes) {
  for (std::byte b : bytes) state = (state >> 8) ^ kTable[(state ^ static_cast<uint32_t>(b)) & 0xFF];
  return state;
}

uint32_t crc32(ByteSpan bytes) { return crc32_finish(crc32_feed(kCrc32Start, bytes)); }

}  // namespace efilite
