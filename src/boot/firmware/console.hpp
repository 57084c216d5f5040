// SPDX-License-Identifier: BSD-2-Clause-Patent
// The console of the machine, a serial line or one of the hypervisor's or both, as ConIn, ConOut and StdErr of the System Table.
#pragma once

#include "boot/options.hpp"
#include "core/events/events.hpp"
#include "core/handles/handles.hpp"
#include "core/tables.hpp"
#include "drivers/virtio/console.hpp"
#include "drivers/xen/console.hpp"

namespace efilite::boot {

// COM1 where there is one, else nullptr.
core::ConsolePort* start_serial();

// The console of a Xen guest, as far as it has one; it is the console from now on where there is no serial line. The answer, here and
// below, is where the log goes to.
core::ConsolePort* start_xen_console(drivers::xen::Hypercalls& xen, drivers::xen::EventChannels& channels, core::Clock& clock,
                                     core::PhysicalMemory& memory);

// Whether a virtio console is to be looked for; with `choice` Any only where there is no other.
bool wants_virtio_console(ConsoleChoice choice);
// It is the console from now on, or with Both, one of the two. `parent` is the path of its device without the end; console and path live as
// long as the console does.
core::ConsolePort* use_virtio_console(drivers::virtio::ConsoleDevice& device, ByteSpan parent, ConsoleChoice choice);
// What becomes of the console by `choice` without a virtio console. With a line in the log where what was chosen is not there.
core::ConsolePort* choose_console(ConsoleChoice choice);

// Installs the text protocols on the console's handle and names them in the System Table. Without a serial line programs still find a
// console, which swallows what it is told and never has a key.
Result<> install_console(core::Tables& tables, core::HandleDatabase& handles, core::EventQueue& events, core::Clock& clock);

// The device path of the console that was installed; empty: it has none.
ByteSpan console_path();

// Gives the terminal back as it was, once the program is gone.
void leave_console();
// Before the machine goes off: what was written has left.
void drain_console();
// It is the OS's from now on.
void forget_console();

}  // namespace efilite::boot
