// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/hii/hii_font_protocol.hpp"

#include <algorithm>
#include <utility>

namespace efilite::core::hii {

namespace {

constexpr int64_t kUnlimited = INT64_MAX / 4;
constexpr int64_t kMostPixels = UINT16_MAX;  // in a row or column of an image
constexpr efi::Uintn kNoColumn = ~efi::Uintn{0};
constexpr std::string_view kDefaultLanguage = "en-US";  // while the system has none

// [UEFI 2.10, 34.1.2] what cannot be asked for together
bool are_valid(uint32_t flags, const efi::ImageOutput* image) {
  if ((flags & (efi::kHiiOutFlagClipCleanX | efi::kHiiOutFlagClipCleanY)) && !(flags & efi::kHiiOutFlagClip)) return false;
  if ((flags & efi::kHiiOutFlagClipCleanX) && (flags & efi::kHiiOutFlagWrap)) return false;
  // A new image has no pixels to let through, and is no screen; an old one has to have either.
  if (image == nullptr) return !(flags & (efi::kHiiOutFlagTransparent | efi::kHiiDirectToScreen));
  return image->image.bitmap != nullptr;
}

// Lookup of the language that fits best [RFC 4647, 3.4]: one subtag less, and no single letter at the end. Empty when none is left.
std::string_view shorter(std::string_view language) {
  do language = language.substr(0, language.rfind('-') == language.npos ? 0 : language.rfind('-'));
  while (language.size() >= 2 && language[language.size() - 2] == '-');
  return language;
}

}  // namespace

// Memory of the heap, given back unless it is taken.
class FontProtocol::Block {
 public:
  Block(Heap& heap, uint64_t size) : heap_(heap), memory_(heap.allocate(std::max<uint64_t>(size, 1))) {}
  ~Block() {
    if (memory_ != nullptr) heap_.release(memory_);
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  explicit operator bool() const { return memory_ != nullptr; }
  template <typename T>
  T* as() const { return static_cast<T*>(memory_); }
  template <typename T>
  T* take() { return static_cast<T*>(std::exchange(memory_, nullptr)); }

 private:
  Heap& heap_;
  void* memory_;
};

// One string on its way to an image: run() goes over its rows once to measure them, and once more with a canvas to draw them.
struct FontProtocol::Job {
  std::span<Placed> text;
  Layout layout;
  FontMetrics metrics;
  FontWish wish;
  uint32_t flags;
  const efi::ImageOutput* image;  // nullptr: a new one, as large as it has to be
  int64_t left, top;
  efi::HiiRowInfo* info;  // both nullptr when nobody wants to know
  efi::Uintn* columns;
  size_t row_count = 0;
  int64_t width = 0;  // of the rows

  int64_t line_height() const { return metrics.above + metrics.below; }
  int64_t height() const { return static_cast<int64_t>(row_count) * line_height(); }

  // The first row's upper edge comes to y.
  void run(const Canvas* canvas, int64_t y) {
    const int64_t room = image != nullptr ? image->height - top : kUnlimited;
    row_count = 0;
    for (size_t begin = 0; begin < text.size() && height() < room; ++row_count) {
      if ((flags & efi::kHiiOutFlagClipCleanY) && height() + line_height() > room) break;
      const Row row = layout.row(begin);
      width = std::max(width, row.width);
      for (size_t i = row.begin; i < row.end; ++i)
        if (text[i].kind == Placed::Kind::Glyph) put(i, canvas, y + height() + metrics.above);
      if (canvas != nullptr && info != nullptr)
        info[row_count] = {row.begin, std::max(row.end, row.begin + 1) - 1, static_cast<efi::Uintn>(line_height()),
                           static_cast<efi::Uintn>(row.width), static_cast<efi::Uintn>(metrics.below)};
      begin = row.next;
    }
  }
  void put(size_t i, const Canvas* canvas, int64_t baseline) {
    const Glyph& glyph = text[i].glyph;
    const int64_t x = text[i].x + glyph.cell.offset_x;
    width = std::max(width, x + glyph.cell.width);
    if (canvas == nullptr) return;
    const bool opaque = !(flags & efi::kHiiOutFlagTransparent) && !glyph.non_spacing;
    const int64_t upper = baseline - glyph.cell.offset_y - glyph.cell.height;
    draw(*canvas, glyph, left + x, upper, wish.foreground, opaque ? &wish.background : nullptr);
    if (columns != nullptr) columns[i] = static_cast<efi::Uintn>(left + x);
  }
};

Result<efi::ImageOutput*> FontProtocol::new_image(int64_t width, int64_t height, efi::BltPixel fill) {
  if (width > kMostPixels || height > kMostPixels) return Status::OutOfResources;
  const auto pixels = static_cast<uint64_t>(width * height);
  Block image(handles_.heap(), sizeof(efi::ImageOutput));
  Block bitmap(handles_.heap(), pixels * sizeof(efi::BltPixel));
  if (!image || !bitmap) return Status::OutOfResources;
  std::fill_n(bitmap.as<efi::BltPixel>(), pixels, fill);
  *image.as<efi::ImageOutput>() = {static_cast<uint16_t>(width), static_cast<uint16_t>(height), {bitmap.take<efi::BltPixel>()}};
  return image.take<efi::ImageOutput>();
}

Result<> FontProtocol::place(uint32_t flags, std::u16string_view text, const FontFace& face, Placed* out) const {
  for (const char16_t c : text) {
    Placed& p = *out++;
    p = {Placed::Kind::Silent, c, 0, {}};
    if (!is_drawn(c)) {
      if (is_line_break(c) && !(flags & efi::kHiiIgnoreLineBreak)) p.kind = Placed::Kind::LineBreak;
      continue;
    }
    auto glyph = fonts_.glyph(face, c);
    if (!glyph) {
      if (flags & efi::kHiiIgnoreIfNoGlyph) continue;
      glyph = fonts_.glyph(face, kReplacementCharacter);
      if (!glyph) return Status::NotFound;
    }
    p.kind = Placed::Kind::Glyph;
    p.glyph = *glyph;
  }
  return {};
}

// Draws beside the screen, then hands what is drawn to it and nothing else: runs of the pixels that are marked as drawn.
Result<> FontProtocol::show(Job& job) {
  const uint64_t width = job.image->width;
  const int64_t height = std::max<int64_t>(std::min<int64_t>(job.height(), job.image->height - job.top), 0);
  const uint64_t size = width * static_cast<uint64_t>(height) * sizeof(efi::BltPixel);
  Block pixels(handles_.heap(), size);
  if (!pixels) return Status::OutOfResources;
  memset(pixels.as<void>(), 0, size);
  job.wish.foreground.reserved = job.wish.background.reserved = 1;  // marks them as drawn
  const Canvas canvas{pixels.as<efi::BltPixel>(), job.image->width, height};
  job.run(&canvas, 0);
  efi::BltPixel* line = canvas.pixels;
  for (int64_t y = job.top; y < job.top + height; ++y, line += width) {
    for (uint64_t x = 0; x < width; ++x) {
      const uint64_t begin = x;
      for (; x < width && line[x].reserved != 0; ++x) line[x].reserved = 0;
      if (x == begin) continue;
      const efi::EfiStatus shown = database_.calls().outside([&] {
        efi::GraphicsOutputProtocol* screen = job.image->image.screen;
        return screen->blt(screen, line + begin, efi::BltOperation::BufferToVideo, 0, 0, begin, static_cast<uint64_t>(y), x - begin, 1, 0);
      });
      if (efi::is_error(shown)) return failure_of(shown);
    }
  }
  return {};
}

Result<> FontProtocol::draw_string(uint32_t flags, std::u16string_view text, const FontWish& wish, const Target& target) {
  efi::ImageOutput* image = *target.image;
  if (!are_valid(flags, image)) return Status::InvalidParameter;
  const FontFace face = TRY(fonts_.choose(wish, text));
  Block placed(handles_.heap(), text.size() * sizeof(Placed));
  if (!placed) return Status::OutOfResources;
  TRY(place(flags, text, face, placed.as<Placed>()));
  const std::span<Placed> characters(placed.as<Placed>(), text.size());
  const auto left = static_cast<int64_t>(std::min<efi::Uintn>(target.x, kMostPixels + 1));
  const auto top = static_cast<int64_t>(std::min<efi::Uintn>(target.y, kMostPixels + 1));
  Layout layout(characters, image != nullptr ? image->width - left : kUnlimited, (flags & efi::kHiiOutFlagWrap) != 0,
                (flags & efi::kHiiOutFlagClipCleanX) != 0);
  Job job{characters, layout, fonts_.metrics(face), wish, flags, image, left, top, nullptr, target.columns};
  job.run(nullptr, 0);

  Block rows(handles_.heap(), job.row_count * sizeof(efi::HiiRowInfo));
  if (!rows) return Status::OutOfResources;
  if (target.rows != nullptr) job.info = rows.as<efi::HiiRowInfo>();
  if (target.columns != nullptr) std::fill_n(target.columns, text.size(), kNoColumn);
  if (flags & efi::kHiiDirectToScreen) {
    TRY(show(job));
  } else {
    if (image == nullptr) image = TRY(new_image(left + job.width, top + job.height(), wish.background));
    const Canvas canvas{image->image.bitmap, image->width, image->height};
    job.run(&canvas, top);
    *target.image = image;
  }
  if (target.rows != nullptr) *target.rows = job.row_count != 0 ? rows.take<efi::HiiRowInfo>() : nullptr;
  if (target.row_count != nullptr) *target.row_count = job.row_count;
  return {};
}

Result<> FontProtocol::draw_string_id(uint32_t flags, efi::HiiHandle list, efi::StringId id, const efi::Char8* language,
                                      const efi::FontDisplayInfo* info, const Target& target) {
  char room[64];
  std::string_view wanted = language != nullptr ? language : language_ != nullptr ? language_(room) : std::string_view();
  if (language == nullptr && wanted.empty()) wanted = kDefaultLanguage;
  efi::Uintn size = 0;
  Status status;
  while ((status = database_.get_string(list, id, wanted, nullptr, size, nullptr).status()) == Status::InvalidLanguage && !wanted.empty())
    wanted = shorter(wanted);
  if (status != Status::BufferTooSmall) return Status::NotFound;  // too small means that it is there
  Block text(handles_.heap(), size);
  if (!text) return Status::OutOfResources;
  efi::FontInfo* font = nullptr;
  TRY(database_.get_string(list, id, wanted, text.as<efi::Char16>(), size, &font));
  auto wish = wish_of(info);
  // The string's own font is a hint for who asks for none.
  if (wish && info == nullptr && font != nullptr) wish->face = face_of(*font);
  Result<> drawn = wish ? draw_string(flags, text.as<efi::Char16>(), *wish, target) : Result<>(wish.status());
  if (font != nullptr) handles_.heap().release(font);
  return drawn;
}

Result<FontProtocol::GlyphImage> FontProtocol::glyph_image(char16_t character, const FontWish& wish) {
  const FontFace face = TRY(fonts_.choose(wish, {&character, 1}));
  auto glyph = fonts_.glyph(face, character);
  const bool replaced = !glyph;
  if (!glyph) glyph = fonts_.glyph(face, kReplacementCharacter);
  if (!glyph) return Status::NotFound;
  efi::ImageOutput* image = TRY(new_image(glyph->cell.width, glyph->cell.height, wish.background));
  draw({image->image.bitmap, image->width, image->height}, *glyph, 0, 0, wish.foreground, nullptr);
  // A glyph that ends above the baseline has it below its bitmap: the number is negative then.
  return GlyphImage{image, static_cast<efi::Uintn>(-glyph->cell.offset_y), replaced};
}

Result<efi::FontDisplayInfo*> FontProtocol::font_info(efi::FontHandle& handle, const FontWish& wish, std::u16string_view characters) {
  const auto found = fonts_.next(wish, characters, handle);
  if (!found) {
    handle = nullptr;  // there are no more
    return Status::NotFound;
  }
  const ByteSpan name = found->face.name;
  constexpr size_t kName = offsetof(efi::FontDisplayInfo, font_info) + offsetof(efi::FontInfo, font_name);
  void* memory = handles_.heap().allocate(std::max(sizeof(efi::FontDisplayInfo), kName + name.size() + sizeof(efi::Char16)));
  if (memory == nullptr) return Status::OutOfResources;
  auto* info = static_cast<efi::FontDisplayInfo*>(memory);
  *info = {wish.foreground, wish.background, 0, {found->face.style, found->face.size, {}}};
  auto* at = static_cast<std::byte*>(memory) + kName;
  memcpy(at, name.data(), name.size());
  memset(at + name.size(), 0, sizeof(efi::Char16));
  handle = found->handle;
  return info;
}

// ---- the C edge

struct FontThunks {
  using Self = const efi::HiiFontProtocol;
  using EfiStatus = efi::EfiStatus;
  static constexpr EfiStatus kInvalid = efi::encode(Status::InvalidParameter);

  static FontProtocol& owner(Self* self) { return *static_cast<const FontProtocol::Edge*>(self)->owner; }

  static EfiStatus EFIAPI string_to_image(Self* self, uint32_t flags, const efi::Char16* string, const efi::FontDisplayInfo* info,
                                          efi::ImageOutput** blt, efi::Uintn x, efi::Uintn y, efi::HiiRowInfo** rows,
                                          efi::Uintn* row_count, efi::Uintn* columns) {
    if (string == nullptr || blt == nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).database_.calls());
    const auto wish = wish_of(info);
    return efi::encode(wish ? owner(self).draw_string(flags, string, *wish, {blt, x, y, rows, row_count, columns}) : wish.status());
  }
  static EfiStatus EFIAPI string_id_to_image(Self* self, uint32_t flags, efi::HiiHandle list, efi::StringId id, const efi::Char8* language,
                                             const efi::FontDisplayInfo* info, efi::ImageOutput** blt, efi::Uintn x, efi::Uintn y,
                                             efi::HiiRowInfo** rows, efi::Uintn* row_count, efi::Uintn* columns) {
    if (list == nullptr || id == 0 || blt == nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).database_.calls());
    return efi::encode(owner(self).draw_string_id(flags, list, id, language, info, {blt, x, y, rows, row_count, columns}));
  }
  static EfiStatus EFIAPI get_glyph(Self* self, efi::Char16 character, const efi::FontDisplayInfo* info, efi::ImageOutput** blt,
                                    efi::Uintn* baseline) {
    if (blt == nullptr || *blt != nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).database_.calls());
    const auto wish = wish_of(info);
    if (!wish) return efi::encode(wish);
    const auto made = owner(self).glyph_image(character, *wish);
    if (!made) return efi::encode(made);
    *blt = made->image;
    if (baseline != nullptr) *baseline = made->baseline;
    return efi::encode(made->replaced ? Status::WarnUnknownGlyph : Status::Success);
  }
  static EfiStatus EFIAPI get_font_info(Self* self, efi::FontHandle* handle, const efi::FontDisplayInfo* in, efi::FontDisplayInfo** out,
                                        const efi::Char16* string) {
    ProgramCalls::Scope call(owner(self).database_.calls());
    const auto wish = wish_of(in);
    if (!wish) return efi::encode(wish);
    efi::FontHandle font = handle != nullptr ? *handle : nullptr;
    const auto made = owner(self).font_info(font, *wish, string != nullptr ? std::u16string_view(string) : std::u16string_view());
    if (handle != nullptr) *handle = font;
    if (!made) return efi::encode(made);
    if (out != nullptr) *out = *made;
    else owner(self).handles_.heap().release(*made);
    return efi::encode(Status::Success);
  }
};

FontProtocol::FontProtocol(HandleDatabase& handles, Database& database, PlatformLanguage language)
    : handles_(handles),
      database_(database),
      fonts_(database),
      language_(language),
      edge_{{FontThunks::string_to_image, FontThunks::string_id_to_image, FontThunks::get_glyph, FontThunks::get_font_info}, this} {}

}  // namespace efilite::core::hii
