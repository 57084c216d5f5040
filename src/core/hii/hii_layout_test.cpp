// SPDX-License-Identifier: BSD-2-Clause-Patent
// Strings drawn by the HII font protocol.
#include "tests/support/hii_font.hpp"

namespace efilite::core::hii {
namespace {

TEST_F(HiiFontTest, ANewImageIsAsLargeAsTheText) {
  add_system_font();
  const Drawn drawn = draw(u"ab\na", 0, nullptr, 3, 5);
  EXPECT_EQ(drawn.status, kSuccess);
  EXPECT_EQ(fresh->width, 3 + 16);
  EXPECT_EQ(fresh->height, 5 + 2 * 19);
  EXPECT_EQ(drawn.rows, (std::vector<std::vector<size_t>>{{0, 1, 16}, {3, 3, 8}}));
  EXPECT_EQ(drawn.columns, (std::vector<efi::Uintn>{3, 11, kNone, 3}));
  EXPECT_EQ(line_height, 19u);
  EXPECT_EQ(baseline, 4u);
  EXPECT_EQ(at(fresh, 2, 5), kOff);
  EXPECT_EQ(at(fresh, 3, 4), kOff);
  EXPECT_EQ(at(fresh, 3, 5), kOn);
  EXPECT_EQ(at(fresh, 11, 23), kOn);
  EXPECT_EQ(at(fresh, 11, 24), kOff);
  EXPECT_EQ(at(fresh, 3, 24), kOn);
  EXPECT_EQ(draw(u"").status, kSuccess);
  EXPECT_EQ(fresh->width, 0);
  EXPECT_EQ(draw(u"a", 0, nullptr, 0xFFF7, 0).status, kSuccess);
  EXPECT_EQ(draw(u"a", 0, nullptr, 0xFFF8, 0).status, kNoMemory);
  EXPECT_EQ(draw(u"a", 0, nullptr, SIZE_MAX, SIZE_MAX).status, kNoMemory);
}

TEST_F(HiiFontTest, TextIsDrawnOverAnImage) {
  add_system_font();
  EXPECT_EQ(draw(u"a", 0, bitmap(20, 30), 5, 6).status, kSuccess);
  EXPECT_EQ(at(&image, 4, 6), kOld);
  EXPECT_EQ(at(&image, 5, 5), kOld);
  EXPECT_EQ(at(&image, 5, 6), kOn);
  EXPECT_EQ(at(&image, 12, 24), kOff);
  EXPECT_EQ(at(&image, 12, 25), kOld);
  EXPECT_EQ(at(&image, 13, 6), kOld);
  EXPECT_EQ(draw(u"a", efi::kHiiOutFlagTransparent, bitmap(20, 30), 5, 6).status, kSuccess);
  EXPECT_EQ(at(&image, 8, 6), kOn);
  EXPECT_EQ(at(&image, 9, 6), kOld);
}

TEST_F(HiiFontTest, NonSpacingGlyphsGoOnTopOfTheOneBefore) {
  add_system_font();
  const Drawn drawn = draw(u"a\u0301b");
  EXPECT_EQ(drawn.columns, (std::vector<efi::Uintn>{0, 0, 8}));
  EXPECT_EQ(drawn.rows, (std::vector<std::vector<size_t>>{{0, 2, 16}}));
  for (size_t x = 0; x < 8; ++x) EXPECT_EQ(at(fresh, x, 0), kOn) << x;
  EXPECT_EQ(at(fresh, 12, 0), kOff);
}

TEST_F(HiiFontTest, InvalidCombinationsOfFlagsAreRefused) {
  add_system_font();
  for (uint32_t flags : {efi::kHiiOutFlagClipCleanX, efi::kHiiOutFlagClipCleanY,
                         efi::kHiiOutFlagClip | efi::kHiiOutFlagClipCleanX | efi::kHiiOutFlagWrap})
    EXPECT_EQ(draw(u"a", flags, bitmap(20, 20)).status, kInvalid) << flags;
  EXPECT_EQ(draw(u"a", efi::kHiiOutFlagTransparent).status, kInvalid);
  EXPECT_EQ(draw(u"a", efi::kHiiDirectToScreen).status, kInvalid);
  efi::ImageOutput nowhere{20, 20, {nullptr}};
  EXPECT_EQ(draw(u"a", 0, &nowhere).status, kInvalid);
  EXPECT_EQ(draw(u"a", efi::kHiiDirectToScreen, &nowhere).status, kInvalid);
  efi::ImageOutput* out = nullptr;
  EXPECT_EQ(font->string_to_image(font, 0, nullptr, nullptr, &out, 0, 0, nullptr, nullptr, nullptr), kInvalid);
  EXPECT_EQ(font->string_to_image(font, 0, u"a", nullptr, nullptr, 0, 0, nullptr, nullptr, nullptr), kInvalid);
}

TEST_F(HiiFontTest, ClippedTextIsSeenInPart) {
  add_system_font();
  using Rows = std::vector<std::vector<size_t>>;
  Drawn drawn = draw(u"abab\nba", efi::kHiiOutFlagClip, bitmap(18, 30));
  EXPECT_EQ(drawn.rows, (Rows{{0, 2, 24}, {5, 6, 16}}));
  EXPECT_EQ(drawn.columns, (std::vector<efi::Uintn>{0, 8, 16, kNone, kNone, 0, 8}));
  EXPECT_EQ(at(&image, 17, 0), kOn);
  EXPECT_EQ(at(&image, 0, 29), kOn);
  EXPECT_EQ(line_height, 19u);
  drawn = draw(u"abab\nba", efi::kHiiOutFlagClip | efi::kHiiOutFlagClipCleanX | efi::kHiiOutFlagClipCleanY, bitmap(18, 30));
  EXPECT_EQ(drawn.rows, (Rows{{0, 1, 16}}));
  EXPECT_EQ(at(&image, 17, 0), kOld);
  EXPECT_EQ(at(&image, 0, 29), kOld);
  // It is the last pixel that is on which has to fit.
  drawn = draw(u"aac", efi::kHiiOutFlagClip | efi::kHiiOutFlagClipCleanX, bitmap(20, 19));
  EXPECT_EQ(drawn.rows, (Rows{{0, 1, 16}}));
  drawn = draw(u"aaa", efi::kHiiOutFlagClip | efi::kHiiOutFlagClipCleanX, bitmap(20, 19));
  EXPECT_EQ(drawn.rows, (Rows{{0, 2, 24}}));
  drawn = draw(u"aaa", efi::kHiiOutFlagClip, bitmap(20, 19), 20, 0);
  EXPECT_EQ(drawn.rows, (Rows{{0, 0, 0}}));
  drawn = draw(u"aaa", 0, bitmap(20, 19), 0, 19);
  EXPECT_EQ(drawn.rows, Rows{});
  EXPECT_EQ(drawn.columns, (std::vector<efi::Uintn>{kNone, kNone, kNone}));
  drawn = draw(u"aaa", 0, bitmap(20, 19), SIZE_MAX, SIZE_MAX);
  EXPECT_EQ(drawn.rows, Rows{});
}

TEST_F(HiiFontTest, TextIsWrappedWhereALineMayBreak) {
  add_system_font();
  using Rows = std::vector<std::vector<size_t>>;
  EXPECT_EQ(draw(u"aa bb aa", efi::kHiiOutFlagWrap, bitmap(40, 100)).rows, (Rows{{0, 4, 40}, {6, 7, 16}}));  // the space stands out
  EXPECT_EQ(draw(u"aa bb aa", efi::kHiiOutFlagWrap, bitmap(47, 100)).rows, (Rows{{0, 5, 48}, {6, 7, 16}}));
  EXPECT_EQ(draw(u"aa bb aa", efi::kHiiOutFlagWrap, bitmap(39, 100)).rows, (Rows{{0, 2, 24}, {3, 5, 24}, {6, 7, 16}}));
  EXPECT_EQ(draw(u"aa\u2010bb", efi::kHiiOutFlagWrap, bitmap(32, 100)).rows, (Rows{{0, 2, 24}, {3, 4, 16}}));
  EXPECT_EQ(draw(u"aa\u2014bb", efi::kHiiOutFlagWrap, bitmap(16, 100)).rows, (Rows{{0, 1, 16}, {2, 2, 8}, {3, 4, 16}}));
  EXPECT_EQ(draw(u"a\u2014\u2014b", efi::kHiiOutFlagWrap, bitmap(16, 100)).rows, (Rows{{0, 0, 8}, {1, 2, 16}, {3, 3, 8}}));
  // Without such a place it is as with CLIP_CLEAN_X.
  EXPECT_EQ(draw(u"aaac\nbb", efi::kHiiOutFlagWrap, bitmap(28, 100)).rows, (Rows{{0, 2, 24}, {5, 6, 16}}));
  EXPECT_EQ(draw(u"aaaa\nbb", efi::kHiiOutFlagWrap, bitmap(28, 100)).rows, (Rows{{0, 3, 32}, {5, 6, 16}}));
  EXPECT_EQ(draw(u"aa bb", efi::kHiiOutFlagWrap | efi::kHiiIgnoreLineBreak, bitmap(16, 100)).rows, (Rows{{0, 1, 16}, {3, 4, 16}}));
  EXPECT_EQ(draw(u"aa bb", efi::kHiiOutFlagWrap).rows, (Rows{{0, 4, 40}}));  // a new image has no width to wrap at
}

TEST_F(HiiFontTest, LineBreaksAndControlCodesAreNotDrawn) {
  add_system_font();
  using Rows = std::vector<std::vector<size_t>>;
  EXPECT_EQ(draw(u"a\n\u2028b\f").rows, (Rows{{0, 0, 8}, {2, 2, 0}, {3, 3, 8}}));
  Drawn drawn = draw(u"a\r\n\u2029b", efi::kHiiIgnoreLineBreak);
  EXPECT_EQ(drawn.rows, (Rows{{0, 4, 16}}));
  EXPECT_EQ(drawn.columns, (std::vector<efi::Uintn>{0, kNone, kNone, kNone, 8}));
  drawn = draw(u"\uF620a\uF712\uF8FF");
  EXPECT_EQ(drawn.columns, (std::vector<efi::Uintn>{kNone, 0, kNone, kNone}));
  EXPECT_EQ(fresh->width, 8);
}

TEST_F(HiiFontTest, CharactersWithoutAGlyphAreReplacedOrIgnored) {
  add_system_font();
  Drawn drawn = draw(u"azb");
  EXPECT_EQ(drawn.columns, (std::vector<efi::Uintn>{0, 8, 16}));
  EXPECT_EQ(at(fresh, 8, 0), kOn);
  EXPECT_EQ(at(fresh, 9, 0), kOff);
  drawn = draw(u"azb", efi::kHiiIgnoreIfNoGlyph);
  EXPECT_EQ(drawn.columns, (std::vector<efi::Uintn>{0, kNone, 8}));
  add({font_package(u"A", {1, 11, 0, 0, 1}, 0, to(u'x') + block(1, 1, 0, 0, 1))});
  const DisplayInfo bare(0, u"A", 11);
  EXPECT_EQ(draw(u"xz", 0, nullptr, 0, 0, &bare).status, kNotFound);  // and there is no replacement either
  EXPECT_EQ(draw(u"xz", efi::kHiiIgnoreIfNoGlyph, nullptr, 0, 0, &bare).status, kSuccess);
}

TEST_F(HiiFontTest, ProportionalGlyphsStandOnOneBaseline) {
  add({font_package(u"P", {9, 10, 0, 0, 9}, 0, to(u'p') + block(4, 6, 1, -2, 6) + block(4, 2, -1, 3, 5))});
  const DisplayInfo info(0, u"P", 10);
  const Drawn drawn = draw(u"pq", 0, nullptr, 0, 0, &info);
  EXPECT_EQ(line_height, 7u);  // q reaches 5 above the baseline, p 2 below
  EXPECT_EQ(baseline, 2u);
  EXPECT_EQ(fresh->width, 11);
  EXPECT_EQ(drawn.columns, (std::vector<efi::Uintn>{1, 5}));
  EXPECT_EQ(at(fresh, 1, 0), kBlue);
  EXPECT_EQ(at(fresh, 1, 1), kRed);
  EXPECT_EQ(at(fresh, 1, 6), kRed);
  EXPECT_EQ(at(fresh, 5, 0), kRed);
  EXPECT_EQ(at(fresh, 7, 1), kRed);
  EXPECT_EQ(at(fresh, 5, 2), kBlue);
}

TEST_F(HiiFontTest, GlyphsBeyondTheImagesEdgesAreCutOff) {
  add({font_package(u"P", {9, 10, 0, 0, 9}, 0, to(u'p') + block(30, 30, -10, -10, 3) + block(2, 2, 0, 0, -30))});
  const DisplayInfo info(0, u"P", 10);
  EXPECT_EQ(draw(u"ppqqp", 0, bitmap(5, 5), 0, 0, &info).status, kSuccess);
  for (const efi::BltPixel& pixel : pixels) EXPECT_EQ(pixel, kRed);
}

TEST_F(HiiFontTest, TextGoesToTheScreenAndNothingElseDoes) {
  add_system_font();
  Screen screen{};
  screen.blt = blt;
  screen.width = 20;
  screen.pixels.assign(20 * 30, kOld);
  image = {20, 30, {nullptr}};
  image.image.screen = &screen;
  EXPECT_EQ(draw(u"ab", efi::kHiiDirectToScreen, &image, 9, 2).status, kSuccess);
  EXPECT_EQ(screen.level, efi::kTplApplication);
  const auto shown = [&](size_t x, size_t y) { return screen.pixels[y * 20 + x]; };
  EXPECT_EQ(shown(8, 2), kOld);
  EXPECT_EQ(shown(9, 1), kOld);
  EXPECT_EQ(shown(9, 2), kOn);
  EXPECT_EQ(shown(16, 20), kOff);
  EXPECT_EQ(shown(19, 20), kOn);
  EXPECT_EQ(shown(19, 21), kOld);
  EXPECT_EQ(draw(u"aaa", efi::kHiiDirectToScreen, &image).status, kSuccess);
  for (size_t y = 0; y < 19; ++y) EXPECT_EQ(shown(0, y), kOn) << y;  // rows of pixels that are drawn from one edge to the other
  for (size_t y = 0; y < 19; ++y) EXPECT_EQ(shown(19, y), kOn) << y;
  screen.pixels.assign(20 * 30, kOld);
  EXPECT_EQ(draw(u"a", efi::kHiiDirectToScreen | efi::kHiiOutFlagTransparent, &image, 0, 20).status, kSuccess);
  EXPECT_EQ(shown(3, 29), kOn);
  EXPECT_EQ(shown(4, 29), kOld);
  screen.status = encode(Status::DeviceError);
  EXPECT_EQ(draw(u"a", efi::kHiiDirectToScreen, &image).status, encode(Status::DeviceError));
  EXPECT_EQ(draw(u"a", efi::kHiiDirectToScreen, &image, 0, 30).status, kSuccess);  // nothing is to be shown
}

TEST_F(HiiFontTest, LackOfMemoryLeavesNothingBehind) {
  add_system_font();
  Screen screen{};
  screen.blt = blt;
  screen.width = 20;
  screen.pixels.assign(20 * 30, kOld);
  efi::ImageOutput on_screen{20, 30, {nullptr}};
  on_screen.image.screen = &screen;
  for (efi::ImageOutput* onto : {static_cast<efi::ImageOutput*>(nullptr), &on_screen}) {
    const size_t before = heap.blocks();
    size_t failures = 0;
    for (size_t extra = 0;; ++extra) {
      heap.allowed = before + extra;
      const auto status = draw(u"ab", onto != nullptr ? efi::kHiiDirectToScreen : 0, onto).status;
      if (status == kSuccess) break;
      EXPECT_EQ(status, kNoMemory);
      EXPECT_EQ(heap.blocks(), before);
      ++failures;
    }
    EXPECT_GT(failures, 1u);
    heap.allowed = SIZE_MAX;
  }
}

}  // namespace
}  // namespace efilite::core::hii
