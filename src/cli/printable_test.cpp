// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/printable.hpp"

#include <gtest/gtest.h>

namespace efilite::cli {
namespace {

TEST(Printable, HarmlessTextStays) { EXPECT_EQ(printable("vmlinuz-6.1 für alle 日本"), "vmlinuz-6.1 für alle 日本"); }

TEST(Printable, WhatATerminalWouldObeyIsWrittenOut) {
  EXPECT_EQ(printable("\x1b[31mred\a\n"), "\\x1b[31mred\\x07\\x0a");
  EXPECT_EQ(printable("a\nb", true), "a\nb");
  EXPECT_EQ(printable("\u202Etxt.exe"), "\\xe2\\x80\\xaetxt.exe");
  EXPECT_EQ(printable("\u0085"), "\\xc2\\x85");
}

TEST(Printable, WhatIsNoUtf8IsWrittenOut) {
  EXPECT_EQ(printable("\xff\xc0\x80"), "\\xff\\xc0\\x80");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");           // cut off
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(Utf8, ReplacesWhatIsNone) {
  EXPECT_EQ(utf8("a\xff" "b"), "a\uFFFD" "b");
  EXPECT_EQ(utf8("\x1b"), "\x1b");
  EXPECT_EQ(utf8("日本"), "日本");
}

TEST(Utf8, IsMadeOfUtf16) {
  EXPECT_EQ(utf8(std::u16string_view(u"\\EFI\\für\\日本")), "\\EFI\\für\\日本");
  EXPECT_EQ(utf8(std::u16string_view(u"\U0001F600")), "\U0001F600");
  const char16_t alone[] = {0xD800, u'x', 0xDC00};
  EXPECT_EQ(utf8(std::u16string_view(alone, 3)), "\uFFFDx\uFFFD");
}

TEST(Width, CountsCharacters) {
  EXPECT_EQ(width("abc"), 3u);
  EXPECT_EQ(width("für"), 3u);
}

}  // namespace
}  // namespace efilite::cli
