// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/aml.hpp"

namespace efilite::platform {

std::optional<uint64_t> Aml::little_endian(size_t length) {
  uint64_t value = 0;
  for (size_t i = 0; i < length; ++i) {
    auto next = byte();
    if (!next) return std::nullopt;
    value |= uint64_t{*next} << (8 * i);
  }
  return value;
}

std::optional<uint64_t> Aml::integer() {
  auto op = byte();
  if (!op) return std::nullopt;
  switch (*op) {
    case 0x00: return 0;                 // ZeroOp
    case 0x01: return 1;                 // OneOp
    case 0x0A: return little_endian(1);  // BytePrefix, and so on
    case 0x0B: return little_endian(2);
    case 0x0C: return little_endian(4);
    case 0x0E: return little_endian(8);
    default: return std::nullopt;
  }
}

}  // namespace efilite::platform
