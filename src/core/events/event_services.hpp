// SPDX-License-Identifier: BSD-2-Clause-Patent
// The C edge of events, timers and task priorities [UEFI 2.10, 7.1].
#pragma once

#include "abi/uefi/tables.hpp"

namespace efilite::core {

void fill_event_services(efi::BootServices& services);

}  // namespace efilite::core
