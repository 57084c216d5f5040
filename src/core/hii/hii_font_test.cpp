// SPDX-License-Identifier: BSD-2-Clause-Patent
// The HII font protocol through its C edge, and the fonts of strings.
#include <gtest/gtest.h>

#include <functional>

#include "core/hii/hii.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/hii.hpp"

namespace efilite::core::hii {
namespace {

using efi::encode;
using test::as_list;
using test::Bytes;
using test::font_package;
using test::narrow_glyph;
using test::package_list;
using test::simple_font_package;
using test::string_package;
using test::ucs2;
using test::wide_glyph;

constexpr auto kSuccess = encode(Status::Success);
constexpr auto kInvalid = encode(Status::InvalidParameter);
constexpr auto kNotFound = encode(Status::NotFound);
constexpr auto kNoMemory = encode(Status::OutOfResources);
constexpr efi::Uintn kNone = ~efi::Uintn{0};
constexpr efi::BltPixel kOn = {0x98, 0x98, 0x98, 0};
constexpr efi::BltPixel kOff = {0, 0, 0, 0};
constexpr efi::BltPixel kRed = {0, 0, 0xFF, 0};
constexpr efi::BltPixel kBlue = {0xFF, 0, 0, 0};
constexpr efi::BltPixel kOld = {1, 2, 3, 4};

struct DisplayInfo : efi::FontDisplayInfo {
  char16_t rest_of_name[16] = {};
  DisplayInfo(uint32_t mask, std::u16string_view name = u"", uint16_t size = 0, uint32_t style = 0) : efi::FontDisplayInfo{} {
    foreground_color = kRed;
    background_color = kBlue;
    font_info_mask = mask;
    font_info.font_style = style;
    font_info.font_size = size;
    memcpy(reinterpret_cast<std::byte*>(this) + 18, name.data(), name.size() * 2);
  }
};

// A glyph of width x height that is all on but for its last column.
Bytes block(int width, int height, int offset_x, int offset_y, int advance) {
  Bytes bytes = Bytes{0x10}.value(efi::HiiGlyphInfo{static_cast<uint16_t>(width), static_cast<uint16_t>(height),
                                                    static_cast<int16_t>(offset_x), static_cast<int16_t>(offset_y),
                                                    static_cast<int16_t>(advance)});
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; x += 8) bytes + Bytes{x + 8 >= width ? 0xFF << (8 - (width - 1 - x)) : 0xFF};
  return bytes;
}
Bytes to(char16_t c) { return Bytes{0x21, (c - 1) & 0xFF, (c - 1) >> 8}; }

class HiiFontTest : public testing::Test {
 protected:
  HiiFontTest() {
    current = this;
    events.restore_tpl(efi::kTplApplication);
    EXPECT_TRUE(hii.install().has_value());
  }
  ~HiiFontTest() override {
    for (void* block : gifts) heap.release(block);
    for (efi::HiiHandle list : lists) (void)db->remove_package_list(db, list);
    EXPECT_EQ(heap.blocks(), at_start);
    current = nullptr;
  }

  efi::HiiHandle add(const std::vector<Bytes>& packages) {
    efi::HiiHandle handle = nullptr;
    EXPECT_EQ(db->new_package_list(db, as_list(package_list(1, packages)), nullptr, &handle), kSuccess);
    lists.push_back(handle);
    return handle;
  }
  // 'a' and 'b' are on in their left half, 'c' in its last column; a replacement, a space, an accent, a wide glyph.
  void add_system_font() {
    add({simple_font_package({narrow_glyph(u' ', 0), narrow_glyph(u'a', 0xF0), narrow_glyph(u'b', 0xF0), narrow_glyph(u'c', 1),
                              narrow_glyph(u'\u0301', 0x0F, efi::kGlyphNonSpacing), narrow_glyph(u'\u2014', 0xFF),
                              narrow_glyph(u'\u2010', 0xFF), narrow_glyph(u'\uFFFD', 0xAA)},
                             {wide_glyph(u'\u4E00', 0xFF, 0)})});
  }
  struct Drawn {
    efi::EfiStatus status;
    std::vector<std::vector<size_t>> rows;  // start, end, width
    std::vector<efi::Uintn> columns;
  };
  efi::ImageOutput* bitmap(uint16_t width, uint16_t height) {
    pixels.assign(size_t{width} * height, kOld);
    image = {width, height, {pixels.data()}};
    return &image;
  }
  // Onto `onto`, or onto a new image that `fresh` becomes.
  Drawn draw(const char16_t* text, uint32_t flags = 0, efi::ImageOutput* onto = nullptr, size_t x = 0, size_t y = 0,
             const efi::FontDisplayInfo* info = nullptr) {
    Drawn drawn{.status = kSuccess, .rows = {}, .columns = std::vector<efi::Uintn>(std::u16string_view(text).size(), 0x5555)};
    efi::HiiRowInfo* rows = nullptr;
    efi::Uintn count = 77;
    efi::ImageOutput* out = onto;
    drawn.status = font->string_to_image(font, flags, text, info, &out, x, y, &rows, &count, drawn.columns.data());
    if (efi::is_error(drawn.status)) return drawn;
    if (onto == nullptr) take(fresh = out);
    EXPECT_EQ(rows == nullptr, count == 0);
    if (rows == nullptr) return drawn;
    gifts.push_back(rows);
    line_height = rows[0].line_height;
    baseline = rows[0].baseline_offset;
    for (size_t i = 0; i < count; ++i) drawn.rows.push_back({rows[i].start_index, rows[i].end_index, rows[i].line_width});
    return drawn;
  }
  void take(efi::ImageOutput* made) {
    gifts.push_back(made);
    gifts.push_back(made->image.bitmap);
  }
  static efi::BltPixel at(const efi::ImageOutput* of, size_t x, size_t y) { return of->image.bitmap[y * of->width + x]; }

  // The families of the fonts that match, in order.
  std::vector<std::u16string> fonts(const efi::FontDisplayInfo* wish, const char16_t* text = nullptr) {
    std::vector<std::u16string> found;
    efi::FontHandle handle = nullptr;
    efi::FontDisplayInfo* out = nullptr;
    while (font->get_font_info(font, &handle, wish, &out, text) == kSuccess) {
      EXPECT_NE(handle, nullptr);
      found.push_back(out->font_info.font_name);
      found.back() += u' ';
      found.back() += static_cast<char16_t>(u'0' + out->font_info.font_size % 10);
      found.back() += static_cast<char16_t>(u'0' + out->font_info.font_style);
      heap.release(out);
    }
    EXPECT_EQ(handle, nullptr);
    return found;
  }

  struct Screen : efi::GraphicsOutputProtocol {
    std::vector<efi::BltPixel> pixels;
    size_t width;
    efi::EfiStatus status = kSuccess;
    efi::Tpl level = 0;
  };
  static inline HiiFontTest* current;
  static efi::EfiStatus EFIAPI blt(efi::GraphicsOutputProtocol* self, efi::BltPixel* buffer, efi::BltOperation operation, efi::Uintn sx,
                                   efi::Uintn sy, efi::Uintn dx, efi::Uintn dy, efi::Uintn width, efi::Uintn height, efi::Uintn delta) {
    auto& screen = *static_cast<Screen*>(self);
    screen.level = current->events.tpl();
    EXPECT_EQ(operation, efi::BltOperation::BufferToVideo);
    for (size_t y = 0; y < height; ++y)
      for (size_t x = 0; x < width; ++x)
        screen.pixels.at((dy + y) * screen.width + dx + x) = buffer[(sy + y) * delta / sizeof(efi::BltPixel) + sx + x];
    return screen.status;
  }

  test::ListHeap heap;
  test::FakeClock clock;
  test::FakeInterrupts interrupts{clock};
  EventQueue events{heap, interrupts, clock};
  HandleDatabase handles{heap, events};
  static inline std::string language;
  Protocols hii{handles, events, [](std::span<char>) -> std::string_view { return language; }};
  const efi::HiiDatabaseProtocol* db = hii.database();
  const efi::HiiStringProtocol* strings = hii.strings();
  const efi::HiiFontProtocol* font = hii.fonts();
  size_t at_start = 0;
  std::vector<efi::HiiHandle> lists;
  std::vector<void*> gifts;
  std::vector<efi::BltPixel> pixels;
  efi::ImageOutput image{};
  efi::ImageOutput* fresh = nullptr;
  size_t line_height = 0, baseline = 0;

  void SetUp() override {
    at_start = heap.blocks();
    language.clear();
  }
};

TEST_F(HiiFontTest, IsInstalledAndWithoutFontsSaysNotFound) {
  EXPECT_EQ(*handles.locate_protocol(efi::HiiFontProtocol::kGuid), font);
  efi::ImageOutput* out = nullptr;
  EXPECT_EQ(font->get_glyph(font, u'a', nullptr, &out, nullptr), kNotFound);
  EXPECT_EQ(draw(u"a").status, kNotFound);
  EXPECT_TRUE(fonts(nullptr).empty());
  EXPECT_EQ(out, nullptr);
}

TEST_F(HiiFontTest, GetGlyphDrawsInTheSystemsColorsOrTheCallers) {
  add_system_font();
  efi::ImageOutput* out = nullptr;
  efi::Uintn below = 0;
  ASSERT_EQ(font->get_glyph(font, u'a', nullptr, &out, &below), kSuccess);
  take(out);
  EXPECT_EQ(out->width, 8);
  EXPECT_EQ(out->height, 19);
  EXPECT_EQ(below, 4u);
  EXPECT_EQ(at(out, 3, 18), kOn);
  EXPECT_EQ(at(out, 4, 18), kOff);
  const DisplayInfo colors(efi::kFontInfoSysFont | efi::kFontInfoSysSize | efi::kFontInfoSysStyle);
  out = nullptr;
  ASSERT_EQ(font->get_glyph(font, u'\u4E00', &colors, &out, nullptr), kSuccess);
  take(out);
  EXPECT_EQ(out->width, 16);
  EXPECT_EQ(at(out, 7, 0), kRed);
  EXPECT_EQ(at(out, 8, 0), kBlue);
  const DisplayInfo half(efi::kFontInfoAnyFont | efi::kFontInfoAnySize | efi::kFontInfoAnyStyle | efi::kFontInfoSysForeColor |
                         efi::kFontInfoSysBackColor);
  out = nullptr;
  ASSERT_EQ(font->get_glyph(font, u'a', &half, &out, nullptr), kSuccess);
  take(out);
  EXPECT_EQ(at(out, 0, 0), kOn);
  EXPECT_EQ(at(out, 7, 0), kOff);
}

TEST_F(HiiFontTest, AnUnknownGlyphIsReplacedWithAWarning) {
  add_system_font();
  efi::ImageOutput* out = nullptr;
  ASSERT_EQ(font->get_glyph(font, u'z', nullptr, &out, nullptr), encode(Status::WarnUnknownGlyph));
  EXPECT_FALSE(efi::is_error(encode(Status::WarnUnknownGlyph)));
  take(out);
  EXPECT_EQ(at(out, 0, 0), kOn);
  EXPECT_EQ(at(out, 1, 0), kOff);
  EXPECT_EQ(at(out, 2, 0), kOn);
}

TEST_F(HiiFontTest, GetGlyphChecksItsParameters) {
  add_system_font();
  EXPECT_EQ(font->get_glyph(font, u'a', nullptr, nullptr, nullptr), kInvalid);
  efi::ImageOutput* out = &image;
  EXPECT_EQ(font->get_glyph(font, u'a', nullptr, &out, nullptr), kInvalid);
  out = nullptr;
  const DisplayInfo wrong(efi::kFontInfoSysFont | efi::kFontInfoAnyFont);
  EXPECT_EQ(font->get_glyph(font, u'a', &wrong, &out, nullptr), kInvalid);
  for (size_t extra = 0; extra < 2; ++extra) {
    heap.allowed = heap.blocks() + extra;
    EXPECT_EQ(font->get_glyph(font, u'a', nullptr, &out, nullptr), kNoMemory);
  }
}

TEST_F(HiiFontTest, ProportionalGlyphsTellTheirBaseline) {
  add({font_package(u"P", {9, 10, 0, 0, 9}, 0, to(u'p') + block(3, 5, 1, -2, 6) + block(9, 1, 0, 4, 9))});
  efi::ImageOutput* out = nullptr;
  efi::Uintn below = 0;
  const DisplayInfo info(0, u"P", 10);
  ASSERT_EQ(font->get_glyph(font, u'p', &info, &out, &below), kSuccess);
  take(out);
  EXPECT_EQ(out->width, 3);
  EXPECT_EQ(out->height, 5);
  EXPECT_EQ(below, 2u);
  EXPECT_EQ(at(out, 1, 4), kRed);
  EXPECT_EQ(at(out, 2, 4), kBlue);
  out = nullptr;
  ASSERT_EQ(font->get_glyph(font, u'q', &info, &out, &below), kSuccess);
  take(out);
  EXPECT_EQ(static_cast<int64_t>(below), -4);
  EXPECT_EQ(at(out, 7, 0), kRed);
}

TEST_F(HiiFontTest, FontsAreFoundByNameSizeAndStyle) {
  add({font_package(u"A", {1, 11, 0, 0, 1}, 1, to(u'x') + block(1, 1, 0, 0, 1)), font_package(u"A", {1, 12, 0, 0, 1}, 0, {}),
       font_package(u"B", {1, 11, 0, 0, 1}, 0, to(u'x') + block(1, 1, 0, 0, 1) + block(1, 1, 0, 0, 1))});
  using Names = std::vector<std::u16string>;
  EXPECT_TRUE(fonts(nullptr).empty());
  const auto match = [&](uint32_t mask, std::u16string_view name, uint16_t size, uint32_t style, const char16_t* text = nullptr) {
    const DisplayInfo wish(mask, name, size, style);
    return fonts(&wish, text);
  };
  EXPECT_EQ(match(0, u"A", 11, 1), Names{u"A 11"});
  EXPECT_TRUE(match(0, u"A", 11, 0).empty());
  EXPECT_TRUE(match(0, u"A", 13, 1).empty());
  EXPECT_TRUE(match(0, u"C", 11, 1).empty());
  EXPECT_EQ(match(efi::kFontInfoAnySize | efi::kFontInfoAnyStyle, u"A", 0, 0), (Names{u"A 11", u"A 20"}));
  EXPECT_EQ(match(efi::kFontInfoAnyFont, u"", 11, 0), Names{u"B 10"});
  EXPECT_EQ(match(efi::kFontInfoAnyFont | efi::kFontInfoAnyStyle, u"", 11, 0), (Names{u"A 11", u"B 10"}));
  const uint32_t any = efi::kFontInfoAnyFont | efi::kFontInfoAnySize | efi::kFontInfoAnyStyle;
  EXPECT_EQ(match(any, u"", 0, 0), (Names{u"A 11", u"A 20", u"B 10"}));
  EXPECT_EQ(match(any, u"", 0, 0, u"x"), (Names{u"A 11", u"B 10"}));
  EXPECT_EQ(match(any, u"", 0, 0, u"yx"), Names{u"B 10"});
  EXPECT_TRUE(match(any, u"", 0, 0, u"xyz").empty());
  // What fits exactly comes first, whatever its age.
  EXPECT_EQ(match(efi::kFontInfoResize | efi::kFontInfoAnyStyle, u"A", 12, 0), (Names{u"A 20", u"A 11"}));
  EXPECT_EQ(match(efi::kFontInfoResize | efi::kFontInfoRestyle, u"A", 12, 1), (Names{u"A 11", u"A 20"}));
  EXPECT_EQ(match(efi::kFontInfoResize | efi::kFontInfoRestyle, u"A", 13, 3), (Names{u"A 11", u"A 20"}));
  EXPECT_EQ(match(efi::kFontInfoRestyle, u"A", 11, 3), Names{u"A 11"});  // without one of the styles
  EXPECT_TRUE(match(efi::kFontInfoRestyle, u"A", 11, 2).empty());        // it would have one too many
}

TEST_F(HiiFontTest, GetFontInfoTellsColorsAndChecksTheMask) {
  add_system_font();
  add({font_package(u"A", {1, 11, 0, 0, 1}, 1, {})});
  efi::FontHandle handle = nullptr;
  efi::FontDisplayInfo* out = nullptr;
  ASSERT_EQ(font->get_font_info(font, &handle, nullptr, &out, nullptr), kSuccess);
  EXPECT_EQ(std::u16string(out->font_info.font_name), u"sysdefault");
  EXPECT_EQ(out->font_info.font_size, 19);
  EXPECT_EQ(out->font_info.font_style, 0u);
  EXPECT_EQ(out->foreground_color, kOn);
  heap.release(out);
  EXPECT_EQ(font->get_font_info(font, &handle, nullptr, &out, nullptr), kNotFound);
  EXPECT_EQ(handle, nullptr);
  const DisplayInfo wish(efi::kFontInfoSysBackColor, u"A", 11, 1);
  ASSERT_EQ(font->get_font_info(font, &handle, &wish, &out, nullptr), kSuccess);
  EXPECT_EQ(out->foreground_color, kRed);
  EXPECT_EQ(out->background_color, kOff);
  // What comes out goes in again.
  efi::FontDisplayInfo* again = nullptr;
  EXPECT_EQ(font->get_font_info(font, nullptr, out, &again, nullptr), kSuccess);
  heap.release(again);
  heap.release(out);
  EXPECT_EQ(font->get_font_info(font, nullptr, &wish, nullptr, nullptr), kSuccess);
  for (uint32_t mask : {efi::kFontInfoSysFont | efi::kFontInfoAnyFont, efi::kFontInfoSysSize | efi::kFontInfoAnySize,
                        efi::kFontInfoSysStyle | efi::kFontInfoAnyStyle, efi::kFontInfoResize | efi::kFontInfoAnySize,
                        efi::kFontInfoRestyle | efi::kFontInfoAnyStyle}) {
    const DisplayInfo wrong(mask, u"A", 11, 1);
    EXPECT_EQ(font->get_font_info(font, &handle, &wrong, &out, nullptr), kInvalid);
    EXPECT_EQ(draw(u"a", 0, nullptr, 0, 0, &wrong).status, kInvalid);
  }
  handle = nullptr;
  heap.allowed = heap.blocks();
  EXPECT_EQ(font->get_font_info(font, &handle, &wish, &out, nullptr), kNoMemory);
}

TEST_F(HiiFontTest, AFontsHandleMayOutliveIt) {
  const efi::HiiHandle first = add({font_package(u"A", {1, 11, 0, 0, 1}, 0, {})});
  add({font_package(u"B", {1, 11, 0, 0, 1}, 0, {})});
  const DisplayInfo any(efi::kFontInfoAnyFont, u"", 11);
  efi::FontHandle handle = nullptr;
  EXPECT_EQ(font->get_font_info(font, &handle, &any, nullptr, nullptr), kSuccess);
  EXPECT_EQ(db->remove_package_list(db, first), kSuccess);
  efi::FontDisplayInfo* out = nullptr;
  ASSERT_EQ(font->get_font_info(font, &handle, &any, &out, nullptr), kSuccess);
  EXPECT_EQ(std::u16string(out->font_info.font_name), u"B");
  heap.release(out);
  handle = this;
  EXPECT_EQ(font->get_font_info(font, &handle, &any, nullptr, nullptr), kNotFound);
}

TEST_F(HiiFontTest, AGlyphThatIsThereIsNotReplacedByALaterOne) {
  add({simple_font_package({narrow_glyph(u'a', 0x80)})});
  add({simple_font_package({narrow_glyph(u'a', 0x40), narrow_glyph(u'b', 0x20)})});
  add({font_package(u"sysdefault", {1, 19, 0, 0, 1}, 0, to(u'a') + block(3, 1, 0, 0, 3) + Bytes{0x22, 1} + block(3, 1, 0, 0, 3))});
  efi::ImageOutput* out = nullptr;
  ASSERT_EQ(font->get_glyph(font, u'a', nullptr, &out, nullptr), kSuccess);
  take(out);
  EXPECT_EQ(at(out, 0, 0), kOn);
  EXPECT_EQ(at(out, 1, 0), kOff);
  out = nullptr;
  ASSERT_EQ(font->get_glyph(font, u'b', nullptr, &out, nullptr), kSuccess);
  take(out);
  EXPECT_EQ(at(out, 2, 0), kOn);
  out = nullptr;
  ASSERT_EQ(font->get_glyph(font, u'c', nullptr, &out, nullptr), kSuccess);
  take(out);
  EXPECT_EQ(out->width, 3);
  EXPECT_EQ(fonts(nullptr).size(), 1u);
}

TEST_F(HiiFontTest, AFontThatIsNotThereIsDrawnInTheSystemsFontAndTheCallersColors) {
  add_system_font();
  const DisplayInfo wish(0, u"Nobody's", 12);
  EXPECT_EQ(draw(u"a", 0, nullptr, 0, 0, &wish).status, kSuccess);
  EXPECT_EQ(fresh->height, 19);
  EXPECT_EQ(at(fresh, 0, 0), kRed);
  EXPECT_EQ(at(fresh, 7, 0), kBlue);
}

TEST_F(HiiFontTest, OfTheFontsThatMatchOneWithAllCharactersIsTaken) {
  add({font_package(u"A", {1, 11, 0, 0, 1}, 0, to(u'x') + block(1, 1, 0, 0, 1)),
       font_package(u"B", {1, 11, 0, 0, 1}, 0, to(u'x') + block(2, 1, 0, 0, 2) + block(2, 1, 0, 0, 2))});
  const DisplayInfo any(efi::kFontInfoAnyFont, u"", 11);
  EXPECT_EQ(draw(u"x\ny", 0, nullptr, 0, 0, &any).status, kSuccess);
  EXPECT_EQ(fresh->width, 2);
  EXPECT_EQ(draw(u"x", 0, nullptr, 0, 0, &any).status, kSuccess);
  EXPECT_EQ(fresh->width, 1);
}

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

TEST_F(HiiFontTest, StringsAreDrawnByTheirIdentifier) {
  add_system_font();
  const efi::HiiHandle list = add({string_package("en", ucs2(u"a") + ucs2(u"aa")), string_package("fr", ucs2(u"aaa"))});
  const auto width = [&](const char* of, efi::StringId id) -> int {
    efi::ImageOutput* out = nullptr;
    if (font->string_id_to_image(font, 0, list, id, of, nullptr, &out, 0, 0, nullptr, nullptr, nullptr) != kSuccess) return -1;
    take(out);
    return out->width / 8;
  };
  EXPECT_EQ(width("en", 1), 1);
  EXPECT_EQ(width("fr-FR-x-a", 1), 3);  // the closest match
  EXPECT_EQ(width("de", 1), -1);
  EXPECT_EQ(width("fr", 2), -1);
  EXPECT_EQ(width(nullptr, 2), 2);  // without a variable the language is English
  language = "fr-FR";
  EXPECT_EQ(width(nullptr, 1), 3);
  efi::ImageOutput* out = nullptr;
  const auto status = [&](efi::HiiHandle of, efi::StringId id, efi::ImageOutput** to, uint32_t flags = 0) {
    return font->string_id_to_image(font, flags, of, id, "en", nullptr, to, 0, 0, nullptr, nullptr, nullptr);
  };
  EXPECT_EQ(status(nullptr, 1, &out), kInvalid);
  EXPECT_EQ(status(list, 0, &out), kInvalid);
  EXPECT_EQ(status(list, 1, nullptr), kInvalid);
  EXPECT_EQ(status(list, 1, &out, efi::kHiiOutFlagTransparent), kInvalid);
  EXPECT_EQ(status(list, 9, &out), kNotFound);
  EXPECT_EQ(status(this, 1, &out), kNotFound);
  heap.allowed = heap.blocks();
  EXPECT_EQ(status(list, 1, &out), kNoMemory);
}

TEST_F(HiiFontTest, AStringsOwnFontIsUsedUnlessTheCallerNamesOne) {
  add_system_font();
  add({font_package(u"A", {1, 11, 0, 0, 1}, 1, to(u'a') + block(1, 1, 0, 0, 1))});
  const efi::HiiHandle list = add({});
  struct {
    uint32_t style = 1;
    uint16_t size = 11;
    char16_t name[2] = {u'A'};
  } own;
  efi::StringId id = 0;
  ASSERT_EQ(strings->new_string(strings, list, &id, "en", nullptr, u"a", reinterpret_cast<const efi::FontInfo*>(&own)), kSuccess);
  efi::ImageOutput* out = nullptr;
  ASSERT_EQ(font->string_id_to_image(font, 0, list, id, "en", nullptr, &out, 0, 0, nullptr, nullptr, nullptr), kSuccess);
  take(out);
  EXPECT_EQ(out->width, 1);
  const DisplayInfo system(efi::kFontInfoSysFont | efi::kFontInfoSysSize | efi::kFontInfoSysStyle);
  out = nullptr;
  ASSERT_EQ(font->string_id_to_image(font, 0, list, id, "en", &system, &out, 0, 0, nullptr, nullptr, nullptr), kSuccess);
  take(out);
  EXPECT_EQ(out->width, 8);
}

TEST_F(HiiFontTest, StringsKeepTheFontTheyWereGiven) {
  const efi::HiiHandle list = add({string_package("en", ucs2(u"plain"))});
  struct Font {
    uint32_t style;
    uint16_t size;
    char16_t name[5];
  };
  const Font bold{1, 12, u"Arno"}, large{0, 40, u"Arno"};
  const auto as_info = [](const Font& f) { return reinterpret_cast<const efi::FontInfo*>(&f); };
  // Size and style of the string's font, 0 for the default one.
  const auto font_of = [&](efi::StringId id) -> uint32_t {
    char16_t text[20];
    efi::Uintn size = sizeof(text);
    efi::FontInfo* info = nullptr;
    EXPECT_EQ(strings->get_string(strings, "en", list, id, text, &size, &info), kSuccess);
    if (info == nullptr) return 0;
    EXPECT_EQ(std::u16string(info->font_name), u"Arno");
    const uint32_t found = info->font_size * 10U + info->font_style;
    heap.release(info);
    return found;
  };
  efi::StringId a = 0, b = 0, c = 0, d = 0;
  EXPECT_EQ(strings->new_string(strings, list, &a, "en", nullptr, u"a", as_info(bold)), kSuccess);
  EXPECT_EQ(strings->new_string(strings, list, &b, "en", nullptr, u"b", as_info(large)), kSuccess);
  EXPECT_EQ(strings->new_string(strings, list, &c, "en", nullptr, u"c", as_info(bold)), kSuccess);
  EXPECT_EQ(strings->new_string(strings, list, &d, "en", nullptr, u"d", nullptr), kSuccess);
  EXPECT_EQ(font_of(1), 0u);
  EXPECT_EQ(font_of(a), 121u);
  EXPECT_EQ(font_of(b), 400u);
  EXPECT_EQ(font_of(c), 121u);
  EXPECT_EQ(font_of(d), 0u);
  EXPECT_EQ(strings->set_string(strings, list, a, "en", u"other", nullptr), kSuccess);
  EXPECT_EQ(font_of(a), 121u);
  EXPECT_EQ(strings->set_string(strings, list, a, "en", u"other", as_info(large)), kSuccess);
  EXPECT_EQ(font_of(a), 400u);
  EXPECT_EQ(strings->set_string(strings, list, 1, "en", u"other", as_info(bold)), kSuccess);
  EXPECT_EQ(font_of(1), 121u);
  efi::Uintn size = 0;
  (void)db->export_package_lists(db, list, &size, nullptr);
  Bytes all;
  all.resize(size);
  ASSERT_EQ(db->export_package_lists(db, list, &size, reinterpret_cast<efi::HiiPackageListHeader*>(all.data())), kSuccess);
  EXPECT_EQ(std::ranges::count(all, 0x40), 2);  // blocks of fonts: each font has one
}

TEST_F(HiiFontTest, AStringsFontThatCannotBeKeptIsOutOfResources) {
  Bytes blocks = Bytes{0x31, 0x40, 15, 0, 255, 12, 0, 1, 0, 0, 0, 'S', 0, 0, 0} + ucs2(u"a");
  const efi::HiiHandle list = add({string_package("en", blocks)});
  const efi::FontInfo other{0, 9, {}};
  EXPECT_EQ(strings->set_string(strings, list, 1, "en", u"x", &other), kNoMemory);  // no number is left
  struct {
    uint32_t style = 1;
    uint16_t size = 12;
    char16_t name[2] = {u'S'};
  } same;
  EXPECT_EQ(strings->set_string(strings, list, 1, "en", u"x", reinterpret_cast<const efi::FontInfo*>(&same)), kSuccess);
  const efi::HiiHandle empty = add({string_package("en", ucs2(u"a"))});
  std::vector<char16_t> long_info(40000, u'x');
  long_info.back() = 0;
  EXPECT_EQ(strings->set_string(strings, empty, 1, "en", u"x", reinterpret_cast<const efi::FontInfo*>(long_info.data())), kNoMemory);
}

TEST_F(HiiFontTest, FontZeroIsThatOfStringsWhichNameNone) {
  const efi::HiiHandle list = add({string_package("en", Bytes{0x31, 0x40, 15, 0, 0, 12, 0, 1, 0, 0, 0, 'S', 0, 0, 0} + ucs2(u"a"))});
  char16_t text[4];
  efi::Uintn size = sizeof(text);
  efi::FontInfo* info = nullptr;
  ASSERT_EQ(strings->get_string(strings, "en", list, 1, text, &size, &info), kSuccess);
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->font_size, 12);
  heap.release(info);
}

TEST_F(HiiFontTest, FontPackagesAreCheckedAndToldOf) {
  static std::vector<int> heard;
  heard.clear();
  const auto hear = [](uint8_t type, const efi::Guid*, const void*, efi::HiiHandle, efi::Uintn what) EFIAPI {
    heard.push_back(type * 10 + static_cast<int>(what));
    return kSuccess;
  };
  efi::Handle registrations[2];
  for (int i = 0; i < 2; ++i)
    ASSERT_EQ(db->register_package_notify(db, i == 0 ? 5 : 7, nullptr, hear, 3, &registrations[i]), kSuccess);
  const efi::HiiHandle list = add({simple_font_package({narrow_glyph(u'a', 1)}), font_package(u"A", {1, 1, 0, 0, 1}, 0, {})});
  EXPECT_EQ(db->remove_package_list(db, list), kSuccess);
  EXPECT_EQ(heard, (std::vector<int>{71, 51, 72, 52}));
  for (efi::Handle r : registrations) EXPECT_EQ(db->unregister_package_notify(db, r), kSuccess);
  efi::HiiHandle handle;
  Bytes bad = package_list(1, {simple_font_package({narrow_glyph(u'a', 1)})});
  bad[24] = 2;  // one glyph more than there is
  EXPECT_EQ(db->new_package_list(db, as_list(bad), nullptr, &handle), kInvalid);
  bad = package_list(1, {font_package(u"A", {1, 1, 0, 0, 1}, 0, {})});
  bad[28] = 0xFF;  // glyphs behind the end
  EXPECT_EQ(db->new_package_list(db, as_list(bad), nullptr, &handle), kInvalid);
}

}  // namespace
}  // namespace efilite::core::hii
