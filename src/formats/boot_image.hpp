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

// What starting an image takes. A part that is there may be malformed: then it is missing here, and among the problems.
struct Startable {
  static constexpr size_t kMaxProblems = 8;

  uint16_t entries = 0;  // a bit for each BootEntry that is there and whole
  std::optional<PeHead> pe_head;
  std::optional<BzImage> bzimage;
  std::optional<ElfFile> elf;
  std::optional<XenNotes> xen;
  std::optional<uint32_t> pvh;
  StaticVector<Problem, kMaxProblems> problems;

  bool offers(BootEntry entry) const { return (entries >> static_cast<unsigned>(entry) & 1) != 0; }
  // [Xen, xen/arch/x86/bzimage.c] Xen unpacks a bzImage by itself: it may well have a PV entry inside, which nobody has seen.
  bool may_be_pv() const { return offers(BootEntry::XenPv) || bzimage.has_value(); }
};
// `image` is as it was made.
void examine(const Input& input, Startable& image);

// All that is known of an image, for people: entries that efilite never takes, too.
struct BootImage : Startable {
  std::optional<PeFile> pe;  // its head may be whole where its sections are not: then it is no EFI program
  std::optional<LinuxImage> linux_image;
  std::optional<MultibootHeader> multiboot1, multiboot2;
};
void examine(const Input& input, BootImage& image);

// What efilite.entry= may ask for. Of the two names for Linux, the first leaves it to the kernel whether it is entered in long mode.
enum class Wish : uint8_t { Any, Efi, Handover, Linux, Linux32, Pvh, Pv };
inline constexpr const char* kWishes[] = {"efi", "handover", "linux", "linux32", "pvh", "pv"};  // from Efi on
std::optional<Wish> parse_wish(std::string_view text);
// EFI first, then its handover entry, then the zero page, then PVH, then PV through xen-shim; nullopt: none of those that are wished for.
std::optional<BootEntry> choose_entry(const Startable& image, Wish wish);

}  // namespace efilite::formats
