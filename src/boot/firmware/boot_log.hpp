// SPDX-License-Identifier: BSD-2-Clause-Patent
// Where the log goes: always to the debug port when there is one, and to the console as far as efilite.log= allows.
#pragma once

#include "boot/options.hpp"
#include "core/ports.hpp"

namespace efilite::boot {

// Until told otherwise all goes everywhere: what fails early must be seen. Either may be absent: nullptr, 0.
void start_boot_log(core::ConsolePort* console, uint16_t debug_port);
// Another console from now on.
void move_boot_log(core::ConsolePort* console);

// From now on plain lines reach the console only at `level` Normal and above.
void set_log_level(LogLevel level);

// A failure: reaches the console at every level. Use as: { FailureLog urgent; log::line(...); }
class FailureLog {
 public:
  FailureLog();
  ~FailureLog();
  FailureLog(const FailureLog&) = delete;
  FailureLog& operator=(const FailureLog&) = delete;

 private:
  bool before_;
};

// "timing: PHASE TSC" on the debug port, and on the console at level Timing. `console` false: the console belongs to somebody else by now.
void log_timing(const char* phase, uint64_t tsc, bool console = true);

}  // namespace efilite::boot
