// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/hii/hii_layout.hpp"

#include <algorithm>

namespace efilite::core::hii {

namespace {

constexpr char16_t kSpaces[] = {0x0020, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2008, 0x2009, 0x200A, 0x205F};
constexpr char16_t kBreakBehind[] = {0x200B, 0x058A, 0x2010, 0x2012, 0x2013, 0x0F0B, 0x1361, 0x17D5};
constexpr char16_t kLineBreaks[] = {0x000A, 0x000C, 0x000D, 0x2028, 0x2029};
constexpr char16_t kEmDash = 0x2014;

bool is_among(std::span<const char16_t> all, char16_t c) { return std::ranges::find(all, c) != all.end(); }
bool is_space(char16_t c) { return is_among(kSpaces, c); }

// A row may end between these two. An em dash lets it on both sides, but a pair of them is kept together.
bool may_break_between(char16_t before, char16_t after) {
  if (before == kEmDash || after == kEmDash) return before != after;
  return is_space(before) || is_among(kBreakBehind, before);
}

}  // namespace

bool is_line_break(char16_t c) { return is_among(kLineBreaks, c); }
bool is_drawn(char16_t c) { return !is_line_break(c) && (c < 0xF600 || c > 0xF8FF); }  // [UEFI 2.10, 33.2.6.2.4] hints may be ignored

// A space at the end of a row may stand out: the row is broken behind it.
bool Layout::overflows(const Placed& p) const {
  return p.kind == Placed::Kind::Glyph && !is_space(p.character) && p.x + p.glyph.cell.offset_x + p.glyph.cell.width > room_;
}

bool Layout::is_seen(const Placed& p, bool clean) const {
  if (clean && p.x + p.glyph.cell.offset_x + p.glyph.rightmost() >= room_) return false;
  return p.x + std::min<int16_t>(p.glyph.cell.offset_x, 0) < room_;
}

Row Layout::row(size_t begin) {
  size_t end = begin;
  size_t opportunity = begin;  // none yet
  bool clean = clean_;
  int64_t x = 0, before = 0;
  for (; end < text_.size() && text_[end].kind != Placed::Kind::LineBreak; ++end) {
    Placed& p = text_[end];
    p.x = p.glyph.non_spacing ? before : x;
    if (end > begin && may_break_between(text_[end - 1].character, p.character)) opportunity = end;
    if (wrap_ && !clean && overflows(p)) {
      if (opportunity > begin) break;
      clean = true;  // there is no place to break: the rest of the line goes on, unseen
    }
    if (p.kind != Placed::Kind::Glyph || p.glyph.non_spacing) continue;
    before = x;
    x += p.glyph.cell.advance_x;
  }
  Row row{begin, begin, end, 0};
  if (end < text_.size()) {
    const bool explicit_break = text_[end].kind == Placed::Kind::LineBreak;
    row.next = explicit_break ? end + 1 : opportunity;
    if (!explicit_break) end = opportunity;
  }
  for (size_t i = begin; i < end; ++i) {
    const Placed& p = text_[i];
    if (p.kind != Placed::Kind::Glyph) continue;
    if (!is_seen(p, clean)) break;
    row.end = i + 1;
    if (!p.glyph.non_spacing) row.width = std::max<int64_t>(p.x + p.glyph.cell.advance_x, 0);
  }
  return row;
}

void draw(const Canvas& canvas, const Glyph& glyph, int64_t x, int64_t y, efi::BltPixel foreground, const efi::BltPixel* background) {
  const int64_t right = std::min<int64_t>(glyph.cell.width, canvas.width - x);
  const int64_t bottom = std::min<int64_t>(glyph.cell.height, canvas.height - y);
  for (int64_t row = std::max<int64_t>(0, -y); row < bottom; ++row) {
    efi::BltPixel* line = canvas.pixels + (y + row) * canvas.width;
    for (int64_t column = std::max<int64_t>(0, -x); column < right; ++column) {
      const bool on = glyph.pixel(static_cast<unsigned>(column), static_cast<unsigned>(row));
      if (on) line[x + column] = foreground;
      else if (background != nullptr) line[x + column] = *background;
    }
  }
}

}  // namespace efilite::core::hii
