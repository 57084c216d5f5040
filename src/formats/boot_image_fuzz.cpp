// SPDX-License-Identifier: BSD-2-Clause-Patent
// Any bytes as a boot image. What is told of it lies inside the file, each entry has what it stands on, and the PVH entry is the one that a
// naive walk through the notes finds.
#include <xen/elfnote.h>

#include "formats/boot_image.hpp"
#include "formats/sbat.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/pe_builder.hpp"

namespace efilite::formats {
namespace {

void check_elf(const Input& input, const BootImage& image) {
  const ElfFile& file = *image.elf;
  EXPECT(!file.segments.empty());
  for (const ElfSegment& segment : file.segments) {
    EXPECT(input.holds(segment.offset, segment.file_size));
    EXPECT(segment.file_size <= segment.memory_size);
    EXPECT(segment.physical_address + segment.memory_size >= segment.physical_address);
  }
  for (const ElfFile::NoteTable& table : file.note_tables) EXPECT(input.holds(table.offset, table.size));
  if (!image.pvh) return;
  EXPECT(file.at_physical(*image.pvh, 1) != nullptr);
  // The note's own bytes say it.
  const auto& place = image.xen->places[XEN_ELFNOTE_PHYS32_ENTRY];
  EXPECT(input.holds(place.offset, place.size));
  EXPECT(input.peek<uint32_t>(place.offset) == image.pvh);
  EXPECT(input.peek<uint32_t>(place.offset - 8) == uint32_t{XEN_ELFNOTE_PHYS32_ENTRY});  // type, then "Xen\0"
  EXPECT(input.peek<uint32_t>(place.offset - 4) == 0x006E6558u);
}

void check_pe(const Input& input, const PeFile& file) {
  for (const PeFileSection& section : file.sections) EXPECT(section.size == 0 || input.holds(section.offset, section.size));
  if (auto entries = read_compat_entries(input, file); !entries)
    EXPECT(input.holds(entries.error().offset, 1));
  const PeFileSection* sbat = file.find(".sbat");
  if (sbat == nullptr || sbat->size == 0) return;
  std::string text(static_cast<size_t>(sbat->size), '\0');
  EXPECT(input.read(sbat->offset, std::as_writable_bytes(std::span(text)), ".sbat").has_value());
  const char *const begin = text.data(), *const end = begin + text.size();
  SbatReader reader(text, sbat->offset);
  size_t lines = 0;
  while (auto entry = reader.next()) {
    EXPECT(++lines <= text.size());
    if (*entry) {
      EXPECT((*entry)->component.data() >= begin && (*entry)->component.data() + (*entry)->component.size() <= end);
    } else {
      EXPECT(entry->error().offset >= sbat->offset && entry->error().offset <= sbat->offset + sbat->size + 1);
    }
  }
}

void check_bzimage(const Input& input, const BzImage& image) {
  EXPECT(image.kernel_offset + image.kernel_size == input.size());
  EXPECT(image.header_size <= sizeof(setup_header));
  EXPECT(+image.header.version == input.peek<uint16_t>(0x206));
  if (image.has(BzImage::kPayload) && image.header.payload_length != 0)
    EXPECT(input.holds(image.kernel_offset + image.header.payload_offset, image.header.payload_length));
  char text[128];
  EXPECT(kernel_version(input, image, text).size() <= sizeof text);
}

}  // namespace
}  // namespace efilite::formats

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite;
  using namespace efilite::formats;
  test::VectorSource source(test::Bytes8(data, data + size));
  const Input input(source);
  BootImage image;
  examine(input, image);
  EXPECT(image.offers(BootEntry::Pvh) == image.pvh.has_value());
  EXPECT(!image.offers(BootEntry::Efi) || image.pe.has_value());
  EXPECT(!image.offers(BootEntry::Linux64) || image.offers(BootEntry::Linux32));
  if (image.pe) check_pe(input, *image.pe);
  if (image.elf) check_elf(input, image);
  if (image.bzimage) check_bzimage(input, *image.bzimage);
  EXPECT(!image.offers(BootEntry::Linux32) || !image.bzimage->refusal());
  for (Wish wish : {Wish::Any, Wish::Efi, Wish::Handover, Wish::Linux, Wish::Linux32, Wish::Pvh, Wish::Pv})
    if (auto entry = choose_entry(image, wish)) EXPECT(image.offers(*entry) || (wish == Wish::Pv && image.may_be_pv()));
  return 0;
}
