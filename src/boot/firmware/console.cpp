// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/console.hpp"

#include <optional>

#include "core/console/serial_console.hpp"
#include "drivers/serial.hpp"

namespace efilite::boot {

namespace {

constinit drivers::Serial serial;
constinit std::optional<core::SerialConsole> console;

}  // namespace

core::ConsolePort* start_serial() { return serial.open() ? &serial : nullptr; }

Result<> install_console(core::Tables& tables, core::HandleDatabase& handles, core::EventQueue& events, core::Clock& clock) {
  console.emplace(serial, events, handles, clock);
  const auto number = serial.present() ? std::optional(serial.number()) : std::nullopt;
  const efi::Handle handle = TRY(console->install(number));
  efi::SystemTable& table = *tables.system_table();
  table.console_in_handle = table.console_out_handle = table.standard_error_handle = handle;
  table.con_in = console->input().protocol();
  table.con_out = table.std_err = console->output().protocol();
  tables.update_checksum();
  return {};
}

ByteSpan console_path() { return console && serial.present() ? bytes_of(console->path()) : ByteSpan{}; }

void leave_console() {
  if (console) console->output().leave_terminal();
}

}  // namespace efilite::boot
