// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/firmware.hpp"

namespace efilite::core {

constinit Firmware* the_firmware = nullptr;

}  // namespace efilite::core
