// SPDX-License-Identifier: BSD-2-Clause-Patent
// Sequences of calls of SimpleTextOutput against a naive terminal that obeys the bytes: cursor and colours of the two must agree.
#include <memory>
#include <string>

#include "core/console/text_output.hpp"
#include "core/console/utf8.hpp"
#include "core/console/width.hpp"
#include "tests/support/fuzz.hpp"

namespace efilite::core {
namespace {

class Terminal final : public ConsolePort {
 public:
  const efi::SimpleTextOutputMode* mode = nullptr;
  int columns = 80, rows = 25, column = 0, row = 0;
  bool visible = true;

  std::optional<uint8_t> read() override { return std::nullopt; }
  void write(std::string_view bytes) override {
    for (char c : bytes) take(static_cast<uint8_t>(c));
  }

 private:
  void take(uint8_t byte) {
    if (!escape_.empty()) {
      escape_ += static_cast<char>(byte);
      if (byte >= 0x40 && byte != '[') obey();
      return;
    }
    switch (byte) {
      case 0x1B: escape_ = "\x1B"; return;
      case '\r': column = 0; return;
      case '\n': row = std::min(row + 1, rows - 1); return;
      case '\b': column = std::max(column - 1, 0); return;
      case '\t': column = std::min(column / 8 * 8 + 8, columns - 1); return;
      default: break;
    }
    if (auto c = decoder_.feed(byte)) {
      EXPECT(*c >= 0x20);
      column += is_narrow(static_cast<efi::Char16>(*c)) ? 1 : 2;
      EXPECT(column <= columns);  // or the terminal would wrap in its own way
      check_colours();
    }
  }
  void obey() {
    const std::string sequence = std::exchange(escape_, "");
    EXPECT(sequence.starts_with("\x1B["));
    const std::string parameters = sequence.substr(2, sequence.size() - 3);
    switch (sequence.back()) {
      case 'H':
        row = parameters.empty() ? 0 : std::stoi(parameters) - 1;
        column = parameters.empty() ? 0 : std::stoi(parameters.substr(parameters.find(';') + 1)) - 1;
        EXPECT(row >= 0 && row < 50 && column >= 0 && column < 132);
        return;
      case 'J': EXPECT(parameters == "2"); return;
      case 'm': colours_ = parameters; return;
      case 'h': case 'l': EXPECT(parameters == "?25"); visible = sequence.back() == 'h'; return;
      default: EXPECT(false);
    }
  }
  void check_colours() const {
    static constexpr char kAnsi[] = "04261537";
    const int attribute = mode->attribute;
    std::string wanted = "0";
    if (attribute != 7) {
      if (attribute & 8) wanted += ";1";
      wanted += std::string(";3") + kAnsi[attribute & 7] + ";4" + kAnsi[attribute >> 4];
    }
    EXPECT(colours_ == wanted);
  }

  std::string escape_;
  std::string colours_ = "0";
  Utf8Decoder decoder_;
};

class Input {
 public:
  Input(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}
  bool more() const { return at_ != end_; }
  uint8_t byte() { return more() ? *at_++ : 0; }
  uint16_t word() { return static_cast<uint16_t>(byte() | byte() << 8); }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

void print(TextOutput& out, Input& input) {
  std::u16string text;
  bool shown = true;
  for (size_t left = input.byte(); left > 0; --left) {
    // Mostly what programs print; now and then anything.
    const uint8_t kind = input.byte();
    const char16_t c = kind < 200 ? kind : kind < 225 ? static_cast<char16_t>(0x4E00 + kind) : input.word();
    if (c == 0) break;
    text += c;
    shown = shown && TextOutput::test_string(std::u16string(1, c).c_str()).has_value();
  }
  const Status status = out.output_string(text.c_str());
  EXPECT(status == (shown ? Status::Success : Status::WarnUnknownGlyph));
}

void one_call(TextOutput& out, Terminal& terminal, Input& input) {
  const efi::SimpleTextOutputMode before = out.mode();
  switch (input.byte() % 8) {
    case 0: {
      const uint16_t column = input.byte(), row = input.byte();
      const bool fits = column < terminal.columns && row < terminal.rows;
      EXPECT(out.set_cursor_position(column, row).has_value() == fits);
      if (fits) EXPECT(out.mode().cursor_column == column && out.mode().cursor_row == row);
      break;
    }
    case 1: {
      const auto size = TextOutput::query_mode(input.byte() % 4);
      if (size) terminal.columns = size->columns, terminal.rows = size->rows;
      const efi::Uintn number = !size ? 3 : size->columns == 100 ? 2 : 0;
      EXPECT(out.set_mode(number).has_value() == size.has_value());
      break;
    }
    case 2: {
      const uint8_t attribute = input.byte();
      EXPECT(out.set_attribute(attribute).has_value() == (attribute < 0x80));
      EXPECT(out.mode().attribute == (attribute < 0x80 ? attribute : before.attribute));
      break;
    }
    case 3: out.clear_screen(); break;
    case 4: out.enable_cursor(input.byte() & 1); break;
    case 5:
      if (input.byte() != 0) break;  // seldom
      out.reset();
      terminal.columns = 80, terminal.rows = 25;
      break;
    default: print(out, input);
  }
}

}  // namespace
}  // namespace efilite::core

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite;
  test::FuzzHeap heap;
  test::NoInterrupts interrupts;
  test::NoClock clock;
  core::EventQueue events(heap, interrupts, clock);
  core::Terminal terminal;
  core::TextOutput out(terminal, events);
  terminal.mode = &out.mode();
  out.clear_screen();  // a program that has taken the screen: from here on the two must agree
  for (core::Input input(data, size); input.more();) {
    core::one_call(out, terminal, input);
    EXPECT(out.mode().cursor_column == terminal.column && out.mode().cursor_row == terminal.row);
    EXPECT((out.mode().cursor_visible != 0) == terminal.visible);
  }
  return 0;
}
