// SPDX-License-Identifier: BSD-2-Clause-Patent
// Glyphs of a string arranged in rows [UEFI 2.10, 33.2.6.2.5 and 34.1.2], and drawn.
#pragma once

#include <span>

#include "core/hii/hii_glyphs.hpp"

namespace efilite::core::hii {

// A character of the string. Not all are seen: some end a row, others have nothing to show.
struct Placed {
  enum class Kind : uint8_t { Glyph, Silent, LineBreak };
  Kind kind;
  char16_t character;
  int64_t x;  // of its origin, from the row's; once its row is laid out
  Glyph glyph;
};
bool is_line_break(char16_t c);
bool is_drawn(char16_t c);  // neither a line break nor a hint to change the font within a string

struct Row {
  size_t begin, end;  // the characters that are seen, at least in part
  size_t next;        // where the next row begins
  int64_t width;      // of what is seen
};

class Layout {
 public:
  // `room`: pixels in a row.
  Layout(std::span<Placed> text, int64_t room, bool wrap, bool clean) : text_(text), room_(room), wrap_(wrap), clean_(clean) {}
  Row row(size_t begin);  // before the end of the text

 private:
  bool overflows(const Placed& p) const;
  bool is_seen(const Placed& p, bool clean) const;

  std::span<Placed> text_;
  int64_t room_;
  bool wrap_;
  bool clean_;
};

// Pixels to draw on.
struct Canvas {
  efi::BltPixel* pixels;
  int64_t width, height;
};
// The glyph's upper left corner comes to (x, y), what lies outside is left out; without a background only pixels that are on are drawn.
void draw(const Canvas& canvas, const Glyph& glyph, int64_t x, int64_t y, efi::BltPixel foreground, const efi::BltPixel* background);

}  // namespace efilite::core::hii
