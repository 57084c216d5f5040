// SPDX-License-Identifier: BSD-2-Clause-Patent
// One ACPI table more than the hypervisor has given: the root table is copied and ends with it, and a new root pointer leads there. What
// the hypervisor gave stays as it is.
#pragma once

#include "core/ports.hpp"

namespace efilite::platform {

// Writes all three into `room`, which lies at `at` below 4 GiB and outlives boot. `table` needs no checksum. Returns where the new root
// pointer is. BUFFER_TOO_SMALL: there is no room; NOT_FOUND: no root table that can be read.
Result<PhysAddr> extend_acpi(core::PhysicalMemory& memory, PhysAddr rsdp, ByteSpan table, MutableByteSpan room, PhysAddr at);

}  // namespace efilite::platform
