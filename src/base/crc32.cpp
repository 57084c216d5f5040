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

[[gnu::always_inline]] inline uint32_t step(uint32_t state, std::byte b) {
  return (state >> 8) ^ kTable[static_cast<uint8_t>(state) ^ static_cast<uint8_t>(b)];
}
}  // namespace

uint32_t crc32_feed(uint32_t state, ByteSpan bytes) {
  constexpr ptrdiff_t kAtOnce = 8;  // EFI's own tables are made of so many
  const std::byte *at = bytes.data(), *const end = at + bytes.size();
  for (; end - at >= kAtOnce; at += kAtOnce) {
#pragma clang loop unroll(full)
    for (ptrdiff_t i = 0; i < kAtOnce; ++i) state = step(state, at[i]);
  }
  while (at != end) state = step(state, *at++);
  return state;
}

uint32_t crc32(ByteSpan bytes) { return crc32_finish(crc32_feed(kCrc32Start, bytes)); }

}  // namespace efilite
