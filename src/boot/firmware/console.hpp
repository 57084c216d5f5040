// SPDX-License-Identifier: BSD-2-Clause-Patent
// The console of the machine, a serial line or a virtio console or both, as ConIn, ConOut and StdErr of the System Table.
#pragma once

#include "boot/options.hpp"
#include "core/events/events.hpp"
#include "core/handles/handles.hpp"
#include "core/tables.hpp"
#include "drivers/virtio/console.hpp"

namespace efilite::boot {

// COM1 where there is one, else nullptr.
core::ConsolePort* start_serial();

// Whether a virtio console is to be looked for; with `choice` Any only where there is no serial line.
bool wants_virtio_console(ConsoleChoice choice);
// It is the console from now on, or with Both, one of the two. `parent` is the path of its device without the end; console and path live as
// long as the console does. The answer is where the log goes to.
core::ConsolePort* use_virtio_console(drivers::virtio::ConsoleDevice& device, ByteSpan parent, ConsoleChoice choice);

// Installs the text protocols on the console's handle and names them in the System Table. Without a serial line programs still find a
// console, which swallows what it is told and never has a key.
Result<> install_console(core::Tables& tables, core::HandleDatabase& handles, core::EventQueue& events, core::Clock& clock);

// The device path of the console that was installed; empty: it has none.
ByteSpan console_path();

// Gives the terminal back as it was, once the program is gone.
void leave_console();
// Before the machine goes off: what was written has left.
void drain_console();

}  // namespace efilite::boot
