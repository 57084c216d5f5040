// SPDX-License-Identifier: BSD-2-Clause-Patent
// A serial line and the terminal on it as EFI sees them: a handle for the line with EFI_SERIAL_IO_PROTOCOL, and below it one for the
// terminal with the text protocols. Without a line there is the terminal's alone, which swallows what it is told and never has a key.
#pragma once

#include <array>

#include "abi/uefi/device_path.hpp"
#include "core/console/serial_io.hpp"
#include "core/console/text_input_ex.hpp"
#include "core/console/text_output.hpp"
#include "core/handles/handles.hpp"

namespace efilite::core {

// Where a line is, e.g. Serial(0x0) or PciRoot(0x0)/Pci(0x4,0x0)/Serial(0x0): whole nodes, which lie at the end, so that what follows them
// is one path with them.
struct LinePlace {
  static constexpr size_t kRoom = 128;
  std::array<std::byte, kRoom> nodes;
};

// [UEFI 2.10, 10.3] the line's path is the beginning of the terminal's.
struct [[gnu::packed]] SerialLinePath {
  LinePlace place;
  efi::UartNode line;
  efi::DevicePath end;
};
struct [[gnu::packed]] TerminalPath {
  LinePlace place;
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

  // Both handles; the terminal's is the answer. `number` is the _UID of the line, and `parent` the path of its device without the end, or
  // nothing; without a number it is the line's own. Neither: there is no line. UNSUPPORTED: the path is too long.
  Result<efi::Handle> install(std::optional<uint32_t> number, ByteSpan parent = {});

  TextOutput& output() { return output_; }
  TextInput& input() { return input_; }
  SerialIo& serial_io() { return serial_io_; }
  ByteSpan path() const { return line_ != nullptr ? used_part(terminal_path_) : ByteSpan(); }  // empty: there is no line

 private:
  template <typename Path>
  ByteSpan used_part(const Path& path) const {
    return bytes_of(path).subspan(LinePlace::kRoom - place_size_);
  }
  efi::DevicePath* line_path();
  efi::DevicePath* terminal_path();
  Result<> install_line(std::optional<uint32_t> number, ByteSpan parent);
  Result<> hold_line();
  void format_changed(const SerialFormat& format) override;

  HandleDatabase& handles_;
  TextOutput output_;
  TextInput input_;
  TextInputEx input_ex_;
  SerialIo serial_io_;
  SerialLinePath line_path_{};
  TerminalPath terminal_path_{};
  size_t place_size_ = 0;
  efi::Handle line_ = nullptr;
  efi::Handle terminal_ = nullptr;
};

}  // namespace efilite::core
