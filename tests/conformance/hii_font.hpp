// SPDX-License-Identifier: BSD-2-Clause-Patent
// The font protocol and what the checks of it share: fonts of this program's own, an image to draw on, a screen.
#pragma once

#include "hii.hpp"

namespace conformance::hii {

struct Pixel {
  UINT8 blue, green, red, reserved;
  bool operator==(const Pixel& o) const { return blue == o.blue && green == o.green && red == o.red; }
};
struct Screen;
struct Image {
  UINT16 width, height;
  union {
    Pixel* bitmap;
    Screen* screen;
  };
};
struct Info {
  Pixel foreground, background;
  UINT32 mask, style;
  UINT16 size;
  CHAR16 name[9];
};
static_assert(__builtin_offsetof(Info, name) == 18);
struct RowInfo {
  UINTN start, end, height, width, baseline;
};
enum : UINT32 { kClip = 1, kWrap = 2, kCleanY = 4, kCleanX = 8, kTransparent = 0x10, kIgnoreNoGlyph = 0x20, kIgnoreBreak = 0x40,
                kToScreen = 0x80 };
enum : UINT32 { kSysFont = 1, kSysSize = 2, kSysStyle = 4, kResize = 0x1000, kRestyle = 0x2000, kAnyFont = 0x10000, kAnySize = 0x20000,
                kAnyStyle = 0x40000 };
struct Font {
  EFI_STATUS(EFIAPI* StringToImage)(const Font*, UINT32 flags, const CHAR16* string, const Info* info, Image** image, UINTN x, UINTN y,
                                    RowInfo** rows, UINTN* count, UINTN* columns);
  EFI_STATUS(EFIAPI* StringIdToImage)(const Font*, UINT32 flags, List list, StringId id, const char* language, const Info* info,
                                      Image** image, UINTN x, UINTN y, RowInfo** rows, UINTN* count, UINTN* columns);
  EFI_STATUS(EFIAPI* GetGlyph)(const Font*, CHAR16 character, const Info* info, Image** image, UINTN* baseline);
  EFI_STATUS(EFIAPI* GetFontInfo)(const Font*, void** handle, const Info* in, Info** out, const CHAR16* string);
};
extern Font* font;  // found by the first test
inline EFI_GUID kFontGuid = {0xe9ca4775, 0x8657, 0x47fc, {0x97, 0xe7, 0x7e, 0xd6, 0x5a, 0x08, 0x43, 0x24}};

inline constexpr Pixel kRed = {0, 0, 0xFF, 0}, kBlue = {0xFF, 0, 0, 0}, kOld = {0x12, 0x34, 0x56, 0};
inline constexpr UINTN kNone = ~UINTN{0};

struct Screen {
  void *query_mode = nullptr, *set_mode = nullptr;
  EFI_STATUS(EFIAPI* blt)(Screen*, Pixel* buffer, UINT32 operation, UINTN sx, UINTN sy, UINTN dx, UINTN dy, UINTN width, UINTN height,
                          UINTN delta) = draw;
  void* mode = nullptr;
  UINTN outside = 0, others = 0;
  static EFI_STATUS EFIAPI draw(Screen* self, Pixel* buffer, UINT32 operation, UINTN sx, UINTN sy, UINTN dx, UINTN dy, UINTN width,
                                UINTN height, UINTN delta);
};

// 40x30 pixels that nobody has drawn on.
inline Pixel pixels[40 * 30];
inline Image canvas;
inline Image* clean() {
  for (Pixel& pixel : pixels) pixel = kOld;
  canvas = {40, 30, {pixels}};
  return &canvas;
}
inline Pixel at_xy(UINTN x, UINTN y) { return pixels[y * 40 + x]; }
inline EFI_STATUS EFIAPI Screen::draw(Screen* self, Pixel* buffer, UINT32 operation, UINTN sx, UINTN sy, UINTN dx, UINTN dy, UINTN width,
                               UINTN height, UINTN delta) {
  if (delta == 0) delta = width * sizeof(Pixel);
  if (operation == 1) {  // from the screen
    ++self->others;
  } else if (operation != 2) {
    return EFI_INVALID_PARAMETER;
  }
  if (dx + width > 40 || dy + height > 30) ++self->outside;
  for (UINTN y = 0; y < height; ++y) {
    for (UINTN x = 0; x < width; ++x) {
      Pixel* in_buffer = &buffer[(operation == 2 ? sy + y : dy + y) * (delta / sizeof(Pixel)) + (operation == 2 ? sx : dx) + x];
      Pixel* on_screen = &pixels[(operation == 2 ? dy + y : sy + y) * 40 + (operation == 2 ? dx : sx) + x];
      if (operation == 2) *on_screen = *in_buffer;
      else *in_buffer = *on_screen;
    }
  }
  return EFI_SUCCESS;
}

inline Packages& narrow_glyph(Packages& p, UINTN character, UINTN row, UINTN attributes = 0) {
  return p.put16(character).put8(attributes).repeat(row, 19);
}
// Of the Yi script, which no firmware's own font has: A001 is on on its left, A002 on its right, A003 is put on top of another and on in
// its middle, A010 is wide and on on its left. And a replacement character.
struct SystemFont {
  Packages packages;
  AList list;
  SystemFont() : list(make(packages)) {}
  static Packages& make(Packages& p) {
    p.begin(kSimpleFonts).put16(4).put16(1);
    narrow_glyph(p, 0xA001, 0xF0), narrow_glyph(p, 0xA002, 0x0F), narrow_glyph(p, 0xA003, 0x18, 1), narrow_glyph(p, 0xFFFD, 0xAA);
    return narrow_glyph(p, 0xA010, 0xFF, 2).repeat(0, 19).repeat(0, 3).end();
  }
};

inline Packages& cell(Packages& p, INT16 width, INT16 height, INT16 offset_x, INT16 offset_y, INT16 advance) {
  return p.put16(width).put16(height).put16(offset_x).put16(offset_y).put16(advance);
}
// Blocks follow, then an end block and end().
inline Packages& font_header(Packages& p, const wchar_t* name, UINT16 size, UINT32 style) {
  UINT32 length = 1;
  while (name[length - 1] != 0) ++length;
  p.begin(kFonts).put32(26 + 2 * length).put32(26 + 2 * length);
  return cell(p, 8, size, 0, -2, 8).put32(style).wide(name);
}
// Glyphs of 8x10 with the baseline two pixels from their bottom. A is on on its left, B on its right, a space, a hyphen, C that is three
// pixels wide and one from the left, D as A, E without a pixel that is on, and a replacement character.
struct OwnFont {
  Packages packages;
  AList list;
  OwnFont() : list(make(packages)) {}
  static Packages& make(Packages& p) {
    font_header(p, L"Conform", 10, 0).put8(0x22).put8(31).put8(0x12).repeat(0, 10);            // ' '
    p.put8(0x22).put8(32).put8(0x12).repeat(0xF0, 10).put8(0x13).put16(1).repeat(0x0F, 10);    // A, B
    p.put8(0x10), cell(p, 3, 4, 1, 0, 5).repeat(0xE0, 4).put8(0x20).put16('A');                // C, D
    p.put8(0x30).put8(0x77).put8(4).put8(1).put8(0x31).put8(0x77).put16(5).put8(1).put8(0x32).put8(0x77).put32(7).put8(1);
    p.put8(0x11), cell(p, 8, 10, 0, -2, 8).put16(1).repeat(0, 10);                             // E
    p.put8(0x21).put16(0x2010 - 'F').put8(0x12).repeat(0x3C, 10).put8(0x21).put16(0xFFFD - 0x2011);
    p.put8(0x23), cell(p, 6, 5, 0, -1, 7).put8(0x12).repeat(0xFC, 5);                          // the replacement: 6x5
    return p.put8(0).end();
  }
};
// RESIZE, since edk2 looks for no font at all without one of the flags that widen the search.
inline Info own(UINT32 mask = kResize) { return {kRed, kBlue, mask, 0, 10, {'C', 'o', 'n', 'f', 'o', 'r', 'm'}}; }

// A string drawn on the canvas in the own font.
struct Drawn {
  EFI_STATUS status;
  RowInfo* rows = nullptr;
  UINTN count = 0;
  UINTN columns[16];
  Drawn(const wchar_t* words, UINT32 flags, UINTN x = 0, UINTN y = 0, UINT16 width = 40, UINT16 height = 30) {
    for (UINTN& column : columns) column = 0x5555;
    Info info = own();
    Image* image = clean();
    canvas.width = width, canvas.height = height;
    // Whatever the width: pixels lie 40 apart in at_xy() only for a full canvas.
    status = font->StringToImage(font, flags, text(words), &info, &image, x, y, &rows, &count, columns);
  }
  Drawn(const Drawn&) = delete;
  ~Drawn() {
    if (!EFI_ERROR(status) && rows != nullptr) bs->FreePool(rows);
  }
  bool row(UINTN i, UINTN start, UINTN end, int line = __builtin_LINE()) const {
    return that(i < count, line) && equal(rows[i].start, start, line) && equal(rows[i].end, end, line);
  }
};

struct Glyph {
  EFI_STATUS status;
  Image* image = nullptr;
  UINTN baseline = 0x5555;
  Glyph(CHAR16 character, const Info* info) { status = font->GetGlyph(font, character, info, &image, &baseline); }
  Glyph(const Glyph&) = delete;
  ~Glyph() {
    if (image == nullptr) return;
    if (image->bitmap != nullptr) bs->FreePool(image->bitmap);
    bs->FreePool(image);
  }
  bool size(UINTN width, UINTN height, int line = __builtin_LINE()) const {
    return ok(status, line) && that(image != nullptr, line) && equal(image->width, width, line) && equal(image->height, height, line);
  }
  Pixel at(UINTN x, UINTN y) const { return image->bitmap[y * image->width + x]; }
};
inline bool is_own(CHAR16 character, UINTN width, UINTN height, UINTN first_on, UINTN first_off, int line = __builtin_LINE()) {
  Info info = own();
  Glyph glyph(character, &info);
  return glyph.size(width, height, line) && that(glyph.at(first_on, height - 1) == kRed, line) &&
         that(first_off >= width || glyph.at(first_off, 0) == kBlue, line);
}

// The first font that matches; nullptr when there is none.
struct Match {
  EFI_STATUS status;
  Info* info = nullptr;
  Match(const Info& wish, const wchar_t* words = nullptr) {
    void* handle = nullptr;
    status = font->GetFontInfo(font, &handle, &wish, &info, words != nullptr ? text(words) : nullptr);
    if (EFI_ERROR(status)) info = nullptr;
  }
  Match(const Match&) = delete;
  ~Match() {
    if (info != nullptr) bs->FreePool(info);
  }
};

}  // namespace conformance::hii
