// SPDX-License-Identifier: BSD-2-Clause-Patent
// The boot services of chapter 7.3: their function pointers.
#pragma once

#include "abi/uefi/tables.hpp"

namespace efilite::core {

// Protocol handlers, open and close, library members and driver support, all through the_firmware->handles.
void fill_protocol_services(efi::BootServices& services);

}  // namespace efilite::core
