// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_TIMESTAMP_PROTOCOL [UEFI 2.10, 39.1]: the clock's counter as it is.
#pragma once

#include "abi/uefi.hpp"

namespace efilite::core {

// Its functions have no This: they use the clock of the_firmware.
efi::TimestampProtocol& timestamp_protocol();

}  // namespace efilite::core
