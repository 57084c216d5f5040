// SPDX-License-Identifier: BSD-2-Clause-Patent
// Devices in a DSDT or SSDT that tell of their resources by a constant. No AML is executed: what a method computes is not seen.
#pragma once

#include "platform/buses.hpp"

namespace efilite::platform {

// Adds the windows and configuration space of PCI host bridges, and where devices of the _HID "LNRO0005" are, Linux's name for virtio-mmio.
// `aml` is what follows a table's header.
void find_resources(ByteSpan aml, Buses& buses);

}  // namespace efilite::platform
