// SPDX-License-Identifier: BSD-2-Clause-Patent
// What drivers and what they drive are called, for people [UEFI 2.10, 11.5].
#pragma once

#include "abi/uefi/types.hpp"

namespace efilite::efi {

struct ComponentName2Protocol {
  static constexpr Guid kGuid = {0x6a7a5cff, 0xe8d9, 0x4f70, {0xba, 0xda, 0x75, 0xab, 0x30, 0x25, 0xce, 0x14}};
  EfiStatus(EFIAPI* get_driver_name)(ComponentName2Protocol* self, const char* language, const Char16** name);
  EfiStatus(EFIAPI* get_controller_name)(ComponentName2Protocol* self, Handle controller, Handle child, const char* language,
                                         const Char16** name);
  const char* supported_languages;  // as RFC 4646 has them, with semicolons between
};
static_assert(sizeof(ComponentName2Protocol) == 24);

}  // namespace efilite::efi
