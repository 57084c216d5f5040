// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_SERIAL_IO_PROTOCOL [UEFI 2.10, 12.8] on a UART. It touches the device when it is asked to, and not before.
#pragma once

#include "abi/uefi/serial_io.hpp"
#include "core/events/events.hpp"
#include "core/ports.hpp"

namespace efilite::core {

// [UEFI 2.10, 12.8] the default attributes of every UART-style device; the FIFO may hold more than the one byte that it promises.
inline constexpr SerialFormat kDefaultSerialFormat = {115200, 8, efi::Parity::None, efi::StopBits::One};

class SerialIo {
 public:
  // Is told each new format, at the program's task priority.
  class Observer {
   public:
    virtual void format_changed(const SerialFormat& format) = 0;

   protected:
    ~Observer() = default;
  };

  // The port is open, in the default format.
  SerialIo(SerialPort& port, EventQueue& events, Clock& clock, Observer& observer);
  SerialIo(const SerialIo&) = delete;
  SerialIo& operator=(const SerialIo&) = delete;

  efi::SerialIoProtocol* protocol() { return &edge_; }
  const efi::SerialIoMode& mode() const { return mode_; }

  Result<> reset();
  // 0 and Default stand for the defaults.
  Result<> set_attributes(SerialFormat wanted, uint32_t receive_fifo_depth, uint32_t timeout);
  // How many bytes they moved until the first failure is in `done`, whatever the answer.
  Result<> write(ByteSpan bytes, size_t& done);
  Result<> read(MutableByteSpan bytes, size_t& done);

 private:
  struct Edge : efi::SerialIoProtocol {
    SerialIo* owner;
  };
  friend struct SerialIoThunks;
  template <typename Move>
  Result<> transfer(size_t size, size_t& done, Move move);

  SerialPort& port_;
  EventQueue& events_;
  Clock& clock_;
  Observer& observer_;
  Edge edge_{};
  efi::SerialIoMode mode_{};
};

}  // namespace efilite::core
