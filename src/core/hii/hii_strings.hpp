// SPDX-License-Identifier: BSD-2-Clause-Patent
// String packages [UEFI 2.10, 33.3.6] as bytes: finding a string, and writing a package anew with one string more or another. The bytes
// come from programs: whatever is wrong in them ends the list of strings, and no more.
#pragma once

#include <optional>
#include <string_view>

#include "abi/uefi/hii.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "core/hii/block_reader.hpp"

namespace efilite::core::hii {

inline constexpr uint32_t kMostPackageBytes = 0xFF'FFFF;  // the length of a package has 24 bits

// A whole package, header included.
bool is_string_package(ByteSpan package);
// "primary;secondary;..."; empty for what is no string package.
std::string_view languages_of(ByteSpan package);
std::string_view primary_language(std::string_view languages);
std::string_view secondary_languages(std::string_view languages);
bool same_language(std::string_view a, std::string_view b);  // case does not matter [RFC 4646, 2.1]
bool has_secondary_language(std::string_view languages, std::string_view wanted);

// One item of a package's list: a string, or another block that has to be kept as it is.
struct StringItem {
  enum class Kind : uint8_t { Scsu, Ucs2, Duplicate, Other };
  Kind kind;
  bool has_font;
  uint8_t font;             // when has_font
  efi::StringId id;         // not for Other
  efi::StringId duplicate;  // the string that it is the same as
  ByteSpan bytes;           // the text without its NUL, or the whole block
};

class StringWalk {
 public:
  explicit StringWalk(ByteSpan package);
  std::optional<StringItem> next();
  // How far identifiers have come: at the end, the first that the package neither has nor skips.
  uint32_t next_id() const { return id_; }

 private:
  std::optional<StringItem> text();

  BlockReader reader_;
  uint32_t id_ = 1;
  StringItem pattern_{};    // of the block that holds several strings
  uint32_t remaining_ = 0;  // of its strings
};

// The string, duplicates followed to what they are the same as.
std::optional<StringItem> find_string(ByteSpan package, efi::StringId id);
uint32_t first_free_id(ByteSpan package);
// Writes the string's characters, as many as `out` has room for, and tells how many there are.
size_t decode(ByteSpan package, const StringItem& item, std::span<efi::Char16> out);
// The font block that `item` names, or that is the package's default: size, style and name as they lie in the package, with the name's NUL.
std::optional<ByteSpan> find_font(ByteSpan package, const StringItem& item);

// A font for a string, and the number that it has in the package or could have; nullopt when there are too many, or for too long a name.
struct StringFont {
  uint16_t size;
  uint32_t style;
  ByteSpan name;  // with its NUL
  uint8_t number;
  bool is_new;
};
std::optional<StringFont> font_for(ByteSpan package, const efi::FontInfo& info);

// The package with string `id` being `text`, in `font` if there is one and else in the font that it has: written into `out` as far as there
// is room, and how many bytes it takes in any case. The header tells the right length only when all fits.
size_t write_with(ByteSpan package, efi::StringId id, std::u16string_view text, const StringFont* font, MutableByteSpan out);
// A package for one language without strings.
size_t write_empty(std::string_view language, MutableByteSpan out);

}  // namespace efilite::core::hii
