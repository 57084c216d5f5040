// SPDX-License-Identifier: BSD-2-Clause-Patent
// Code that few boots run, and its constants, lie packed in efilite.elf (arch/x86_64/efilite.ld, docs/adr/0012). No page is there where it
// is linked, until the first touch unpacks a whole group of it. Nothing that this needs may be packed, nor what runs before it.
#pragma once

#include "arch/x86_64/paging.hpp"
#include "base/units.hpp"

namespace efilite::boot::packed_code {

// One byte behind the last of efilite's memory, which ends with what is packed.
PhysAddr limit();

// From now on a page fault in packed code unpacks it. `tables` have taken its pages away.
void serve(arch::PageTables& tables);

// [UEFI 2.10, 2.3.4] an OS may use all of the memory map, efilite's own too, before it has page tables of its own. What is packed still
// cannot be called any more.
void give_memory_back();

// Lines of the log for what was unpacked since the last call. The fault itself must not print: it may have come from the midst of a driver.
void tell();

}  // namespace efilite::boot::packed_code
