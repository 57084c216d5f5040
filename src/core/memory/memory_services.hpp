// SPDX-License-Identifier: BSD-2-Clause-Patent
// The memory services of the boot services table [UEFI 2.10, 7.2].
#pragma once

#include "abi/uefi/tables.hpp"

namespace efilite::core {

void fill_memory_services(efi::BootServices& services);

}  // namespace efilite::core
