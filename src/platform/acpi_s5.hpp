// SPDX-License-Identifier: BSD-2-Clause-Patent
// Finds \_S5_ in AML without an interpreter: a name with a package of constants [ACPI 6.5, 7.4.2.6 and 20.2.5.4].
#pragma once

#include "platform/acpi.hpp"

namespace efilite::platform {

// The last one. nullopt: no such name in these definition blocks, or its values are not constants of 3 bits.
std::optional<AcpiFacts::SleepType> find_s5(ByteSpan aml);

}  // namespace efilite::platform
