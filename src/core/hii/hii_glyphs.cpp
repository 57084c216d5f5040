// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/hii/hii_glyphs.hpp"

#include <algorithm>
#include <bit>

#include "core/hii/block_reader.hpp"

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
  explicit GlyphWalk(ByteSpan package) : reader_(package) {
    efi::HiiFontPackageHeader header;
    memcpy(&header, package.data(), sizeof(header));
    defaults_ = header.cell;
    reader_.take(header.glyph_block_offset);
  }

  // Blocks without a glyph that this font can draw are passed over. What neither is known nor tells its length ends the font.
  std::optional<Run> next() {
    while (const uint32_t type = reader_.number(1)) {
      switch (static_cast<Block>(type)) {
        case Block::Glyph:
        case Block::Glyphs:
        case Block::GlyphDefault:
        case Block::GlyphsDefault:
        case Block::GlyphVariability: {
          const Run run = glyphs(type);
          if (!reader_.good()) return std::nullopt;
          if (static_cast<Block>(type) != Block::GlyphVariability) return run;  // only the generator that made it knows how to draw it
          break;
        }
        case Block::Duplicate: {
          const Run run{current_, 1, {}, {}, static_cast<char16_t>(reader_.number(2))};
          pass(1);
          return reader_.good() ? std::optional(run) : std::nullopt;
        }
        case Block::Skip1: pass(reader_.number(1)); break;
        case Block::Skip2: pass(reader_.number(2)); break;
        case Block::Defaults: reader_.copy(&defaults_, sizeof(defaults_)); break;
        case Block::Ext1:
        case Block::Ext2:
        case Block::Ext4: reader_.pass_extension(type); break;
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
    if ((type & 2) == 0) reader_.copy(&run.cell, sizeof(run.cell));
    if (static_cast<Block>(type) == Block::GlyphVariability) bits = reader_.number(1);
    else if (type & 1) run.count = reader_.number(2);
    if (bits != 24 && (bits > 32 || !std::has_single_bit(bits))) reader_.fail();
    run.bitmaps = reader_.take(bitmap_size(run.cell, bits) * run.count);
    pass(run.count);
    return run;
  }
  void pass(uint32_t count) {
    current_ += count;
    if (current_ > kCharacterEnd) reader_.fail();
  }

  BlockReader reader_;
  uint32_t current_ = 1;
  efi::HiiGlyphInfo defaults_;
};

// The glyphs of a simplified font package, which has them all.
struct SimpleFont {
  explicit SimpleFont(ByteSpan package) {
    memcpy(&header, package.data(), sizeof(header));
    narrow_size = header.number_of_narrow_glyphs * sizeof(efi::NarrowGlyph);
    wide_size = header.number_of_wide_glyphs * sizeof(efi::WideGlyph);
  }
  size_t size() const { return sizeof(header) + narrow_size + wide_size; }
  efi::HiiSimpleFontPackageHeader header;
  size_t narrow_size, wide_size;
};

// Glyphs should be sorted; that they are is not taken for granted. A wide glyph takes the room of two narrow ones.
static_assert(sizeof(efi::WideGlyph) == 2 * sizeof(efi::NarrowGlyph));
std::optional<Glyph> find_simple(ByteSpan glyphs, int16_t columns, char16_t character) {
  const size_t each = sizeof(efi::NarrowGlyph) * columns;
  for (; !glyphs.empty(); glyphs = glyphs.subspan(each)) {
    efi::NarrowGlyph head;
    memcpy(&head, glyphs.data(), sizeof(head));
    if (head.unicode_weight != character) continue;
    const auto width = static_cast<int16_t>(efi::kGlyphWidth * columns);
    return Glyph{.cell = {static_cast<uint16_t>(width), efi::kGlyphHeight, 0, kSystemDescent, width},
                 .bitmap = glyphs.subspan(offsetof(efi::NarrowGlyph, rows), static_cast<size_t>(efi::kGlyphHeight * columns)),
                 .in_columns = true,
                 .non_spacing = (head.attributes & efi::kGlyphNonSpacing) != 0};
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
  // Wide glyphs of simplified fonts have their left half first.
  const size_t at = in_columns ? x / 8 * cell.height + y : y * ((cell.width + 7U) / 8) + x / 8;
  return (static_cast<unsigned>(bitmap[at]) << (x % 8) & 0x80) != 0;
}

int Glyph::rightmost() const {
  for (int x = cell.width - 1; x >= 0; --x)
    for (unsigned y = 0; y < cell.height; ++y)
      if (pixel(static_cast<unsigned>(x), y)) return x;
  return -1;
}

std::optional<FontFace> face_of(ByteSpan package) {
  if (type_of(package) == Type::SimpleFonts) {
    const bool sound = package.size() >= sizeof(efi::HiiSimpleFontPackageHeader) && SimpleFont(package).size() <= package.size();
    return sound ? std::optional(system_font()) : std::nullopt;
  }
  efi::HiiFontPackageHeader header;
  if (type_of(package) != Type::Fonts || package.size() < sizeof(header)) return std::nullopt;
  memcpy(&header, package.data(), sizeof(header));
  if (header.glyph_block_offset > package.size() || header.glyph_block_offset < header.header_size) return std::nullopt;
  for (size_t at = sizeof(header); at + 2 <= header.header_size; at += 2)
    if (package[at] == std::byte{0} && package[at + 1] == std::byte{0})
      return FontFace{package.subspan(sizeof(header), at - sizeof(header)), header.cell.height, header.font_style};
  return std::nullopt;
}

std::optional<Glyph> find_glyph(ByteSpan package, char16_t character) {
  if (type_of(package) == Type::SimpleFonts) {
    const SimpleFont font(package);
    const ByteSpan glyphs = package.subspan(sizeof(font.header));
    if (auto narrow = find_simple(glyphs.first(font.narrow_size), 1, character)) return narrow;
    return find_simple(glyphs.subspan(font.narrow_size, font.wide_size), 2, character);
  }
  for (int i = 0; i < kLongestDuplicates; ++i) {
    const auto run = find_run(package, character);
    if (!run) return std::nullopt;
    if (!run->duplicate) {
      const size_t size = bitmap_size(run->cell);
      return Glyph{run->cell, run->bitmaps.subspan((character - run->first) * size, size), false, false};
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
