// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/console/text_output.hpp"

#include <algorithm>
#include <iterator>

#include "core/console/utf8.hpp"
#include "core/console/width.hpp"

namespace efilite::core {

using namespace std::string_view_literals;

namespace {

constexpr int32_t kDefaultAttribute = 0x07;  // light grey on black
constexpr int32_t kUnknownAttribute = -1;
constexpr efi::Uintn kAttributeBits = 0x7F;
constexpr int32_t kTabStop = 8;

// [UEFI 2.10, 12.4.3] Mode 0 is 80x25, mode 1 is 80x50 or unsupported (no terminal says how high it is), the rest is free.
constexpr TextOutput::Size kModes[] = {{80, 25}, {0, 0}, {100, 31}};

// [UEFI 2.10, 33.2.6] not shown: what follows in the string takes one column a character, or two.
constexpr efi::Char16 kNarrow = 0xFFF0;
constexpr efi::Char16 kWide = 0xFFF1;

// Unicode's noncharacters and surrogates, and control characters that this protocol gives no meaning to, have no glyph.
constexpr bool has_glyph(efi::Char16 c) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return false;
  return c < 0xD800 || (c >= 0xE000 && c < 0xFFFE && (c < 0xFDD0 || c > 0xFDEF) && c != kNarrow && c != kWide);
}
constexpr bool is_control(efi::Char16 c) { return c == u'\b' || c == u'\t' || c == u'\n' || c == u'\r' || c == kNarrow || c == kWide; }

}  // namespace

// Collects the bytes of one call: a console port is faster with many at once.
class TextOutput::Burst {
 public:
  bool wide = false;  // two columns even for those that need one

  explicit Burst(ConsolePort& port) : port_(port) {}
  ~Burst() { flush(); }
  Burst(const Burst&) = delete;
  Burst& operator=(const Burst&) = delete;

  void put(char c) {
    if (size_ == bytes_.size()) flush();
    bytes_[size_++] = c;
  }
  void put(std::string_view text) {
    for (const char c : text) put(c);
  }
  void put(unsigned number) {
    if (number >= 10) put(number / 10);
    put(static_cast<char>('0' + number % 10));
  }

 private:
  void flush() {
    if (size_ != 0) port_.write({bytes_.data(), size_});
    size_ = 0;
  }

  ConsolePort& port_;
  size_t size_ = 0;
  std::array<char, 128> bytes_;
};

void TextOutput::line_feed() {
  if (mode_.cursor_row < size_.rows - 1) ++mode_.cursor_row;  // else the screen scrolls and the cursor stays
}

// [UEFI 2.10, 12.4, table "EFI Cursor Location/Advance Rules"]
void TextOutput::wrap(Burst& out) {
  mode_.cursor_column = 0;
  line_feed();
  // Terminals wrap late or, being wider, not at all. In plain text nobody can tell, and the log keeps its long lines.
  if (addressed_) out.put("\r\n"sv);
}

void TextOutput::put_glyph(Burst& out, efi::Char16 c) {
  const bool narrow = is_narrow(c);
  const int32_t columns = narrow && !out.wide ? 1 : 2;
  if (mode_.cursor_column + columns > size_.columns) wrap(out);  // no half of it at the end of a line
  show_attribute(out);
  if (c < 0x80) {
    out.put(static_cast<char>(c));
  } else {
    std::array<char, 4> bytes;
    const size_t size = encode_utf8(c, bytes);
    out.put({bytes.data(), size});
  }
  if (narrow && out.wide) out.put(' ');
  mode_.cursor_column += columns;
  if (mode_.cursor_column >= size_.columns) wrap(out);
}

bool TextOutput::put(Burst& out, efi::Char16 c) {
  if (has_glyph(c)) return put_glyph(out, c), true;
  if (is_control(c)) return put_control(out, c), true;
  return false;
}

void TextOutput::put_control(Burst& out, efi::Char16 c) {
  switch (c) {
    case u'\b':
      if (mode_.cursor_column == 0) return;
      --mode_.cursor_column;
      break;
    case u'\t':
      mode_.cursor_column = std::min((mode_.cursor_column / kTabStop + 1) * kTabStop, size_.columns - 1);
      break;
    case u'\n':
      line_feed();
      break;
    case u'\r':
      mode_.cursor_column = 0;
      break;
    default:
      out.wide = c == kWide;
      return;
  }
  out.put(static_cast<char>(c));
}

Status TextOutput::output_string(const efi::Char16* string) {
  Burst out(port_);
  Status status = Status::Success;
  for (; *string != 0; ++string) {
    if (!put(out, *string)) status = Status::WarnUnknownGlyph;
  }
  return status;
}

Result<> TextOutput::test_string(const efi::Char16* string) {
  for (; *string != 0; ++string) {
    if (!has_glyph(*string) && !is_control(*string)) return Status::Unsupported;
  }
  return {};
}

// ---- colours: EFI counts blue-green-red, terminals red-green-blue

void TextOutput::show_attribute(Burst& out) {
  if (mode_.attribute == shown_attribute_) return;
  shown_attribute_ = mode_.attribute;
  const auto ansi = [](unsigned efi_colour) { return (efi_colour & 1) << 2 | (efi_colour & 2) | (efi_colour & 4) >> 2; };
  const auto attribute = static_cast<unsigned>(mode_.attribute);
  out.put("\x1B[0"sv);
  if (attribute != kDefaultAttribute) {  // which is the terminal's own default, whatever that looks like
    if ((attribute & 8) != 0) out.put(";1"sv);
    out.put(";"sv);
    out.put(30 + ansi(attribute));
    out.put(";"sv);
    out.put(40 + ansi(attribute >> 4));
  }
  out.put("m"sv);
}

Result<> TextOutput::set_attribute(efi::Uintn attribute) {
  if ((attribute & ~kAttributeBits) != 0) return Status::Unsupported;
  mode_.attribute = static_cast<int32_t>(attribute);
  return {};
}

// ---- the screen as a whole

Result<TextOutput::Size> TextOutput::query_mode(efi::Uintn mode) {
  if (mode >= std::size(kModes) || kModes[mode].columns == 0) return Status::Unsupported;
  return kModes[mode];
}

void TextOutput::clear(Burst& out) {
  addressed_ = true;
  show_attribute(out);  // terminals clear to the background of the moment
  out.put("\x1B[2J\x1B[H"sv);
  mode_.cursor_column = 0;
  mode_.cursor_row = 0;
}

void TextOutput::clear_screen() {
  Burst out(port_);
  clear(out);
}

Result<> TextOutput::set_mode(efi::Uintn mode) {
  size_ = TRY(query_mode(mode));
  mode_.mode = static_cast<int32_t>(mode);
  clear_screen();
  return {};
}

void TextOutput::reset() {
  mode_.mode = 0;
  size_ = kModes[0];
  mode_.attribute = kDefaultAttribute;
  shown_attribute_ = kUnknownAttribute;
  enable_cursor(true);
  clear_screen();
}

Result<> TextOutput::set_cursor_position(efi::Uintn column, efi::Uintn row) {
  if (column >= size_.columns || row >= size_.rows) return Status::Unsupported;
  addressed_ = true;
  mode_.cursor_column = static_cast<int32_t>(column);
  mode_.cursor_row = static_cast<int32_t>(row);
  Burst out(port_);
  out.put("\x1B["sv);
  out.put(static_cast<unsigned>(row + 1));
  out.put(";"sv);
  out.put(static_cast<unsigned>(column + 1));
  out.put("H"sv);
  return {};
}

void TextOutput::enable_cursor(bool visible) {
  if ((mode_.cursor_visible != 0) == visible) return;
  mode_.cursor_visible = visible;
  Burst out(port_);
  out.put(visible ? "\x1B[?25h"sv : "\x1B[?25l"sv);
}

void TextOutput::leave_terminal() {
  mode_.attribute = kDefaultAttribute;
  {
    Burst out(port_);
    show_attribute(out);
  }
  enable_cursor(true);
}

void write_lines(ConsolePort& port, std::string_view text) {
  size_t written = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n') continue;
    port.write({text.data() + written, i - written});
    port.write("\r\n"sv);
    written = i + 1;
  }
  port.write({text.data() + written, text.size() - written});
}

// ---- the C edge. A notification may print while a program prints: TPL_NOTIFY keeps the two apart.

struct TextOutputThunks {
  using Self = efi::SimpleTextOutputProtocol;
  using EfiStatus = efi::EfiStatus;

  static TextOutput& owner(Self* self) { return *static_cast<TextOutput::Edge*>(self)->owner; }
  template <typename F>
  static EfiStatus guarded(Self* self, F f) {
    TplGuard guard(owner(self).events_, efi::kTplNotify);
    return f(owner(self));
  }
  static EfiStatus success() { return efi::encode(Status::Success); }

  static EfiStatus EFIAPI reset(Self* self, efi::Boolean) {
    return guarded(self, [](TextOutput& out) { return out.reset(), success(); });
  }
  static EfiStatus EFIAPI output_string(Self* self, efi::Char16* string) {
    if (string == nullptr) return efi::encode(Status::InvalidParameter);
    return guarded(self, [=](TextOutput& out) { return efi::encode(out.output_string(string)); });
  }
  static EfiStatus EFIAPI test_string(Self*, efi::Char16* string) {
    return efi::encode(string == nullptr ? Result<>(Status::InvalidParameter) : TextOutput::test_string(string));
  }
  static EfiStatus EFIAPI query_mode(Self*, efi::Uintn mode, efi::Uintn* columns, efi::Uintn* rows) {
    if (columns == nullptr || rows == nullptr) return efi::encode(Status::InvalidParameter);
    auto size = TextOutput::query_mode(mode);
    if (size) {
      *columns = size->columns;
      *rows = size->rows;
    }
    return efi::encode(size);
  }
  static EfiStatus EFIAPI set_mode(Self* self, efi::Uintn mode) {
    return guarded(self, [=](TextOutput& out) { return efi::encode(out.set_mode(mode)); });
  }
  static EfiStatus EFIAPI set_attribute(Self* self, efi::Uintn attribute) {
    return guarded(self, [=](TextOutput& out) { return efi::encode(out.set_attribute(attribute)); });
  }
  static EfiStatus EFIAPI clear_screen(Self* self) {
    return guarded(self, [](TextOutput& out) { return out.clear_screen(), success(); });
  }
  static EfiStatus EFIAPI set_cursor_position(Self* self, efi::Uintn column, efi::Uintn row) {
    return guarded(self, [=](TextOutput& out) { return efi::encode(out.set_cursor_position(column, row)); });
  }
  static EfiStatus EFIAPI enable_cursor(Self* self, efi::Boolean visible) {
    return guarded(self, [=](TextOutput& out) { return out.enable_cursor(visible != 0), success(); });
  }
};

TextOutput::TextOutput(ConsolePort& port, EventQueue& events)
    : port_(port), events_(events), size_(kModes[0]), shown_attribute_(kDefaultAttribute) {
  using T = TextOutputThunks;
  edge_.reset = T::reset;
  edge_.output_string = T::output_string;
  edge_.test_string = T::test_string;
  edge_.query_mode = T::query_mode;
  edge_.set_mode = T::set_mode;
  edge_.set_attribute = T::set_attribute;
  edge_.clear_screen = T::clear_screen;
  edge_.set_cursor_position = T::set_cursor_position;
  edge_.enable_cursor = T::enable_cursor;
  edge_.mode = &mode_;
  edge_.owner = this;
  mode_.max_mode = std::size(kModes);
  mode_.attribute = kDefaultAttribute;
  mode_.cursor_visible = 1;
}

}  // namespace efilite::core
