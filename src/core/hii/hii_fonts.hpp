// SPDX-License-Identifier: BSD-2-Clause-Patent
// The fonts in the HII database. A font is all packages of one face together; where several have a glyph for a character, the oldest counts
// [UEFI 2.10, 33.2.7.2]. Nothing is kept: everything is read from the packages when it is asked for.
#pragma once

#include "core/hii/hii_database.hpp"

namespace efilite::core::hii {

// A font as a caller asks for it, and the colors to draw it in [UEFI 2.10, 34.2.7].
struct FontWish {
  FontFace face;
  uint32_t mask;  // kFontInfo...
  efi::BltPixel foreground, background;
};
FontWish system_wish();
Result<FontWish> wish_of(const efi::FontDisplayInfo* info);  // nullptr: the system's font and colors
FontFace face_of(const efi::FontInfo& info);

class Fonts {
 public:
  constexpr explicit Fonts(const Database& database) : database_(database) {}

  struct Found {
    FontFace face;
    efi::FontHandle handle;
  };
  // The fonts that match, the better first; those that lack one of the characters do not. A handle that is stale is no reason to fail.
  std::optional<Found> next(const FontWish& wish, std::u16string_view characters, efi::FontHandle after) const;
  // The best match, if possible with all of the characters; else the system font, if there is one.
  Result<FontFace> choose(const FontWish& wish, std::u16string_view characters) const;

  std::optional<Glyph> glyph(const FontFace& face, char16_t character) const;
  FontMetrics metrics(const FontFace& face) const;

 private:
  std::optional<Database::FontPackage> next_of(const FontFace& face, uint64_t number) const;
  bool has_all(const FontFace& face, std::u16string_view characters) const;

  const Database& database_;
};

}  // namespace efilite::core::hii
