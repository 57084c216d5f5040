// SPDX-License-Identifier: BSD-2-Clause-Patent
// A 16550 UART and its descendants at I/O ports, polled.
#pragma once

#include <array>
#include <cstdint>

#include "core/ports.hpp"

namespace efilite::drivers {

class Serial final : public core::SerialPort {
 public:
  // COM1 is number 0, which is its _UID in ACPI, too.
  explicit constexpr Serial(uint8_t number = 0) : base_(kPorts[number]), number_(number) {}

  // Looks whether a UART answers and sets it to 115200 8N1. Without one, everything below does nothing.
  bool open();
  bool present() const { return present_; }
  uint32_t number() const { return number_; }

  void write(std::string_view bytes) override;
  std::optional<uint8_t> read() override;

  Result<> reset() override;
  Result<core::SerialFormat> set_format(const core::SerialFormat& wanted) override;
  uint32_t receive_depth() const override { return burst_; }
  uint32_t control_mask() const override;
  Result<> set_control(uint32_t control) override;
  Result<uint32_t> control() override;
  Result<size_t> send(ByteSpan bytes) override;
  Result<std::byte> receive() override;

 private:
  static constexpr std::array<uint16_t, 4> kPorts = {0x3F8, 0x2F8, 0x3E8, 0x2E8};

  bool answers() const;
  uint8_t get(uint16_t offset) const;
  void put(uint16_t offset, uint8_t value) const;
  void start();
  uint8_t look();
  uint8_t look_for_data();
  bool has_room(uint8_t line_status) const;
  void set_modem_control(uint8_t value);

  uint16_t base_;
  uint8_t number_;
  uint8_t burst_ = 1;  // bytes that fit once the transmitter is empty
  uint8_t modem_control_ = 0;
  uint8_t errors_ = 0;  // of the byte that comes next; looking at them makes the UART forget them
  bool flow_control_ = false;
  bool present_ = false;
  bool stalled_ = false;
};

}  // namespace efilite::drivers
