// SPDX-License-Identifier: BSD-2-Clause-Patent
// The console of the machine: the serial line as ConIn, ConOut and StdErr of the System Table.
#pragma once

#include "core/events/events.hpp"
#include "core/handles/handles.hpp"
#include "core/tables.hpp"

namespace efilite::boot {

// COM1 where there is one, else nullptr.
core::ConsolePort* start_serial();

// Installs the text protocols on the console's handle and names them in the System Table. Without a serial line programs still find a
// console, which swallows what it is told and never has a key.
Result<> install_console(core::Tables& tables, core::HandleDatabase& handles, core::EventQueue& events, core::Clock& clock);

// The device path of the console that was installed; empty: it has none.
ByteSpan console_path();

// Gives the terminal back as it was, once the program is gone.
void leave_console();

}  // namespace efilite::boot
