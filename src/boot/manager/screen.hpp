// SPDX-License-Identifier: BSD-2-Clause-Patent
// A screen of lines and a keyboard, by the text protocols of the System Table: what the menu is drawn with.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "abi/uefi/protocols.hpp"
#include "core/events/events.hpp"

namespace efilite::boot {

// [UEFI 2.10, 12.1.2] scan codes
namespace Scan {
enum : uint16_t { kUp = 1, kDown = 2, kRight = 3, kLeft = 4, kF2 = 0x0C, kEscape = 0x17 };
}

// One line of text, as far as it fits.
class Line {
 public:
  static constexpr size_t kWidth = 78;
  Line& add(ByteSpan ucs2);  // not aligned
  Line& add(std::u16string_view text) { return add(std::as_bytes(std::span(text))); }
  Line& add(char16_t c) { return add(bytes_of(c)); }
  Line& add(std::string_view ascii);
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
  // The next key; nullopt: none came within `seconds`, of which 0 are without end.
  std::optional<efi::InputKey> key(uint64_t seconds = 0);

  // A text that is edited in place, `size` being its length in and out. False: it was left by Escape.
  bool edit(size_t row, const char* prompt, std::span<char16_t> text, size_t& size);

 private:
  efi::SimpleTextInputProtocol& in_;
  efi::SimpleTextOutputProtocol& out_;
  core::EventQueue& events_;
};

}  // namespace efilite::boot
