// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "formats/boot_image.hpp"

#include <xen/elfnote.h>

namespace efilite::formats {

namespace {

class Examiner {
 public:
  Examiner(const Input& input, BootImage& image) : input_(input), image_(image) {}

  void run() {
    if (is_pe(input_)) look_at_pe();
    if (is_bzimage(input_)) look_at_bzimage();
    if (is_elf(input_)) look_at_elf();
    image_.linux_image = find_linux_image(input_);
    if (image_.linux_image) add(BootEntry::LinuxOther);
    image_.multiboot1 = find_multiboot1(input_);
    if (image_.multiboot1) add(BootEntry::Multiboot1);
    image_.multiboot2 = find_multiboot2(input_);
    if (image_.multiboot2) add(BootEntry::Multiboot2);
  }

 private:
  void add(BootEntry entry) { image_.entries = static_cast<uint16_t>(image_.entries | 1u << static_cast<unsigned>(entry)); }
  // The value, or a problem more.
  template <typename T>
  std::optional<T> take(Parsed<T> parsed) {
    if (parsed) return *std::move(parsed);
    (void)image_.problems.push_back(parsed.error());
    return std::nullopt;
  }

  void look_at_pe() {
    image_.pe = take(parse_pe_file(input_));
    if (!image_.pe) return;
    const PeFile& file = *image_.pe;
    const bool is_efi = file.subsystem >= static_cast<uint16_t>(pe::Subsystem::EfiApplication) &&
                        file.subsystem <= static_cast<uint16_t>(pe::Subsystem::EfiRuntimeDriver);
    if (is_efi && file.is_plus && file.machine == pe::kMachineAmd64) add(BootEntry::Efi);
  }

  void look_at_bzimage() {
    image_.bzimage = take(parse_bzimage(input_));
    if (!image_.bzimage) return;
    const BzImage& image = *image_.bzimage;
    if (image.loads_high()) add(BootEntry::Linux32);
    if (image.loads_high() && image.has_64_bit_entry()) add(BootEntry::Linux64);
    // [boot.rst] from 2.11 on handover_offset alone says that there is one, from 2.12 on the flags say for which firmware.
    if (image.header.handover_offset == 0) return;
    if (!image.has(BzImage::kXLoadFlags) || (image.header.xloadflags & XLF_EFI_HANDOVER_64) != 0) add(BootEntry::EfiHandover64);
    if ((image.header.xloadflags & XLF_EFI_HANDOVER_32) != 0) add(BootEntry::EfiHandover32);
  }

  void look_at_elf() {
    image_.elf = take(parse_elf(input_));
    if (!image_.elf) return;
    image_.xen = take(read_xen_notes(input_, *image_.elf));
    if (!image_.xen) return;
    if (auto entry = take(pvh_entry(*image_.elf, *image_.xen))) image_.pvh = *entry;
    if (image_.pvh) add(BootEntry::Pvh);
    // [Xen public/elfnote.h] a PV guest says which virtual address to enter. It need have no hypercall page: since XSA-466 Linux has none.
    if (image_.xen->has(XEN_ELFNOTE_ENTRY)) add(BootEntry::XenPv);
  }

  const Input& input_;
  BootImage& image_;
};

}  // namespace

std::string_view name_of(BootEntry entry) {
  constexpr std::string_view kNames[kBootEntries] = {"efi", "handover", "handover32", "linux", "linux32", "pvh", "pv",
                                                     "multiboot", "multiboot2", "linux-other"};
  return kNames[static_cast<size_t>(entry)];
}

void examine(const Input& input, BootImage& image) {
  image = {};
  Examiner(input, image).run();
}

std::optional<Wish> parse_wish(std::string_view text) {
  struct Name {
    std::string_view text;
    Wish wish;
  };
  constexpr Name kNames[] = {{"efi", Wish::Efi}, {"linux", Wish::Linux}, {"pvh", Wish::Pvh}, {"pv", Wish::Pv}};
  for (const Name& name : kNames)
    if (name.text == text) return name.wish;
  return std::nullopt;
}

std::optional<BootEntry> choose_entry(const BootImage& image, Wish wish) {
  struct Choice {
    Wish wish;
    BootEntry entry;
  };
  constexpr Choice kOrder[] = {
      {Wish::Efi, BootEntry::Efi},       {Wish::Efi, BootEntry::EfiHandover64}, {Wish::Linux, BootEntry::Linux64},
      {Wish::Linux, BootEntry::Linux32}, {Wish::Pvh, BootEntry::Pvh},           {Wish::Pv, BootEntry::XenPv},
  };
  for (const Choice& choice : kOrder)
    if ((wish == Wish::Any || wish == choice.wish) && image.offers(choice.entry)) return choice.entry;
  return std::nullopt;
}

}  // namespace efilite::formats
