// SPDX-License-Identifier: BSD-2-Clause-Patent
// efilite.log=debug: what a program is about to find.
#pragma once

#include "boot/boot_info.hpp"
#include "core/memory/memory_map.hpp"
#include "core/tables.hpp"

namespace efilite::boot {

void describe(const BootInfo& info, const core::MemoryMap& memory, core::Tables& tables);

}  // namespace efilite::boot
