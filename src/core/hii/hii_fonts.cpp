// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/hii/hii_fonts.hpp"

#include <algorithm>
#include <utility>

#include "core/hii/hii_layout.hpp"

namespace efilite::core::hii {

namespace {

// Light gray on black, as a text console begins.
constexpr efi::BltPixel kSystemForeground = {0x98, 0x98, 0x98, 0};
constexpr efi::BltPixel kSystemBackground = {0, 0, 0, 0};

constexpr uint32_t kContradictions[] = {
    efi::kFontInfoSysFont | efi::kFontInfoAnyFont,   efi::kFontInfoSysSize | efi::kFontInfoAnySize,
    efi::kFontInfoSysStyle | efi::kFontInfoAnyStyle, efi::kFontInfoResize | efi::kFontInfoAnySize,
    efi::kFontInfoRestyle | efi::kFontInfoAnyStyle,
};

// In how many respects the font is another than the wish; nullopt when it will not do. A font of another size is drawn in its own: the
// firmware may stretch it, and does not.
std::optional<unsigned> distance(const FontWish& wish, const FontFace& face) {
  unsigned others = 0;
  if (!(wish.mask & efi::kFontInfoAnyFont) && !std::ranges::equal(wish.face.name, face.name)) return std::nullopt;
  if (!(wish.mask & efi::kFontInfoAnySize) && wish.face.size != face.size) {
    if (!(wish.mask & efi::kFontInfoResize)) return std::nullopt;
    ++others;
  }
  if (!(wish.mask & efi::kFontInfoAnyStyle) && wish.face.style != face.style) {
    // The styles that are left out are among those that were asked for.
    if (!(wish.mask & efi::kFontInfoRestyle) || (face.style & ~wish.face.style)) return std::nullopt;
    ++others;
  }
  return others;
}

}  // namespace

FontWish system_wish() { return {system_font(), 0, kSystemForeground, kSystemBackground}; }

FontFace face_of(const efi::FontInfo& info) {
  return {std::as_bytes(std::span(std::u16string_view(info.font_name))), info.font_size, info.font_style};
}

Result<FontWish> wish_of(const efi::FontDisplayInfo* info) {
  FontWish wish = system_wish();
  if (info == nullptr) return wish;
  wish.mask = info->font_info_mask;
  for (const uint32_t both : kContradictions)
    if ((wish.mask & both) == both) return Status::InvalidParameter;
  // A name that does not count need not be there.
  if (!(wish.mask & (efi::kFontInfoSysFont | efi::kFontInfoAnyFont))) wish.face.name = face_of(info->font_info).name;
  if (!(wish.mask & efi::kFontInfoSysSize)) wish.face.size = info->font_info.font_size;
  if (!(wish.mask & efi::kFontInfoSysStyle)) wish.face.style = info->font_info.font_style;
  if (!(wish.mask & efi::kFontInfoSysForeColor)) wish.foreground = info->foreground_color;
  if (!(wish.mask & efi::kFontInfoSysBackColor)) wish.background = info->background_color;
  return wish;
}

std::optional<Database::FontPackage> Fonts::next_of(const FontFace& face, uint64_t number) const {
  auto package = database_.next_font_package(number);
  while (package && *face_of(package->bytes) != face) package = database_.next_font_package(package->number);
  return package;
}

// A font's handle is the number of its oldest package. Fonts come in the order of their distance from the wish, then of their age.
std::optional<Fonts::Found> Fonts::next(const FontWish& wish, std::u16string_view characters, efi::FontHandle after) const {
  const uint64_t last = reinterpret_cast<uint64_t>(after);
  const auto order = [&wish](const FontFace& face, uint64_t number) { return std::pair(distance(wish, face), number); };
  auto begin = std::pair(std::optional(0U), last);
  if (const auto package = database_.next_font_package(last - 1); package && package->number == last)
    begin = order(*face_of(package->bytes), last);
  std::optional<Found> best;
  auto best_order = begin;
  for (auto package = database_.next_font_package(0); package; package = database_.next_font_package(package->number)) {
    const FontFace face = *face_of(package->bytes);
    const auto here = order(face, package->number);
    if (!here.first || here <= begin || (best && here >= best_order)) continue;
    if (next_of(face, 0)->number != package->number || !has_all(face, characters)) continue;
    best = {face, reinterpret_cast<efi::FontHandle>(package->number)};
    best_order = here;
  }
  return best;
}

Result<FontFace> Fonts::choose(const FontWish& wish, std::u16string_view characters) const {
  auto found = next(wish, characters, nullptr);
  if (!found) found = next(wish, {}, nullptr);
  if (!found) found = next(system_wish(), {}, nullptr);
  if (!found) return Status::NotFound;
  return found->face;
}

bool Fonts::has_all(const FontFace& face, std::u16string_view characters) const {
  return std::ranges::all_of(characters, [&](char16_t c) { return !is_drawn(c) || glyph(face, c); });
}

std::optional<Glyph> Fonts::glyph(const FontFace& face, char16_t character) const {
  for (auto package = next_of(face, 0); package; package = next_of(face, package->number))
    if (auto found = find_glyph(package->bytes, character)) return found;
  return std::nullopt;
}

FontMetrics Fonts::metrics(const FontFace& face) const {
  FontMetrics metrics;
  for (auto package = next_of(face, 0); package; package = next_of(face, package->number)) measure(package->bytes, metrics);
  return metrics;
}

}  // namespace efilite::core::hii
