// SPDX-License-Identifier: BSD-2-Clause-Patent
// The IDT: exceptions end in a crash report, the local APIC's timer calls back.
#pragma once

#include <cstdint>

#include "core/ports.hpp"

namespace efilite::arch {

// Loads GDT with TSS and IDT, masks the 8259s (nobody here serves them). Interrupts stay disabled until the first image runs.
void init_interrupts();

// Called by the timer interrupt, after its end was signalled to the APIC, with interrupts disabled.
void set_timer_handler(void (*handler)());

// Called for an access to a page that is not there, with interrupts disabled and on a stack of its own. True: now it is, go on.
void set_missing_page_handler(bool (*handler)(uint64_t address));

// Names the program that an address belongs to, for the crash report; nullptr when it is nobody's.
struct CodePlace {
  const char* name = nullptr;
  uint64_t offset = 0;
};
void set_code_locator(CodePlace (*locator)(uint64_t address));

// What ends the machine when an exception or one of our own bugs has been reported. Without one, and if it comes back, the CPU is stopped.
void set_stop_handler(void (*handler)());

}  // namespace efilite::arch
