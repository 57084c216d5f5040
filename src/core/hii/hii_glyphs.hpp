// SPDX-License-Identifier: BSD-2-Clause-Patent
// Font packages, simplified or not [UEFI 2.10, 33.3.2 and 33.3.3], as bytes: what font they are of, and a character's glyph. The bytes come
// from programs: whatever is wrong among the glyphs ends them, and no more.
#pragma once

#include <optional>
#include <string_view>

#include "abi/uefi/hii_font.hpp"
#include "base/bytes.hpp"

namespace efilite::core::hii {

inline constexpr std::u16string_view kSystemFontName = u"sysdefault";  // [UEFI 2.10, 33.2.7.1]
inline constexpr char16_t kReplacementCharacter = 0xFFFD;

// What tells fonts apart. Several packages may be of one font.
struct FontFace {
  ByteSpan name;  // UTF-16 without NUL
  uint16_t size;
  uint32_t style;
  bool operator==(const FontFace& other) const;
};
inline FontFace system_font() { return {std::as_bytes(std::span(kSystemFontName)), efi::kGlyphHeight, 0}; }

struct Glyph {
  efi::HiiGlyphInfo cell;
  ByteSpan bitmap;
  bool in_columns;      // of eight pixels each, not in rows
  bool non_spacing;     // drawn on top of the glyph before it
  bool pixel(unsigned x, unsigned y) const;
  int rightmost() const;  // column of the last pixel that is on, -1 when none is
};

// Rows of text take what the tallest glyph needs above the baseline and the deepest below it [UEFI 2.10, 33.2.7.4].
struct FontMetrics {
  int32_t above = 0;
  int32_t below = 0;
};

// A whole package, header included. Empty for what is no font package, or not a sound one.
std::optional<FontFace> face_of(ByteSpan package);
// Of a package that has a face.
std::optional<Glyph> find_glyph(ByteSpan package, char16_t character);
void measure(ByteSpan package, FontMetrics& metrics);

}  // namespace efilite::core::hii
