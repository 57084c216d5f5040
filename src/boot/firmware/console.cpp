// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/console.hpp"

#include <optional>

#include "base/log.hpp"
#include "boot/console_pair.hpp"
#include "core/console/serial_console.hpp"
#include "core/device_path/device_path.hpp"
#include "drivers/serial.hpp"

namespace efilite::boot {

namespace {

constinit drivers::Serial serial;
constinit std::optional<drivers::xen::Console> xen;
constinit drivers::HostConsole* host_console = nullptr;  // of either kind, the one that is in use
constinit std::optional<ConsolePair> pair;
constinit std::optional<core::SerialConsole> console;

// As edk2 has it in a guest of Xen's, where it is a line like any that the platform's library for them brings: the GUID is
// EDKII_SERIAL_PORT_LIB_VENDOR_GUID.
constexpr auto kXenPath = core::device_path::vendor_path(
    efi::kHardwarePath, efi::kHardwareVendor,
    {0xD3987D4B, 0x971A, 0x435F, {0x8C, 0xAF, 0x49, 0x67, 0xEB, 0x62, 0x72, 0x41}});

// What the console is on, and what SerialConsole::install() wants to know of it.
struct Line {
  core::SerialPort* port = &serial;
  std::optional<uint32_t> number;
  ByteSpan parent;
};
constinit Line line;

core::ConsolePort* use(drivers::HostConsole& device, const Line& as, ConsoleChoice choice) {
  host_console = &device;
  if (choice == ConsoleChoice::Both && serial.present()) {
    pair.emplace(serial, device);
    line.port = &*pair;
  } else {
    line = as;
  }
  return line.port;
}

core::ConsolePort* use_xen_console(ConsoleChoice choice) {
  return use(*xen, {&*xen, std::nullopt, core::device_path::without_end(bytes_of(kXenPath))}, choice);
}

}  // namespace

core::ConsolePort* start_serial() {
  if (!serial.open()) return nullptr;
  line.number = serial.number();
  return &serial;
}

core::ConsolePort* start_xen_console(drivers::xen::Hypercalls& hypercalls, drivers::xen::EventChannels& channels, core::Clock& clock,
                                     core::PhysicalMemory& memory) {
  xen.emplace(hypercalls, channels, clock);
  if (!xen->start(memory)) xen.reset();
  if (serial.present()) return &serial;
  return xen ? use_xen_console(ConsoleChoice::Any) : nullptr;
}

bool wants_virtio_console(ConsoleChoice choice) {
  switch (choice) {
    case ConsoleChoice::Any: return !serial.present() && !xen;
    case ConsoleChoice::Virtio: return true;
    case ConsoleChoice::Both: return !xen;
    default: return false;
  }
}

core::ConsolePort* use_virtio_console(drivers::virtio::ConsoleDevice& device, ByteSpan parent, ConsoleChoice choice) {
  return use(device, {&device, device.port(), parent}, choice);
}

core::ConsolePort* choose_console(ConsoleChoice choice) {
  const bool wants_xen = choice == ConsoleChoice::Xen || choice == ConsoleChoice::Both;
  if (wants_xen && xen) return use_xen_console(choice);
  if (choice == ConsoleChoice::Serial && !serial.present()) {
    host_console = nullptr;
    line = {};
  }
  if (choice == ConsoleChoice::Virtio || wants_xen)
    log::line("efilite: efilite.console= wants a console of ",
              choice == ConsoleChoice::Xen      ? "Xen's"
              : choice == ConsoleChoice::Virtio ? "virtio"
                                                : "the hypervisor's",
              ", and there is none");
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

ByteSpan console_path() { return console ? console->path() : ByteSpan{}; }

void drain_console() {
  if (host_console != nullptr) host_console->drain();
}

void forget_console() { host_console = nullptr; }

void leave_console() {
  if (console) console->output().leave_terminal();
  drain_console();
}

}  // namespace efilite::boot
