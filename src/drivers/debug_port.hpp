// SPDX-License-Identifier: BSD-2-Clause-Patent
// The debug console of QEMU and Cloud Hypervisor: bytes written to port 0x402 reach the host. A sink for the log.
#pragma once

#include <string_view>

namespace efilite::drivers {

bool debug_port_present();
void debug_port_write(std::string_view text);  // only where it is present

}  // namespace efilite::drivers
