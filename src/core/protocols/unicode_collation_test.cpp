// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "base/letter_case.hpp"
#include "core/protocols/unicode_collation.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

namespace efilite::core::collation {
namespace {

struct UnicodeCollation : ::testing::Test {
  efi::UnicodeCollationProtocol* p = &protocol();
  int64_t compare(std::u16string a, std::u16string b) { return p->stri_coll(p, a.data(), b.data()); }
  bool match(std::u16string string, std::u16string pattern) { return p->metai_match(p, string.data(), pattern.data()); }
};

TEST_F(UnicodeCollation, LanguagesAreNamedByEachProtocolsStandard) {
  EXPECT_STREQ(protocol().supported_languages, "eng");
  EXPECT_STREQ(protocol2().supported_languages, "en");
}

TEST_F(UnicodeCollation, ComparesWithoutRegardToCase) {
  EXPECT_EQ(compare(u"", u""), 0);
  EXPECT_EQ(compare(u"Shell.EFI", u"sHELL.efi"), 0);
  EXPECT_LT(compare(u"abc", u"ABD"), 0);
  EXPECT_GT(compare(u"abd", u"ABC"), 0);
  EXPECT_LT(compare(u"ab", u"ABC"), 0);
  EXPECT_GT(compare(u"abc", u"AB"), 0);
  EXPECT_EQ(compare(u"\u00e4\u00ff", u"\u00c4\u0178"), 0);
  EXPECT_NE(compare(u"\u00f7", u"\u00d7"), 0);
  EXPECT_GT(compare(u"\uffff", u"a"), 0);
}

TEST_F(UnicodeCollation, ChangesCaseInPlace) {
  std::u16string text = u"aZ09_\u00e4\u00f7\u00ff\u0416";
  p->str_upr(p, text.data());
  EXPECT_EQ(text, u"AZ09_\u00c4\u00f7\u0178\u0416");
  p->str_lwr(p, text.data());
  EXPECT_EQ(text, u"az09_\u00e4\u00f7\u00ff\u0416");
}

TEST_F(UnicodeCollation, MatchesPatterns) {
  EXPECT_TRUE(match(u"", u""));
  EXPECT_TRUE(match(u"", u"***"));
  EXPECT_FALSE(match(u"", u"?"));
  EXPECT_FALSE(match(u"a", u""));
  EXPECT_TRUE(match(u"FILE.TXT", u"*.txt"));
  EXPECT_FALSE(match(u"FILE.TXTX", u"*.txt"));
  EXPECT_TRUE(match(u"a.b.txt", u"*.txt"));
  EXPECT_TRUE(match(u"abc", u"a?C"));
  EXPECT_FALSE(match(u"ac", u"a?c"));
  EXPECT_TRUE(match(u"xaybzc", u"*a*b*c"));
  EXPECT_FALSE(match(u"xaybz", u"*a*b*c"));
  EXPECT_TRUE(match(u"fs0:", u"fs[0-9]:"));
  EXPECT_FALSE(match(u"fsA:", u"fs[0-9]:"));
  EXPECT_TRUE(match(u"q", u"[a-cQ]"));
  EXPECT_TRUE(match(u"B", u"[a-cq]"));
  EXPECT_TRUE(match(u"-", u"[a-]"));
  EXPECT_FALSE(match(u"b", u"[a-]"));
  EXPECT_FALSE(match(u"a", u"[]"));
  EXPECT_TRUE(match(u"a", u"[ab"));
  EXPECT_FALSE(match(u"", u"["));
  EXPECT_FALSE(match(u"[", u"["));
  EXPECT_TRUE(match(u"x1y", u"*[0-9]*"));
  EXPECT_TRUE(match(u"]", u"]"));
}

bool naive(const char16_t* s, const char16_t* p) {
  if (*p == 0) return *s == 0;
  if (*p == '*') return naive(s, p + 1) || (*s && naive(s + 1, p));
  if (*s == 0) return false;
  if (*p == '?') return naive(s + 1, p + 1);
  if (*p == '[') {
    std::u16string set;
    for (++p; *p && *p != ']'; ++p) {
      if (p[1] == '-' && p[2] && p[2] != ']') {
        for (char16_t c = to_upper(*p); c <= to_upper(p[2]); ++c) set += c;
        p += 2;
      } else {
        set += to_upper(*p);
      }
    }
    return set.find(to_upper(*s)) != set.npos && naive(s + 1, *p ? p + 1 : p);
  }
  return to_upper(*s) == to_upper(*p) && naive(s + 1, p + 1);
}

TEST_F(UnicodeCollation, MatchesAsARecursiveMatcherDoes) {
  std::mt19937 random(1);
  int matched = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::u16string string, pattern;
    for (int n = random() % 7; n > 0; --n) string += u"aAbc-]"[random() % 6];
    for (int n = random() % 8; n > 0; --n) pattern += u"aBc*?*[-]"[random() % 9];
    bool expected = naive(string.c_str(), pattern.c_str());
    matched += expected;
    ASSERT_EQ(matches(string.c_str(), pattern.c_str()), expected)
        << std::string(string.begin(), string.end()) << " " << std::string(pattern.begin(), pattern.end());
  }
  EXPECT_GT(matched, 10'000);
}

TEST_F(UnicodeCollation, ManyStarsTakeNoExponentialTime) {
  std::u16string string(2000, 'a'), pattern;
  for (int i = 0; i < 500; ++i) pattern += u"*a";
  auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(match(string, pattern + u"b"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST_F(UnicodeCollation, ShortNamesBecomeTextUpToTheirNulOrSize) {
  char16_t out[12];
  char fat[] = "AB\xE9" "D";
  p->fat_to_str(p, 3, fat, out);
  EXPECT_EQ(std::u16string(out), u"AB\u00e9");
  p->fat_to_str(p, 8, fat, out);
  EXPECT_EQ(std::u16string(out), u"AB\u00e9D");
  p->fat_to_str(p, 0, fat, out);
  EXPECT_EQ(out[0], 0);
}

TEST_F(UnicodeCollation, TextBecomesAShortName) {
  auto convert = [&](std::u16string text, size_t size) {
    std::string fat(size + 1, '#');
    bool replaced = p->str_to_fat(p, text.data(), size, fat.data());
    EXPECT_EQ(fat.back(), '#');  // nothing behind the size
    size_t end = fat.find('\0');
    return fat.substr(0, std::min(end, size)) + (replaced ? "!" : "");
  };
  EXPECT_EQ(convert(u"read me.txt", 11), "READMETXT");
  EXPECT_EQ(convert(u"abcdefgh", 8), "ABCDEFGH");
  EXPECT_EQ(convert(u"abcdefghi", 8), "ABCDEFGH");
  EXPECT_EQ(convert(u"$%'-_@~`", 8), "$%'-_@~`");
  EXPECT_EQ(convert(u"!(){}^#&", 8), "!(){}^#&");
  for (char16_t c : std::u16string(u"\"*+,/:;<=>?[\\]|\u0001\u001f\u007f\u0080\u20ac"))
    EXPECT_EQ(convert(std::u16string(u"a") + c + u"b", 8), "A_B!") << int(c);
  EXPECT_EQ(convert(u"", 8), "");
  EXPECT_EQ(convert(u"abc", 0), "");
  EXPECT_EQ(convert(u"ab*", 2), "AB");  // what does not fit is not converted
}

}  // namespace
}  // namespace efilite::core::collation
