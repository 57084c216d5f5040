// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/boot_log.hpp"

#include "base/log.hpp"
#include "core/console/text_output.hpp"
#include "drivers/debug_port.hpp"

namespace efilite::boot {

namespace {

constinit core::ConsolePort* console = nullptr;
constinit uint16_t debug_port = 0;
constinit LogLevel level = LogLevel::Normal;
constinit bool to_console = true;

void sink(std::string_view text) {
  if (debug_port != 0) drivers::write_debug_port(debug_port, text);
  if (console != nullptr && to_console) core::write_lines(*console, text);
}

}  // namespace

void start_boot_log(core::ConsolePort* port, uint16_t second_port) {
  console = port;
  debug_port = second_port;
  log::set_sink(sink);
}

void move_boot_log(core::ConsolePort* port) { console = port; }

void set_log_level(LogLevel new_level) {
  level = new_level;
  to_console = level >= LogLevel::Normal;
}

FailureLog::FailureLog() : before_(to_console) { to_console = true; }
FailureLog::~FailureLog() { to_console = before_; }

void log_timing(const char* phase, uint64_t tsc, bool on_console) {
  bool before = to_console;
  to_console = on_console && level >= LogLevel::Timing;
  log::line("timing: ", phase, " ", tsc);
  to_console = before;
}


}  // namespace efilite::boot
