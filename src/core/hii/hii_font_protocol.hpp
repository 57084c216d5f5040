// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_HII_FONT_PROTOCOL [UEFI 2.10, 34.1]: draws strings and glyphs with the fonts of the HII database, onto bitmaps or onto a screen that
// the caller names. efilite has no font of its own: the system font is what programs bring in simplified font packages.
#pragma once

#include <span>
#include <string_view>

#include "core/hii/hii_fonts.hpp"
#include "core/hii/hii_layout.hpp"

namespace efilite::core::hii {

// The variable PlatformLang; empty when there is none that fits.
using PlatformLanguage = std::string_view (*)(std::span<char> out);

class FontProtocol {
 public:
  FontProtocol(HandleDatabase& handles, Database& database, PlatformLanguage language);
  FontProtocol(const FontProtocol&) = delete;
  FontProtocol& operator=(const FontProtocol&) = delete;

  efi::HiiFontProtocol* protocol() { return &edge_; }
  const efi::HiiFontProtocol* protocol() const { return &edge_; }

  // Where a string goes. *image may be nullptr: it becomes a new one, a block of the heap as its bitmap is.
  struct Target {
    efi::ImageOutput** image;
    efi::Uintn x, y;
    efi::HiiRowInfo** rows;  // nullptr: nobody wants to know, and so on
    efi::Uintn* row_count;
    efi::Uintn* columns;
  };
  Result<> draw_string(uint32_t flags, std::u16string_view text, const FontWish& wish, const Target& target);
  Result<> draw_string_id(uint32_t flags, efi::HiiHandle list, efi::StringId id, const efi::Char8* language,
                          const efi::FontDisplayInfo* info, const Target& target);
  struct GlyphImage {
    efi::ImageOutput* image;
    efi::Uintn baseline;
    bool replaced;
  };
  Result<GlyphImage> glyph_image(char16_t character, const FontWish& wish);
  Result<efi::FontDisplayInfo*> font_info(efi::FontHandle& handle, const FontWish& wish, std::u16string_view characters);

 private:
  struct Edge : efi::HiiFontProtocol {
    FontProtocol* owner;
  };
  friend struct FontThunks;
  class Block;
  struct Job;

  Result<> place(uint32_t flags, std::u16string_view text, const FontFace& face, Placed* out) const;
  Result<> show(Job& job);
  Result<efi::ImageOutput*> new_image(int64_t width, int64_t height, efi::BltPixel fill);

  HandleDatabase& handles_;
  Database& database_;
  Fonts fonts_;
  PlatformLanguage language_;
  Edge edge_;
};

}  // namespace efilite::core::hii
