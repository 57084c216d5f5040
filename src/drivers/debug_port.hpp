// SPDX-License-Identifier: BSD-2-Clause-Patent
// The debug console of hypervisors: bytes written to a port reach the host. A sink for the log.
#pragma once

#include <cstdint>
#include <string_view>

namespace efilite::drivers {

// QEMU's and Cloud Hypervisor's answers when it is read; 0: there is none.
uint16_t find_debug_port();
// Xen's is there wherever Xen is [Xen public/arch-x86/xen.h, XEN_HVM_DEBUGCONS_IOPORT].
inline constexpr uint16_t kXenDebugPort = 0xE9;

void write_debug_port(uint16_t port, std::string_view text);

}  // namespace efilite::drivers
