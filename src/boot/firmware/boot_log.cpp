// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/boot_log.hpp"

#include "base/log.hpp"
#include "drivers/debug_port.hpp"

namespace efilite::boot {

namespace {

constinit core::ConsolePort* console = nullptr;
constinit bool debug_port = false;
constinit LogLevel level = LogLevel::Normal;
constinit bool to_console = true;

void write_console(std::string_view text) {
  // A terminal wants CR before LF.
  for (size_t from = 0; from < text.size();) {
    size_t newline = text.find('\n', from);
    if (newline == std::string_view::npos) return console->write(text.substr(from));
    console->write(text.substr(from, newline - from));
    console->write("\r\n");
    from = newline + 1;
  }
}

void sink(std::string_view text) {
  if (debug_port) drivers::debug_port_write(text);
  if (console != nullptr && to_console) write_console(text);
}

}  // namespace

void start_boot_log(core::ConsolePort* port) {
  console = port;
  debug_port = drivers::debug_port_present();
  log::set_sink(sink);
}

void set_log_level(LogLevel new_level) {
  level = new_level;
  to_console = level >= LogLevel::Normal;
}

FailureLog::FailureLog() { to_console = true; }
FailureLog::~FailureLog() { to_console = level >= LogLevel::Normal; }

void log_timing(const char* phase, uint64_t tsc, bool on_console) {
  bool before = to_console;
  to_console = on_console && level >= LogLevel::Timing;
  log::line("timing: ", phase, " ", tsc);
  to_console = before;
}


}  // namespace efilite::boot
