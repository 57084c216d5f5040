// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/screen.hpp"

#include <algorithm>
#include <array>

namespace efilite::boot {

namespace {

constexpr efi::Uintn kPlain = 0x07, kMarked = 0x70;  // [UEFI 2.10, 12.4.6] light grey on black, and the other way round
constexpr uint64_t kUnitsPerSecond = 10'000'000;

}  // namespace

Line& Line::add(char16_t c) {
  if (size_ < kWidth) text_[size_++] = c < u' ' ? u'?' : c;
  return *this;
}

Line& Line::add(std::u16string_view text) {
  for (char16_t c : text) add(c);
  return *this;
}

Line& Line::add(ByteSpan ucs2) {
  for (size_t at = 0; auto c = read_at<char16_t>(ucs2, at); at += sizeof *c) add(*c);
  return *this;
}

Line& Line::add(const char* ascii) {
  for (; *ascii != '\0'; ++ascii) add(static_cast<char16_t>(*ascii));
  return *this;
}

void Screen::clear() {
  out_.set_attribute(&out_, kPlain);
  out_.clear_screen(&out_);
  out_.enable_cursor(&out_, 0);
}

// To the line's end, so that nothing is left of what stood there.
void Screen::put(size_t row, Line& line, bool marked) {
  while (line.size() < Line::kWidth) line.add(u' ');
  out_.set_cursor_position(&out_, 1, row);
  out_.set_attribute(&out_, marked ? kMarked : kPlain);
  out_.output_string(&out_, line.text());
  if (marked) out_.set_attribute(&out_, kPlain);
}

efi::InputKey Screen::wait_for_key() {
  for (efi::InputKey key{};;) {
    size_t index;
    // A console without a way to wait is asked over and over.
    (void)events_.wait({{in_.wait_for_key}}, index);
    if (!efi::is_error(in_.read_key_stroke(&in_, &key))) return key;
  }
}

std::optional<efi::InputKey> Screen::key_within(uint64_t seconds) {
  const auto made = [&] {
    core::TplGuard guard(events_, efi::kTplNotify);
    return events_.create(efi::kEvtTimer, 0, nullptr, nullptr);
  }();
  if (!made) return std::nullopt;
  std::optional<efi::InputKey> found;
  const efi::Event events[] = {in_.wait_for_key, *made};
  efi::InputKey key{};
  size_t index = 0;
  Result<> waited = events_.set_timer(*made, efi::TimerDelay::Relative, seconds * kUnitsPerSecond);
  while (waited && !found) {
    waited = events_.wait(events, index);
    if (waited && index == 1) break;
    if (waited && !efi::is_error(in_.read_key_stroke(&in_, &key))) found = key;
  }
  (void)events_.close(*made);
  return found;
}

bool Screen::edit(size_t row, const char* prompt, std::span<char16_t> text, size_t& size) {
  const size_t prompt_size = std::string_view(prompt).size(), room = Line::kWidth - prompt_size - 1;
  size_t at = size;
  out_.enable_cursor(&out_, 1);
  for (;;) {
    const size_t first = at > room ? at - room : 0;
    Line line;
    put(row, line.add(prompt).add(std::u16string_view(text.data() + first, size - first)));
    out_.set_cursor_position(&out_, 1 + prompt_size + at - first, row);
    const efi::InputKey key = wait_for_key();
    const auto erase = [&](size_t from) {
      std::copy(text.begin() + from + 1, text.begin() + size, text.begin() + from);
      --size;
    };
    switch (static_cast<Scan>(key.scan_code)) {
      case Scan::Left: at -= at > 0; break;
      case Scan::Right: at += at < size; break;
      case Scan::Home: at = 0; break;
      case Scan::End: at = size; break;
      case Scan::Delete:
        if (at < size) erase(at);
        break;
      case Scan::Escape:
      case Scan::None:
        if (key.unicode_char == u'\r' || key.scan_code != 0) {
          out_.enable_cursor(&out_, 0);
          return key.scan_code == 0;
        }
        if (key.unicode_char == u'\b' && at > 0) {
          erase(--at);
        } else if (key.unicode_char >= u' ' && size < text.size()) {
          std::copy_backward(text.begin() + at, text.begin() + size, text.begin() + size + 1);
          text[at++] = key.unicode_char;
          ++size;
        }
        break;
      default: break;
    }
  }
}

}  // namespace efilite::boot
