// SPDX-License-Identifier: BSD-2-Clause-Patent
// SCSI as device paths have it.
#pragma once

#include "abi/uefi/device_path.hpp"

namespace efilite::efi {

inline constexpr uint8_t kMessagingScsi = 0x02;

// [UEFI 2.10, 10.3.4.2]
struct [[gnu::packed]] ScsiNode {
  DevicePath header;
  uint16_t target;
  uint16_t lun;
};
static_assert(sizeof(ScsiNode) == 8);

}  // namespace efilite::efi
