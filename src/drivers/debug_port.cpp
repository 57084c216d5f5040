// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/debug_port.hpp"

#include <cstdint>

#include "arch/io.hpp"

namespace efilite::drivers {

namespace {

constexpr uint16_t kPort = 0x402;
constexpr uint8_t kSignature = 0xE9;  // what the device answers when it is read

}  // namespace

bool debug_port_present() { return arch::in8(kPort) == kSignature; }

void debug_port_write(std::string_view text) {
  for (const char c : text) arch::out8(kPort, static_cast<uint8_t>(c));
}

}  // namespace efilite::drivers
