// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/console/text_input.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <string>

#include "tests/support/clock.hpp"

namespace efilite::core {
namespace {

struct Keyboard final : ConsolePort {
  std::deque<uint8_t> typed;
  std::optional<uint8_t> stuck_at;  // a line that sends this for ever
  int stuck_reads = 0;
  void write(std::string_view) override {}
  std::optional<uint8_t> read() override {
    if (stuck_at && ++stuck_reads > 1'000'000) std::abort();
    if (stuck_at) return stuck_at;
    if (typed.empty()) return std::nullopt;
    const uint8_t byte = typed.front();
    typed.pop_front();
    return byte;
  }
  void type(std::string_view bytes) { typed.insert(typed.end(), bytes.begin(), bytes.end()); }
};

class TextInputTest : public testing::Test {
 protected:
  test::ListHeap heap;
  test::FakeClock clock;
  test::FakeInterrupts interrupts{clock};
  EventQueue events{heap, interrupts, clock};
  Keyboard keyboard;
  TextInput in{keyboard, events, clock};
  efi::SimpleTextInputProtocol* con = in.protocol();

  TextInputTest() {
    clock.interrupt = [this] { events.tick(); };
    events.restore_tpl(efi::kTplApplication);
    EXPECT_TRUE(in.open().has_value());
  }

  // "<scan>" for keys with a scan code, the character otherwise.
  std::u16string keys() {
    std::u16string all;
    efi::InputKey key;
    while (con->read_key_stroke(con, &key) == efi::encode(Status::Success)) {
      if (key.scan_code != 0) {
        EXPECT_EQ(key.unicode_char, 0);
        for (char c : "<" + std::to_string(key.scan_code) + ">") all += static_cast<char16_t>(c);
      } else {
        all += key.unicode_char;
      }
    }
    return all;
  }
  std::u16string type(std::string_view bytes) {
    keyboard.type(bytes);
    return keys();
  }
  void let_time_pass() { clock.advance(100 * test::FakeClock::kMillisecond); }
};

TEST_F(TextInputTest, NothingTypedIsNotReady) {
  efi::InputKey key{1, 2};
  EXPECT_EQ(con->read_key_stroke(con, &key), efi::encode(Status::NotReady));
  EXPECT_EQ(key.scan_code, 1);
  EXPECT_EQ(con->read_key_stroke(con, nullptr), efi::encode(Status::InvalidParameter));
  EXPECT_EQ(clock.looks, 0);
}

TEST_F(TextInputTest, CharactersComeInOrder) { EXPECT_EQ(type("aB1 ~\t\x03"), u"aB1 ~\t\x03"); }

TEST_F(TextInputTest, ReturnAndBackspaceAreWhatEfiCallsThem) {
  EXPECT_EQ(type("\n"), u"\r");
  EXPECT_EQ(type("\r"), u"\r");
  EXPECT_EQ(type("\r\n\n"), u"\r\r");
  EXPECT_EQ(type("\x7F\x08"), u"\b\b");
}

TEST_F(TextInputTest, Utf8BecomesOneKey) {
  EXPECT_EQ(type("\u00E9\u20AC"), u"\u00E9\u20AC");
  EXPECT_EQ(type("a\U0001F600b"), u"ab");    // CHAR16 has no word for it
  EXPECT_EQ(type("a\xFF\xE2zb"), u"azb");    // broken bytes are dropped
  EXPECT_EQ(type(std::string_view("\0x", 2)), u"x");
}

TEST_F(TextInputTest, CursorAndEditingKeysOfVt100Vt220AndXterm) {
  EXPECT_EQ(type("\x1B[A\x1B[B\x1B[C\x1B[D"), u"<1><2><3><4>");
  EXPECT_EQ(type("\x1BOA\x1BOB\x1BOC\x1BOD"), u"<1><2><3><4>");
  EXPECT_EQ(type("\x1B[H\x1B[F\x1BOH\x1BOF"), u"<5><6><5><6>");
  EXPECT_EQ(type("\x1B[1~\x1B[4~\x1B[7~\x1B[8~"), u"<5><6><5><6>");
  EXPECT_EQ(type("\x1B[2~\x1B[3~\x1B[5~\x1B[6~"), u"<7><8><9><10>");
}

TEST_F(TextInputTest, FunctionKeys) {
  EXPECT_EQ(type("\x1BOP\x1BOQ\x1BOR\x1BOS"), u"<11><12><13><14>");
  EXPECT_EQ(type("\x1B[11~\x1B[12~\x1B[13~\x1B[14~\x1B[15~"), u"<11><12><13><14><15>");
  EXPECT_EQ(type("\x1B[17~\x1B[18~\x1B[19~\x1B[20~\x1B[21~"), u"<16><17><18><19><20>");
  EXPECT_EQ(type("\x1B[23~\x1B[24~"), u"<21><22>");
  EXPECT_EQ(type("\x1B[[A\x1B[[E"), u"<11><15>");
  EXPECT_EQ(type("\x1B[25~\x1B[26~\x1B[28~\x1B[29~\x1B[31~\x1B[34~"), u"<104><105><106><107><108><111>");
  EXPECT_EQ(type("\x1B[22~\x1B[27~\x1B[30~\x1B[35~"), u"");
}

TEST_F(TextInputTest, KeysOfVtUtf8WhichTheDevicePathPromises) {
  EXPECT_EQ(type("\x1B""1\x1B""2\x1B""9\x1B""0\x1B!\x1B@"), u"<11><12><19><20><21><22>");
  EXPECT_EQ(type("\x1Bh\x1Bk\x1B+\x1B-\x1B?\x1B/"), u"<5><6><7><8><9><10>");
}

TEST_F(TextInputTest, ModifiersDoNotHideTheKey) { EXPECT_EQ(type("\x1B[1;5A\x1B[3;2~\x1B[1;2R"), u"<1><8><13>"); }

TEST_F(TextInputTest, SequencesOfOtherMeaningAreSwallowed) {
  EXPECT_EQ(type("\x1B[24;80R"), u"");  // a cursor report
  EXPECT_EQ(type("\x1B[?1;2c\x1B[99~\x1B[16~x"), u"x");
  EXPECT_EQ(type("\x1B[0000000000000000"), u"000000");  // endless: cut off, no overflow
}

TEST_F(TextInputTest, AnEscapeAloneIsAKeyAfterAWhile) {
  EXPECT_EQ(type("\x1B"), u"");
  clock.advance(10 * test::FakeClock::kMillisecond);
  EXPECT_EQ(keys(), u"");
  let_time_pass();
  EXPECT_EQ(keys(), u"<23>");
  EXPECT_EQ(type("\x1B["), u"");
  let_time_pass();
  EXPECT_EQ(keys(), u"<23>[");
}

TEST_F(TextInputTest, ASequenceMayArriveInPieces) {
  EXPECT_EQ(type("\x1B"), u"");
  EXPECT_EQ(type("["), u"");
  EXPECT_EQ(type("2"), u"");
  EXPECT_EQ(type("4~"), u"<22>");
}

TEST_F(TextInputTest, EscapeThenAnotherKeyIsBoth) {
  EXPECT_EQ(type("\x1Bx"), u"<23>x");
  EXPECT_EQ(type("\x1B\x1B[A"), u"<23><1>");
  EXPECT_EQ(type("\x1B\xC3\xA9"), u"<23>\u00E9");
}

TEST_F(TextInputTest, ALotOfTypingIsKeptInThePortNotLost) {
  const std::string text(500, 'k');
  EXPECT_EQ(type(text), std::u16string(500, u'k'));
}

TEST_F(TextInputTest, ResetForgetsWhatWasTyped) {
  keyboard.type("ab\x1B[");
  EXPECT_TRUE(in.key_waiting());
  keyboard.type("cd");
  EXPECT_EQ(con->reset(con, 0), efi::encode(Status::Success));
  EXPECT_EQ(keys(), u"");
  let_time_pass();
  EXPECT_EQ(type("A"), u"A");
  keyboard.stuck_at = 'x';
  EXPECT_EQ(con->reset(con, 0), efi::encode(Status::Success));  // comes back even from a line that never stops
}

TEST_F(TextInputTest, NoiseWithoutEndIsNoKeyAndHoldsNobody) {
  for (uint8_t noise : {0x00, 0xFF}) {  // a break, a floating line
    keyboard.stuck_at = noise;
    EXPECT_EQ(keys(), u"");
    EXPECT_EQ(events.check(con->wait_for_key).status(), Status::NotReady);
  }
  keyboard.stuck_at.reset();
  EXPECT_EQ(type("k"), u"k");
}

TEST_F(TextInputTest, WaitForKeyIsSignalledWhenAKeyIsThere) {
  EXPECT_EQ(events.check(con->wait_for_key).status(), Status::NotReady);
  keyboard.type("k");
  EXPECT_TRUE(events.check(con->wait_for_key).has_value());
  EXPECT_EQ(keys(), u"k");
  EXPECT_EQ(events.check(con->wait_for_key).status(), Status::NotReady);
}

TEST_F(TextInputTest, WaitForEventWakesForAKeyTypedLater) {
  interrupts.on_wait = [&] {
    if (interrupts.waits == 3) keyboard.type("\x1B");
  };
  size_t index = 9;
  EXPECT_TRUE(events.wait({&con->wait_for_key, 1}, index).has_value());
  EXPECT_EQ(index, 0u);
  EXPECT_EQ(keys(), u"<23>");
}

}  // namespace
}  // namespace efilite::core
