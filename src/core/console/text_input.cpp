// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/console/text_input.hpp"

#include <string_view>

namespace efilite::core {

namespace {

constexpr uint8_t kEscape = 0x1B;
constexpr uint8_t kDelete = 0x7F;
// A terminal sends a sequence at one go; a person cannot type the next key this fast. In 100 ns: 50 ms.
constexpr uint64_t kSequenceTimeout = 500'000;
constexpr int kMostToDrain = 4096;  // a line stuck at sending must not hold its reader forever

// [UEFI 2.10, 12.1.2, table "EFI Scan Codes for EFI_SIMPLE_TEXT_INPUT_PROTOCOL"]
enum Scan : uint16_t {
  kNone = 0x00,
  kUp = 0x01,
  kDown = 0x02,
  kRight = 0x03,
  kLeft = 0x04,
  kHome = 0x05,
  kEnd = 0x06,
  kInsert = 0x07,
  kDeleteKey = 0x08,
  kPageUp = 0x09,
  kPageDown = 0x0A,
  kF1 = 0x0B,
  kF6 = 0x10,
  kF11 = 0x15,
  kF12 = 0x16,
  kEscapeKey = 0x17,
  kF13 = 0x68,
};

// ESC [ x and ESC O x
Scan scan_of_letter(uint8_t letter) {
  switch (letter) {
    case 'A': return kUp;
    case 'B': return kDown;
    case 'C': return kRight;
    case 'D': return kLeft;
    case 'H': return kHome;
    case 'F': return kEnd;
    case 'P': case 'Q': case 'R': case 'S': return static_cast<Scan>(kF1 + letter - 'P');
    default: return kNone;
  }
}

// ESC x, VT-UTF8's own way, which the console's device path promises [UEFI 2.10, appendix B].
Scan scan_of_vt_utf8(uint8_t byte) {
  constexpr std::string_view kFunctions = "1234567890!@";
  if (const size_t at = kFunctions.find(static_cast<char>(byte)); at != kFunctions.npos) return static_cast<Scan>(kF1 + at);
  switch (byte) {
    case 'h': return kHome;
    case 'k': return kEnd;
    case '+': return kInsert;
    case '-': return kDeleteKey;
    case '?': return kPageUp;
    case '/': return kPageDown;
    default: return kNone;
  }
}

// ESC [ n ~ : the numbers of F1 to F20 have gaps where DEC's keyboard had them.
Scan scan_of_number(unsigned n) {
  switch (n) {
    case 1: case 7: return kHome;
    case 2: return kInsert;
    case 3: return kDeleteKey;
    case 4: case 8: return kEnd;
    case 5: return kPageUp;
    case 6: return kPageDown;
    case 23: return kF11;
    case 24: return kF12;
    default:
      if (n >= 11 && n <= 15) return static_cast<Scan>(kF1 + n - 11);
      if (n == 25 || n == 26) return static_cast<Scan>(kF13 + n - 25);
      if (n == 28 || n == 29) return static_cast<Scan>(kF13 + 2 + n - 28);
      if (n >= 31 && n <= 34) return static_cast<Scan>(kF13 + 4 + n - 31);
      return n >= 17 && n <= 21 ? static_cast<Scan>(kF6 + n - 17) : kNone;
  }
}

// xterm's second parameter: one more than the sum of 1 for Shift, 2 for Alt, 4 for Control. Which of the two keys it was is not told.
uint32_t shift_state_of(unsigned modifiers) {
  if (modifiers < 2 || modifiers > 8) return 0;
  uint32_t state = efi::kShiftStateValid;
  if ((modifiers - 1) & 1) state |= efi::kLeftShiftPressed;
  if ((modifiers - 1) & 2) state |= efi::kLeftAltPressed;
  if ((modifiers - 1) & 4) state |= efi::kLeftControlPressed;
  return state;
}

constexpr uint32_t kControlPressed = efi::kLeftControlPressed | efi::kRightControlPressed;

}  // namespace

efi::Char16 plain_character(const efi::KeyData& key) {
  const efi::Char16 c = key.key.unicode_char;
  if ((key.key_state.key_shift_state & kControlPressed) == 0) return c;
  const efi::Char16 lower = c | 0x20;
  return lower >= 'a' && lower <= 'z' ? static_cast<efi::Char16>(lower - 'a' + 1) : c;
}

void TextInput::push(uint16_t scan_code, efi::Char16 character, uint32_t shift_state) {
  const efi::KeyData key{{scan_code, character}, {shift_state, 0}};
  (void)keys_.push_back(key);  // poll() stops reading long before it is full
  if (observer_ != nullptr) observer_->key_arrived(key);
}

void TextInput::feed_character(char32_t c) {
  // NUL is no key, and neither is what CHAR16 or the terminal's bytes cannot express.
  if (c == 0 || c >= 0x10000 || c == kReplacementCharacter) return;
  // A to Z with Control. Backspace, tab and return have keys of their own and send the same.
  const bool control = c <= 26 && c != '\b' && c != '\t' && c != '\r';
  if (control) push(kNone, static_cast<efi::Char16>(c - 1 + 'a'), efi::kShiftStateValid | efi::kLeftControlPressed);
  else push(kNone, static_cast<efi::Char16>(c));
}

void TextInput::feed_plain(uint8_t byte) {
  const bool second_half = byte == '\n' && after_return_;  // CR LF is one key
  after_return_ = byte == '\r';
  if (second_half) return;
  if (byte == '\n') byte = '\r';
  if (byte == kDelete) byte = '\b';  // what terminals send for the backspace key
  for (auto c = decoder_.feed(byte); c; c = decoder_.take_rest()) feed_character(*c);
}

// Whether `sequence_` is done with: it has become a key, or is complete and none of ours.
bool TextInput::finish_sequence() {
  const size_t size = sequence_.size();
  if (size < 2) return false;
  if (sequence_[1] == '[' || sequence_[1] == 'O') return size >= 3 && finish_control_sequence();
  if (const Scan scan = scan_of_vt_utf8(sequence_[1]); scan != kNone) push(scan, 0);
  else give_up_sequence();  // Alt and a key, or a quick ESC before it
  return true;
}

// ESC [ and ESC O with something behind it.
bool TextInput::finish_control_sequence() {
  const size_t size = sequence_.size();
  const uint8_t last = sequence_[size - 1];
  if (sequence_[2] == '[') {  // Linux's own console: ESC [ [ A is F1
    if (size < 4) return false;
    if (last >= 'A' && last <= 'E') push(static_cast<uint16_t>(kF1 + last - 'A'), 0);
    return true;
  }
  const bool final_byte = last >= 0x40;  // ECMA-48: parameters and intermediate bytes lie below
  if (!final_byte && !sequence_.full()) return false;
  size_t at = 2;
  const unsigned number = parameter(at);
  const unsigned modifiers = at < size && sequence_[at] == ';' ? parameter(++at) : 0;
  const bool report = last == 'R' && number > 1;  // ESC [ row ; column R answers a question, it is not F3
  const Scan scan = last == '~' ? scan_of_number(number) : report ? kNone : scan_of_letter(last);
  if (scan != kNone) push(scan, 0, shift_state_of(modifiers));
  if (last == 'Z') push(kNone, u'\t', efi::kShiftStateValid | efi::kLeftShiftPressed);
  return true;
}

unsigned TextInput::parameter(size_t& at) const {
  unsigned number = 0;  // of at most ten digits: it may wrap, which makes it another unknown number
  for (; at < sequence_.size() && sequence_[at] >= '0' && sequence_[at] <= '9'; ++at) number = number * 10 + (sequence_[at] - '0');
  return number;
}

// It was no sequence: the ESC key, and whatever came after it.
void TextInput::give_up_sequence() {
  push(kEscapeKey, 0);
  for (size_t i = 1; i < sequence_.size(); ++i) feed_plain(sequence_[i]);
}

void TextInput::feed(uint8_t byte) {
  if (byte == kEscape) {
    if (!sequence_.empty()) give_up_sequence();
    sequence_.clear();
    decoder_ = {};
  } else if (sequence_.empty()) {
    return feed_plain(byte);
  }
  sequence_time_ = clock_.now();
  if (!sequence_.push_back(byte) || finish_sequence()) sequence_.clear();
}

void TextInput::poll() {
  // Counted too: not every byte becomes a key.
  for (int i = 0; i < kMostToDrain && keys_.size() + sequence_.capacity() < keys_.capacity(); ++i) {
    const auto byte = port_.read();
    if (!byte) break;
    feed(*byte);
  }
  if (!sequence_.empty() && clock_.now() - sequence_time_ > kSequenceTimeout) {
    give_up_sequence();
    sequence_.clear();
  }
}

bool TextInput::key_waiting() {
  poll();
  return !keys_.empty();
}

Result<efi::KeyData> TextInput::read_key() {
  if (!key_waiting()) return Status::NotReady;
  const efi::KeyData key = keys_[0];
  keys_.erase(0);
  return key;
}

void TextInput::reset() {
  for (int i = 0; i < kMostToDrain && port_.read(); ++i) {
  }
  keys_.clear();
  sequence_.clear();
  decoder_ = {};
  after_return_ = false;
}

// ---- the C edge

struct TextInputThunks {
  using Self = efi::SimpleTextInputProtocol;

  static TextInput& owner(Self* self) { return *static_cast<TextInput::Edge*>(self)->owner; }

  static efi::EfiStatus EFIAPI reset(Self* self, efi::Boolean) {
    TplGuard guard(owner(self).events_, efi::kTplNotify);
    owner(self).reset();
    return efi::encode(Status::Success);
  }
  static efi::EfiStatus EFIAPI read_key_stroke(Self* self, efi::InputKey* key) {
    if (key == nullptr) return efi::encode(Status::InvalidParameter);
    TplGuard guard(owner(self).events_, efi::kTplNotify);
    auto read = owner(self).read_key();
    if (read) *key = {read->key.scan_code, plain_character(*read)};
    return efi::encode(read);
  }
  static void EFIAPI wait_for_key(efi::Event event, void* context) {
    auto& input = *static_cast<TextInput*>(context);
    if (input.key_waiting()) (void)input.events_.signal(event);
  }
};

TextInput::TextInput(ConsolePort& port, EventQueue& events, Clock& clock) : port_(port), events_(events), clock_(clock) {
  edge_.reset = TextInputThunks::reset;
  edge_.read_key_stroke = TextInputThunks::read_key_stroke;
  edge_.owner = this;
}

Result<> TextInput::open() {
  edge_.wait_for_key = TRY(events_.create(efi::kEvtNotifyWait, efi::kTplNotify, TextInputThunks::wait_for_key, this));
  return {};
}

}  // namespace efilite::core
