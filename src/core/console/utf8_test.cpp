// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/console/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace efilite::core {
namespace {

std::u16string to16(std::string_view in) {
  std::array<char16_t, 64> out;
  auto n = utf8_to_utf16(in, out);
  return n ? std::u16string(out.data(), *n) : u"too small";
}
std::string to8(std::u16string_view in) {
  std::array<char, 64> out;
  auto n = utf16_to_utf8(in, out);
  return n ? std::string(out.data(), *n) : "too small";
}

TEST(Utf8, ConvertsEveryLengthBothWays) {
  for (auto [narrow, wide] : {std::pair<std::string_view, std::u16string_view>{"", u""},
                              {"a~\n", u"a~\n"},
                              {"\xC2\x80\xDF\xBF", u"\u0080\u07FF"},
                              {"\xE0\xA0\x80\xE2\x94\x80\xEF\xBF\xBF", u"\u0800\u2500\uFFFF"},
                              {"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", u"\U00010000\U0010FFFF"}}) {
    EXPECT_EQ(to16(narrow), wide);
    EXPECT_EQ(to8(wide), narrow);
  }
}

TEST(Utf8, EveryCharacterComesBackAsItWas) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::array<char, 4> bytes;
    const size_t size = encode_utf8(c, bytes);
    Utf8Decoder decoder;
    for (size_t i = 0; i + 1 < size; ++i) ASSERT_FALSE(decoder.feed(static_cast<uint8_t>(bytes[i])));
    ASSERT_EQ(decoder.feed(static_cast<uint8_t>(bytes[size - 1])), c);
  }
}

TEST(Utf8, MalformedBytesBecomeReplacementCharacters) {
  EXPECT_EQ(to16("\x80"), u"\uFFFD");                  // a continuation alone
  EXPECT_EQ(to16("\xC0\xAF"), u"\uFFFD\uFFFD");        // bytes that never occur
  EXPECT_EQ(to16("\xE0\x80\xAF"), u"\uFFFD");          // overlong
  EXPECT_EQ(to16("\xED\xA0\x80"), u"\uFFFD");          // a surrogate
  EXPECT_EQ(to16("\xF4\x90\x80\x80"), u"\uFFFD");      // above U+10FFFF
  EXPECT_EQ(to16("\xE2\x94"), u"\uFFFD");              // cut off by the end
  EXPECT_EQ(to16("\xE2\x94x"), u"\uFFFDx");            // by a character
  EXPECT_EQ(to16("\xE2\xC3\xA9"), u"\uFFFD\u00E9");    // by another sequence
  EXPECT_EQ(to16("\xE2\xFFx"), u"\uFFFD\uFFFDx");
}

TEST(Utf8, LoneSurrogatesBecomeReplacementCharacters) {
  const char16_t lone[] = {0xDC00, u'x', 0xD800, u'y', 0xD800};
  EXPECT_EQ(to8({lone, 5}), "\xEF\xBF\xBDx\xEF\xBF\xBDy\xEF\xBF\xBD");
}

TEST(Utf8, ShortBuffersAreTold) {
  std::array<char16_t, 1> wide;
  EXPECT_EQ(utf8_to_utf16("ab", wide).status(), Status::BufferTooSmall);
  EXPECT_EQ(utf8_to_utf16("\xF0\x90\x80\x80", wide).status(), Status::BufferTooSmall);
  EXPECT_EQ(utf8_to_utf16("a\xE2", wide).status(), Status::BufferTooSmall);
  std::array<char, 2> narrow;
  EXPECT_EQ(utf16_to_utf8(u"\u2500", narrow).status(), Status::BufferTooSmall);
  EXPECT_EQ(utf16_to_utf8(u"ab", narrow).value(), 2u);
}

}  // namespace
}  // namespace efilite::core
