// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/host_console.hpp"

namespace efilite::drivers {

void HostConsole::write(std::string_view bytes) {
  // A log line of an interrupt handler comes in the middle of another's; so would what is told of a failure of this very device.
  if (writing_) return;
  writing_ = true;
  ByteSpan left = std::as_bytes(std::span(bytes));
  for (bool first = true; !left.empty();) {
    const auto sent = send(left);
    if (!sent) break;
    left = left.subspan(*sent);
    if (*sent != 0) {
      stalled_ = false;
      first = true;
    } else {
      stalled_ = stalled_ || lost_patience(first);
      first = false;
      if (stalled_) break;
    }
  }
  writing_ = false;
}

void HostConsole::drain() {
  for (bool first = true; !stalled_ && !has_sent().value_or(true); first = false) stalled_ = lost_patience(first);
}

std::optional<uint8_t> HostConsole::read() {
  const auto byte = receive();
  return byte ? std::optional(static_cast<uint8_t>(*byte)) : std::nullopt;
}

Result<core::SerialFormat> HostConsole::set_format(const core::SerialFormat& wanted) {
  if (!wanted.possible()) return Status::InvalidParameter;
  TRY(usable());
  return wanted;
}

uint32_t HostConsole::control_mask() const { return efi::kSerialInputBufferEmpty | efi::kSerialOutputBufferEmpty; }

Result<> HostConsole::set_control(uint32_t control) {
  if (control != 0) return Status::Unsupported;
  return usable();
}

Result<uint32_t> HostConsole::control() {
  const bool input = TRY(has_input());
  const bool sent = TRY(has_sent());
  return (input ? 0 : efi::kSerialInputBufferEmpty) | (sent ? efi::kSerialOutputBufferEmpty : 0);
}

}  // namespace efilite::drivers
