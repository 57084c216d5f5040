// SPDX-License-Identifier: BSD-2-Clause-Patent
// A serial line and the terminal on it as EFI sees them: a handle for the line with EFI_SERIAL_IO_PROTOCOL, and below it one for the
// terminal with the text protocols. Without a line there is the terminal's alone, which swallows what it is told and never has a key.
#pragma once

#include "abi/uefi/device_path.hpp"
#include "core/console/serial_io.hpp"
#include "core/console/text_input_ex.hpp"
#include "core/console/text_output.hpp"
#include "core/handles/handles.hpp"

namespace efilite::core {

// [UEFI 2.10, 10.3] the line's path is the beginning of the terminal's.
struct [[gnu::packed]] SerialLinePath {
  efi::AcpiNode port;
  efi::UartNode line;
  efi::DevicePath end;
};
struct [[gnu::packed]] TerminalPath {
  efi::AcpiNode port;
  efi::UartNode line;
  efi::VendorNode terminal;
  efi::DevicePath end;
};

class SerialConsole final : SerialIo::Observer {
 public:
  // `port` is open in the default format.
  SerialConsole(SerialPort& port, EventQueue& events, HandleDatabase& handles, Clock& clock);
  SerialConsole(const SerialConsole&) = delete;
  SerialConsole& operator=(const SerialConsole&) = delete;

  // Both handles; the terminal's is the answer. `number` is the _UID of the line, nullopt: there is none.
  Result<efi::Handle> install(std::optional<uint32_t> number);

  TextOutput& output() { return output_; }
  TextInput& input() { return input_; }
  SerialIo& serial_io() { return serial_io_; }
  const TerminalPath& path() const { return terminal_path_; }

 private:
  Result<> install_line(uint32_t number);
  Result<> hold_line();
  void format_changed(const SerialFormat& format) override;

  HandleDatabase& handles_;
  TextOutput output_;
  TextInput input_;
  TextInputEx input_ex_;
  SerialIo serial_io_;
  SerialLinePath line_path_{};
  TerminalPath terminal_path_{};
  efi::Handle line_ = nullptr;
  efi::Handle terminal_ = nullptr;
};

}  // namespace efilite::core
