// SPDX-License-Identifier: BSD-2-Clause-Patent
// The names that specifications have for numbers.
#pragma once

#include "cli/facts.hpp"

namespace efilite::cli {

Named pe_machine(uint16_t machine);
Named pe_subsystem(uint16_t subsystem);
Named elf_machine(uint16_t machine);
Named multiboot_architecture(uint32_t architecture);
Flags linux_load_flags(uint8_t flags);
Flags linux_xload_flags(uint16_t flags);
Flags xen_features(uint64_t features);

}  // namespace efilite::cli
