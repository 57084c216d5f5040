// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/console.hpp"

#include <optional>

#include "boot/console_pair.hpp"
#include "core/console/serial_console.hpp"
#include "drivers/serial.hpp"

namespace efilite::boot {

namespace {

constinit drivers::Serial serial;
constinit drivers::virtio::ConsoleDevice* virtio = nullptr;
constinit std::optional<ConsolePair> pair;
constinit std::optional<core::SerialConsole> console;

// What the console is on.
struct Line {
  core::SerialPort* port = &serial;
  std::optional<uint32_t> number;  // nullopt: there is none
  ByteSpan parent;
};
constinit Line line;

}  // namespace

core::ConsolePort* start_serial() {
  if (!serial.open()) return nullptr;
  line.number = serial.number();
  return &serial;
}

bool wants_virtio_console(ConsoleChoice choice) {
  return choice == ConsoleChoice::Any ? !serial.present() : choice != ConsoleChoice::Serial;
}

core::ConsolePort* use_virtio_console(drivers::virtio::ConsoleDevice& device, ByteSpan parent, ConsoleChoice choice) {
  virtio = &device;
  if (choice == ConsoleChoice::Both && serial.present()) {
    pair.emplace(serial, device);
    line.port = &*pair;
  } else {
    line = {&device, device.port(), parent};
  }
  return line.port;
}

Result<> install_console(core::Tables& tables, core::HandleDatabase& handles, core::EventQueue& events, core::Clock& clock) {
  console.emplace(*line.port, events, handles, clock);
  const efi::Handle handle = TRY(console->install(line.number, line.parent));
  efi::SystemTable& table = *tables.system_table();
  table.console_in_handle = table.console_out_handle = table.standard_error_handle = handle;
  table.con_in = console->input().protocol();
  table.con_out = table.std_err = console->output().protocol();
  tables.update_checksum();
  return {};
}

ByteSpan console_path() { return console && line.number ? console->path() : ByteSpan{}; }

void drain_console() {
  if (virtio != nullptr) virtio->drain();
}

void leave_console() {
  if (console) console->output().leave_terminal();
  drain_console();
}

}  // namespace efilite::boot
