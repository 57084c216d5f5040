// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/hii/hii_strings.hpp"

#include <algorithm>

namespace efilite::core::hii {

namespace {

using Block = efi::HiiStringBlock;
using Header = efi::HiiStringPackageHeader;
using Kind = StringItem::Kind;

constexpr int kLongestDuplicates = 16;  // strings that are the same as strings that are the same as strings...
constexpr size_t kFontFixed = 4 + 1;    // of a font block: header and identifier
constexpr size_t kFontName = 2 + 4;     // behind size and style
constexpr uint32_t kIdEnd = 0x10000;

constexpr efi::Char16 kWindows[16] = {0x0000, 0x0080, 0x0100, 0x0300, 0x2000, 0x2080, 0x2100, 0x3000,   // static
                                      0x0080, 0x00C0, 0x0400, 0x0600, 0x0900, 0x3040, 0x30A0, 0xFF00};  // dynamic

std::optional<Header> header_of(ByteSpan package) {
  // The language follows without the padding that the struct has at its end.
  if (package.size() <= efi::kHiiLanguageOffset) return std::nullopt;
  Header header{};
  memcpy(&header, package.data(), efi::kHiiLanguageOffset);
  return header;
}

// A Standard Compression Scheme for Unicode [Unicode Technical Standard 6]. A NUL byte ends a string of an HII package wherever it stands.
class Scsu {
 public:
  Scsu(ByteSpan text, const efi::Char16 (&windows)[16], std::span<efi::Char16> out) : text_(text), out_(out) {
    const bool given = std::ranges::any_of(windows, [](efi::Char16 w) { return w != 0; });
    std::ranges::copy(given ? windows : kWindows, windows_);
  }

  size_t run() {
    while (at_ < text_.size()) {
      const uint8_t byte = take();
      unicode_ ? unicode_mode(byte) : byte_mode(byte);
    }
    return count_;
  }

 private:
  uint8_t take() { return at_ < text_.size() ? static_cast<uint8_t>(text_[at_++]) : 0; }
  unsigned take2() {
    const unsigned high = take();
    return high << 8 | take();
  }
  void put_unit(unsigned unit) {
    if (count_ < out_.size()) out_[count_] = static_cast<efi::Char16>(unit);
    ++count_;
  }
  void put(unsigned c) {
    if (c < 0x10000) return put_unit(c);
    put_unit(0xD7C0 + (c >> 10));
    put_unit(0xDC00 + (c & 0x3FF));
  }
  void change(unsigned window) {
    active_ = 8 + window;
    unicode_ = false;
  }
  void define(unsigned window) {
    constexpr unsigned kSpecial[] = {0x00C0, 0x0250, 0x0370, 0x0530, 0x3040, 0x30A0, 0xFF60};
    const unsigned x = take();
    if (x < 0x68) windows_[8 + window] = x * 0x80;
    else if (x < 0xA8) windows_[8 + window] = x * 0x80 + 0xAC00;
    else if (x >= 0xF9) windows_[8 + window] = kSpecial[x - 0xF9];
    change(window);
  }
  void define_extended() {
    const unsigned x = take2();
    windows_[8 + (x >> 13)] = 0x10000 + (x & 0x1FFF) * 0x80;
    change(x >> 13);
  }
  void byte_mode(uint8_t byte) {
    if (byte >= 0x80) return put(windows_[active_] + (byte & 0x7F));
    if (byte == 0x7F && at_ < text_.size()) {  // [UEFI 2.10, 33.2.6.2.4] control codes for the font
      const unsigned code = take();
      return put_unit(code == 1 ? 0xF800 | take() : 0xF600 | code);
    }
    if (byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r') return put(byte);
    if (byte >= 0x18) return define(byte - 0x18);
    if (byte >= 0x10) return change(byte - 0x10);
    if (byte == 0x0F) unicode_ = true;
    else if (byte == 0x0E) put_unit(take2());
    else if (byte == 0x0B) define_extended();
    else if (byte >= 0x01 && byte <= 0x08) {
      const uint8_t quoted = take();
      put(windows_[(quoted & 0x80 ? 8 : 0) + byte - 1] + (quoted & 0x7F));
    }
  }
  void unicode_mode(uint8_t byte) {
    if (byte < 0xE0 || byte > 0xF2) return put_unit(static_cast<unsigned>(byte) << 8 | take());
    if (byte <= 0xE7) change(byte - 0xE0);
    else if (byte <= 0xEF) define(byte - 0xE8);
    else if (byte == 0xF0) put_unit(take2());
    else if (byte == 0xF1) define_extended();
  }

  ByteSpan text_;
  std::span<efi::Char16> out_;
  size_t at_ = 0;
  size_t count_ = 0;
  unsigned windows_[16];
  unsigned active_ = 8;
  bool unicode_ = false;
};

// Bytes one after the other, counted even when they do not fit any more.
class Writer {
 public:
  explicit Writer(MutableByteSpan out) : out_(out) {}
  void put(ByteSpan bytes) {
    if (size_ < out_.size() && !bytes.empty()) memcpy(out_.data() + size_, bytes.data(), std::min(bytes.size(), out_.size() - size_));
    size_ += bytes.size();
  }
  template <typename T>
  void value(T value) { put(bytes_of(value)); }
  size_t size() const { return size_; }

  void block(Block type, const StringItem& item) {
    const bool scsu = item.kind == Kind::Scsu;
    value(item.has_font ? static_cast<uint8_t>(static_cast<uint8_t>(type) + 1) : static_cast<uint8_t>(type));
    if (item.has_font) value(item.font);
    put(item.bytes);
    scsu ? value(uint8_t{0}) : value(uint16_t{0});
  }
  void item(const StringItem& item) {
    switch (item.kind) {
      case Kind::Scsu: return block(Block::StringScsu, item);
      case Kind::Ucs2: return block(Block::StringUcs2, item);
      case Kind::Other: return put(item.bytes);
      case Kind::Duplicate:
        value(Block::Duplicate);
        value(item.duplicate);
    }
  }
  void font(const StringFont& font) {
    value(Block::Ext2);
    value(efi::kHiiStringBlockFont);
    value(static_cast<uint16_t>(kFontFixed + kFontName + font.name.size()));
    value(font.number);
    value(font.size);
    value(font.style);
    put(font.name);
  }
  void skip(uint32_t count) {
    if (count == 0) return;
    value(Block::Skip2);
    value(static_cast<uint16_t>(count));
  }
  // Ends the package and writes its length, if all of it is there.
  size_t finish() {
    value(Block::End);
    if (size_ <= out_.size() && size_ <= kMostPackageBytes) {
      const uint32_t head = static_cast<uint32_t>(size_) | static_cast<uint32_t>(efi::HiiPackageType::Strings) << 24;
      memcpy(out_.data(), &head, sizeof(head));
    }
    return size_;
  }

 private:
  MutableByteSpan out_;
  size_t size_ = 0;
};

}  // namespace

bool is_string_package(ByteSpan package) {
  const auto header = header_of(package);
  if (!header || header->length_and_type >> 24 != static_cast<uint32_t>(efi::HiiPackageType::Strings)) return false;
  if (header->header_size > package.size() || header->header_size <= efi::kHiiLanguageOffset) return false;
  if (header->string_info_offset > package.size() || header->string_info_offset < header->header_size) return false;
  const ByteSpan language = package.subspan(efi::kHiiLanguageOffset, header->header_size - efi::kHiiLanguageOffset);
  return std::ranges::find(language, std::byte{0}) != language.end();
}

std::string_view languages_of(ByteSpan package) {
  if (!is_string_package(package)) return {};
  return reinterpret_cast<const char*>(package.data()) + efi::kHiiLanguageOffset;  // is_string_package found its NUL
}

std::string_view primary_language(std::string_view languages) { return languages.substr(0, languages.find(';')); }

std::string_view secondary_languages(std::string_view languages) {
  const size_t end = languages.find(';');
  return end == languages.npos ? std::string_view() : languages.substr(end + 1);
}

bool same_language(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool has_secondary_language(std::string_view languages, std::string_view wanted) {
  for (std::string_view rest = secondary_languages(languages); !rest.empty(); rest = secondary_languages(rest))
    if (same_language(primary_language(rest), wanted)) return true;
  return false;
}

StringWalk::StringWalk(ByteSpan package)
    : reader_(is_string_package(package) ? package.subspan(header_of(package)->string_info_offset) : ByteSpan()) {}

// The text that comes next, up to its NUL.
std::optional<StringItem> StringWalk::text() {
  const size_t unit = pattern_.kind == Kind::Ucs2 ? 2 : 1;
  const ByteSpan rest = reader_.rest();
  size_t size = 0;
  while (rest.size() - size >= unit && (rest[size] != std::byte{0} || rest[size + unit - 1] != std::byte{0})) size += unit;
  StringItem item = pattern_;
  item.id = static_cast<efi::StringId>(id_);
  item.bytes = reader_.take(size);
  reader_.take(unit);
  if (!reader_.good() || id_ >= kIdEnd) {
    remaining_ = 0;
    return std::nullopt;
  }
  ++id_;
  return item;
}

std::optional<StringItem> StringWalk::next() {
  while (remaining_ == 0) {
    const ByteSpan begin = reader_.rest();
    const uint32_t type = reader_.number(1);
    if (type >= 0x10 && type <= 0x17) {  // bit 2: UCS-2, bit 1: several, bit 0: with a font
      pattern_ = {};
      pattern_.kind = type & 4 ? Kind::Ucs2 : Kind::Scsu;
      pattern_.has_font = (type & 1) != 0;
      if (pattern_.has_font) pattern_.font = static_cast<uint8_t>(reader_.number(1));
      remaining_ = type & 2 ? reader_.number(2) : 1;
      continue;
    }
    switch (static_cast<Block>(type)) {
      case Block::Skip1:
      case Block::Skip2: {
        const uint32_t count = reader_.number(type == static_cast<uint32_t>(Block::Skip1) ? 1 : 2);
        if (count > kIdEnd - id_) return std::nullopt;
        id_ += count;
        break;
      }
      case Block::Duplicate: {
        const StringItem item{Kind::Duplicate, false, 0, static_cast<efi::StringId>(id_), static_cast<efi::StringId>(reader_.number(2)),
                              begin.first(std::min<size_t>(begin.size(), 3))};
        if (!reader_.good() || id_ >= kIdEnd) return std::nullopt;
        ++id_;
        return item;
      }
      case Block::Ext1:
      case Block::Ext2:
      case Block::Ext4:
        reader_.pass_extension(type);
        if (!reader_.good()) return std::nullopt;
        return StringItem{Kind::Other, false, 0, 0, 0, begin.first(begin.size() - reader_.rest().size())};
      default: return std::nullopt;  // the end, or a block whose length is not known
    }
  }
  --remaining_;
  return text();
}

namespace {

// Of a font block: size, style and name with its NUL.
std::optional<ByteSpan> font_of(const StringItem& item) {
  if (item.kind != Kind::Other || item.bytes.size() < kFontFixed || item.bytes[0] != std::byte{static_cast<uint8_t>(Block::Ext2)} ||
      item.bytes[1] != std::byte{efi::kHiiStringBlockFont})
    return std::nullopt;
  const ByteSpan font = item.bytes.subspan(kFontFixed);
  for (size_t at = kFontName; at + 2 <= font.size(); at += 2)
    if (*read_at<uint16_t>(font, at) == 0) return font.first(at + 2);
  return std::nullopt;
}

}  // namespace

std::optional<StringItem> find_string(ByteSpan package, efi::StringId id) {
  for (int i = 0; i < kLongestDuplicates; ++i) {
    StringWalk walk(package);
    auto item = walk.next();
    while (item && (item->kind == Kind::Other || item->id < id)) item = walk.next();
    if (!item || item->id != id) return std::nullopt;
    if (item->kind != Kind::Duplicate) return item;
    if (item->duplicate >= id) return std::nullopt;  // the other string has to come first
    id = item->duplicate;
  }
  return std::nullopt;
}

uint32_t first_free_id(ByteSpan package) {
  StringWalk walk(package);
  while (walk.next()) {
  }
  return walk.next_id();
}

size_t decode(ByteSpan package, const StringItem& item, std::span<efi::Char16> out) {
  if (item.kind == Kind::Scsu) return Scsu(item.bytes, header_of(package)->language_window, out).run();
  const size_t count = item.bytes.size() / 2;
  if (!out.empty() && count != 0) memcpy(out.data(), item.bytes.data(), std::min(out.size(), count) * 2);
  return count;
}

// [UEFI 2.10, 33.3.6.2.4] Font 0 is that of the strings which name none.
std::optional<ByteSpan> find_font(ByteSpan package, const StringItem& item) {
  StringWalk walk(package);
  while (auto block = walk.next())
    if (const auto font = font_of(*block); font && block->bytes[kFontFixed - 1] == std::byte{item.has_font ? item.font : uint8_t{0}})
      return font;
  return std::nullopt;
}

std::optional<StringFont> font_for(ByteSpan package, const efi::FontInfo& info) {
  const ByteSpan name = std::as_bytes(std::span(info.font_name, std::u16string_view(info.font_name).size() + 1));
  if (kFontFixed + kFontName + name.size() > UINT16_MAX) return std::nullopt;
  uint8_t last = 0;  // of the numbers in use
  StringWalk walk(package);
  while (auto item = walk.next()) {
    last = std::max(last, item->font);
    const auto other = font_of(*item);
    if (!other) continue;
    const auto number = static_cast<uint8_t>(item->bytes[kFontFixed - 1]);
    last = std::max(last, number);
    if (read_at<uint16_t>(*other, 0) == info.font_size && read_at<uint32_t>(*other, 2) == info.font_style &&
        std::ranges::equal(other->subspan(kFontName), name))
      return StringFont{info.font_size, info.font_style, name, number, false};
  }
  if (last == UINT8_MAX) return std::nullopt;
  return StringFont{info.font_size, info.font_style, name, static_cast<uint8_t>(last + 1), true};
}

size_t write_with(ByteSpan package, efi::StringId id, std::u16string_view text, const StringFont* font, MutableByteSpan out) {
  Writer writer(out);
  writer.put(package.first(header_of(package)->string_info_offset));
  StringItem fresh{Kind::Ucs2, false, 0, id, 0, std::as_bytes(std::span(text))};
  if (const auto old = find_string(package, id)) {
    fresh.has_font = old->has_font;
    fresh.font = old->font;
  }
  if (font != nullptr) {
    if (font->is_new) writer.font(*font);
    fresh.has_font = true;
    fresh.font = font->number;
  }
  uint32_t next = 1;
  bool written = false;
  const auto write = [&](const StringItem& item) {
    writer.skip(item.id - next);
    writer.item(item);
    next = item.id + 1;
  };
  StringWalk walk(package);
  while (auto item = walk.next()) {
    if (item->kind == Kind::Other) {
      writer.item(*item);
      continue;
    }
    if (item->id >= id && !written) {
      write(fresh);
      written = true;
    }
    if (item->id == id) continue;
    // A string that was the same as the changed one keeps its text.
    const bool same_as_changed = item->kind == Kind::Duplicate && item->duplicate == id;
    if (auto kept = same_as_changed ? find_string(package, id) : std::nullopt) {
      kept->id = item->id;
      item = kept;
    }
    write(*item);
  }
  if (!written) write(fresh);
  if (walk.next_id() > next) writer.skip(walk.next_id() - next);
  return writer.finish();
}

size_t write_empty(std::string_view language, MutableByteSpan out) {
  Writer writer(out);
  Header header{};
  header.header_size = header.string_info_offset = static_cast<uint32_t>(efi::kHiiLanguageOffset + language.size() + 1);
  std::ranges::copy(kWindows, header.language_window);
  writer.put(bytes_of(header).first(efi::kHiiLanguageOffset));
  writer.put(std::as_bytes(std::span(language)));
  writer.value(uint8_t{0});
  return writer.finish();
}

}  // namespace efilite::core::hii
