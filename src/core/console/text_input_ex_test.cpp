// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/console/text_input_ex.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <vector>

#include "tests/support/clock.hpp"

namespace efilite::core {
namespace {

using efi::encode;

struct Keyboard final : ConsolePort {
  std::deque<uint8_t> typed;
  void write(std::string_view) override {}
  std::optional<uint8_t> read() override {
    if (typed.empty()) return std::nullopt;
    const uint8_t byte = typed.front();
    typed.pop_front();
    return byte;
  }
  void type(std::string_view bytes) { typed.insert(typed.end(), bytes.begin(), bytes.end()); }
};

class TextInputExTest : public testing::Test {
 protected:
  TextInputExTest() {
    current = this;
    clock.interrupt = [this] { events.tick(); };
    events.restore_tpl(efi::kTplApplication);
    EXPECT_TRUE(in.open() && ex.open());
  }
  ~TextInputExTest() override { current = nullptr; }

  static inline TextInputExTest* current;
  static efi::EfiStatus EFIAPI heard(efi::KeyData* key) {
    current->keys.push_back(*key);
    current->level = current->events.tpl();
    if (current->also) current->also();
    return encode(Status::Success);
  }
  static efi::EfiStatus EFIAPI heard_too(efi::KeyData*) {
    ++current->others;
    return encode(Status::Success);
  }
  void* on(efi::KeyData key, efi::KeyNotifyFunction function = heard) {
    void* handle = nullptr;
    EXPECT_EQ(con->register_key_notify(con, &key, function, &handle), encode(Status::Success));
    return handle;
  }
  void let_time_pass() { clock.advance(200 * test::FakeClock::kMillisecond); }

  test::ListHeap heap;
  test::FakeClock clock;
  test::FakeInterrupts interrupts{clock};
  EventQueue events{heap, interrupts, clock};
  Keyboard keyboard;
  TextInput in{keyboard, events, clock};
  TextInputEx ex{in, events, heap};
  efi::SimpleTextInputExProtocol* con = ex.protocol();
  std::vector<efi::KeyData> keys;
  int others = 0;
  efi::Tpl level = 0;
  std::function<void()> also;
};

TEST_F(TextInputExTest, NothingTypedIsNotReadyButTellsTheState) {
  efi::KeyData key{{7, 7}, {7, 7}};
  EXPECT_EQ(con->read_key_stroke_ex(con, &key), encode(Status::NotReady));
  EXPECT_EQ(key.key.scan_code, 0);
  EXPECT_EQ(key.key_state.key_shift_state, 0u);
  EXPECT_EQ(key.key_state.key_toggle_state, 0);  // unknown: a terminal's lights are its own
  EXPECT_EQ(con->read_key_stroke_ex(con, nullptr), encode(Status::InvalidParameter));
}

TEST_F(TextInputExTest, BothProtocolsShareTheKeys) {
  keyboard.type("ab");
  efi::KeyData key;
  efi::InputKey plain;
  EXPECT_EQ(con->read_key_stroke_ex(con, &key), encode(Status::Success));
  EXPECT_EQ(key.key.unicode_char, 'a');
  EXPECT_EQ(key.key_state.key_shift_state, 0u);
  EXPECT_EQ(in.protocol()->read_key_stroke(in.protocol(), &plain), encode(Status::Success));
  EXPECT_EQ(plain.unicode_char, 'b');
  EXPECT_EQ(con->read_key_stroke_ex(con, &key), encode(Status::NotReady));
}

TEST_F(TextInputExTest, ModifiersAreToldWhereTheLineTellsThem) {
  keyboard.type("\x03\t\r\x1B[1;2A\x1B[1;3B\x1B[15;5~\x1B[1;99C");
  const uint32_t expected[] = {efi::kLeftControlPressed, 0, 0, efi::kLeftShiftPressed, efi::kLeftAltPressed, efi::kLeftControlPressed, 0};
  for (uint32_t state : expected) {
    efi::KeyData key;
    ASSERT_EQ(con->read_key_stroke_ex(con, &key), encode(Status::Success));
    EXPECT_EQ(key.key_state.key_shift_state, state ? state | efi::kShiftStateValid : 0);
  }
}

TEST_F(TextInputExTest, ToggleStateIsKeptAndTold) {
  uint8_t state = efi::kToggleStateValid | efi::kCapsLockActive;
  EXPECT_EQ(con->set_state(con, &state), encode(Status::Success));
  keyboard.type("a");
  efi::KeyData key;
  EXPECT_EQ(con->read_key_stroke_ex(con, &key), encode(Status::Success));
  EXPECT_EQ(key.key_state.key_toggle_state, state);
  EXPECT_EQ(con->read_key_stroke_ex(con, &key), encode(Status::NotReady));
  EXPECT_EQ(key.key_state.key_toggle_state, state);
  EXPECT_EQ(con->reset(con, 0), encode(Status::Success));
  EXPECT_EQ(con->read_key_stroke_ex(con, &key), encode(Status::NotReady));
  EXPECT_EQ(key.key_state.key_toggle_state, 0);
}

TEST_F(TextInputExTest, AStateThatIsNotMarkedValidOrUnknownIsUnsupported) {
  uint8_t state = efi::kCapsLockActive;
  EXPECT_EQ(con->set_state(con, &state), encode(Status::Unsupported));
  state = efi::kToggleStateValid | 0x08;
  EXPECT_EQ(con->set_state(con, &state), encode(Status::Unsupported));
  EXPECT_EQ(con->set_state(con, nullptr), encode(Status::InvalidParameter));
}

TEST_F(TextInputExTest, ResetForgetsWhatWasTyped) {
  keyboard.type("abc");
  EXPECT_EQ(con->reset(con, 1), encode(Status::Success));
  efi::KeyData key;
  EXPECT_EQ(con->read_key_stroke_ex(con, &key), encode(Status::NotReady));
}

TEST_F(TextInputExTest, WaitForKeyExIsSignalledWhenAKeyIsThere) {
  EXPECT_EQ(events.check(con->wait_for_key_ex).status(), Status::NotReady);
  keyboard.type("k");
  EXPECT_TRUE(events.check(con->wait_for_key_ex).has_value());
  EXPECT_TRUE(events.check(in.protocol()->wait_for_key).has_value());
}

TEST_F(TextInputExTest, AKeyNotifiesAtCallbackWithoutBeingRead) {
  on({{0, 'q'}, {}});
  keyboard.type("pq");
  EXPECT_TRUE(keys.empty());
  let_time_pass();
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0].key.unicode_char, 'q');
  EXPECT_EQ(level, efi::kTplCallback);
  efi::KeyData key;  // and it can still be read, after the one before
  EXPECT_EQ(con->read_key_stroke_ex(con, &key), encode(Status::Success));
  EXPECT_EQ(key.key.unicode_char, 'p');
  EXPECT_EQ(con->read_key_stroke_ex(con, &key), encode(Status::Success));
  EXPECT_EQ(key.key.unicode_char, 'q');
  let_time_pass();
  EXPECT_EQ(keys.size(), 1u);
}

TEST_F(TextInputExTest, AKeyThatSomebodyReadsFirstNotifiesAllTheSame) {
  on({{0x17, 0}, {}});
  keyboard.type("\x1B[A\x1Bx");
  efi::InputKey key;
  const efi::Tpl old = events.raise_tpl(efi::kTplCallback);
  EXPECT_EQ(in.protocol()->read_key_stroke(in.protocol(), &key), encode(Status::Success));
  EXPECT_TRUE(keys.empty());  // not above its level
  events.restore_tpl(old);
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0].key.scan_code, 0x17);
}

TEST_F(TextInputExTest, ControlAndALetterIsTheLetterHereAndAControlCharacterThere) {
  keyboard.type("\x03\x03\x1D");
  efi::KeyData key;
  efi::InputKey plain;
  EXPECT_EQ(con->read_key_stroke_ex(con, &key), encode(Status::Success));
  EXPECT_EQ(key.key.unicode_char, 'c');
  EXPECT_EQ(key.key_state.key_shift_state, efi::kShiftStateValid | efi::kLeftControlPressed);
  EXPECT_EQ(in.protocol()->read_key_stroke(in.protocol(), &plain), encode(Status::Success));
  EXPECT_EQ(plain.unicode_char, 3);
  EXPECT_EQ(con->read_key_stroke_ex(con, &key), encode(Status::Success));
  EXPECT_EQ(key.key.unicode_char, 0x1D);  // with Control, but which key it was depends on the keyboard
  EXPECT_EQ(key.key_state.key_shift_state, 0u);
}

TEST_F(TextInputExTest, TabWithShiftIsATab) {
  keyboard.type("\x1B[Z");
  efi::KeyData key;
  EXPECT_EQ(con->read_key_stroke_ex(con, &key), encode(Status::Success));
  EXPECT_EQ(key.key.unicode_char, '\t');
  EXPECT_EQ(key.key.scan_code, 0);
  EXPECT_EQ(key.key_state.key_shift_state, efi::kShiftStateValid | efi::kLeftShiftPressed);
}

TEST_F(TextInputExTest, ControlAndALetterNotifiesWhicheverWayItIsAskedFor) {
  on({{0, 'c'}, {efi::kShiftStateValid | efi::kRightControlPressed, 0}});
  on({{0, 3}, {efi::kShiftStateValid | efi::kLeftControlPressed, 0}}, heard_too);
  on({{0, 3}, {}}, heard_too);
  on({{0, 'c'}, {efi::kShiftStateValid | efi::kLeftAltPressed, 0}}, heard_too);
  on({{0, 'c'}, {}}, heard_too);
  keyboard.type("c\x03");
  let_time_pass();
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0].key.unicode_char, 'c');
  EXPECT_EQ(keys[0].key_state.key_shift_state, efi::kShiftStateValid | efi::kLeftControlPressed);
  EXPECT_EQ(others, 3);
}

TEST_F(TextInputExTest, OnlyAStateThatIsAskedForMustMatch) {
  on({{1, 0}, {}});                                                             // cursor up, whatever else is pressed
  on({{1, 0}, {efi::kShiftStateValid | efi::kRightShiftPressed, 0}}, heard_too);
  keyboard.type("\x1B[A\x1B[1;2A");
  let_time_pass();
  EXPECT_EQ(keys.size(), 2u);
  EXPECT_EQ(others, 1);
  on({{0, 'x'}, {0, efi::kToggleStateValid | efi::kNumLockActive}}, heard_too);
  keyboard.type("x");
  let_time_pass();
  EXPECT_EQ(others, 1);
  uint8_t state = efi::kToggleStateValid | efi::kNumLockActive;
  con->set_state(con, &state);
  keyboard.type("x");
  let_time_pass();
  EXPECT_EQ(others, 2);
}

TEST_F(TextInputExTest, AllZerosAsksForIncompleteKeysWhichATerminalDoesNotSend) {
  on({});
  keyboard.type(std::string_view("a\0\x1B[A", 5));
  let_time_pass();
  EXPECT_TRUE(keys.empty());
}

TEST_F(TextInputExTest, AfterUnregisteringNobodyIsCalledAndNothingPolls) {
  void* first = on({{0, 'q'}, {}});
  void* second = on({{0, 'q'}, {}}, heard_too);
  EXPECT_NE(first, second);
  EXPECT_EQ(con->unregister_key_notify(con, first), encode(Status::Success));
  EXPECT_EQ(con->unregister_key_notify(con, first), encode(Status::InvalidParameter));
  EXPECT_EQ(con->unregister_key_notify(con, nullptr), encode(Status::InvalidParameter));
  EXPECT_EQ(con->unregister_key_notify(con, this), encode(Status::InvalidParameter));
  keyboard.type("q");
  let_time_pass();
  EXPECT_TRUE(keys.empty());
  EXPECT_EQ(others, 1);
  EXPECT_EQ(con->unregister_key_notify(con, second), encode(Status::Success));
  keyboard.type("q");
  let_time_pass();
  EXPECT_EQ(others, 1);
  EXPECT_EQ(keyboard.typed.size(), 1u);
  EXPECT_FALSE(clock.alarm.has_value());
}

TEST_F(TextInputExTest, AFunctionMayUnregisterItselfAndReadKeys) {
  void* self = on({{0, 'q'}, {}});
  void* after = on({{0, 'q'}, {}}, heard_too);
  also = [&] {
    efi::KeyData key;
    EXPECT_EQ(con->read_key_stroke_ex(con, &key), encode(Status::Success));
    EXPECT_EQ(con->unregister_key_notify(con, self), encode(Status::Success));
    EXPECT_EQ(con->unregister_key_notify(con, after), encode(Status::Success));
  };
  keyboard.type("qq");
  let_time_pass();
  EXPECT_EQ(keys.size(), 1u);
  EXPECT_EQ(others, 0);
}

TEST_F(TextInputExTest, ParametersAndLackOfMemoryAreTold) {
  efi::KeyData key{{0, 'q'}, {}};
  void* handle = nullptr;
  EXPECT_EQ(con->register_key_notify(con, nullptr, heard, &handle), encode(Status::InvalidParameter));
  EXPECT_EQ(con->register_key_notify(con, &key, nullptr, &handle), encode(Status::InvalidParameter));
  EXPECT_EQ(con->register_key_notify(con, &key, heard, nullptr), encode(Status::InvalidParameter));
  heap.allowed = heap.blocks();
  EXPECT_EQ(con->register_key_notify(con, &key, heard, &handle), encode(Status::OutOfResources));
  heap.allowed = SIZE_MAX;
  EXPECT_EQ(con->register_key_notify(con, &key, heard, &handle), encode(Status::Success));
}

}  // namespace
}  // namespace efilite::core
