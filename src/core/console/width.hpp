// SPDX-License-Identifier: BSD-2-Clause-Patent
// How many columns of a terminal a character takes.
#pragma once

#include "abi/uefi/types.hpp"

namespace efilite::core {

// One column; else two, as terminals show what Unicode calls Wide or Fullwidth [Unicode Standard Annex 11].
bool is_narrow(efi::Char16 character);

}  // namespace efilite::core
