// SPDX-License-Identifier: BSD-2-Clause-Patent
// HII packages put together piece by piece, right or wrong.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "abi/uefi/hii_font.hpp"
#include "base/bytes.hpp"

namespace efilite::test {

struct Bytes : std::vector<uint8_t> {
  Bytes() = default;
  explicit Bytes(std::vector<uint8_t> bytes) : std::vector<uint8_t>(std::move(bytes)) {}
  Bytes(std::initializer_list<int> values) {
    for (int v : values) push_back(static_cast<uint8_t>(v));
  }
  Bytes& add(const void* from, size_t size) {
    insert(end(), static_cast<const uint8_t*>(from), static_cast<const uint8_t*>(from) + size);
    return *this;
  }
  Bytes& operator+(const Bytes& more) { return add(more.data(), more.size()); }
  template <typename T>
  Bytes& value(T v) { return add(&v, sizeof(v)); }
  ByteSpan span() const { return std::as_bytes(std::span(data(), size())); }
};

inline Bytes scsu(std::string_view text) { return Bytes{0x10}.add(text.data(), text.size()) + Bytes{0}; }
inline Bytes ucs2(std::u16string_view text) { return Bytes{0x14}.add(text.data(), text.size() * 2) + Bytes{0, 0}; }

inline Bytes package(efi::HiiPackageType type, const Bytes& body) {
  return Bytes().value(static_cast<uint32_t>(body.size() + 4) | static_cast<uint32_t>(type) << 24) + body;
}

// `blocks` without the end block.
inline Bytes string_package(std::string_view languages, const Bytes& blocks, const efi::Char16* windows = nullptr) {
  const uint32_t offset = static_cast<uint32_t>(efi::kHiiLanguageOffset + languages.size() + 1);
  Bytes body;
  body.value(offset).value(offset);
  const efi::Char16 none[16] = {};
  body.add(windows ? windows : none, 32).value(uint16_t{0});
  body.add(languages.data(), languages.size()) + Bytes{0} + blocks + Bytes{0};
  return package(efi::HiiPackageType::Strings, body);
}

// A narrow glyph with `row` in each of its rows, or a wide one.
inline Bytes narrow_glyph(char16_t character, int row, int attributes = 0) {
  return Bytes().value(character) + Bytes{attributes} + Bytes(std::vector<uint8_t>(19, static_cast<uint8_t>(row)));
}
inline Bytes wide_glyph(char16_t character, int left, int right, int attributes = efi::kGlyphWide) {
  return narrow_glyph(character, left, attributes) + Bytes(std::vector<uint8_t>(19, static_cast<uint8_t>(right))) + Bytes{0, 0, 0};
}
inline Bytes simple_font_package(const std::vector<Bytes>& narrow, const std::vector<Bytes>& wide = {}) {
  Bytes body;
  body.value(static_cast<uint16_t>(narrow.size())).value(static_cast<uint16_t>(wide.size()));
  for (const Bytes& glyph : narrow) body + glyph;
  for (const Bytes& glyph : wide) body + glyph;
  return package(efi::HiiPackageType::SimpleFonts, body);
}

// `blocks` without the end block.
inline Bytes font_package(std::u16string_view name, const efi::HiiGlyphInfo& cell, uint32_t style, const Bytes& blocks) {
  const auto offset = static_cast<uint32_t>(sizeof(efi::HiiFontPackageHeader) + (name.size() + 1) * 2);
  Bytes body;
  body.value(offset).value(offset).value(cell).value(style).add(name.data(), name.size() * 2) + Bytes{0, 0} + blocks + Bytes{0};
  return package(efi::HiiPackageType::Fonts, body);
}

inline efi::Guid list_guid(uint8_t n) { return {n, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}}; }

inline Bytes package_list(uint8_t guid, const std::vector<Bytes>& packages, bool end = true) {
  Bytes all;
  for (const Bytes& p : packages) all + p;
  if (end) all + package(efi::HiiPackageType::End, {});
  return Bytes().value(list_guid(guid)).value(static_cast<uint32_t>(all.size() + 20)) + all;
}
inline const efi::HiiPackageListHeader* as_list(const Bytes& bytes) {
  return reinterpret_cast<const efi::HiiPackageListHeader*>(bytes.data());
}

}  // namespace efilite::test
