// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/console/text_output.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/clock.hpp"

namespace efilite::core {
namespace {

struct Recorder final : ConsolePort {
  std::string text;
  int writes = 0;
  void write(std::string_view bytes) override {
    text += bytes;
    ++writes;
  }
  std::optional<uint8_t> read() override { return std::nullopt; }
  std::string take() { return std::exchange(text, {}); }
};

class TextOutputTest : public testing::Test {
 protected:
  test::ListHeap heap;
  test::FakeClock clock;
  test::FakeInterrupts interrupts{clock};
  EventQueue events{heap, interrupts, clock};
  Recorder port;
  TextOutput out{port, events};
  efi::SimpleTextOutputProtocol* con = out.protocol();

  TextOutputTest() { events.restore_tpl(efi::kTplApplication); }
  efi::EfiStatus print(std::u16string text) { return con->output_string(con, text.data()); }
  std::pair<int, int> cursor() const { return {con->mode->cursor_column, con->mode->cursor_row}; }
};

constexpr auto kOk = efi::encode(Status::Success);
constexpr auto kUnsupported = efi::encode(Status::Unsupported);
constexpr auto kInvalid = efi::encode(Status::InvalidParameter);

TEST_F(TextOutputTest, PlainTextLeavesAsPlainText) {
  EXPECT_EQ(print(u"Hello\r\nworld\r\n"), kOk);
  EXPECT_EQ(port.take(), "Hello\r\nworld\r\n");
  EXPECT_EQ(port.writes, 1);
  EXPECT_EQ(print(std::u16string(100, u'x') + u"\r\n"), kOk);
  EXPECT_EQ(port.take(), std::string(100, 'x') + "\r\n");  // a long line stays one line
  EXPECT_EQ(cursor(), (std::pair{0, 4}));                  // while the program sees it wrapped
}

TEST_F(TextOutputTest, BeginsInTheModeEveryDeviceHas) {
  EXPECT_EQ(con->mode->max_mode, 3);
  EXPECT_EQ(con->mode->mode, 0);
  EXPECT_EQ(con->mode->attribute, 0x07);
  EXPECT_EQ(con->mode->cursor_visible, 1);
  EXPECT_EQ(cursor(), (std::pair{0, 0}));
  EXPECT_EQ(port.text, "");
}

TEST_F(TextOutputTest, LinesBoxesAndArrowsPassAsUtf8) {
  EXPECT_EQ(print(u"\u2554\u2550\u25B2\u00E9"), kOk);
  EXPECT_EQ(port.take(), "\u2554\u2550\u25B2\u00E9");
  EXPECT_EQ(cursor(), (std::pair{4, 0}));
}

TEST_F(TextOutputTest, WhatCannotBeShownIsLeftOutWithAWarning) {
  const std::u16string odd = {u'a', 0xD83D, 0xDE00, u'b', 0x1B, 0x7F, 0x85, 0xFFFE, 0xFFFF, 0xFDD0, u'c'};
  EXPECT_EQ(print(odd), efi::encode(Status::WarnUnknownGlyph));
  EXPECT_EQ(port.take(), "abc");
  EXPECT_EQ(cursor(), (std::pair{3, 0}));
}

TEST_F(TextOutputTest, TestStringTellsBeforehand) {
  std::u16string good = u"text \u2500\r\n\b\t", bad = {u'a', 0xD800};
  EXPECT_EQ(con->test_string(con, good.data()), kOk);
  EXPECT_EQ(con->test_string(con, bad.data()), kUnsupported);
  EXPECT_EQ(con->test_string(con, nullptr), kInvalid);
  EXPECT_EQ(con->output_string(con, nullptr), kInvalid);
  EXPECT_EQ(port.text, "");
}

TEST_F(TextOutputTest, QueryModeKnowsTheMandatoryModeAndRefusesTheSecond) {
  efi::Uintn columns = 0, rows = 0;
  EXPECT_EQ(con->query_mode(con, 0, &columns, &rows), kOk);
  EXPECT_EQ((std::pair{columns, rows}), (std::pair<efi::Uintn, efi::Uintn>{80, 25}));
  EXPECT_EQ(con->query_mode(con, 2, &columns, &rows), kOk);
  EXPECT_EQ((std::pair{columns, rows}), (std::pair<efi::Uintn, efi::Uintn>{100, 31}));
  for (efi::Uintn mode : {efi::Uintn{1}, efi::Uintn{3}, ~efi::Uintn{0}}) {
    EXPECT_EQ(con->query_mode(con, mode, &columns, &rows), kUnsupported);
    EXPECT_EQ(con->set_mode(con, mode), kUnsupported);
  }
  EXPECT_EQ(con->query_mode(con, 0, nullptr, &rows), kInvalid);
  EXPECT_EQ(con->query_mode(con, 0, &columns, nullptr), kInvalid);
  EXPECT_EQ(con->mode->mode, 0);
}

TEST_F(TextOutputTest, SetModeClearsAndKeepsTheColour) {
  EXPECT_EQ(con->set_attribute(con, 0x1F), kOk);
  print(u"ab");
  port.take();
  EXPECT_EQ(con->set_mode(con, 2), kOk);
  EXPECT_EQ(port.take(), "\x1B[2J\x1B[H");
  EXPECT_EQ(con->mode->mode, 2);
  EXPECT_EQ(con->mode->attribute, 0x1F);
  EXPECT_EQ(cursor(), (std::pair{0, 0}));
  print(std::u16string(99, u'x'));
  EXPECT_EQ(cursor(), (std::pair{99, 0}));
}

TEST_F(TextOutputTest, ColoursAreSentOnlyWhenSomethingIsPrintedInThem) {
  EXPECT_EQ(con->set_attribute(con, 0x1E), kOk);  // yellow on blue
  EXPECT_EQ(con->set_attribute(con, 0x07), kOk);
  print(u"plain");
  EXPECT_EQ(port.take(), "plain");
  EXPECT_EQ(con->set_attribute(con, 0x1E), kOk);
  EXPECT_EQ(con->mode->attribute, 0x1E);
  print(u"\r\n");
  EXPECT_EQ(port.take(), "\r\n");
  print(u"ab");
  print(u"c");
  EXPECT_EQ(port.take(), "\x1B[0;1;33;44mabc");
  EXPECT_EQ(con->set_attribute(con, 0x04), kOk);
  print(u"r");
  EXPECT_EQ(port.take(), "\x1B[0;31;40mr");
  EXPECT_EQ(con->set_attribute(con, 0x07), kOk);
  print(u"d");
  EXPECT_EQ(port.take(), "\x1B[0md");
}

TEST_F(TextOutputTest, UndefinedAttributesAreRefused) {
  EXPECT_EQ(con->set_attribute(con, 0x80), kUnsupported);
  EXPECT_EQ(con->set_attribute(con, efi::Uintn{1} << 32), kUnsupported);
  EXPECT_EQ(con->mode->attribute, 0x07);
  EXPECT_EQ(con->set_attribute(con, 0x7F), kOk);
}

TEST_F(TextOutputTest, ClearScreenPaintsInTheBackgroundOfTheMoment) {
  EXPECT_EQ(con->set_attribute(con, 0x17), kOk);
  EXPECT_EQ(con->clear_screen(con), kOk);
  EXPECT_EQ(port.take(), "\x1B[0;37;44m\x1B[2J\x1B[H");
}

TEST_F(TextOutputTest, PositionsAreCheckedAgainstTheMode) {
  EXPECT_EQ(con->set_cursor_position(con, 79, 24), kOk);
  EXPECT_EQ(port.take(), "\x1B[25;80H");
  EXPECT_EQ(cursor(), (std::pair{79, 24}));
  EXPECT_EQ(con->set_cursor_position(con, 80, 0), kUnsupported);
  EXPECT_EQ(con->set_cursor_position(con, 0, 25), kUnsupported);
  EXPECT_EQ(con->set_cursor_position(con, ~efi::Uintn{0}, 0), kUnsupported);
  EXPECT_EQ(port.take(), "");
  EXPECT_EQ(cursor(), (std::pair{79, 24}));
}

TEST_F(TextOutputTest, TheCursorFollowsControlCharacters) {
  print(u"\b");
  EXPECT_EQ(port.take(), "");  // at the left edge nothing happens
  print(u"abc\b");
  EXPECT_EQ(cursor(), (std::pair{2, 0}));
  print(u"\n");
  EXPECT_EQ(cursor(), (std::pair{2, 1}));
  print(u"\r");
  EXPECT_EQ(cursor(), (std::pair{0, 1}));
  print(u"a\tb");
  EXPECT_EQ(cursor(), (std::pair{9, 1}));
  EXPECT_EQ(port.take(), "abc\b\n\ra\tb");
}

TEST_F(TextOutputTest, TheLastRowScrolls) {
  for (int i = 0; i < 30; ++i) print(u"x\r\n");
  EXPECT_EQ(cursor(), (std::pair{0, 24}));
  print(std::u16string(80, u'y'));
  EXPECT_EQ(cursor(), (std::pair{0, 24}));
}

TEST_F(TextOutputTest, OnAScreenTheTerminalIsMadeToWrapWhereTheModeDoes) {
  con->set_cursor_position(con, 78, 3);
  port.take();
  print(u"abc");
  EXPECT_EQ(port.take(), "ab\r\nc");
  EXPECT_EQ(cursor(), (std::pair{1, 4}));
}

TEST_F(TextOutputTest, CursorVisibilityIsSentWhenItChanges) {
  EXPECT_EQ(con->enable_cursor(con, 1), kOk);
  EXPECT_EQ(port.take(), "");
  EXPECT_EQ(con->enable_cursor(con, 0), kOk);
  EXPECT_EQ(con->enable_cursor(con, 0), kOk);
  EXPECT_EQ(port.take(), "\x1B[?25l");
  EXPECT_EQ(con->mode->cursor_visible, 0);
  EXPECT_EQ(con->enable_cursor(con, 1), kOk);
  EXPECT_EQ(port.take(), "\x1B[?25h");
}

TEST_F(TextOutputTest, ResetGoesBackToTheBeginning) {
  con->set_mode(con, 2);
  con->set_attribute(con, 0x70);
  con->enable_cursor(con, 0);
  print(u"abc");
  port.take();
  EXPECT_EQ(con->reset(con, 1), kOk);
  EXPECT_EQ(port.take(), "\x1B[?25h\x1B[0m\x1B[2J\x1B[H");
  EXPECT_EQ(con->mode->mode, 0);
  EXPECT_EQ(con->mode->attribute, 0x07);
  EXPECT_EQ(con->mode->cursor_visible, 1);
  EXPECT_EQ(cursor(), (std::pair{0, 0}));
}

TEST_F(TextOutputTest, LeavingIsSilentUnlessTheTerminalWasChanged) {
  print(u"plain");
  port.take();
  out.leave_terminal();
  EXPECT_EQ(port.take(), "");
  con->set_attribute(con, 0x02);
  con->enable_cursor(con, 0);
  print(u"green");
  port.take();
  out.leave_terminal();
  EXPECT_EQ(port.take(), "\x1B[0m\x1B[?25h");
}

TEST_F(TextOutputTest, EastAsianCharactersTakeTwoColumns) {
  EXPECT_EQ(print(u"a\u6F22\uFF21\uAC00\u30A2"), kOk);
  EXPECT_EQ(cursor(), (std::pair{9, 0}));
  EXPECT_EQ(port.take(), "a\u6F22\uFF21\uAC00\u30A2");
  print(u"\r\u2500\u00E9\uFF71\u303F\u10FF\u1160");  // box drawing, Latin, halfwidth kana and space, and the edges of a range
  EXPECT_EQ(cursor(), (std::pair{6, 0}));
}

TEST_F(TextOutputTest, AWideCharacterIsNotCutByTheEndOfTheLine) {
  con->set_cursor_position(con, 79, 3);
  port.take();
  EXPECT_EQ(print(u"\u6F22"), kOk);
  EXPECT_EQ(port.take(), "\r\n\u6F22");
  EXPECT_EQ(cursor(), (std::pair{2, 4}));
  con->set_cursor_position(con, 78, 24);
  port.take();
  EXPECT_EQ(print(u"\u6F22"), kOk);
  EXPECT_EQ(port.take(), "\u6F22\r\n");
  EXPECT_EQ(cursor(), (std::pair{0, 24}));
}

TEST_F(TextOutputTest, TheWideCodeMakesNarrowCharactersTakeTwoColumnsInItsString) {
  EXPECT_EQ(print(u"a\uFFF1bc\u6F22\uFFF0d"), kOk);
  EXPECT_EQ(port.take(), "ab c \u6F22d");
  EXPECT_EQ(cursor(), (std::pair{8, 0}));
  EXPECT_EQ(print(u"\uFFF1"), kOk);
  EXPECT_EQ(print(u"e"), kOk);
  EXPECT_EQ(port.take(), "e");
  std::u16string codes = u"\uFFF1\uFFF0";
  EXPECT_EQ(con->test_string(con, codes.data()), kOk);
}

TEST_F(TextOutputTest, TheModeFollowsEveryKindOfMove) {
  con->set_cursor_position(con, 0, 24);
  print(std::u16string(79, u'x') + u"yz");  // wraps and scrolls
  EXPECT_EQ(cursor(), (std::pair{1, 24}));
  print(u"\b\b");
  EXPECT_EQ(cursor(), (std::pair{0, 24}));
  print(u"\n");
  EXPECT_EQ(cursor(), (std::pair{0, 24}));
  con->set_cursor_position(con, 78, 0);
  print(u"\t");
  EXPECT_EQ(cursor(), (std::pair{79, 0}));
  print(u"\t\r\n");
  EXPECT_EQ(cursor(), (std::pair{0, 1}));
}

TEST_F(TextOutputTest, LongStringsLeaveInFewPieces) {
  print(std::u16string(1000, u'\u2500'));
  EXPECT_EQ(port.text.size(), 3000u);
  EXPECT_LE(port.writes, 30);
}

TEST_F(TextOutputTest, LogLinesGetTheirCarriageReturn) {
  write_lines(port, "one\ntwo\n\nrest");
  EXPECT_EQ(port.take(), "one\r\ntwo\r\n\r\nrest");
}

}  // namespace
}  // namespace efilite::core
