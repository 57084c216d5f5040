// SPDX-License-Identifier: BSD-2-Clause-Patent
// UEFI 2.10 as plain structs.
#pragma once

#include "abi/uefi/block.hpp"
#include "abi/uefi/device_path.hpp"
#include "abi/uefi/file.hpp"
#include "abi/uefi/guids.hpp"
#include "abi/uefi/misc_protocols.hpp"
#include "abi/uefi/protocols.hpp"
#include "abi/uefi/serial_io.hpp"
#include "abi/uefi/tables.hpp"
#include "abi/uefi/types.hpp"
