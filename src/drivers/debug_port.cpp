// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/debug_port.hpp"

#include "arch/io.hpp"

namespace efilite::drivers {

namespace {

constexpr uint16_t kPort = 0x402;
constexpr uint8_t kSignature = 0xE9;  // what the device answers

}  // namespace

uint16_t find_debug_port() { return arch::in8(kPort) == kSignature ? kPort : 0; }

void write_debug_port(uint16_t port, std::string_view text) {
  for (const char c : text) arch::out8(port, static_cast<uint8_t>(c));
}

}  // namespace efilite::drivers
