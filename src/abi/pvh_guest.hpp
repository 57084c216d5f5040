// SPDX-License-Identifier: BSD-2-Clause-Patent
// The table by which programs learn that this is a PVH guest: include/efilite/pvh_guest.h, which is for others to include, and its GUIDs.
#pragma once

#include "abi/uefi/types.hpp"
#include "efilite/pvh_guest.h"

namespace efilite::efi {

inline constexpr Guid kPvhGuestTable = EFILITE_PVH_GUEST_TABLE_GUID;
inline constexpr Guid kPvhGuestProtocol = EFILITE_PVH_GUEST_PROTOCOL_GUID;

}  // namespace efilite::efi
