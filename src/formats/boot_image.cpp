// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "formats/boot_image.hpp"

#include <xen/elfnote.h>

#include "base/rare.hpp"

namespace efilite::formats {

namespace {

// The value, or a problem more.
template <typename T>
std::optional<T> take(Startable& image, Parsed<T> parsed) {
  if (parsed) return *std::move(parsed);
  (void)image.problems.push_back(parsed.error());
  return std::nullopt;
}

void add(Startable& image, BootEntry entry) { image.entries = static_cast<uint16_t>(image.entries | 1u << static_cast<unsigned>(entry)); }
void remove(Startable& image, BootEntry entry) {
  image.entries = static_cast<uint16_t>(image.entries & ~(1u << static_cast<unsigned>(entry)));
}

class Examiner {
 public:
  Examiner(const Input& input, Startable& image) : input_(input), image_(image) {}

  void run() {
    if (is_pe(input_)) look_at_pe();
    if (is_bzimage(input_)) look_at_bzimage();
    if (is_elf(input_)) look_at_elf();
  }

 private:
  void add(BootEntry entry) { formats::add(image_, entry); }
  template <typename T>
  std::optional<T> take(Parsed<T> parsed) {
    return formats::take(image_, std::move(parsed));
  }

  void look_at_pe() {
    image_.pe_head = take(parse_pe_head(input_));
    if (!image_.pe_head) return;
    const PeHead& head = *image_.pe_head;
    if (head.is_efi() && head.is_plus && head.machine == pe::kMachineAmd64) add(BootEntry::Efi);
  }

  void look_at_bzimage() {
    image_.bzimage = take(parse_bzimage(input_));
    if (!image_.bzimage) return;
    const BzImage& image = *image_.bzimage;
    if (auto refusal = image.refusal()) {
      if (!image_.offers(BootEntry::Efi)) (void)image_.problems.push_back(*refusal);
      return;
    }
    add(BootEntry::Linux32);
    if (image.has_64_bit_entry()) add(BootEntry::Linux64);
    // [boot.rst] in 2.11 handover_offset alone says that there is one, for the machine that the PE header is for; from 2.12 on flags do.
    if (image.header.handover_offset == 0) return;
    const bool is_old = !image.has(BzImage::kXLoadFlags);
    const bool is_wide = is_old ? image_.pe_head && image_.pe_head->machine == pe::kMachineAmd64
                                : (image.header.xloadflags & XLF_EFI_HANDOVER_64) != 0;
    if (is_wide) add(BootEntry::EfiHandover64);
    if ((image.header.xloadflags & XLF_EFI_HANDOVER_32) != 0) add(BootEntry::EfiHandover32);
  }

  EFILITE_RARE void look_at_elf() {
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
  Startable& image_;
};

}  // namespace

std::string_view name_of(BootEntry entry) {
  constexpr std::string_view kNames[kBootEntries] = {"efi", "handover", "handover32", "linux", "linux32", "pvh", "pv",
                                                     "multiboot", "multiboot2", "linux-other"};
  return kNames[static_cast<size_t>(entry)];
}

void examine(const Input& input, Startable& image) { Examiner(input, image).run(); }

void examine(const Input& input, BootImage& image) {
  image = {};
  examine(input, static_cast<Startable&>(image));
  if (image.pe_head) image.pe = take(image, parse_pe_file(input, *image.pe_head));
  if (!image.pe) remove(image, BootEntry::Efi);
  image.linux_image = find_linux_image(input);
  if (image.linux_image) add(image, BootEntry::LinuxOther);
  image.multiboot1 = find_multiboot1(input);
  if (image.multiboot1) add(image, BootEntry::Multiboot1);
  image.multiboot2 = find_multiboot2(input);
  if (image.multiboot2) add(image, BootEntry::Multiboot2);
}

std::optional<Wish> parse_wish(std::string_view text) {
  for (size_t i = 0; i < std::size(kWishes); ++i)
    if (text == kWishes[i]) return static_cast<Wish>(i + 1);
  return std::nullopt;
}

std::optional<BootEntry> choose_entry(const Startable& image, Wish wish) {
  struct Choice {
    Wish wish, exactly;
    BootEntry entry;
  };
  constexpr Choice kOrder[] = {
      {Wish::Efi, Wish::Efi, BootEntry::Efi},         {Wish::Efi, Wish::Handover, BootEntry::EfiHandover64},
      {Wish::Linux, Wish::Linux, BootEntry::Linux64}, {Wish::Linux, Wish::Linux32, BootEntry::Linux32},
      {Wish::Pvh, Wish::Pvh, BootEntry::Pvh},         {Wish::Pv, Wish::Pv, BootEntry::XenPv},
  };
  for (const Choice& choice : kOrder)
    if ((wish == Wish::Any || wish == choice.wish || wish == choice.exactly) && image.offers(choice.entry)) return choice.entry;
  if (wish == Wish::Pv && image.may_be_pv()) return BootEntry::XenPv;
  return std::nullopt;
}

}  // namespace efilite::formats
