// SPDX-License-Identifier: BSD-2-Clause-Patent
// One console on two lines: what is written goes to both, and keys come from either. As a serial line it is the first of them.
#pragma once

#include "core/ports.hpp"

namespace efilite::boot {

class ConsolePair final : public core::SerialPort {
 public:
  constexpr ConsolePair(core::SerialPort& first, core::ConsolePort& second) : first_(first), second_(second) {}

  void write(std::string_view bytes) override {
    first_.write(bytes);
    second_.write(bytes);
  }
  std::optional<uint8_t> read() override {
    auto byte = first_.read();
    return byte ? byte : second_.read();
  }

  Result<> reset() override { return first_.reset(); }
  Result<core::SerialFormat> set_format(const core::SerialFormat& wanted) override { return first_.set_format(wanted); }
  uint32_t receive_depth() const override { return first_.receive_depth(); }
  uint32_t control_mask() const override { return first_.control_mask(); }
  Result<> set_control(uint32_t control) override { return first_.set_control(control); }
  Result<uint32_t> control() override { return first_.control(); }
  Result<size_t> send(ByteSpan bytes) override { return first_.send(bytes); }
  Result<std::byte> receive() override { return first_.receive(); }

 private:
  core::SerialPort& first_;
  core::ConsolePort& second_;
};

}  // namespace efilite::boot
