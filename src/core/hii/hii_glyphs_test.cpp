// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/hii/hii_glyphs.hpp"

#include <gtest/gtest.h>

#include "tests/support/hii.hpp"

namespace efilite::core::hii {
namespace {

using test::Bytes;
using test::font_package;
using test::narrow_glyph;
using test::simple_font_package;
using test::wide_glyph;

constexpr efi::HiiGlyphInfo kCell = {4, 2, 0, 0, 5};  // two bytes a glyph

// Width, offset, advance and the bitmap's bytes; "-" when there is no glyph.
std::string glyph_of(const Bytes& package, char16_t c) {
  const auto glyph = find_glyph(package.span(), c);
  if (!glyph) return "-";
  std::string text = std::to_string(glyph->cell.width) + "x" + std::to_string(glyph->cell.height) + ":";
  for (std::byte b : glyph->bitmap) text += std::to_string(static_cast<int>(b)) + ",";
  return text;
}
std::string glyph_in(const Bytes& blocks, char16_t c) { return glyph_of(font_package(u"f", kCell, 0, blocks), c); }
Bytes cell(int width, int height, int offset_x = 0, int offset_y = 0, int advance = 0) {
  return Bytes().value(efi::HiiGlyphInfo{static_cast<uint16_t>(width), static_cast<uint16_t>(height), static_cast<int16_t>(offset_x),
                                         static_cast<int16_t>(offset_y), static_cast<int16_t>(advance)});
}
FontMetrics metrics_of(const Bytes& package) {
  FontMetrics metrics;
  measure(package.span(), metrics);
  return metrics;
}

TEST(HiiGlyphs, SimpleFontsHaveNarrowAndWideGlyphsInAnyOrder) {
  const Bytes package = simple_font_package({narrow_glyph(u'b', 0x80), narrow_glyph(u'a', 0x81, 1)}, {wide_glyph(u'W', 0x01, 0xC0)});
  const auto b = find_glyph(package.span(), u'b');
  ASSERT_TRUE(b);
  EXPECT_EQ(b->cell.width, 8);
  EXPECT_EQ(b->cell.height, 19);
  EXPECT_EQ(b->cell.advance_x, 8);
  EXPECT_TRUE(b->pixel(0, 18));
  EXPECT_FALSE(b->pixel(1, 0));
  EXPECT_EQ(b->rightmost(), 0);
  EXPECT_FALSE(b->non_spacing);
  EXPECT_TRUE(find_glyph(package.span(), u'a')->non_spacing);
  const auto wide = find_glyph(package.span(), u'W');
  ASSERT_TRUE(wide);
  EXPECT_EQ(wide->cell.width, 16);
  EXPECT_EQ(wide->cell.advance_x, 16);
  EXPECT_TRUE(wide->pixel(7, 3));
  EXPECT_TRUE(wide->pixel(8, 3));
  EXPECT_FALSE(wide->pixel(10, 3));
  EXPECT_EQ(wide->rightmost(), 9);
  EXPECT_FALSE(find_glyph(package.span(), u'c'));
}

TEST(HiiGlyphs, SimpleFontsAreTheSystemFont) {
  const Bytes package = simple_font_package({});
  ASSERT_TRUE(face_of(package.span()));
  EXPECT_EQ(*face_of(package.span()), system_font());
  EXPECT_EQ(metrics_of(package).above + metrics_of(package).below, 19);
}

TEST(HiiGlyphs, EveryKindOfGlyphBlockIsRead) {
  Bytes blocks = Bytes{0x10} + cell(9, 1) + Bytes{1, 2};                      // 1
  blocks + Bytes{0x11} + cell(8, 2) + Bytes{2, 0} + Bytes{3, 4, 5, 6};        // 2, 3
  blocks + Bytes{0x12, 7, 8};                                                 // 4
  blocks + Bytes{0x13, 2, 0, 9, 10, 11, 12};                                  // 5, 6
  blocks + Bytes{0x20, 2, 0};                                                 // 7
  blocks + Bytes{0x22, 2};                                                    // 8, 9
  blocks + Bytes{0x21, 1, 1};                                                 // 257 more: up to 266
  blocks + Bytes{0x23} + cell(1, 1) + Bytes{0x12, 13};                        // 267
  blocks + Bytes{0x30, 0, 5, 1, 1} + Bytes{0x31, 0, 6, 0, 1, 1} + Bytes{0x32, 0, 8, 0, 0, 0, 1, 1};
  blocks + Bytes{0x14} + cell(3, 2) + Bytes{4} + Bytes{1, 2, 3, 4};           // 268, of four bits a pixel: not for us
  blocks + Bytes{0x12, 14};                                                   // 269
  const char* expected[] = {"-", "9x1:1,2,", "8x2:3,4,", "8x2:5,6,", "4x2:7,8,", "4x2:9,10,", "4x2:11,12,", "8x2:3,4,", "-", "-", "-"};
  for (size_t c = 0; c < std::size(expected); ++c) EXPECT_EQ(glyph_in(blocks, static_cast<char16_t>(c)), expected[c]) << c;
  EXPECT_EQ(glyph_in(blocks, 266), "-");
  EXPECT_EQ(glyph_in(blocks, 267), "1x1:13,");
  EXPECT_EQ(glyph_in(blocks, 268), "-");
  EXPECT_EQ(glyph_in(blocks, 269), "1x1:14,");
  EXPECT_EQ(glyph_in(blocks, 270), "-");
}

TEST(HiiGlyphs, VariableGlyphsOfEachDepthArePassed) {
  for (int bits : {1, 2, 4, 8, 16, 24, 32}) {
    const size_t bytes = static_cast<size_t>((3 * bits + 7) / 8 * 2);
    const Bytes blocks = Bytes{0x14} + cell(3, 2) + Bytes{bits} + Bytes(std::vector<uint8_t>(bytes, 0x55)) + Bytes{0x12, 1, 2};
    EXPECT_EQ(glyph_in(blocks, 2), "4x2:1,2,") << bits;
  }
  for (int bits : {0, 3, 12, 48, 64}) EXPECT_EQ(glyph_in(Bytes{0x14} + cell(0, 0) + Bytes{bits} + Bytes{0x12, 1, 2}, 2), "-") << bits;
}

TEST(HiiGlyphs, DuplicatesAreOfCharactersBefore) {
  EXPECT_EQ(glyph_in(Bytes{0x12, 1, 2, 0x20, 1, 0, 0x20, 2, 0}, 3), "4x2:1,2,");
  EXPECT_EQ(glyph_in(Bytes{0x20, 1, 0}, 1), "-");
  EXPECT_EQ(glyph_in(Bytes{0x20, 2, 0, 0x12, 1, 2}, 1), "-");
  EXPECT_EQ(glyph_in(Bytes{0x20, 0, 0, 0x12, 1, 2}, 1), "-");
  Bytes chain{0x12, 1, 2};
  for (int i = 1; i < 30; ++i) chain + Bytes{0x20, i, 0};
  EXPECT_EQ(glyph_in(chain, 16), "4x2:1,2,");
  EXPECT_EQ(glyph_in(chain, 30), "-");
}

TEST(HiiGlyphs, WhatIsCutOffEndsTheFont) {
  const Bytes endings[] = {Bytes{0x10} + cell(8, 2) + Bytes{1},
                           Bytes{0x10, 1},
                           Bytes{0x11} + cell(8, 1) + Bytes{2, 0, 1},
                           Bytes{0x11} + cell(0xFFFF, 0xFFFF) + Bytes{0xFF, 0xFF},
                           {0x12, 1},
                           {0x13, 2, 0, 1, 2, 3},
                           {0x13, 2},
                           Bytes{0x14} + cell(8, 1) + Bytes{8, 1},
                           {0x20, 1},
                           {0x21, 1},
                           {0x22},
                           {0x23, 1, 2},
                           {0x30, 0, 2},
                           {0x31, 0, 3, 0},
                           {0x32, 0, 5, 0, 0, 0},
                           {0x30, 0, 9},
                           {0x32, 0, 0xFF, 0xFF, 0xFF, 0xFF},
                           {0x77}};
  for (const Bytes& ending : endings) {
    Bytes package = font_package(u"f", kCell, 0, Bytes{0x12, 1, 2} + ending);
    package.pop_back();  // the end block
    EXPECT_EQ(glyph_of(package, 1), "4x2:1,2,");
    EXPECT_EQ(glyph_of(package, 2), "-") << static_cast<int>(ending[0]);
    EXPECT_EQ(metrics_of(package).above, 2) << static_cast<int>(ending[0]);
  }
}

TEST(HiiGlyphs, CharactersEndAt65535) {
  const Bytes blocks = Bytes{0x21, 0xFE, 0xFF} + Bytes{0x12, 1, 2} + Bytes{0x12, 3, 4};
  EXPECT_EQ(glyph_in(blocks, 0xFFFF), "4x2:1,2,");
  EXPECT_EQ(glyph_in(blocks, 0), "-");
  EXPECT_EQ(glyph_in(Bytes{0x21, 0xFF, 0xFF, 0x22, 2, 0x12, 1, 2}, 1), "-");
}

TEST(HiiGlyphs, MetricsAreThoseOfTheGlyphs) {
  const Bytes blocks = Bytes{0x10} + cell(1, 10, 0, -3) + Bytes(std::vector<uint8_t>(10)) + Bytes{0x10} + cell(1, 5, 0, 4) +
                       Bytes(std::vector<uint8_t>(5)) + Bytes{0x11} + cell(1, 99) + Bytes{0, 0} + Bytes{0x20, 1, 0};
  const FontMetrics metrics = metrics_of(font_package(u"f", {50, 50, 0, 0, 50}, 0, blocks));
  EXPECT_EQ(metrics.above, 9);
  EXPECT_EQ(metrics.below, 3);
}

TEST(HiiGlyphs, FacesAreNameSizeAndStyle) {
  const Bytes package = font_package(u"Font", {10, 12, 0, 0, 9}, 3, {});
  const auto face = face_of(package.span());
  ASSERT_TRUE(face);
  EXPECT_EQ(face->size, 12);
  EXPECT_EQ(face->style, 3u);
  EXPECT_EQ(face->name.size(), 8u);
  EXPECT_NE(*face, *face_of(font_package(u"Font", {10, 13, 0, 0, 9}, 3, {}).span()));
  EXPECT_NE(*face, *face_of(font_package(u"Font", {10, 12, 0, 0, 9}, 1, {}).span()));
  EXPECT_NE(*face, *face_of(font_package(u"Fon", {10, 12, 0, 0, 9}, 3, {}).span()));
  EXPECT_EQ(*face, *face_of(font_package(u"Font", {99, 12, 1, 1, 1}, 3, {}).span()));
}

TEST(HiiGlyphs, WhatIsNoFontPackageHasNoFace) {
  const Bytes font = font_package(u"f", kCell, 0, {});
  for (size_t size = 0; size < font.size() - 1; ++size) EXPECT_FALSE(face_of(font.span().first(size))) << size;
  Bytes bad = font;
  bad[3] = 4;
  EXPECT_FALSE(face_of(bad.span()));
  bad = font;
  bad[8] = 200;  // glyphs behind the end
  EXPECT_FALSE(face_of(bad.span()));
  bad = font;
  bad[8] = 8;  // or inside the header
  EXPECT_FALSE(face_of(bad.span()));
  bad = font;
  bad[28] = 'x';  // no NUL behind the name
  EXPECT_FALSE(face_of(bad.span()));
  const Bytes simple = simple_font_package({narrow_glyph(u'a', 1)}, {wide_glyph(u'b', 1, 1)});
  for (size_t size = 0; size < simple.size(); ++size) EXPECT_FALSE(face_of(simple.span().first(size))) << size;
}

}  // namespace
}  // namespace efilite::core::hii
