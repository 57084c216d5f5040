// SPDX-License-Identifier: BSD-2-Clause-Patent
// A Linux kernel image by its real-mode header [Linux Documentation/arch/x86/boot.rst, The Real-Mode Kernel Header]: which entries it has,
// and what a boot loader must know of them.
#pragma once

#include <asm/bootparam.h>

#include "formats/input.hpp"

namespace efilite::formats {

enum class Compression : uint8_t { None, Gzip, Bzip2, Lzma, Xz, Lzo, Lz4, Zstd, Unknown };
const char* name_of(Compression compression);
// By the magic number at `offset`.
Compression compression_at(const Input& input, uint64_t offset);

struct BzImage {
  static constexpr uint64_t kHeaderOffset = 0x1F1;
  // What each version of the protocol added [boot.rst, The Linux/x86 Boot Protocol].
  static constexpr uint16_t kFirstVersion = 0x0200;   // before that there was no header at all
  static constexpr uint16_t kCommandLinePointer = 0x0202;
  static constexpr uint16_t kRelocatable = 0x0205;
  static constexpr uint16_t kCommandLineSize = 0x0206;
  static constexpr uint16_t kPayload = 0x0208;
  static constexpr uint16_t kSetupData = 0x0209;
  static constexpr uint16_t kPreferredAddress = 0x020A;
  static constexpr uint16_t kHandover = 0x020B;
  static constexpr uint16_t kXLoadFlags = 0x020C;

  setup_header header;     // fields that the image's version does not know are 0
  uint64_t kernel_offset;  // of the protected-mode code, behind the setup sectors
  uint64_t kernel_size;    // to the end of the file
  uint64_t header_size;    // bytes from 0x1F1 that a loader copies into boot_params, the rest being zeroed

  bool has(uint16_t version) const { return header.version >= version; }
  // What is wrong with it for whoever is no boot sector: it is too old, or wants to lie where that puts it.
  std::optional<Problem> refusal() const;
  bool loads_high() const { return (header.loadflags & LOADED_HIGH) != 0; }
  bool has_64_bit_entry() const { return (header.xloadflags & XLF_KERNEL_64) != 0; }
  // [boot.rst, 64-bit boot protocol] 0x200 behind the 32-bit entry.
  static constexpr uint64_t k64BitEntry = 0x200;
};

// Whether it says so itself; parse_bzimage() finds what is wrong with it.
bool is_bzimage(const Input& input);
Parsed<BzImage> parse_bzimage(const Input& input);

// The text that kernel_version points to, as far as it fits; empty where there is none.
std::string_view kernel_version(const Input& input, const BzImage& image, std::span<char> out);

}  // namespace efilite::formats
