// SPDX-License-Identifier: BSD-2-Clause-Patent
// Names that the specification owns: which may be created under its vendor GUIDs, and with which attributes [UEFI 2.10, 3.3].
#pragma once

#include <cstdint>

#include "abi/uefi/types.hpp"

namespace efilite::runtime {

// [UEFI 2.10, 8.2.4.2] what a hardware error record is created with
inline constexpr uint32_t kErrorRecordAttributes = efi::kVariableNonVolatile | efi::kVariableBootserviceAccess |
                                                   efi::kVariableRuntimeAccess | efi::kVariableHardwareErrorRecord;

// Whether a caller from outside may create or write `name` with `attributes` (without APPEND_WRITE).
[[nodiscard]] Status check_name(const char16_t* name, const efi::Guid& vendor, uint32_t attributes);

}  // namespace efilite::runtime
