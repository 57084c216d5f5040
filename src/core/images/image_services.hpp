// SPDX-License-Identifier: BSD-2-Clause-Patent
// The C edge of images, ExitBootServices and configuration tables [UEFI 2.10, 7.4 and 7.5.6].
#pragma once

#include "abi/uefi/tables.hpp"

namespace efilite::core {

void fill_image_services(efi::BootServices& services);

}  // namespace efilite::core
