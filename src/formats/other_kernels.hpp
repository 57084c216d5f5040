// SPDX-License-Identifier: BSD-2-Clause-Patent
// Kernels that efilite does not start, told apart so that people hear what they have: Multiboot, and Linux's images for arm64 and RISC-V.
#pragma once

#include <optional>

#include "formats/input.hpp"

namespace efilite::formats {

// Offset and flags of a header that its checksum proves. [Multiboot 0.6.96, 3.1.1] in the first 8 KiB, 4-byte aligned;
// [Multiboot2 2.0, 3.1.1] in the first 32 KiB, 8-byte aligned.
struct MultibootHeader {
  uint64_t offset;
  uint32_t flags;  // version 2: the architecture
};
std::optional<MultibootHeader> find_multiboot1(const Input& input);
std::optional<MultibootHeader> find_multiboot2(const Input& input);

// [Linux Documentation/arch/arm64/booting.rst, arch/riscv/boot-image-header.rst]
struct LinuxImage {
  const char* architecture;
  uint64_t text_offset;
  uint64_t image_size;
  uint64_t flags;
};
std::optional<LinuxImage> find_linux_image(const Input& input);

}  // namespace efilite::formats
