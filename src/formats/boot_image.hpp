// SPDX-License-Identifier: BSD-2-Clause-Patent
// Which boot entries an image offers, and which of them is taken: what the firmware does, and what the host's tool shows.
#pragma once

#include <optional>
#include <string_view>

#include "formats/bzimage.hpp"
#include "formats/elf.hpp"
#include "formats/other_kernels.hpp"
#include "formats/pe_file.hpp"

namespace efilite::formats {

enum class BootEntry : uint8_t {
  Efi,            // Image Handle and System Table [UEFI 2.10, 4.1]
  EfiHandover64,  // the same and boot_params [Linux boot.rst, EFI Handover Protocol (deprecated)]
  EfiHandover32,
  Linux64,        // boot_params, in long mode [boot.rst, 64-bit Boot Protocol]
  Linux32,        // boot_params, in protected mode [boot.rst, 32-bit Boot Protocol]
  Pvh,            // hvm_start_info [Xen docs/misc/pvh.pandoc]
  XenPv,          // the paravirtualized entry [Xen public/xen.h, Domain state when ... started]
  Multiboot1,
  Multiboot2,
  LinuxOther,     // Linux for arm64 or RISC-V by its own entry
};
inline constexpr size_t kBootEntries = 10;
// As efilite.entry= and the tool call it: "efi", "handover", "linux", "pvh", "pv" ...
std::string_view name_of(BootEntry entry);

// All that is known of an image. A part that is there may be malformed: then it is missing here, and among the problems.
struct BootImage {
  static constexpr size_t kMaxProblems = 8;

  uint16_t entries = 0;  // a bit for each BootEntry that is there and whole
  std::optional<PeFile> pe;
  std::optional<BzImage> bzimage;
  std::optional<ElfFile> elf;
  std::optional<XenNotes> xen;
  std::optional<uint32_t> pvh;
  std::optional<LinuxImage> linux_image;
  std::optional<MultibootHeader> multiboot1, multiboot2;
  StaticVector<Problem, kMaxProblems> problems;

  bool offers(BootEntry entry) const { return (entries >> static_cast<unsigned>(entry) & 1) != 0; }
};

void examine(const Input& input, BootImage& image);

// Who asks: a machine without Xen underneath starts no PV kernel.
enum class Wish : uint8_t { Any, Efi, Linux, Pvh, Pv };
// efilite.entry=
std::optional<Wish> parse_wish(std::string_view text);
// What today's firmware does: the others are told apart, and refused (docs/status.md).
constexpr bool is_started(BootEntry entry) { return entry == BootEntry::Efi; }
// EFI first, then the zero page, then PVH, then PV through xen-shim; nullopt: none of those that are wished for.
std::optional<BootEntry> choose_entry(const BootImage& image, Wish wish);

}  // namespace efilite::formats
