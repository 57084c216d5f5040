// SPDX-License-Identifier: BSD-2-Clause-Patent
// The fixture of the HII font protocol's tests: fonts, an image to draw on, a screen.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/hii/hii.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/hii.hpp"

namespace efilite::core::hii {

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

inline constexpr auto kSuccess = encode(Status::Success);
inline constexpr auto kInvalid = encode(Status::InvalidParameter);
inline constexpr auto kNotFound = encode(Status::NotFound);
inline constexpr auto kNoMemory = encode(Status::OutOfResources);
inline constexpr efi::Uintn kNone = ~efi::Uintn{0};
inline constexpr efi::BltPixel kOn = {0x98, 0x98, 0x98, 0};
inline constexpr efi::BltPixel kOff = {0, 0, 0, 0};
inline constexpr efi::BltPixel kRed = {0, 0, 0xFF, 0};
inline constexpr efi::BltPixel kBlue = {0xFF, 0, 0, 0};
inline constexpr efi::BltPixel kOld = {1, 2, 3, 4};

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
inline Bytes block(int width, int height, int offset_x, int offset_y, int advance) {
  Bytes bytes = Bytes{0x10}.value(efi::HiiGlyphInfo{static_cast<uint16_t>(width), static_cast<uint16_t>(height),
                                                    static_cast<int16_t>(offset_x), static_cast<int16_t>(offset_y),
                                                    static_cast<int16_t>(advance)});
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; x += 8) bytes + Bytes{x + 8 >= width ? 0xFF << (8 - (width - 1 - x)) : 0xFF};
  return bytes;
}
inline Bytes to(char16_t c) { return Bytes{0x21, (c - 1) & 0xFF, (c - 1) >> 8}; }

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

}  // namespace efilite::core::hii
