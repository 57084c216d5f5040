// SPDX-License-Identifier: BSD-2-Clause-Patent
// How a Linux kernel image tells itself [Linux Documentation/arch/x86/boot.rst, The Real-Mode Kernel Header].
#pragma once

#include <cstdint>

namespace efilite::linux_boot {

inline constexpr uint64_t kBootFlagOffset = 0x1FE;
inline constexpr uint16_t kBootFlag = 0xAA55;
inline constexpr uint64_t kHeaderOffset = 0x202;
inline constexpr uint32_t kHeaderMagic = 0x53726448;  // "HdrS"

}  // namespace efilite::linux_boot
