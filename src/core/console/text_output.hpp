// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL [UEFI 2.10, 12.4] on a byte console with a VT100 and UTF-8 behind it. Until a program asks for a screen
// (mode, position, colour), what it prints leaves as plain text, so that a serial log stays readable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "abi/uefi/protocols.hpp"
#include "core/events/events.hpp"
#include "core/ports.hpp"

namespace efilite::core {

class TextOutput {
 public:
  TextOutput(ConsolePort& port, EventQueue& events);
  TextOutput(const TextOutput&) = delete;
  TextOutput& operator=(const TextOutput&) = delete;

  efi::SimpleTextOutputProtocol* protocol() { return &edge_; }
  const efi::SimpleTextOutputMode& mode() const { return mode_; }

  void reset();
  Status output_string(const efi::Char16* string);  // WarnUnknownGlyph: some characters were left out
  static Result<> test_string(const efi::Char16* string);
  struct Size {
    uint16_t columns;
    uint16_t rows;
  };
  static Result<Size> query_mode(efi::Uintn mode);
  Result<> set_mode(efi::Uintn mode);
  Result<> set_attribute(efi::Uintn attribute);
  void clear_screen();
  Result<> set_cursor_position(efi::Uintn column, efi::Uintn row);
  void enable_cursor(bool visible);

  // Colours and cursor of the terminal as they were, once the program that changed them is gone; silent when nothing was changed.
  void leave_terminal();

 private:
  struct Edge : efi::SimpleTextOutputProtocol {
    TextOutput* owner;
  };
  friend struct TextOutputThunks;
  class Burst;

  bool put(Burst& out, efi::Char16 character);
  void put_glyph(Burst& out, efi::Char16 character);
  void put_control(Burst& out, efi::Char16 character);
  void wrap(Burst& out);
  void line_feed();
  void show_attribute(Burst& out);
  void clear(Burst& out);

  ConsolePort& port_;
  EventQueue& events_;
  Edge edge_{};
  efi::SimpleTextOutputMode mode_{};
  Size size_{};
  int32_t shown_attribute_;  // what the terminal was told last
  bool addressed_ = false;   // the program has taken the screen as a whole: cursor and terminal must agree
};

// Log text for a terminal in raw mode: a line feed alone would not return to the first column.
void write_lines(ConsolePort& port, std::string_view text);

}  // namespace efilite::core
