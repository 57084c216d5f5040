// SPDX-License-Identifier: BSD-2-Clause-Patent
// How many columns of a terminal a character takes.
#pragma once

#include "abi/uefi/types.hpp"

namespace efilite::core {

// One column; else two, as terminals show what Unicode calls Wide or Fullwidth [Unicode Standard Annex 11].
bool is_narrow_letter(efi::Char16 character);
inline bool is_narrow(efi::Char16 character) { return character < 0x1100 || is_narrow_letter(character); }

}  // namespace efilite::core
