// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/screen.hpp"

#include <cstring>

namespace efilite::boot {

namespace {

constexpr efi::Uintn kPlain = 0x07, kMarked = 0x70;  // [UEFI 2.10, 12.4.6] light grey on black, and the other way round
constexpr uint64_t kUnitsPerSecond = 10'000'000;

}  // namespace

Line& Line::add(ByteSpan ucs2) {
  for (size_t at = 0; auto c = read_at<char16_t>(ucs2, at); at += sizeof *c) {
    if (size_ < kWidth) text_[size_++] = *c < u' ' ? u'?' : *c;
  }
  return *this;
}

Line& Line::add(std::string_view ascii) {
  for (char c : ascii) add(static_cast<char16_t>(c));
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
  out_.set_attribute(&out_, kPlain);
}

std::optional<efi::InputKey> Screen::key(uint64_t seconds) {
  efi::Event events[] = {in_.wait_for_key, nullptr};
  if (seconds != 0) {
    core::TplGuard guard(events_, efi::kTplNotify);
    events[1] = events_.create(efi::kEvtTimer, 0, nullptr, nullptr).value_or(nullptr);
    (void)events_.set_timer(events[1], efi::TimerDelay::Relative, seconds * kUnitsPerSecond);
  }
  efi::InputKey key{};
  bool pressed = false;
  // Where one cannot be waited for, the other is: a console without an event is asked over and over, and no memory for a timer is no time.
  for (size_t index = 0; !pressed && index == 0;) {
    if (!events_.wait(std::span(events).first(seconds != 0 ? 2 : 1), index)) index = seconds != 0;
    pressed = index == 0 && !efi::is_error(in_.read_key_stroke(&in_, &key));
  }
  if (events[1] != nullptr) (void)events_.close(events[1]);
  return pressed ? std::optional(key) : std::nullopt;
}

bool Screen::edit(size_t row, const char* prompt, std::span<char16_t> text, size_t& size) {
  const size_t prompt_size = strlen(prompt), room = Line::kWidth - prompt_size - 1;
  size_t at = size;
  for (;;) {
    const size_t first = at > room ? at - room : 0;
    Line line;
    put(row, line.add(prompt).add(std::u16string_view(text.data() + first, size - first)));
    out_.set_cursor_position(&out_, 1 + prompt_size + at - first, row);
    out_.enable_cursor(&out_, 1);
    const efi::InputKey key = *this->key();
    out_.enable_cursor(&out_, 0);
    char16_t* const here = text.data() + at;
    const size_t behind = (size - at) * sizeof(char16_t);
    if (key.scan_code == Scan::kEscape) return false;
    if (key.unicode_char == u'\r') return true;
    if (key.scan_code == Scan::kLeft) at -= at > 0;
    if (key.scan_code == Scan::kRight) at += at < size;
    if (key.unicode_char == u'\b' && at > 0) {
      memmove(here - 1, here, behind);
      --at, --size;
    }
    if (key.unicode_char >= u' ' && size < text.size()) {
      memmove(here + 1, here, behind);
      *here = key.unicode_char;
      ++at, ++size;
    }
  }
}

}  // namespace efilite::boot
