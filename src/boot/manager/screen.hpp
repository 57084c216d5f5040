// SPDX-License-Identifier: BSD-2-Clause-Patent
// A screen of lines and a keyboard, by the text protocols of the System Table: what the menu is drawn with.
#pragma once

#include <string_view>

#include "abi/uefi/protocols.hpp"
#include "core/events/events.hpp"

namespace efilite::boot {

// [UEFI 2.10, 12.1.2] scan codes
enum class Scan : uint16_t { None = 0, Up = 1, Down = 2, Right = 3, Left = 4, Home = 5, End = 6, Delete = 8, F2 = 0x0C, Escape = 0x17 };

// One line of text, as far as it fits.
class Line {
 public:
  static constexpr size_t kWidth = 78;
  Line& add(std::u16string_view text);
  Line& add(ByteSpan ucs2);  // not aligned
  Line& add(char16_t c);
  Line& add(const char* ascii);
  char16_t* text() { return text_; }
  size_t size() const { return size_; }

 private:
  char16_t text_[kWidth + 1] = {};
  size_t size_ = 0;
};

class Screen {
 public:
  static constexpr size_t kRows = 25;

  Screen(efi::SystemTable& table, core::EventQueue& events) : in_(*table.con_in), out_(*table.con_out), events_(events) {}

  void clear();
  void put(size_t row, Line& line, bool marked = false);
  efi::InputKey wait_for_key();
  // nullopt: none came within `seconds`.
  std::optional<efi::InputKey> key_within(uint64_t seconds);

  // A text that is edited in place, `size` being its length in and out. False: it was left by Escape.
  bool edit(size_t row, const char* prompt, std::span<char16_t> text, size_t& size);

 private:
  efi::SimpleTextInputProtocol& in_;
  efi::SimpleTextOutputProtocol& out_;
  core::EventQueue& events_;
};

}  // namespace efilite::boot
