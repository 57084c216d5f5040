// SPDX-License-Identifier: BSD-2-Clause-Patent
// A 16550 UART and its descendants at I/O ports, polled.
#pragma once

#include <cstdint>

#include "core/ports.hpp"

namespace efilite::drivers {

class Serial final : public core::ConsolePort {
 public:
  static constexpr uint16_t kCom1 = 0x3F8;

  explicit constexpr Serial(uint16_t base = kCom1) : base_(base) {}

  // Looks whether a UART answers and sets it to 115200 8N1. Without one, everything below does nothing.
  bool open();
  bool present() const { return present_; }

  void write(std::string_view bytes) override;
  std::optional<uint8_t> read() override;

 private:
  bool answers() const;
  uint8_t get(uint16_t offset) const;
  void put(uint16_t offset, uint8_t value) const;
  bool wait_for_room();

  uint16_t base_;
  uint8_t burst_ = 1;    // bytes that fit once the transmitter is empty
  bool present_ = false;
  bool stalled_ = false;
};

}  // namespace efilite::drivers
