// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/quote.hpp"

#include <gtest/gtest.h>

namespace efilite::cli {
namespace {

TEST(Quote, AShellWordIsQuotedWhereItMustBe) {
  EXPECT_EQ(shell_word("console=ttyS0"), "console=ttyS0");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("$HOME`x`\\"), "'$HOME`x`\\'");
  EXPECT_EQ(shell_word("~x"), "'~x'");
  EXPECT_EQ(shell_word("a\nb"), "'a\nb'");
}

TEST(Quote, QemuWantsCommasTwice) { EXPECT_EQ(qemu_value("a,b,,c"), "a,,b,,,,c"); }

TEST(Quote, XlReadsBackslashes) { EXPECT_EQ(xl_string("a\"b\\c\n'"), "\"a\\\"b\\\\c\\x0a'\""); }

TEST(Quote, XmlHasFiveNamesAndKeepsLines) {
  EXPECT_EQ(xml_text("<a href='x' b=\"y\">&</a>"), "&lt;a href=&apos;x&apos; b=&quot;y&quot;&gt;&amp;&lt;/a&gt;");
  EXPECT_EQ(xml_text("a\tb\nc"), "a&#9;b&#10;c");
}

TEST(Quote, NotEverythingFitsIntoXml) {
  EXPECT_TRUE(fits_xml("für\t\n"));
  EXPECT_FALSE(fits_xml("\x1b"));
  EXPECT_FALSE(fits_xml("\xff"));
  EXPECT_FALSE(fits_xml("\uFFFE"));
  EXPECT_FALSE(fits_xml(std::string_view("\0", 1)));
}

}  // namespace
}  // namespace efilite::cli
