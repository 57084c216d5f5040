// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_UNICODE_COLLATION_PROTOCOL and _PROTOCOL2 [UEFI 2.10, 21.1] for English: the letters of ISO Latin-1 have
// two cases, FAT short names are ASCII.
#pragma once

#include "abi/uefi/text_protocols.hpp"

namespace efilite::core::collation {

// Less than, equal to or greater than 0, without regard to case.
int64_t compare(const char16_t* a, const char16_t* b);
// "*" any characters, "?" any one, "[a-c]" one of a set with ranges; the rest stands for itself without regard to case.
bool matches(const char16_t* string, const char16_t* pattern);

efi::UnicodeCollationProtocol& protocol();   // "eng"
efi::UnicodeCollationProtocol& protocol2();  // "en"

}  // namespace efilite::core::collation
