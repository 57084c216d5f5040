// SPDX-License-Identifier: BSD-2-Clause-Patent
// Leaving efilite for a kernel that is entered in long mode.
#pragma once

#include <cstdint>

// leave.S. Interrupts off, flat segments of `gdt`, which has four descriptors and stays where it is: code at 0x10, data at 0x18; RSI is
// `parameters` [Linux boot.rst, 64-bit Boot Protocol]. The page tables are still efilite's.
extern "C" [[noreturn]] void leave_in_long_mode(uint64_t entry, const void* parameters, const uint64_t* gdt);
