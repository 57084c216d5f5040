// SPDX-License-Identifier: BSD-2-Clause-Patent
// Variables of the EFI global namespace [UEFI 2.10, 3.3].
#pragma once

#include "conformance.hpp"

namespace conformance {

inline EFI_GUID global_guid = {0x8be4df61, 0x93ca, 0x11d2, {0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c}};
constexpr UINT32 kVolatile = EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS;
constexpr UINT32 kLasting = kVolatile | EFI_VARIABLE_NON_VOLATILE;

// What a variable is now.
struct Value {
  EFI_STATUS status;
  UINT32 attributes = 0;
  UINTN size;
  UINT8 bytes[1025] = {};  // ends with a NUL whatever the variable does
  explicit Value(const CHAR16* name) : size(sizeof bytes - 1) {
    status = rt->GetVariable(const_cast<CHAR16*>(name), &global_guid, &attributes, &size, bytes);
    if (EFI_ERROR(status)) size = 0;
  }
  explicit Value(const wchar_t* name) : Value(text(name)) {}
  const char* words() const { return reinterpret_cast<const char*>(bytes); }
  UINT64 number() const {
    UINT64 out = 0;
    for (UINTN i = size; i-- > 0;) out = out << 8 | bytes[i];
    return out;
  }
};

}  // namespace conformance
