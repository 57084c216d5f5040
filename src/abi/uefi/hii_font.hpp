// SPDX-License-Identifier: BSD-2-Clause-Patent
// HII fonts: package formats [UEFI 2.10, 33.3.2 and 33.3.3] and EFI_HII_FONT_PROTOCOL [UEFI 2.10, 34.1].
#pragma once

#include "abi/uefi/hii.hpp"

namespace efilite::efi {

// [UEFI 2.10, 33.3.2] simplified font packages: narrow glyphs of 8x19 pixels, then wide ones of 16x19
struct HiiSimpleFontPackageHeader {
  uint32_t length_and_type;
  uint16_t number_of_narrow_glyphs;
  uint16_t number_of_wide_glyphs;
};
static_assert(sizeof(HiiSimpleFontPackageHeader) == 8);

inline constexpr uint16_t kGlyphHeight = 19;
inline constexpr uint16_t kGlyphWidth = 8;
inline constexpr uint8_t kGlyphNonSpacing = 0x01;
inline constexpr uint8_t kGlyphWide = 0x02;
struct NarrowGlyph {
  Char16 unicode_weight;
  uint8_t attributes;
  uint8_t rows[kGlyphHeight];
};
static_assert(sizeof(NarrowGlyph) == 22);
struct WideGlyph {
  Char16 unicode_weight;
  uint8_t attributes;
  uint8_t left_rows[kGlyphHeight];
  uint8_t right_rows[kGlyphHeight];
  uint8_t pad[3];
};
static_assert(sizeof(WideGlyph) == 44);

// [UEFI 2.10, 33.3.3.2]
struct HiiGlyphInfo {
  uint16_t width;
  uint16_t height;
  int16_t offset_x;
  int16_t offset_y;
  int16_t advance_x;
};
static_assert(sizeof(HiiGlyphInfo) == 10);

// [UEFI 2.10, 33.3.3.1] font packages
struct [[gnu::packed]] HiiFontPackageHeader {
  uint32_t length_and_type;
  uint32_t header_size;
  uint32_t glyph_block_offset;
  HiiGlyphInfo cell;
  uint32_t font_style;
  // then the name of the family, a NUL-terminated string
};
static_assert(sizeof(HiiFontPackageHeader) == 26);

enum class HiiGlyphBlock : uint8_t {
  End = 0x00,
  Glyph = 0x10,
  Glyphs = 0x11,
  GlyphDefault = 0x12,
  GlyphsDefault = 0x13,
  GlyphVariability = 0x14,
  Duplicate = 0x20,
  Skip2 = 0x21,
  Skip1 = 0x22,
  Defaults = 0x23,
  Ext1 = 0x30,
  Ext2 = 0x31,
  Ext4 = 0x32,
};

// [UEFI 2.10, 12.9.2] EFI_GRAPHICS_OUTPUT_PROTOCOL, as far as text is drawn by it
struct BltPixel {
  uint8_t blue;
  uint8_t green;
  uint8_t red;
  uint8_t reserved;
  bool operator==(const BltPixel&) const = default;
};
static_assert(sizeof(BltPixel) == 4);
enum class BltOperation : uint32_t { VideoFill, VideoToBltBuffer, BufferToVideo, VideoToVideo };
struct GraphicsOutputProtocol {
  void* query_mode;
  void* set_mode;
  EfiStatus(EFIAPI* blt)(GraphicsOutputProtocol* self, BltPixel* buffer, BltOperation operation, Uintn source_x, Uintn source_y,
                         Uintn destination_x, Uintn destination_y, Uintn width, Uintn height, Uintn delta);
  void* mode;
};
static_assert(sizeof(GraphicsOutputProtocol) == 32);

// [UEFI 2.10, 34.2.7] where text is drawn, and how
struct ImageOutput {
  uint16_t width;
  uint16_t height;
  union {
    BltPixel* bitmap;
    GraphicsOutputProtocol* screen;
  } image;
};
static_assert(sizeof(ImageOutput) == 16);

inline constexpr uint32_t kFontInfoSysFont = 0x0000'0001;
inline constexpr uint32_t kFontInfoSysSize = 0x0000'0002;
inline constexpr uint32_t kFontInfoSysStyle = 0x0000'0004;
inline constexpr uint32_t kFontInfoSysForeColor = 0x0000'0010;
inline constexpr uint32_t kFontInfoSysBackColor = 0x0000'0020;
inline constexpr uint32_t kFontInfoResize = 0x0000'1000;
inline constexpr uint32_t kFontInfoRestyle = 0x0000'2000;
inline constexpr uint32_t kFontInfoAnyFont = 0x0001'0000;
inline constexpr uint32_t kFontInfoAnySize = 0x0002'0000;
inline constexpr uint32_t kFontInfoAnyStyle = 0x0004'0000;
struct FontDisplayInfo {
  BltPixel foreground_color;
  BltPixel background_color;
  uint32_t font_info_mask;
  FontInfo font_info;
};
static_assert(offsetof(FontDisplayInfo, font_info) == 12);

// [UEFI 2.10, 34.1.2]
inline constexpr uint32_t kHiiOutFlagClip = 0x01;
inline constexpr uint32_t kHiiOutFlagWrap = 0x02;
inline constexpr uint32_t kHiiOutFlagClipCleanY = 0x04;
inline constexpr uint32_t kHiiOutFlagClipCleanX = 0x08;
inline constexpr uint32_t kHiiOutFlagTransparent = 0x10;
inline constexpr uint32_t kHiiIgnoreIfNoGlyph = 0x20;
inline constexpr uint32_t kHiiIgnoreLineBreak = 0x40;
inline constexpr uint32_t kHiiDirectToScreen = 0x80;
struct HiiRowInfo {
  Uintn start_index;
  Uintn end_index;
  Uintn line_height;
  Uintn line_width;
  Uintn baseline_offset;
};
static_assert(sizeof(HiiRowInfo) == 40);

using FontHandle = void*;
struct HiiFontProtocol {
  static constexpr Guid kGuid = {0xe9ca4775, 0x8657, 0x47fc, {0x97, 0xe7, 0x7e, 0xd6, 0x5a, 0x08, 0x43, 0x24}};
  using Self = const HiiFontProtocol;
  EfiStatus(EFIAPI* string_to_image)(Self* self, uint32_t flags, const Char16* string, const FontDisplayInfo* info, ImageOutput** blt,
                                     Uintn blt_x, Uintn blt_y, HiiRowInfo** rows, Uintn* row_count, Uintn* columns);
  EfiStatus(EFIAPI* string_id_to_image)(Self* self, uint32_t flags, HiiHandle list, StringId id, const Char8* language,
                                        const FontDisplayInfo* info, ImageOutput** blt, Uintn blt_x, Uintn blt_y, HiiRowInfo** rows,
                                        Uintn* row_count, Uintn* columns);
  EfiStatus(EFIAPI* get_glyph)(Self* self, Char16 character, const FontDisplayInfo* info, ImageOutput** blt, Uintn* baseline);
  EfiStatus(EFIAPI* get_font_info)(Self* self, FontHandle* handle, const FontDisplayInfo* in, FontDisplayInfo** out, const Char16* string);
};
static_assert(sizeof(HiiFontProtocol) == 32);

}  // namespace efilite::efi
