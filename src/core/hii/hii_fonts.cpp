// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/hii/hii_fonts.hpp"

#include <algorithm>

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

// Fonts come in the order of how many respects they are another than the wish in, then of their age.
constexpr uint64_t kNoMatch = UINT64_MAX;
constexpr uint64_t kOther = uint64_t{1} << 60;  // numbers of packages are smaller

// A font of another size is drawn in its own: the firmware may stretch it, and does not.
uint64_t order_of(const FontWish& wish, const Database::FontPackage& font) {
  uint64_t order = font.number;
  if (!(wish.mask & efi::kFontInfoAnyFont) && !std::ranges::equal(wish.face.name, font.face.name)) return kNoMatch;
  if (!(wish.mask & efi::kFontInfoAnySize) && wish.face.size != font.face.size) {
    if (!(wish.mask & efi::kFontInfoResize)) return kNoMatch;
    order += kOther;
  }
  if (!(wish.mask & efi::kFontInfoAnyStyle) && wish.face.style != font.face.style) {
    // The styles that are left out are among those that were asked for.
    if (!(wish.mask & efi::kFontInfoRestyle) || (font.face.style & ~wish.face.style)) return kNoMatch;
    order += kOther;
  }
  return order;
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
  while (package && package->face != face) package = database_.next_font_package(package->number);
  return package;
}

// A font's handle is the number of its oldest package.
std::optional<Fonts::Found> Fonts::next(const FontWish& wish, std::u16string_view characters, efi::FontHandle after) const {
  const uint64_t last = reinterpret_cast<uint64_t>(after);
  const auto before = last != 0 ? database_.next_font_package(last - 1) : std::nullopt;
  const uint64_t begin = before && before->number == last ? order_of(wish, *before) : last;
  uint64_t best_order = kNoMatch;
  std::optional<Found> best;
  for (auto package = database_.next_font_package(0); package; package = database_.next_font_package(package->number)) {
    const uint64_t order = order_of(wish, *package);
    if (order <= begin || order >= best_order) continue;
    if (next_of(package->face, 0)->number != package->number || !has_all(package->face, characters)) continue;
    best = {package->face, reinterpret_cast<efi::FontHandle>(package->number)};
    best_order = order;
  }
  return best;
}

Result<FontFace> Fonts::choose(const FontWish& wish, std::u16string_view characters) const {
  const FontWish system = system_wish();
  for (const FontWish* wanted : {&wish, &wish, &system}) {
    if (const auto found = next(*wanted, characters, nullptr)) return found->face;
    characters = {};
  }
  return Status::NotFound;
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
