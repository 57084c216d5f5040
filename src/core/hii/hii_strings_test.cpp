// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/hii/hii_strings.hpp"

#include <gtest/gtest.h>

#include "tests/support/hii.hpp"

namespace efilite::core::hii {
namespace {

using test::Bytes;
using test::scsu;
using test::string_package;
using test::ucs2;

// The text, or "-" when there is none.
std::u16string text_of(const Bytes& package, efi::StringId id) {
  auto item = find_string(package.span(), id);
  if (!item) return u"-";
  std::u16string text(decode(package.span(), *item, {}), u'?');
  decode(package.span(), *item, {text.data(), text.size()});
  return text;
}

std::u16string scsu_text(std::string_view bytes, const efi::Char16* windows = nullptr) {
  return text_of(string_package("en", scsu(bytes), windows), 1);
}

Bytes with(const Bytes& package, efi::StringId id, std::u16string_view text) {
  Bytes out;
  out.resize(write_with(package.span(), id, text, nullptr, {}));
  EXPECT_EQ(write_with(package.span(), id, text, nullptr, std::as_writable_bytes(std::span(out.data(), out.size()))), out.size());
  EXPECT_TRUE(is_string_package(out.span()));
  return out;
}

TEST(HiiStrings, EveryKindOfStringBlockIsRead) {
  Bytes blocks = scsu("one");
  blocks + Bytes{0x11, 9} + Bytes{'t', 'w', 'o', 0};
  blocks + Bytes{0x12, 2, 0, 'a', 0, 'b', 0};
  blocks + Bytes{0x13, 9, 1, 0, 'c', 0};
  blocks + ucs2(u"six");
  blocks + Bytes{0x15, 9, 'g', 0, 0, 0};
  blocks + Bytes{0x16, 2, 0, 'h', 0, 0, 0, 'i', 1, 0, 0};
  blocks + Bytes{0x17, 9, 1, 0, 'j', 0, 0, 0};
  const Bytes package = string_package("en", blocks);
  const char16_t* expected[] = {u"one", u"two", u"a", u"b", u"c", u"six", u"g", u"h", u"\u0169", u"j", u"-"};
  for (size_t i = 0; i < std::size(expected); ++i) EXPECT_EQ(text_of(package, static_cast<efi::StringId>(i + 1)), expected[i]) << i + 1;
  EXPECT_EQ(text_of(package, 0), u"-");
  EXPECT_EQ(first_free_id(package.span()), 11u);
}

TEST(HiiStrings, SkipsAndExtensionsArePassed) {
  Bytes blocks{0x22, 3};                   // 1 to 3
  blocks + scsu("four");
  blocks + Bytes{0x21, 0, 1};              // 256 more
  blocks + Bytes{0x30, 7, 4, 99};
  blocks + Bytes{0x31, 7, 5, 0, 99};
  blocks + Bytes{0x32, 7, 8, 0, 0, 0, 99, 99};
  blocks + ucs2(u"last");
  blocks + Bytes{0x22, 2};
  const Bytes package = string_package("en", blocks);
  EXPECT_EQ(text_of(package, 3), u"-");
  EXPECT_EQ(text_of(package, 4), u"four");
  EXPECT_EQ(text_of(package, 261), u"last");
  EXPECT_EQ(first_free_id(package.span()), 264u);
}

TEST(HiiStrings, ADuplicateIsTheStringBefore) {
  const Bytes package = string_package("en", scsu("x") + Bytes{0x20, 1, 0} + Bytes{0x20, 2, 0} + Bytes{0x20, 4, 0} + Bytes{0x20, 9, 0});
  EXPECT_EQ(text_of(package, 2), u"x");
  EXPECT_EQ(text_of(package, 3), u"x");
  EXPECT_EQ(text_of(package, 4), u"-");  // of itself
  EXPECT_EQ(text_of(package, 5), u"-");  // of a later one
  Bytes chain = scsu("x");
  for (int i = 1; i < 100; ++i) chain + Bytes{0x20, i, 0};
  EXPECT_EQ(text_of(string_package("en", chain), 10), u"x");
  EXPECT_EQ(text_of(string_package("en", chain), 100), u"-");  // so long a chain is nobody's
}

TEST(HiiStrings, MalformedBlocksEndTheList) {
  const std::vector<Bytes> endings = {
      {0x10, 'a'}, {0x14, 'a', 0}, {0x14, 'a', 0, 0}, {0x11}, {0x12, 1}, {0x15}, {0x17, 1, 5}, {0x20, 1},
      {0x21, 1}, {0x22}, {0x30, 1}, {0x30, 1, 2, 0}, {0x31, 1, 9, 0}, {0x32, 1, 0xFF, 0xFF, 0xFF, 0xFF}, {0x77}};
  for (const Bytes& ending : endings) {
    Bytes package = string_package("en", scsu("good") + ending);
    package.pop_back();  // the end block
    EXPECT_EQ(text_of(package, 1), u"good");
    EXPECT_EQ(text_of(package, 2), u"-") << static_cast<int>(ending[0]);
  }
}

TEST(HiiStrings, IdentifiersEndAt65535) {
  const Bytes package = string_package("en", Bytes{0x21, 0xFE, 0xFF} + scsu("last") + scsu("none"));
  EXPECT_EQ(text_of(package, 0xFFFF), u"last");
  EXPECT_EQ(first_free_id(package.span()), 0x10000u);
}

TEST(HiiStrings, WhatIsNoStringPackageIsSaidSo) {
  const Bytes good = string_package("en", {});
  EXPECT_TRUE(is_string_package(good.span()));
  for (size_t size = 0; size < 49; ++size) EXPECT_FALSE(is_string_package(good.span().first(size))) << size;
  Bytes bad = good;
  bad[3] = 0x05;
  EXPECT_FALSE(is_string_package(bad.span()));
  for (size_t field : {4u, 8u}) {
    bad = good;
    bad[field] = 0xFF;
    EXPECT_FALSE(is_string_package(bad.span()));
    bad[field] = 2;
    EXPECT_FALSE(is_string_package(bad.span()));
  }
  bad = good;
  bad[48] = 'x';  // no NUL after the language
  EXPECT_FALSE(is_string_package(bad.span()));
  EXPECT_TRUE(languages_of(bad.span()).empty());
}

TEST(HiiStrings, Languages) {
  const Bytes package = string_package("en-US;fr;de-AT", {});
  const auto languages = languages_of(package.span());
  EXPECT_EQ(primary_language(languages), "en-US");
  EXPECT_EQ(secondary_languages(languages), "fr;de-AT");
  EXPECT_EQ(secondary_languages("en"), "");
  EXPECT_TRUE(same_language("en-us", "EN-US"));
  EXPECT_FALSE(same_language("en", "en-US"));
  EXPECT_TRUE(has_secondary_language(languages, "FR"));
  EXPECT_TRUE(has_secondary_language(languages, "de-AT"));
  EXPECT_FALSE(has_secondary_language(languages, "de"));
  EXPECT_FALSE(has_secondary_language(languages, "en-US"));
}

TEST(HiiStrings, ScsuOfTheStandardsExamples) {
  EXPECT_EQ(scsu_text("\xD6l flie\xDFt"), u"\u00D6l flie\u00DFt");                                                   // German
  EXPECT_EQ(scsu_text("\x12\x9C\xBE\xC1\xBA\xB2\xB0"), u"\u041C\u043E\u0441\u043A\u0432\u0430");                     // Russian
  EXPECT_EQ(scsu_text("\x0E\x20\xAC!"), u"\u20AC!");                                   // one quoted unit
  EXPECT_EQ(scsu_text("\x0F\x4E\x2D\x65\x87\xE0!"), u"\u4E2D\u6587!");                 // Unicode mode and back
  EXPECT_EQ(scsu_text("\x0F\xF0\xE0\x41\xE8\x08\x81"), u"\uE041\u0401");               // a quote and a new window from there
  EXPECT_EQ(scsu_text("\x18\x08\x81"), u"\u0401");                                     // a new window
  EXPECT_EQ(scsu_text("\x19\x68\x80\x1A\xFF\x81"), u"\uE000\uFF61");                   // its special places
  EXPECT_EQ(scsu_text("\x0B\x01\x81\x80"), u"\xD830\xDC80");                           // beyond 16 bits
  EXPECT_EQ(scsu_text("\x05\x14\x03\x81"), u"\u2014\u0401");                           // a static and a dynamic window, once each
  EXPECT_EQ(scsu_text("a\tb\r\n"), u"a\tb\r\n");
}

TEST(HiiStrings, ScsuTakesItsWindowsFromThePackage) {
  efi::Char16 windows[16] = {};
  windows[8] = 0x0400;
  windows[2] = 0x2000;
  EXPECT_EQ(scsu_text("\x81\x03\x14", windows), u"\u0401\u2014");
}

// [UEFI 2.10, 33.2.6.2.4]
TEST(HiiStrings, ScsuControlCodesBecomeThoseOfTwoBytes) {
  EXPECT_EQ(scsu_text("a\x7F\x20z\x7F\x21"), u"a\uF620z\uF621");
  EXPECT_EQ(scsu_text("\x7F\x01\x18"), u"\uF818");
  EXPECT_EQ(scsu_text("\x7F"), u"\x7F");  // the select of a family cannot be told from the end of the string
}

TEST(HiiStrings, ScsuThatIsCutOffDoesNoHarm) {
  for (const char* cut : {"\x0E", "\x0E\x20", "\x0B", "\x0B\x41", "\x18", "\x01", "\x0F\x4E", "\x0F\xF0", "\x0F\xE8", "\x0F\xF1\x10"})
    scsu_text(cut);
}

TEST(HiiStrings, AppendingAndReplacingKeepsTheRest) {
  const Bytes package = string_package("en", scsu("one") + Bytes{0x22, 2} + Bytes{0x16, 2, 0, '4', 0, 0, 0, '5', 0, 0, 0} +
                                                 Bytes{0x30, 9, 3} + Bytes{0x22, 3});
  const Bytes appended = with(package, 9, u"nine");
  EXPECT_EQ(text_of(appended, 1), u"one");
  EXPECT_EQ(text_of(appended, 4), u"4");
  EXPECT_EQ(text_of(appended, 5), u"5");
  EXPECT_EQ(text_of(appended, 9), u"nine");
  EXPECT_EQ(first_free_id(appended.span()), 10u);
  const Bytes between = with(package, 2, u"two");
  EXPECT_EQ(text_of(between, 2), u"two");
  EXPECT_EQ(text_of(between, 3), u"-");
  EXPECT_EQ(text_of(between, 4), u"4");
  EXPECT_EQ(first_free_id(between.span()), 9u);  // what was skipped at the end stays so
  const Bytes replaced = with(package, 4, u"four");
  EXPECT_EQ(text_of(replaced, 4), u"four");
  EXPECT_EQ(text_of(replaced, 5), u"5");
  const Bytes far = with(package, 0xFFFF, u"far");
  EXPECT_EQ(text_of(far, 0xFFFF), u"far");
}

TEST(HiiStrings, AReplacedStringLeavesItsDuplicatesAndItsFontAsTheyWere) {
  const Bytes package = string_package("en", Bytes{0x11, 7, 'a', 0} + Bytes{0x20, 1, 0});
  const Bytes replaced = with(package, 1, u"new");
  EXPECT_EQ(text_of(replaced, 1), u"new");
  EXPECT_EQ(text_of(replaced, 2), u"a");
  EXPECT_TRUE(find_string(replaced.span(), 1)->has_font);
  EXPECT_EQ(find_string(replaced.span(), 1)->font, 7);
}

TEST(HiiStrings, FontsAreFoundByTheirNumber) {
  // Ext2, font: identifier, size, style, name
  const Bytes package = string_package("en", Bytes{0x31, 0x40, 15, 0, 7, 12, 0, 1, 0, 0, 0, 'S', 0, 0, 0} + Bytes{0x11, 7, 'a', 0} +
                                                 Bytes{0x11, 8, 'b', 0} + scsu("c"));
  const auto font = find_font(package.span(), *find_string(package.span(), 1));
  ASSERT_TRUE(font);
  EXPECT_EQ(font->size(), 10u);
  EXPECT_EQ(static_cast<int>((*font)[0]), 12);
  EXPECT_FALSE(find_font(package.span(), *find_string(package.span(), 2)));
  EXPECT_FALSE(find_font(package.span(), *find_string(package.span(), 3)));
}

TEST(HiiStrings, AnEmptyPackageTakesStrings) {
  Bytes out;
  out.resize(write_empty("fr", {}));
  write_empty("fr", std::as_writable_bytes(std::span(out.data(), out.size())));
  EXPECT_EQ(languages_of(out.span()), "fr");
  EXPECT_EQ(first_free_id(out.span()), 1u);
  EXPECT_EQ(text_of(with(out, 3, u"trois"), 3), u"trois");
}

}  // namespace
}  // namespace efilite::core::hii
