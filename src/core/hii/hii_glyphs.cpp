// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/hii/hii_glyphs.hpp"

#include <algorithm>
#include <bit>

namespace efilite::core::hii {

namespace {

using Block = efi::HiiGlyphBlock;
using Type = efi::HiiPackageType;

constexpr int kLongestDuplicates = 16;  // glyphs that are the same as glyphs that are the same as glyphs...
constexpr uint32_t kCharacterEnd = 0x10000;

// [UEFI 2.10, 33.2.7.3] All characters of the system font stand on the baseline of its narrow glyphs, 15 pixels from the top: a row is
// as high as one of them, whatever it holds.
constexpr int16_t kSystemDescent = -4;

Type type_of(ByteSpan package) { return package.size() >= 4 ? static_cast<Type>(package[3]) : Type::All; }

// Characters that follow each other with glyphs of one size, or one that is the same as another.
struct Run {
  uint32_t first;
  uint32_t count;
  efi::HiiGlyphInfo cell;
  ByteSpan bitmaps;
  std::optional<char16_t> duplicate;  // of this character; without bitmaps then
};

size_t bitmap_size(const efi::HiiGlyphInfo& cell, unsigned bits_per_pixel = 1) {
  return (size_t{cell.width} * bits_per_pixel + 7) / 8 * cell.height;
}

class GlyphWalk {
 public:
  explicit GlyphWalk(ByteSpan package) : rest_(package) {
    const auto header = *read_at<efi::HiiFontPackageHeader>(package, 0);
    defaults_ = header.cell;
    take(header.glyph_block_offset);
  }

  // Blocks without a glyph that this font can draw are passed over. What neither is known nor tells its length ends the font.
  std::optional<Run> next() {
    while (const uint32_t type = number(1)) {
      switch (static_cast<Block>(type)) {
        case Block::Glyph:
        case Block::Glyphs:
        case Block::GlyphDefault:
        case Block::GlyphsDefault:
        case Block::GlyphVariability: {
          const Run run = glyphs(type);
          if (!good_) return std::nullopt;
          if (static_cast<Block>(type) != Block::GlyphVariability) return run;  // only the generator that made it knows how to draw it
          break;
        }
        case Block::Duplicate: {
          const Run run{current_, 1, {}, {}, static_cast<char16_t>(number(2))};
          pass(1);
          return good_ ? std::optional(run) : std::nullopt;
        }
        case Block::Skip1: pass(number(1)); break;
        case Block::Skip2: pass(number(2)); break;
        case Block::Defaults: defaults_ = cell(); break;
        case Block::Ext1:
        case Block::Ext2:
        case Block::Ext4: {
          const uint32_t width = 1U << (type - static_cast<uint32_t>(Block::Ext1));
          take(1);
          const uint32_t length = number(width);  // of the whole block
          take(length >= 2 + width ? length - (2 + width) : SIZE_MAX);
          break;
        }
        default: return std::nullopt;
      }
    }
    return std::nullopt;
  }

 private:
  // Bit 1 of the type: the default cell; bit 0: several.
  Run glyphs(uint32_t type) {
    Run run{current_, 1, defaults_, {}, std::nullopt};
    uint32_t bits = 1;
    if ((type & 2) == 0) run.cell = cell();
    if (static_cast<Block>(type) == Block::GlyphVariability) bits = number(1);
    else if (type & 1) run.count = number(2);
    good_ &= bits == 24 || (bits <= 32 && std::has_single_bit(bits));
    run.bitmaps = take(bitmap_size(run.cell, bits) * run.count);
    pass(run.count);
    return run;
  }

  // What is not there any more reads as zeros, and ends the walk.
  ByteSpan take(size_t size) {
    good_ &= size <= rest_.size();
    if (!good_) return rest_ = {};
    const ByteSpan taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  void copy(void* to, size_t size) {
    const ByteSpan from = take(size);
    if (!from.empty()) memcpy(to, from.data(), size);
  }
  uint32_t number(size_t width) {
    uint32_t value = 0;
    copy(&value, width);
    return value;
  }
  efi::HiiGlyphInfo cell() {
    efi::HiiGlyphInfo value{};
    copy(&value, sizeof(value));
    return value;
  }
  void pass(uint32_t count) {
    current_ += count;
    if (current_ > kCharacterEnd) take(SIZE_MAX);
  }

  ByteSpan rest_;
  bool good_ = true;
  uint32_t current_ = 1;
  efi::HiiGlyphInfo defaults_;
};

struct SimpleFont {
  ByteSpan narrow, wide;
};
std::optional<SimpleFont> simple_font(ByteSpan package) {
  const auto header = read_at<efi::HiiSimpleFontPackageHeader>(package, 0);
  if (!header) return std::nullopt;
  const size_t narrow_bytes = header->number_of_narrow_glyphs * sizeof(efi::NarrowGlyph);
  const auto narrow = slice(package, sizeof(*header), narrow_bytes);
  const auto wide = slice(package, sizeof(*header) + narrow_bytes, header->number_of_wide_glyphs * sizeof(efi::WideGlyph));
  if (!narrow || !wide) return std::nullopt;
  return SimpleFont{*narrow, *wide};
}

// Glyphs should be sorted; that they are is not taken for granted.
template <typename Entry>
std::optional<Glyph> find_simple(ByteSpan glyphs, char16_t character) {
  constexpr unsigned kColumns = sizeof(Entry) == sizeof(efi::WideGlyph) ? 2 : 1;
  for (size_t at = 0; at < glyphs.size(); at += sizeof(Entry)) {
    if (*read_at<char16_t>(glyphs, at) != character) continue;
    constexpr uint16_t kWidth = efi::kGlyphWidth * kColumns;
    return Glyph{.cell = {kWidth, efi::kGlyphHeight, 0, kSystemDescent, kWidth},
                 .bitmap = glyphs.subspan(at + 3, efi::kGlyphHeight * kColumns),
                 .stride = 1,
                 .column = efi::kGlyphHeight,
                 .non_spacing = (*read_at<uint8_t>(glyphs, at + 2) & efi::kGlyphNonSpacing) != 0};
  }
  return std::nullopt;
}

std::optional<Run> find_run(ByteSpan package, char16_t character) {
  GlyphWalk walk(package);
  auto run = walk.next();
  while (run && character >= run->first + run->count) run = walk.next();
  return run && character >= run->first ? run : std::nullopt;
}

}  // namespace

bool FontFace::operator==(const FontFace& other) const {
  return size == other.size && style == other.style && std::ranges::equal(name, other.name);
}

bool Glyph::pixel(unsigned x, unsigned y) const {
  return (static_cast<unsigned>(bitmap[y * stride + x / 8 * column]) << (x % 8) & 0x80) != 0;
}

int Glyph::rightmost() const {
  for (int x = cell.width - 1; x >= 0; --x)
    for (unsigned y = 0; y < cell.height; ++y)
      if (pixel(static_cast<unsigned>(x), y)) return x;
  return -1;
}

std::optional<FontFace> face_of(ByteSpan package) {
  if (type_of(package) == Type::SimpleFonts) return simple_font(package) ? std::optional(system_font()) : std::nullopt;
  const auto header = read_at<efi::HiiFontPackageHeader>(package, 0);
  if (type_of(package) != Type::Fonts || !header || header->glyph_block_offset > package.size() ||
      header->glyph_block_offset < header->header_size)
    return std::nullopt;
  for (size_t at = sizeof(*header); at + 2 <= header->header_size; at += 2)
    if (*read_at<uint16_t>(package, at) == 0)
      return FontFace{package.subspan(sizeof(*header), at - sizeof(*header)), header->cell.height, header->font_style};
  return std::nullopt;
}

std::optional<Glyph> find_glyph(ByteSpan package, char16_t character) {
  if (type_of(package) == Type::SimpleFonts) {
    const SimpleFont font = *simple_font(package);
    if (auto narrow = find_simple<efi::NarrowGlyph>(font.narrow, character)) return narrow;
    return find_simple<efi::WideGlyph>(font.wide, character);
  }
  for (int i = 0; i < kLongestDuplicates; ++i) {
    const auto run = find_run(package, character);
    if (!run) return std::nullopt;
    if (!run->duplicate) {
      const size_t size = bitmap_size(run->cell);
      const size_t stride = (size_t{run->cell.width} + 7) / 8;
      return Glyph{run->cell, run->bitmaps.subspan((character - run->first) * size, size), stride, 1, false};
    }
    if (*run->duplicate >= character) return std::nullopt;  // the other has to come first
    character = *run->duplicate;
  }
  return std::nullopt;
}

void measure(ByteSpan package, FontMetrics& metrics) {
  const auto add = [&metrics](int height, int offset_y) {
    metrics.above = std::max(metrics.above, height + offset_y);
    metrics.below = std::max(metrics.below, -offset_y);
  };
  if (type_of(package) == Type::SimpleFonts) return add(efi::kGlyphHeight, kSystemDescent);
  GlyphWalk walk(package);
  while (auto run = walk.next())
    if (!run->duplicate && run->count != 0) add(run->cell.height, run->cell.offset_y);
}

}  // namespace efilite::core::hii
