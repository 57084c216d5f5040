// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/uki.hpp"

#include <gtest/gtest.h>

#include "core/images/pe.hpp"
#include "formats/boot_image.hpp"
#include "tests/support/pe_builder.hpp"

namespace efilite::cli {
namespace {

using test::Bytes8;
using test::PeBuilder;

std::string text_of(const Bytes8& bytes) { return {bytes.begin(), bytes.end()}; }

PeBuilder stub() {
  PeBuilder pe;
  pe.section(".text", 0x1000, 0x100, 0x400, Bytes8(0x200, 0xC3), PeBuilder::kText);
  return pe;
}

struct Parsed {
  explicit Parsed(const std::string& image) : bytes(image), source(Bytes8(image.begin(), image.end())) {
    accepted = core::parse_pe(source, plan).has_value();
    auto parsed = formats::parse_pe_file(formats::Input(source));
    if (parsed) file = *parsed;
  }
  std::string contents(const char* name) const {
    const auto* section = file.find(name);
    return section == nullptr ? "?" : bytes.substr(section->offset, section->size);
  }
  std::string bytes;
  test::VectorSource source;
  core::PePlan plan;
  formats::PeFile file{};
  bool accepted;
};

TEST(AddSections, AreWhatTheLoaderFinds) {
  const NewSection sections[] = {{".cmdline", std::string("a\0", 2)}, {".linux", std::string(5000, 'k'), true}};
  const auto image = add_sections(text_of(stub().build()), sections);
  ASSERT_TRUE(image) << image.error().text;
  const Parsed parsed(*image);
  ASSERT_TRUE(parsed.accepted);
  EXPECT_EQ(parsed.contents(".cmdline"), sections[0].contents);
  EXPECT_EQ(parsed.contents(".linux"), sections[1].contents);
  EXPECT_EQ(parsed.contents(".text"), std::string(0x100, '\xC3'));
  EXPECT_EQ(parsed.file.find(".cmdline")->rva, 0x2000u);
  EXPECT_EQ(parsed.file.find(".linux")->rva, 0x3000u);
  EXPECT_EQ(parsed.plan.size_of_image, 0x5000u);
  EXPECT_EQ(parsed.file.find(".linux")->characteristics, 0x40000020u);
  EXPECT_EQ(parsed.file.find(".cmdline")->characteristics, 0x40000040u);
}

TEST(AddSections, TheSameInputGivesTheSameBytes) {
  const NewSection sections[] = {{".osrel", "ID=x\n"}};
  EXPECT_EQ(*add_sections(text_of(stub().build()), sections), *add_sections(text_of(stub().build()), sections));
}

TEST(AddSections, TheChecksumIsThatOfTheWholeFile) {
  const NewSection sections[] = {{".osrel", "odd"}};
  const std::string image = *add_sections(text_of(stub().build()), sections);
  const size_t field = 0x40 + sizeof(pe::FileHeader) + offsetof(pe::OptionalHeader, checksum);
  uint32_t told;
  memcpy(&told, image.data() + field, sizeof told);
  uint64_t sum = 0;  // naively: all words but the field's, the carries folded at the end
  for (size_t at = 0; at < image.size(); at += 2)
    if (at != field && at != field + 2) sum += static_cast<uint8_t>(image[at]) + 256u * static_cast<uint8_t>(image[at + 1]);
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  EXPECT_EQ(told, sum + image.size());
}

TEST(AddSections, HeadersMustHaveRoom) {
  PeBuilder tight = stub();
  const uint32_t table = 0x40 + sizeof(pe::FileHeader) + sizeof(pe::OptionalHeader);
  tight.optional.size_of_headers = table + 2 * sizeof(pe::SectionHeader);
  const NewSection one[] = {{".osrel", "x"}}, two[] = {{".osrel", "x"}, {".linux", "y"}};
  EXPECT_TRUE(add_sections(text_of(tight.build()), one));
  const auto refused = add_sections(text_of(tight.build()), two);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text, "has no room for 2 more section headers: they end at 0x170, and may at 0x148");
}

TEST(AddSections, OtherStubsAreRefused) {
  const NewSection sections[] = {{".linux", "y"}};
  PeBuilder is_signed = stub();
  is_signed.optional.directories[pe::kCertificateDirectory] = {0x400, 8};
  EXPECT_NE(add_sections(text_of(is_signed.build()), sections).error().text.find("is signed"), std::string::npos);
  PeBuilder has_it = stub();
  has_it.section(".linux", 0x2000, 1, 0x600, Bytes8(0x200), PeBuilder::kReadOnly);
  EXPECT_EQ(add_sections(text_of(has_it.build()), sections).error().text, "has a section .linux already");
  EXPECT_EQ(add_sections("", sections).error().text.substr(0, 21), "PE image is truncated");
  EXPECT_EQ(add_sections(std::string(4096, 'x'), sections).error().text, "malformed PE image: at 0x0, the DOS magic is 0x7878");
  PeBuilder arm = stub();
  arm.file.coff.machine = pe::kMachineArm64;
  EXPECT_EQ(add_sections(text_of(arm.build()), sections).error().text, "not a program for this machine: the machine is 0xaa64");
}

TEST(MakeUki, PartsThatAreNotGivenAreLeftOut) {
  UkiParts parts;
  parts.stub = text_of(stub().build());
  parts.kernel = "kernel";
  parts.initrds = {"abc", "defgh"};
  const Parsed parsed(*make_uki(parts));
  EXPECT_EQ(parsed.contents(".linux"), "kernel");
  EXPECT_EQ(parsed.contents(".initrd"), std::string("abc\0defgh", 9));  // an archive begins at a multiple of 4
  EXPECT_EQ(parsed.contents(".cmdline"), std::string(1, '\0'));
  EXPECT_EQ(parsed.file.find(".osrel"), nullptr);
  EXPECT_EQ(parsed.file.find(".splash"), nullptr);
}

}  // namespace
}  // namespace efilite::cli
