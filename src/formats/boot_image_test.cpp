// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "formats/boot_image.hpp"

#include <gtest/gtest.h>
#include <xen/elfnote.h>

#include "tests/support/kernel_files.hpp"
#include "tests/support/pe_builder.hpp"

namespace efilite::formats {
namespace {

using test::Bytes8;
using test::ElfBuilder;
using test::LinuxBuilder;

struct Examined {
  explicit Examined(Bytes8 bytes) : source(std::move(bytes)), input(source) { examine(input, image); }
  test::VectorSource source;
  Input input;
  BootImage image;
  const Problem& problem() const { return image.problems[0]; }
};

TEST(BootImage, NothingIsOfferedByBytesOfNoKind) {
  for (size_t size : {0, 1, 63, 4096}) {
    Examined it{Bytes8(size)};
    EXPECT_EQ(it.image.entries, 0);
    EXPECT_TRUE(it.image.problems.empty());
    EXPECT_EQ(choose_entry(it.image, Wish::Any), std::nullopt);
  }
}

TEST(BootImage, AKernelOffersItsEntriesInTheirOrder) {
  Examined it{LinuxBuilder().build()};
  EXPECT_TRUE(it.image.problems.empty());
  EXPECT_TRUE(it.image.offers(BootEntry::Linux32));
  EXPECT_TRUE(it.image.offers(BootEntry::Linux64));
  EXPECT_TRUE(it.image.offers(BootEntry::EfiHandover64));
  EXPECT_FALSE(it.image.offers(BootEntry::EfiHandover32));
  EXPECT_EQ(choose_entry(it.image, Wish::Any), BootEntry::EfiHandover64);
  EXPECT_EQ(choose_entry(it.image, Wish::Linux), BootEntry::Linux64);
  EXPECT_EQ(choose_entry(it.image, Wish::Pvh), std::nullopt);
}

TEST(BootImage, FieldsThatAVersionDoesNotKnowAreZero) {
  LinuxBuilder old;
  old.header.version = 0x0204;
  Examined it{old.build()};
  ASSERT_TRUE(it.image.bzimage);
  EXPECT_EQ(+it.image.bzimage->header.xloadflags, 0);
  EXPECT_EQ(+it.image.bzimage->header.handover_offset, 0u);
  EXPECT_EQ(choose_entry(it.image, Wish::Any), BootEntry::Linux32);
}

TEST(BootImage, AKernelThatLoadsLowOrIsTooOldIsRefusedByTheField) {
  LinuxBuilder zimage;
  zimage.header.loadflags = 0;
  Examined low{zimage.build()};
  EXPECT_EQ(low.image.entries, 0);
  EXPECT_STREQ(low.problem().field, "loadflags");
  EXPECT_EQ(low.problem().offset, 0x211u);

  LinuxBuilder ancient;
  for (uint16_t version : {0x0200, 0x0201}) {
    ancient.header.version = version;
    Examined it{ancient.build()};
    EXPECT_EQ(it.image.entries, 0);
    EXPECT_STREQ(it.problem().field, "version");
    EXPECT_EQ(it.problem().value, version);
  }
  ancient.header.version = 0x0202;
  EXPECT_EQ(choose_entry(Examined{ancient.build()}.image, Wish::Any), BootEntry::Linux32);
}

TEST(BootImage, AHandoverEntryBehindTheFileIsAProblem) {
  for (uint32_t offset : {uint32_t{LinuxBuilder::kKernelSize} - 0x200, 0xFFFFFF00u}) {
    LinuxBuilder broken;
    broken.header.handover_offset = offset;
    Examined it{broken.build()};
    EXPECT_EQ(it.image.entries, 0);
    EXPECT_STREQ(it.problem().field, "handover_offset");
    EXPECT_EQ(it.problem().offset, 0x264u);
  }
  LinuxBuilder last;
  last.header.handover_offset = LinuxBuilder::kKernelSize - 0x201;
  EXPECT_TRUE(Examined{last.build()}.image.offers(BootEntry::EfiHandover64));
}

TEST(BootImage, AHandoverEntryWithoutFlagsIsThatOfThePesMachine) {
  // [boot.rst] protocol 2.11 has no xloadflags: an i386 kernel's entry has 32 bits, and looks alike.
  LinuxBuilder old;
  old.header.version = 0x020B;
  Examined it{old.build()};
  EXPECT_FALSE(it.image.offers(BootEntry::EfiHandover64));
  EXPECT_EQ(choose_entry(it.image, Wish::Any), BootEntry::Linux32);
}

TEST(BootImage, ProblemsNameTheFieldAndItsPlace) {
  LinuxBuilder broken;
  broken.header.version = 0x0100;
  Examined version{broken.build()};
  EXPECT_STREQ(version.problem().field, "version");
  EXPECT_EQ(version.problem().offset, 0x206u);
  EXPECT_EQ(version.problem().value, 0x0100u);

  broken = {};
  broken.header.payload_length = 0x10000000;
  EXPECT_STREQ(Examined{broken.build()}.problem().field, "payload_offset");
  broken = {};
  broken.header.setup_sects = 200;
  EXPECT_STREQ(Examined{broken.build()}.problem().field, "setup_sects");
  broken = {};
  broken.header.kernel_alignment = 3;
  EXPECT_STREQ(Examined{broken.build()}.problem().field, "kernel_alignment");
  broken = {};
  broken.header.jump = 0x00EB;
  EXPECT_STREQ(Examined{broken.build()}.problem().field, "jump");
}

TEST(BootImage, APvhKernelIsOneInBothClasses) {
  for (bool wide : {false, true}) {
    ElfBuilder elf;
    elf.wide = wide;
    elf.note_number(XEN_ELFNOTE_PHYS32_ENTRY, ElfBuilder::kAddress + 4);
    Examined it{elf.build()};
    ASSERT_TRUE(it.image.elf) << it.problem().field << ' ' << it.problem().what;
    EXPECT_EQ(it.image.elf->is_64_bit, wide);
    EXPECT_EQ(it.image.pvh, ElfBuilder::kAddress + 4);
    EXPECT_EQ(choose_entry(it.image, Wish::Any), BootEntry::Pvh);
  }
}

TEST(BootImage, APvhEntryOutsideOfTheFilesSegmentsIsAProblem) {
  for (uint64_t entry : {uint64_t{0}, ElfBuilder::kAddress - 1, ElfBuilder::kAddress + ElfBuilder::kFileSize, uint64_t{1} << 32}) {
    ElfBuilder elf;
    elf.wide = true;
    elf.note_number(XEN_ELFNOTE_PHYS32_ENTRY, entry);
    Examined it{elf.build()};
    EXPECT_FALSE(it.image.pvh);
    ASSERT_EQ(it.image.problems.size(), 1u);
    EXPECT_STREQ(it.problem().field, "XEN_ELFNOTE_PHYS32_ENTRY");
    EXPECT_EQ(it.problem().value, entry);
  }
}

TEST(BootImage, APvKernelIsToldByItsEntryAlone) {
  ElfBuilder elf;
  elf.note_number(XEN_ELFNOTE_HYPERCALL_PAGE, 0x2000);
  EXPECT_FALSE(Examined{elf.build()}.image.offers(BootEntry::XenPv));
  elf.note_number(XEN_ELFNOTE_ENTRY, 0x1000);
  Examined it{elf.build()};
  EXPECT_TRUE(it.image.offers(BootEntry::XenPv));
  EXPECT_EQ(choose_entry(it.image, Wish::Any), BootEntry::XenPv);
  EXPECT_EQ(choose_entry(it.image, Wish::Efi), std::nullopt);
}

TEST(BootImage, NotesOfOthersAreLeftAlone) {
  ElfBuilder elf;
  elf.note("GNU", XEN_ELFNOTE_PHYS32_ENTRY, Bytes8(4));
  Examined it{elf.build()};
  EXPECT_TRUE(it.image.problems.empty());
  EXPECT_EQ(it.image.xen->present, 0u);
}

TEST(BootImage, NotesInSectionsCountWhereNoSegmentHasThem) {
  ElfBuilder elf;
  elf.notes_in_section = true;
  elf.note_number(XEN_ELFNOTE_PHYS32_ENTRY, ElfBuilder::kAddress);
  EXPECT_EQ(Examined{elf.build()}.image.pvh, ElfBuilder::kAddress);
}

TEST(BootImage, ATruncatedFileIsAProblemAndNoMore) {
  ElfBuilder elf;
  elf.note_number(XEN_ELFNOTE_PHYS32_ENTRY, ElfBuilder::kAddress);
  const Bytes8 elf_bytes = elf.build(), linux_bytes = LinuxBuilder().build();
  for (const Bytes8* whole : {&elf_bytes, &linux_bytes})
    for (size_t size = 0; size < whole->size(); size += 7) (void)Examined(Bytes8(whole->begin(), whole->begin() + static_cast<long>(size)));
}

TEST(BootImage, OtherMachinesProgramsAreNotOurs) {
  test::PeBuilder arm;
  arm.file.coff.machine = pe::kMachineArm64;
  arm.section(".text", 0x1000, 0x100, 0x400, Bytes8(0x100), test::PeBuilder::kText);
  Examined it{arm.build()};
  ASSERT_TRUE(it.image.pe);
  EXPECT_EQ(it.image.pe->machine, pe::kMachineArm64);
  EXPECT_EQ(it.image.entries, 0);
  arm.file.coff.machine = pe::kMachineAmd64;
  EXPECT_TRUE(Examined{arm.build()}.image.offers(BootEntry::Efi));
}

TEST(BootImage, AUkiIsToldByItsSection) {
  test::PeBuilder uki;
  uki.section(".text", 0x1000, 0x100, 0x400, Bytes8(0x100), test::PeBuilder::kText);
  EXPECT_FALSE(Examined{uki.build()}.image.pe->is_uki());
  uki.section(".linux", 0x2000, 0x100, 0x500, Bytes8(0x100), test::PeBuilder::kReadOnly);
  Examined it{uki.build()};
  EXPECT_TRUE(it.image.pe->is_uki());
  EXPECT_EQ(it.image.pe->find(".linux")->size, 0x100u);
}

TEST(BootImage, SectionsTellWhereTheyGoAndCertificatesWhereTheyLie) {
  test::PeBuilder pe;
  pe.section(".text", 0x3000, 0x100, 0x400, Bytes8(0x100), test::PeBuilder::kText);
  EXPECT_EQ(Examined{pe.build()}.image.pe->certificates.size, 0u);
  pe.optional.directories[pe::kCertificateDirectory] = {0x500, 0x40};
  Examined it{pe.build()};
  EXPECT_EQ(it.image.pe->find(".text")->rva, 0x3000u);
  EXPECT_EQ(it.image.pe->find(".text")->characteristics, test::PeBuilder::kText);
  EXPECT_EQ(it.image.pe->certificates.virtual_address, 0x500u);
  pe.optional.number_of_rva_and_sizes = pe::kCertificateDirectory;
  EXPECT_EQ(Examined{pe.build()}.image.pe->certificates.size, 0u);
}

TEST(BootImage, ASectionWithoutAPlaceInTheFileHasNoBytesThere) {
  test::PeBuilder pe;
  pe.section(".text", 0x1000, 0x100, 0x400, Bytes8(0x100), test::PeBuilder::kText);
  pe.section(".bss", 0x2000, 0x9000, 0, {}, test::PeBuilder::kData);
  pe.sections.back().header.size_of_raw_data = 0x9000;
  Examined it{pe.build()};
  EXPECT_TRUE(it.image.offers(BootEntry::Efi));
  EXPECT_EQ(it.image.pe->find(".bss")->size, 0u);
}

TEST(BootImage, AMixedKernelListsEntriesOfOtherMachines) {
  auto with = [](Bytes8 compat) {
    test::PeBuilder pe;
    pe.section(".text", 0x1000, 0x100, 0x400, Bytes8(0x100), test::PeBuilder::kText);
    pe.section(".compat", 0x2000, static_cast<uint32_t>(compat.size()), 0x500, compat, test::PeBuilder::kReadOnly);
    Examined it{pe.build()};
    return read_compat_entries(it.input, *it.image.pe);
  };
  const Bytes8 entry{1, 8, 0x4C, 0x01, 0x00, 0x30, 0x00, 0x00}, unknown{2, 8, 0, 0, 0, 0, 0, 0};
  Bytes8 list(entry);
  list.insert(list.end(), unknown.begin(), unknown.end());
  list.insert(list.end(), entry.begin(), entry.end());
  list.resize(list.size() + 64);  // 0 ends it
  const auto entries = with(list);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[0].machine, pe::kMachineI386);
  EXPECT_EQ((*entries)[0].entry, 0x3000u);
  EXPECT_EQ(with({1, 0, 0, 0, 0, 0, 0, 0}).error().offset, 0x501u);
  EXPECT_EQ(with({1, 9, 0, 0, 0, 0, 0, 0}).error().value, 9u);
  Bytes8 many;
  for (int i = 0; i < 9; ++i) many.insert(many.end(), entry.begin(), entry.end());
  EXPECT_EQ(with(many)->size(), 4u);
}

TEST(BootImage, XenNotesHaveTheirNames) {
  EXPECT_STREQ(name_of_xen_note(XEN_ELFNOTE_PHYS32_ENTRY), "PHYS32_ENTRY");
  EXPECT_STREQ(name_of_xen_note(XEN_ELFNOTE_INFO), "INFO");
  EXPECT_STREQ(name_of_xen_note(XEN_ELFNOTE_SUSPEND_CANCEL), "SUSPEND_CANCEL");
}

TEST(BootImage, MultibootIsProvedByItsChecksum) {
  auto with = [](size_t at, std::initializer_list<uint32_t> words) {
    Bytes8 file(40000);
    memcpy(file.data() + at, words.begin(), words.size() * sizeof(uint32_t));
    return Examined{std::move(file)}.image;
  };
  constexpr uint32_t kMagic1 = 0x1BADB002, kMagic2 = 0xE85250D6;
  EXPECT_EQ(with(1020, {kMagic1, 3, 0u - kMagic1 - 3}).multiboot1->offset, 1020u);
  EXPECT_FALSE(with(1020, {kMagic1, 3, 1}).multiboot1);
  EXPECT_FALSE(with(8184, {kMagic1, 3, 0u - kMagic1 - 3}).multiboot1);
  EXPECT_EQ(with(32752, {kMagic2, 0, 24, 0u - kMagic2 - 24}).multiboot2->offset, 32752u);
  EXPECT_FALSE(with(32760, {kMagic2, 0, 24, 0u - kMagic2 - 24}).multiboot2);
}

TEST(BootImage, KernelsOfOtherMachinesAreNamed) {
  Bytes8 file(64);
  memcpy(file.data() + 56, "ARM\x64", 4);
  EXPECT_STREQ(Examined{file}.image.linux_image->architecture, "arm64");
  memcpy(file.data() + 56, "RSC\x05", 4);
  EXPECT_STREQ(Examined{file}.image.linux_image->architecture, "riscv");
}

TEST(BootImage, WishesAreRead) {
  EXPECT_EQ(parse_wish("pvh"), Wish::Pvh);
  EXPECT_EQ(parse_wish("linux"), Wish::Linux);
  EXPECT_EQ(parse_wish("bios"), std::nullopt);
}

TEST(Compression, IsToldByItsMagicNumber) {
  auto of = [](Bytes8 bytes) {
    bytes.resize(16);
    test::VectorSource source(bytes);
    return compression_at(Input(source), 0);
  };
  EXPECT_EQ(of({0x1F, 0x8B}), Compression::Gzip);
  EXPECT_EQ(of({0xFD, '7', 'z', 'X', 'Z', 0}), Compression::Xz);
  EXPECT_EQ(of({0x28, 0xB5, 0x2F, 0xFD}), Compression::Zstd);
  EXPECT_EQ(of({0x7F, 'E', 'L', 'F'}), Compression::None);
  EXPECT_EQ(of({}), Compression::Unknown);
}

}  // namespace
}  // namespace efilite::formats
