// SPDX-License-Identifier: BSD-2-Clause-Patent
// Any bytes as font packages, and any text drawn with them. Glyphs, metrics and new images must be those of a naive reading: a table of all
// characters, filled block by block, and pixels put down one at a time.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/hii/hii.hpp"
#include "tests/support/fuzz.hpp"

namespace efilite::core::hii {
namespace {

using test::FuzzHeap;
using test::NoClock;
using test::NoInterrupts;
using Bits = std::vector<std::vector<bool>>;  // row by row

struct ModelGlyph {
  int width, height, offset_x, offset_y, advance;
  bool non_spacing;
  Bits bits;
  int depth;  // how many duplicates lead to it
};
struct Model {
  std::map<unsigned, ModelGlyph> glyphs;
  int above = 0, below = 0;

  void grow(const ModelGlyph& g) {
    above = std::max(above, g.height + g.offset_y);
    below = std::max(below, -g.offset_y);
  }
};

unsigned byte(const std::vector<uint8_t>& b, size_t at) { return b.at(at); }
unsigned word(const std::vector<uint8_t>& b, size_t at) { return byte(b, at) | byte(b, at + 1) << 8; }
int signed_word(const std::vector<uint8_t>& b, size_t at) { return static_cast<int16_t>(word(b, at)); }

ModelGlyph cell_at(const std::vector<uint8_t>& b, size_t at) {
  return {static_cast<int>(word(b, at)), static_cast<int>(word(b, at + 2)), signed_word(b, at + 4), signed_word(b, at + 6),
          signed_word(b, at + 8), false, {}, 0};
}

void read_simple(const std::vector<uint8_t>& b, Model& model) {
  const size_t narrow = word(b, 4), wide = word(b, 6);
  model.above = 15;
  model.below = 4;
  size_t at = 8;
  for (size_t i = 0; i < narrow + wide; ++i) {
    const bool is_wide = i >= narrow;
    ModelGlyph g{is_wide ? 16 : 8, 19, 0, -4, is_wide ? 16 : 8, (byte(b, at + 2) & 1) != 0, Bits(19), 0};
    for (size_t y = 0; y < 19; ++y)
      for (size_t x = 0; x < (is_wide ? 16u : 8u); ++x) g.bits[y].push_back(byte(b, at + 3 + y + (x >= 8 ? 19 : 0)) >> (7 - x % 8) & 1);
    model.glyphs.emplace(word(b, at), g);
    at += is_wide ? 44 : 22;
  }
}

// false: the block is not all there
bool read_bitmap(const std::vector<uint8_t>& b, size_t& at, ModelGlyph& g) {
  const size_t stride = (static_cast<size_t>(g.width) + 7) / 8;
  if (stride * static_cast<size_t>(g.height) > b.size() - at) return false;
  // Glyphs without a column need no bytes: a few of the input may tell of tens of thousands, however high.
  g.bits.assign(g.width != 0 ? static_cast<size_t>(g.height) : 0, {});
  for (auto& row : g.bits) {
    for (size_t x = 0; x < static_cast<size_t>(g.width); ++x) row.push_back(byte(b, at + x / 8) >> (7 - x % 8) & 1);
    at += stride;
  }
  return true;
}

void read_blocks(const std::vector<uint8_t>& b, Model& model) try {
  ModelGlyph defaults = cell_at(b, 12);
  size_t at = word(b, 8) | word(b, 10) << 16;
  unsigned c = 1;
  for (;;) {
    const unsigned type = byte(b, at);
    if (type >= 0x10 && type <= 0x13) {
      ModelGlyph cell = type & 2 ? defaults : cell_at(b, at + 1);
      size_t next = at + (type & 2 ? 1 : 11);
      const unsigned count = type & 1 ? word(b, next) : 1;
      next += type & 1 ? 2 : 0;
      const size_t each = (static_cast<size_t>(cell.width) + 7) / 8 * static_cast<size_t>(cell.height);
      if (next > b.size() || each * count > b.size() - next || c + count > 0x10000) return;
      for (unsigned i = 0; i < count; ++i) {
        if (!read_bitmap(b, next, cell)) return;
        model.glyphs[c++] = cell;
      }
      if (count != 0) model.grow(cell);
      at = next;
    } else if (type == 0x14) {
      const ModelGlyph cell = cell_at(b, at + 1);
      const unsigned bits = byte(b, at + 11);
      if (bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32) return;
      const size_t size = (static_cast<size_t>(cell.width) * bits + 7) / 8 * static_cast<size_t>(cell.height);
      if (size > b.size() - at - 12 || ++c > 0x10000) return;
      at += 12 + size;
    } else if (type == 0x20) {
      const unsigned same = word(b, at + 1);
      if (c + 1 > 0x10000) return;
      if (auto it = model.glyphs.find(same); it != model.glyphs.end() && same < c && it->second.depth < 15) {
        model.glyphs[c] = it->second;
        ++model.glyphs[c].depth;
      }
      ++c;
      at += 3;
    } else if (type == 0x21 || type == 0x22) {
      c += type == 0x21 ? word(b, at + 1) : byte(b, at + 1);
      if (c > 0x10000) return;
      at += type == 0x21 ? 3 : 2;
    } else if (type == 0x23) {
      defaults = cell_at(b, at + 1);
      at += 11;
    } else if (type >= 0x30 && type <= 0x32) {
      size_t length = type == 0x30 ? byte(b, at + 2) : word(b, at + 2);
      if (type == 0x32) length |= static_cast<size_t>(word(b, at + 4)) << 16;
      if (length < (type == 0x30 ? 3u : type == 0x31 ? 4u : 6u) || length > b.size() - at) return;
      at += length;
    } else {
      return;
    }
  }
} catch (const std::out_of_range&) {
}

struct Machine {
  FuzzHeap heap;
  NoInterrupts interrupts;
  NoClock clock;
  EventQueue events{heap, interrupts, clock};
  HandleDatabase handles{heap, events};
  Protocols hii{handles, events};
};
void release(test::FuzzHeap& heap, efi::ImageOutput* image) {
  heap.release(image->image.bitmap);
  heap.release(image);
}

bool on(const efi::ImageOutput& image, size_t x, size_t y) { return image.image.bitmap[y * image.width + x].red != 0; }

void check_glyph(Machine& m, char16_t c, const Model& model, const efi::FontDisplayInfo& info) {
  efi::ImageOutput* image = nullptr;
  efi::Uintn baseline = 0;
  const auto* font = m.hii.fonts();
  const auto status = font->get_glyph(font, c, &info, &image, &baseline);
  const auto own = model.glyphs.find(c);
  const auto replacement = model.glyphs.find(0xFFFD);
  const auto* g = own != model.glyphs.end() ? &own->second : replacement != model.glyphs.end() ? &replacement->second : nullptr;
  if (g == nullptr) {
    EXPECT(status == efi::encode(Status::NotFound));
    return;
  }
  EXPECT(status == efi::encode(own != model.glyphs.end() ? Status::Success : Status::WarnUnknownGlyph));
  EXPECT(image->width == g->width && image->height == g->height && static_cast<int64_t>(baseline) == -g->offset_y);
  for (size_t y = 0; y < image->height; ++y)
    for (size_t x = 0; x < image->width; ++x) EXPECT(on(*image, x, y) == g->bits[y][x]);
  release(m.heap, image);
}

// Text without wrapping or clipping: every pixel of the image follows from the glyphs.
void check_text(Machine& m, const std::u16string& text, const Model& model, const efi::FontDisplayInfo& info) {
  efi::ImageOutput* image = nullptr;
  efi::HiiRowInfo* rows = nullptr;
  efi::Uintn count = 0;
  std::vector<efi::Uintn> columns(text.size());
  const auto* font = m.hii.fonts();
  const auto status =
      font->string_to_image(font, efi::kHiiIgnoreIfNoGlyph, text.c_str(), &info, &image, 0, 0, &rows, &count, columns.data());
  std::map<std::pair<int64_t, int64_t>, bool> pixels;
  int64_t x = 0, y = 0, before = 0, width = 0;
  size_t lines = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 0) lines = 1;
    if (text[i] == u'\n') {
      width = std::max(width, x);
      if (i + 1 < text.size()) ++lines;
      y += model.above + model.below;
      x = before = 0;
      continue;
    }
    const auto g = model.glyphs.find(text[i]);
    if (g == model.glyphs.end()) continue;
    const int64_t origin = g->second.non_spacing ? before : x;
    const int64_t left = origin + g->second.offset_x, top = y + model.above - g->second.offset_y - g->second.height;
    for (int64_t row = 0; row < g->second.height; ++row)
      for (int64_t column = 0; column < g->second.width; ++column) {
        const bool bit = g->second.bits[static_cast<size_t>(row)][static_cast<size_t>(column)];
        if (bit || !g->second.non_spacing) pixels[{top + row, left + column}] = bit;
      }
    width = std::max(width, left + g->second.width);
    if (g->second.non_spacing) continue;
    before = x;
    x += g->second.advance;
  }
  width = std::max(width, x);
  const int64_t height = static_cast<int64_t>(lines) * (model.above + model.below);
  if (efi::is_error(status)) {
    EXPECT(status == efi::encode(Status::OutOfResources) && (width > 0xFFFF || height > 0xFFFF));
    return;
  }
  EXPECT(count == lines && image->width == width && image->height == height);
  for (size_t row = 0; row < image->height; ++row)
    for (size_t column = 0; column < image->width; ++column) {
      const auto it = pixels.find({static_cast<int64_t>(row), static_cast<int64_t>(column)});
      EXPECT(on(*image, column, row) == (it != pixels.end() && it->second));
    }
  release(m.heap, image);
  if (rows != nullptr) m.heap.release(rows);
}

// Whatever the flags: it ends, stays inside the image, and tells what it drew.
void check_flags(Machine& m, const std::u16string& text, uint32_t flags, uint16_t width, uint16_t height,
                 const efi::FontDisplayInfo& info) {
  std::vector<efi::BltPixel> pixels(size_t{width} * height + 1);
  efi::ImageOutput image{width, height, {pixels.data()}};
  efi::ImageOutput* out = &image;
  efi::HiiRowInfo* rows = nullptr;
  efi::Uintn count = 0;
  std::vector<efi::Uintn> columns(text.size());
  const auto* font = m.hii.fonts();
  const auto status = font->string_to_image(font, flags & ~efi::kHiiDirectToScreen, text.c_str(), &info, &out, flags >> 8 & 15,
                                            flags >> 12 & 15, &rows, &count, columns.data());
  if (efi::is_error(status)) return;
  for (size_t i = 0; i < count; ++i) {
    EXPECT(rows[i].start_index <= rows[i].end_index && rows[i].end_index < text.size());
    EXPECT(i == 0 || rows[i].start_index > rows[i - 1].end_index);
  }
  if (rows != nullptr) m.heap.release(rows);
}

bool too_large(const Model& model) {
  size_t pixels = 0;
  for (const auto& [c, g] : model.glyphs) pixels = std::max(pixels, static_cast<size_t>(g.width) * static_cast<size_t>(g.height));
  return pixels > 1 << 12 || model.above + model.below > 200;
}

}  // namespace
}  // namespace efilite::core::hii

// A byte of options, text up to a NUL, and the package's bytes; its type and length are put right, or little else would be tried.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite;
  using namespace efilite::core;
  using namespace efilite::core::hii;
  if (size < 8) return 0;
  const uint32_t flags = data[1] | data[2] << 8;
  const bool simple = data[0] & 1;
  size_t at = 3;
  std::u16string text;
  for (; at < size && data[at] != 0 && text.size() < 40; ++at)
    text += data[at] == 0xFE ? u'\uFFFD' : data[at] == 0xFF ? u'\u2014' : data[at];
  std::vector<uint8_t> package(data + std::min(at + 1, size), data + size);
  if (package.size() < 8) return 0;
  const uint32_t head = static_cast<uint32_t>(package.size()) | (simple ? 7u : 5u) << 24;
  memcpy(package.data(), &head, 4);
  std::vector<uint8_t> list(20);
  list.insert(list.end(), package.begin(), package.end());
  list.insert(list.end(), {4, 0, 0, 0xDF});
  const auto total = static_cast<uint32_t>(list.size());
  memcpy(list.data() + 16, &total, 4);

  Machine m;
  const auto* db = m.hii.database();
  efi::HiiHandle handle = nullptr;
  const auto* as_list = reinterpret_cast<const efi::HiiPackageListHeader*>(list.data());
  const bool added = !efi::is_error(db->new_package_list(db, as_list, nullptr, &handle));
  const auto* font = m.hii.fonts();
  efi::FontDisplayInfo* info = nullptr;
  efi::FontHandle found = nullptr;
  efi::FontDisplayInfo any{};
  any.font_info_mask = efi::kFontInfoAnyFont | efi::kFontInfoAnySize | efi::kFontInfoAnyStyle;
  any.foreground_color.red = 1;
  const bool has_font = !efi::is_error(font->get_font_info(font, &found, &any, &info, nullptr));
  EXPECT(has_font == added);
  if (!added) return 0;
  Model model;
  simple ? read_simple(package, model) : read_blocks(package, model);
  if (!too_large(model)) {
    for (char16_t c : text) check_glyph(m, c, model, *info);
    for (char16_t c : {u'\0', u'\1', u'\2', u'\uFFFD', u'\uFFFF'}) check_glyph(m, c, model, *info);
    if (text.find_first_of(u"\f\r") == text.npos) check_text(m, text, model, *info);
    check_flags(m, text, flags, data[1] * 3u, data[2] * 2u, *info);
  }
  m.heap.release(info);
  EXPECT(!efi::is_error(db->remove_package_list(db, handle)));
  EXPECT(m.heap.live == 0);
  return 0;
}
