// SPDX-License-Identifier: BSD-2-Clause-Patent
// The checksum of ACPI, SMBIOS and PVH guest tables: their bytes add up to zero.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace efilite {

uint8_t byte_sum(ByteSpan bytes);

// Stores at `offset` what makes the sum zero.
void set_byte_sum(MutableByteSpan bytes, size_t offset);

}  // namespace efilite
