// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/images/pe.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "base/log.hpp"
#include "tests/support/pe_builder.hpp"

namespace efilite::core {
namespace {

using test::Bytes8;
using test::PeBuilder;
using test::VectorSource;

std::string logged;

Bytes8 filled(size_t size, uint8_t first) {
  Bytes8 out(size);
  std::iota(out.begin(), out.end(), first);
  return out;
}

// Code at 0x1000, data with a BSS tail at 0x2000, relocations at 0x4000.
PeBuilder ordinary() {
  PeBuilder b;
  b.optional.image_base = 0x140000000;
  b.section(".text", 0x1000, 0x180, 0x400, filled(0x200, 1), PeBuilder::kText);
  b.section(".data", 0x2000, 0x1800, 0x600, filled(0x200, 7), PeBuilder::kData);
  b.relocations(0x4000, 0x800, {0x2008, 0x2010});
  return b;
}

struct PeTest : testing::Test {
  PeTest() {
    logged.clear();
    log::set_sink([](std::string_view text) { logged += text; });
  }
  ~PeTest() override { log::set_sink(nullptr); }

  Status parse(const Bytes8& bytes) {
    VectorSource source(bytes);
    return parse_pe(source, plan).status();
  }
  Status parse(const PeBuilder& b) { return parse(b.build()); }

  // The image as read_pe makes it, on memory that is not clear.
  Bytes8 load(const Bytes8& bytes, uint64_t base) {
    VectorSource source(bytes);
    EXPECT_TRUE(parse_pe(source, plan).has_value()) << logged;
    Bytes8 image(plan.size_of_image, 0xEE);
    copied = 0;
    EXPECT_TRUE(read_pe(plan, source, span_of(image), copied).has_value());
    relocated = relocate_pe(plan, span_of(image), base).status();
    return image;
  }
  static MutableByteSpan span_of(Bytes8& bytes) { return std::as_writable_bytes(std::span(bytes)); }

  PePlan plan{};
  uint64_t copied = 0;
  Status relocated = Status::Success;
};

uint64_t word_at(const Bytes8& bytes, size_t at) {
  uint64_t value;
  memcpy(&value, bytes.data() + at, 8);
  return value;
}

TEST_F(PeTest, AnOrdinaryImageIsUnderstood) {
  ASSERT_EQ(parse(ordinary()), Status::Success) << logged;
  EXPECT_EQ(plan.subsystem, pe::Subsystem::EfiApplication);
  EXPECT_EQ(plan.entry, 0x1000u);
  EXPECT_EQ(plan.size_of_image, 0x5000u);
  EXPECT_EQ(plan.headers_size, 0x400u);
  EXPECT_EQ(plan.alignment(), kPageSize);
  EXPECT_TRUE(plan.page_granular());
  EXPECT_FALSE(plan.nx_compat);
  ASSERT_EQ(plan.sections.size(), 3u);
  EXPECT_EQ(plan.sections[0].raw_size, 0x180u) << "padding behind VirtualSize is not loaded";
  EXPECT_TRUE(plan.sections[0].executable());
  EXPECT_TRUE(plan.sections[1].writable());
}

TEST_F(PeTest, LoadingPutsSectionsInPlaceAndClearsTheRest) {
  auto bytes = ordinary().build();
  auto image = load(bytes, 0x140000000);
  EXPECT_EQ(relocated, Status::Success);
  EXPECT_EQ(copied, 0x400u + 0x180 + 0x200 + 12);
  EXPECT_TRUE(std::equal(image.begin(), image.begin() + 0x400, bytes.begin()));
  EXPECT_TRUE(std::equal(image.begin() + 0x1000, image.begin() + 0x1180, bytes.begin() + 0x400));
  EXPECT_TRUE(std::equal(image.begin() + 0x2000, image.begin() + 0x2200, bytes.begin() + 0x600));
  auto zero = [&](size_t from, size_t to) {
    return std::all_of(image.begin() + from, image.begin() + to, [](uint8_t b) { return b == 0; });
  };
  EXPECT_TRUE(zero(0x400, 0x1000));
  EXPECT_TRUE(zero(0x1180, 0x2000));
  EXPECT_TRUE(zero(0x2200, 0x4000));
  EXPECT_TRUE(zero(0x400C, 0x5000));
}

TEST_F(PeTest, RelocationsMoveByTheDistanceFromImageBase) {
  auto bytes = ordinary().build();
  auto at_home = load(bytes, 0x140000000);
  auto moved = load(bytes, 0x7000000);
  EXPECT_EQ(relocated, Status::Success);
  uint64_t delta = uint64_t{0x7000000} - 0x140000000;
  EXPECT_EQ(word_at(moved, 0x2008), word_at(at_home, 0x2008) + delta);
  EXPECT_EQ(word_at(moved, 0x2010), word_at(at_home, 0x2010) + delta);
  EXPECT_EQ(word_at(moved, 0x2018), word_at(at_home, 0x2018));
}

TEST_F(PeTest, A32BitRelocationChangesFourBytes) {
  auto b = ordinary();
  b.sections.pop_back();
  b.relocations(0x4000, 0x800, {0x2008}, pe::kRelocationHighLow);
  auto at_home = load(b.build(), 0x140000000);
  auto moved = load(b.build(), 0x150001000);
  EXPECT_EQ(uint32_t(word_at(moved, 0x2008)), uint32_t(word_at(at_home, 0x2008) + 0x10001000));
  EXPECT_EQ(word_at(moved, 0x200C), word_at(at_home, 0x200C));
}

TEST_F(PeTest, AbsoluteRelocationsAndPaddingAreSkipped) {
  auto b = ordinary();
  b.sections.pop_back();
  b.relocations(0x4000, 0x800, {0x2000}, pe::kRelocationAbsolute);
  b.sections.back().data.resize(32);  // as ld pads
  b.sections.back().header.size_of_raw_data = b.sections.back().header.virtual_size = 32;
  b.optional.directories[5].size = 32;
  auto at_home = load(b.build(), 0x140000000);
  EXPECT_EQ(load(b.build(), 0x1000), at_home);
  EXPECT_EQ(relocated, Status::Success);
}

TEST_F(PeTest, ARelocationOutsideTheImageIsMalformed) {
  auto b = ordinary();
  b.sections.pop_back();
  b.relocations(0x4000, 0x800, {0x4FF9});
  load(b.build(), 0x1000);
  EXPECT_EQ(relocated, Status::LoadError);
  EXPECT_NE(logged.find("relocation's target"), std::string::npos);
}

TEST_F(PeTest, RelocationsThatChangeThemselvesAreMalformed) {
  auto b = ordinary();
  b.sections.pop_back();
  b.relocations(0x4000, 0x800, {0x4004});
  load(b.build(), 0x1000);
  EXPECT_EQ(relocated, Status::LoadError);
}

TEST_F(PeTest, ARelocationOfAnotherMachineIsUnsupported) {
  auto b = ordinary();
  b.sections.pop_back();
  b.relocations(0x4000, 0x800, {0x2008}, 4);
  load(b.build(), 0x1000);
  EXPECT_EQ(relocated, Status::Unsupported);
}

TEST_F(PeTest, ARelocationBlockLargerThanItsTableIsMalformed) {
  auto b = ordinary();
  b.sections.back().data[4] = 0x40;
  load(b.build(), 0x1000);
  EXPECT_EQ(relocated, Status::LoadError);
  b.sections.back().data[4] = 7;
  load(b.build(), 0x1000);
  EXPECT_EQ(relocated, Status::LoadError);
}

TEST_F(PeTest, AnHiiPackageListIsFoundAmongTheResourcesWhenItIsWhole) {
  auto found_in = [&](const PeBuilder& b) {
    auto image = load(b.build(), 0x140000000);
    return find_hii_package_list(plan, span_of(image));
  };
  EXPECT_EQ(found_in(ordinary()), std::nullopt);
  EXPECT_EQ(found_in(ordinary().hii_resource(0x5000, 0xA00, 40, 40)), 0x5000u + 104);
  EXPECT_EQ(found_in(ordinary().hii_resource(0x5000, 0xA00, 40, 20)), 0x5000u + 104);
  EXPECT_EQ(found_in(ordinary().hii_resource(0x5000, 0xA00, 40, 41)), std::nullopt) << "it reaches over its resource";
  EXPECT_EQ(found_in(ordinary().hii_resource(0x5000, 0xA00, 40, 19)), std::nullopt);
  EXPECT_EQ(found_in(ordinary().hii_resource(0x5000, 0xA00, 19, 19)), std::nullopt);
  auto b = ordinary().hii_resource(0x5000, 0xA00, 40, 40);
  const Bytes8 good = b.sections.back().data;
  auto spoiled = [&](size_t at, uint8_t value) {
    b.sections.back().data = good;
    b.sections.back().data[at] = value;
    return found_in(b);
  };
  EXPECT_EQ(spoiled(98, 'h'), std::nullopt) << "another name";
  EXPECT_EQ(spoiled(96, 2), std::nullopt);
  EXPECT_EQ(spoiled(12, 0), std::nullopt) << "not among the named";
  EXPECT_EQ(spoiled(46, 0), std::nullopt) << "a directory without entries";
  EXPECT_EQ(spoiled(54, 1), std::nullopt) << "a directory outside of the resources";
  EXPECT_EQ(spoiled(52, 0), std::nullopt) << "a directory that leads back";
  EXPECT_EQ(spoiled(83, 0x7F), std::nullopt) << "data outside of the image";
  EXPECT_EQ(spoiled(87, 0x7F), std::nullopt);
  EXPECT_EQ(spoiled(13, 0xFF), 0x5000u + 104) << "it is found before the directory ends";
  b.sections.back().data = good;
  b.optional.directories[pe::kResourceDirectory].size = 0xFFFFFFFF;
  EXPECT_EQ(found_in(b), std::nullopt);
  b.optional.directories[pe::kResourceDirectory] = {0x5000, 12};
  EXPECT_EQ(found_in(b), std::nullopt);
}

TEST_F(PeTest, AStrippedImageRunsAtItsBaseOrNotAtAll) {
  auto b = ordinary();
  b.file.coff.characteristics |= pe::kFileRelocsStripped;
  load(b.build(), 0x140000000);
  EXPECT_EQ(relocated, Status::Success);
  load(b.build(), 0x1000);
  EXPECT_EQ(relocated, Status::Unsupported);
}

TEST_F(PeTest, AnImageWithoutRelocationsThatIsNotStrippedRunsAnywhere) {
  auto b = ordinary();
  b.optional.directories[5] = {0xFFFFFFFF, 0};
  auto image = load(b.build(), 0x12345000);
  EXPECT_EQ(relocated, Status::Success);
  b.optional.number_of_rva_and_sizes = 5;
  load(b.build(), 0x12345000);
  EXPECT_EQ(relocated, Status::Success);
}

// bzImages before 6.7 have alignments of 32 bytes: .setup begins at 0x200, .reloc and .compat are a few bytes each.
TEST_F(PeTest, AnOldBzImageIsUnderstood) {
  PeBuilder b;
  b.optional.section_alignment = b.optional.file_alignment = 0x20;
  b.optional.size_of_headers = 0x200;
  b.optional.address_of_entry_point = 0x4210;
  b.optional.number_of_rva_and_sizes = 6;
  b.section(".setup", 0x200, 0x3DC0, 0x200, filled(0x3DC0, 1), 0x60500020);
  b.section(".reloc", 0x3FC0, 0x20, 0x3FC0, filled(0x20, 2), 0x42100040);
  b.section(".compat", 0x3FE0, 0x20, 0x3FE0, filled(0x20, 3), 0x42100040);
  b.section(".text", 0x4000, 0x1000, 0x4000, filled(0x1000, 4), 0x60500020);
  b.section(".bss", 0x5000, 0x8000, 0, {}, 0xC8000080);
  ASSERT_EQ(parse(b), Status::Success) << logged;
  EXPECT_EQ(plan.headers_size, 0x200u);
  EXPECT_EQ(plan.alignment(), kPageSize);
  EXPECT_FALSE(plan.page_granular());
  EXPECT_EQ(in_place_lead(plan), 0u);
}

TEST_F(PeTest, RawDataBehindVirtualSizeMayReachOverTheNextSection) {
  PeBuilder b;
  b.optional.section_alignment = 0x200;
  b.section(".text", 0x1000, 0x200, 0x400, filled(0x200, 1), PeBuilder::kText);
  b.section(".sbat", 0x2000, 0xE2, 0x600, filled(0x200, 2), PeBuilder::kReadOnly);
  b.section(".sdmagic", 0x2100, 0x34, 0x800, filled(0x200, 3), PeBuilder::kReadOnly);
  auto image = load(b.build(), 0);
  EXPECT_EQ(image[0x20E1], uint8_t(2 + 0xE1));
  EXPECT_EQ(image[0x20E2], 0);
  EXPECT_EQ(image[0x2100], 3);
  EXPECT_EQ(image[0x2134], 0);
}

TEST_F(PeTest, VirtualSizeZeroMeansTheRawSize) {
  PeBuilder b;
  b.section(".text", 0x1000, 0, 0x400, filled(0x200, 1), PeBuilder::kText);
  b.section(".empty", 0, 0, 0, {}, 0x42000040);
  ASSERT_EQ(parse(b), Status::Success) << logged;
  ASSERT_EQ(plan.sections.size(), 1u);
  EXPECT_EQ(plan.sections[0].memory_size, 0x200u);
}

TEST_F(PeTest, ARawSizeWithoutARawPointerIsBss) {
  PeBuilder b;
  b.section(".text", 0x1000, 0, 0x400, filled(0x200, 1), PeBuilder::kText);
  b.section(".bss", 0x2000, 0x300, 0, {}, PeBuilder::kData);
  b.sections.back().header.size_of_raw_data = 0x300;
  auto image = load(b.build(), 0);
  EXPECT_EQ(image[0x2000], 0);
}

TEST_F(PeTest, SectionsInAnyOrderAreSorted) {
  PeBuilder b;
  b.section(".data", 0x2000, 0x200, 0x600, filled(0x200, 9), PeBuilder::kData);
  b.section(".text", 0x1000, 0x200, 0x400, filled(0x200, 1), PeBuilder::kText);
  auto image = load(b.build(), 0);
  EXPECT_EQ(plan.sections[0].rva, 0x1000u);
  EXPECT_EQ(image[0x1000], 1);
  EXPECT_EQ(image[0x2000], 9);
}

TEST_F(PeTest, HeaderPaddingMayReachOverTheFirstSection) {
  PeBuilder b;
  b.optional.section_alignment = 0x20;
  b.optional.size_of_headers = 0x400;
  b.optional.address_of_entry_point = 0x300;
  b.section(".text", 0x300, 0x100, 0x500, filled(0x100, 1), PeBuilder::kText);
  auto image = load(b.build(), 0);
  EXPECT_EQ(plan.headers_size, 0x300u);
  EXPECT_EQ(image[0x300], 1);
}

TEST_F(PeTest, AReadErrorIsTheSourcesOwn) {
  VectorSource source(ordinary().build());
  source.fail = true;
  EXPECT_EQ(parse_pe(source, plan).status(), Status::DeviceError);
}

TEST_F(PeTest, EveryTruncationOfTheHeadersIsMalformed) {
  auto bytes = ordinary().build();
  for (size_t size = 0; size < 0x400; ++size) {
    EXPECT_EQ(parse(Bytes8(bytes.begin(), bytes.begin() + size)), Status::LoadError) << size;
  }
  bytes.pop_back();  // the last relocation
  EXPECT_EQ(parse(bytes), Status::LoadError);
}

struct Fault {
  const char* told;  // in the log
  Status status;
  void (*spoil)(PeBuilder&);
};

class PeFaultTest : public PeTest, public testing::WithParamInterface<Fault> {};

TEST_P(PeFaultTest, IsRefusedAndNamed) {
  auto b = ordinary();
  GetParam().spoil(b);
  EXPECT_EQ(parse(b), GetParam().status);
  EXPECT_NE(logged.find(GetParam().told), std::string::npos) << logged;
  EXPECT_EQ(std::count(logged.begin(), logged.end(), '\n'), 1) << logged;
}

INSTANTIATE_TEST_SUITE_P(
    Fields, PeFaultTest,
    testing::Values(
        Fault{"DOS magic", Status::LoadError, [](PeBuilder& b) { b.dos.magic = 0x4D5B; }},
        Fault{"PE signature", Status::LoadError, [](PeBuilder& b) { b.file.signature = 0x4551; }},
        Fault{"the machine", Status::Unsupported, [](PeBuilder& b) { b.file.coff.machine = pe::kMachineI386; }},
        Fault{"NumberOfSections", Status::LoadError, [](PeBuilder& b) { b.count_sections = false, b.file.coff.number_of_sections = 97; }},
        Fault{"AddressOfEntryPoint", Status::LoadError, [](PeBuilder& b) { b.sections.clear(); }},
        Fault{"SizeOfOptionalHeader", Status::LoadError, [](PeBuilder& b) { b.file.coff.size_of_optional_header = 111; }},
        Fault{"NumberOfRvaAndSizes", Status::LoadError, [](PeBuilder& b) { b.optional.number_of_rva_and_sizes = 7; }},
        Fault{"optional header's magic", Status::Unsupported, [](PeBuilder& b) { b.optional.magic = 0x10B; }},
        Fault{"subsystem", Status::Unsupported, [](PeBuilder& b) { b.optional.subsystem = 3; }},
        Fault{"subsystem", Status::Unsupported, [](PeBuilder& b) { b.optional.subsystem = 13; }},
        Fault{"SectionAlignment", Status::LoadError, [](PeBuilder& b) { b.optional.section_alignment = 0; }},
        Fault{"SectionAlignment", Status::LoadError, [](PeBuilder& b) { b.optional.section_alignment = 0x1800; }},
        Fault{"SizeOfImage", Status::LoadError, [](PeBuilder& b) { b.optional.size_of_image = 0; }},
        Fault{"SizeOfHeaders", Status::LoadError, [](PeBuilder& b) { b.optional.size_of_headers = 0x140; }},
        Fault{"SizeOfHeaders", Status::LoadError, [](PeBuilder& b) { b.optional.size_of_headers = 0x20000; }},
        Fault{"VirtualAddress", Status::LoadError, [](PeBuilder& b) { b.optional.size_of_image = 0x4000, b.optional.directories[5] = {}; }},
        Fault{"VirtualAddress", Status::LoadError, [](PeBuilder& b) { b.sections[0].header.virtual_address = 0x40; }},
        Fault{"VirtualAddress", Status::LoadError, [](PeBuilder& b) { b.sections[1].header.virtual_size = 0xFFFFFFFF; }},
        Fault{"overlaps", Status::LoadError, [](PeBuilder& b) { b.sections[1].header.virtual_address = 0x1100; }},
        Fault{"overlaps", Status::LoadError, [](PeBuilder& b) { b.sections[1].header.virtual_address = 0x3000; }},
        Fault{"PointerToRawData", Status::LoadError, [](PeBuilder& b) { b.sections[1].header.size_of_raw_data = 0x1000; }},
        Fault{"relocation directory", Status::LoadError, [](PeBuilder& b) { b.optional.directories[5] = {0x4FFC, 8}; }},
        Fault{"relocation directory", Status::LoadError, [](PeBuilder& b) { b.optional.directories[5] = {0xFFFFFFFF, 8}; }},
        Fault{"AddressOfEntryPoint", Status::LoadError, [](PeBuilder& b) { b.optional.address_of_entry_point = 0x2000; }},
        Fault{"AddressOfEntryPoint", Status::LoadError, [](PeBuilder& b) { b.optional.address_of_entry_point = 0; }}));

// The file at lead bytes into the image must end as read_pe() would have made it.
void expect_settled_like_read(const Bytes8& file, const PePlan& plan) {
  auto lead = in_place_lead(plan);
  ASSERT_TRUE(lead.has_value());
  uint64_t pages = PageCount::covering({plan.size_of_image}).value * kPageSize;
  Bytes8 read(pages, 0xEE), settled(std::max<uint64_t>(pages, *lead + file.size()), 0xDD);
  uint64_t copied = 0, moved = 0;
  VectorSource source(file);
  ASSERT_TRUE(read_pe(plan, source, PeTest::span_of(read), copied).has_value());
  std::copy(file.begin(), file.end(), settled.begin() + *lead);
  settle_pe(plan, *lead, PeTest::span_of(settled), moved);
  EXPECT_TRUE(std::equal(read.begin(), read.end(), settled.begin()));
  EXPECT_LE(moved, copied);
}

TEST_F(PeTest, AFileLaidOutLikeItsImageIsUsedWithoutMoving) {
  PeBuilder b;  // as Linux 6.12 is: the file ends inside .data, a signature follows
  b.optional.size_of_headers = 0x1000;
  b.optional.address_of_entry_point = 0x2000;
  b.section(".setup", 0x1000, 0x1000, 0x1000, filled(0x1000, 1), PeBuilder::kReadOnly);
  b.section(".text", 0x2000, 0x3000, 0x2000, filled(0x3000, 1), PeBuilder::kText);
  b.section(".data", 0x5000, 0x6000, 0x5000, filled(0x200, 1), PeBuilder::kData);
  auto file = b.build();
  file.resize(file.size() + 0x5C0, 0x99);
  ASSERT_EQ(parse(file), Status::Success) << logged;
  EXPECT_EQ(in_place_lead(plan), 0u);
  expect_settled_like_read(file, plan);
  uint64_t moved = 0;
  Bytes8 image(plan.size_of_image, 0xEE);
  std::copy(file.begin(), file.end(), image.begin());
  settle_pe(plan, 0, span_of(image), moved);
  EXPECT_EQ(moved, 0u);
}

TEST_F(PeTest, ALargeSectionStaysAndTheOthersMoveAroundIt) {
  PeBuilder b;  // as a UKI is
  b.section(".text", 0x1000, 0x1000, 0x400, filled(0x1000, 1), PeBuilder::kText);
  b.section(".data", 0x3000, 0x2000, 0x1400, filled(0x400, 2), PeBuilder::kData);
  b.section(".initrd", 0x6000, 0x7000, 0x1800, filled(0x7000, 3), PeBuilder::kReadOnly);
  b.section(".linux", 0xE000, 0x3000, 0x8800, filled(0x2E00, 4), PeBuilder::kReadOnly);
  b.section(".near", 0x12000, 0x80, 0xB600, filled(0x200, 5), PeBuilder::kReadOnly);
  b.section(".nearer", 0x12080, 0x200, 0xB900, filled(0x200, 6), PeBuilder::kReadOnly);
  auto file = b.build();
  ASSERT_EQ(parse(file), Status::Success) << logged;
  EXPECT_EQ(in_place_lead(plan), 0x6000u - 0x1800);
  expect_settled_like_read(file, plan);
}

TEST_F(PeTest, AFileInAnotherOrderThanItsImageCannotSettleInPlace) {
  PeBuilder b;
  b.section(".text", 0x1000, 0x200, 0x600, filled(0x200, 1), PeBuilder::kText);
  b.section(".data", 0x2000, 0x200, 0x400, filled(0x200, 1), PeBuilder::kData);
  ASSERT_EQ(parse(b), Status::Success);
  EXPECT_EQ(in_place_lead(plan), std::nullopt);
}

TEST_F(PeTest, AFileWhoseImageWouldBeginInsideItCannotSettleInPlace) {
  PeBuilder b;
  b.section(".text", 0x1000, 0x800, 0x3000, filled(0x800, 1), PeBuilder::kText);
  ASSERT_EQ(parse(b), Status::Success);
  EXPECT_EQ(in_place_lead(plan), std::nullopt);
}

}  // namespace
}  // namespace efilite::core
