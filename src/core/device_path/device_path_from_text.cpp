// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_DEVICE_PATH_FROM_TEXT_PROTOCOL [UEFI 2.10, 10.6.5].
#include "core/device_path/device_path_forms.hpp"
#include "base/rare.hpp"
#include "core/device_path/device_path_text.hpp"
#include "core/events/events.hpp"
#include "core/firmware.hpp"
#include "core/handles/handles.hpp"

namespace efilite::core::device_path {
namespace {

using Text = std::u16string_view;

int digit(char16_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  char letter = upper(c);
  return letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
}

bool digits(Text text, uint64_t base, uint64_t& value) {
  value = 0;
  for (char16_t c : text) {
    int d = digit(c);
    if (d < 0 || static_cast<uint64_t>(d) >= base || __builtin_mul_overflow(value, base, &value) ||
        __builtin_add_overflow(value, static_cast<uint64_t>(d), &value))
      return false;
  }
  return !text.empty();
}

Text without_prefix(Text text) { return text.size() > 2 && text[0] == '0' && upper(text[1]) == 'X' ? text.substr(2) : text; }

bool integer(Text text, size_t width, uint64_t& value) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  Text plain = without_prefix(text);
  return digits(plain, plain.size() == text.size() ? 10 : 16, value) && (width == 8 || value >> (8 * width) == 0);
}

// Cuts off what stands before `stop`, and the stop.
Text cut(Text& text, char16_t stop) {
  size_t at = 0;
  while (at < text.size() && text[at] != stop) ++at;
  Text piece = text.substr(0, at);
  text.remove_prefix(at < text.size() ? at + 1 : at);
  return piece;
}

// Writes one node from the parameters of one form. False: they make no sense for it, or the memory ran out.
class Parser {
 public:
  Parser(Growing& out, Text parameters) : out_(out), begin_(out.size()), rest_(parameters), more_(!parameters.empty()) {}
  bool parse(const Form& form);

 private:
  std::byte* at(size_t offset) { return out_.data() + begin_ + offset; }
  void set(size_t offset, uint64_t value, size_t width) { memcpy(at(offset), &value, width); }
  bool set_digits(Text text, size_t offset, size_t width) {
    uint64_t value;
    return digits(text, 16, value) && (set(offset, value, width), true);
  }
  bool set_integer(Text text, size_t offset, size_t width) {
    uint64_t value;
    return integer(text, width, value) && (set(offset, value, width), true);
  }
  Text parameter();
  Text everything() {
    more_ = false;
    return rest_;
  }

  bool field(const Field& field);
  bool number(const Field& field, Text text, size_t width);
  bool hex(Text text, size_t offset, size_t count);
  bool guid(Text text, size_t offset);
  EFILITE_RARE bool eisa(Text text, size_t offset);
  bool ipv4(Text text, size_t offset);
  bool ipv6(Text text, size_t offset);
  bool string(Text text, size_t offset, uint32_t n);
  EFILITE_RARE bool addresses(const Field& field, Text first);
  bool integers(Text first);
  EFILITE_RARE bool topology(Text first, size_t offset);
  EFILITE_RARE bool login_options(Text header, size_t offset);
  EFILITE_RARE bool signature(Text type, size_t offset);
  EFILITE_RARE bool namespace_identifier(Text text, size_t offset);

  Growing& out_;
  size_t begin_;
  Text rest_;
  bool more_;
};

Text Parser::parameter() {
  bool quoted = false;
  size_t end = 0;
  for (; end < rest_.size() && (quoted || rest_[end] != ','); ++end) quoted ^= rest_[end] == '"';
  Text piece = rest_.substr(0, end);
  more_ = end < rest_.size();
  rest_.remove_prefix(more_ ? end + 1 : end);
  return piece;
}

bool Parser::number(const Field& field, Text text, size_t width) {
  size_t bars = 0;
  for (char c : field.words) bars += c == '|';
  for (uint64_t i = 0; i <= bars; ++i) {
    std::string_view word = word_at(field.words, i);
    if (!word.empty() && same_word(text, word)) return set(field.at, i, width), true;
  }
  return set_integer(text, field.at, width);
}

// Just `count` bytes of two digits each.
bool Parser::hex(Text text, size_t offset, size_t count) {
  if (text.size() != 2 * count) return false;
  for (; count > 0; --count, text.remove_prefix(2))
    if (!set_digits(text.substr(0, 2), offset++, 1)) return false;
  return true;
}

bool Parser::guid(Text text, size_t offset) {
  for (size_t width : {4, 2, 2}) {
    Text piece = cut(text, '-');
    if (piece.size() != 2 * width || !set_digits(piece, offset, width)) return false;
    offset += width;
  }
  return hex(cut(text, '-'), offset, 2) && hex(text, offset + 2, 6);
}

// "@" is the letter of value 0: other firmware writes an identifier of 0 as "@@@0000".
bool Parser::eisa(Text text, size_t offset) {
  if (text.size() != 7 || upper(text[0]) < '@') return set_integer(text, offset, 4);
  uint64_t value = 0;
  for (size_t i = 0; i < 3; ++i) {
    char letter = upper(text[i]);
    if (letter < '@' || letter > 'Z') return false;
    value = value << 5 | static_cast<uint64_t>(letter - '@');
  }
  set(offset, value, 2);
  return set_digits(text.substr(3), offset + 2, 2);
}

bool Parser::ipv4(Text text, size_t offset) {
  for (size_t i = 0; i < 4; ++i)
    if (!set_integer(cut(text, '.'), offset + i, 1)) return false;
  return text.empty();
}

// Eight groups; one "::" stands for as many groups of zeros as are missing [RFC 4291, 2.2].
bool Parser::ipv6(Text text, size_t offset) {
  std::array<uint16_t, 8> groups{};
  size_t count = 0, gap = 8;
  if (text.starts_with(u"::")) text.remove_prefix(1);
  while (!text.empty() && count < 8) {
    Text piece = cut(text, ':');
    uint64_t value;
    if (!piece.empty()) {
      if (piece.size() > 4 || !digits(piece, 16, value)) return false;
      groups[count++] = __builtin_bswap16(static_cast<uint16_t>(value));
    } else if (gap == 8) {
      gap = count;
    } else {
      return false;
    }
  }
  if (!text.empty() || (gap == 8 && count != 8)) return false;
  for (size_t i = 0; i < 8; ++i) {
    size_t zeros = 8 - count;
    set(offset + 2 * i, i < gap ? groups[i] : i < gap + zeros ? uint16_t{0} : groups[i - zeros], 2);
  }
  return true;
}

// Becomes the n-th of the strings at `offset`, which is empty so far.
bool Parser::string(Text text, size_t offset, uint32_t n) {
  for (; n > 0; ++offset) n -= *at(offset) == std::byte{0};
  for (char16_t c : text) {
    if (c > 0xFF || c == 0) return false;
    auto byte = static_cast<std::byte>(c);
    out_.insert(begin_ + offset++, {&byte, 1});
  }
  return true;
}

bool Parser::addresses(const Field& field, Text first) {
  for (Text text = first;; text = parameter()) {
    size_t offset = out_.size() - begin_;
    out_.resize(out_.size() + 16);
    if (out_.failed()) return false;
    bool v6 = false;
    for (char16_t c : text) v6 |= c == ':';
    if (offset == field.at + 1u) set(field.at, v6, 1);
    if (*at(field.at) != std::byte{v6} || !(v6 ? ipv6(text, offset) : ipv4(text, offset))) return false;
    if (!more_) return true;
  }
}

bool Parser::integers(Text first) {
  for (Text text = first;; text = parameter()) {
    uint64_t value;
    if (!integer(text, 4, value)) return false;
    out_.append(bytes_of(static_cast<uint32_t>(value)));
    if (!more_) return true;
  }
}

bool Parser::topology(Text first, size_t offset) {
  Text place = parameter(), connection = parameter(), bay_text = parameter();
  uint64_t bay = 0;
  if (!bay_text.empty() && (!integer(bay_text, 2, bay) || bay > 256)) return false;
  if (same_word(first, "NoTopology")) return true;
  bool sata = same_word(first, "SATA");
  if (!sata && !same_word(first, "SAS")) return set_integer(first, offset, 2);
  uint64_t value = (sata ? 0x10u : 0u) | (same_word(place, "External") ? 0x20u : 0u) | (same_word(connection, "Expanded") ? 0x40u : 0u);
  set(offset, value | (bay == 0 ? 1 : 2 | (bay - 1) << 8), 2);
  return true;
}

bool Parser::login_options(Text header, size_t offset) {
  Text data = parameter(), authentication = parameter();
  uint64_t value = (same_word(header, "CRC32C") ? 2u : 0u) | (same_word(data, "CRC32C") ? 8u : 0u) |
                   (same_word(authentication, "None") ? 0x800u : same_word(authentication, "CHAP_UNI") ? 0x1000u : 0u);
  set(offset, value, 2);
  return true;
}

bool Parser::signature(Text type, size_t offset) {
  Text text = parameter();
  bool mbr = same_word(type, "MBR"), gpt = same_word(type, "GPT");
  uint64_t number = mbr ? 1 : 2;
  if (!mbr && !gpt && !integer(type, 1, number)) return false;
  set(offset + 16, mbr || gpt ? number : 0, 1);
  set(offset + 17, number, 1);
  return text.empty() || (gpt ? guid(text, offset) : set_integer(text, offset, 4));
}

bool Parser::namespace_identifier(Text text, size_t offset) {
  set(offset, text.size() == 16 ? 1 : text.size() == 32 ? 2 : 3, 1);
  if (text.size() != 36) return hex(text, offset + 1, text.size() == 16 ? 8 : 16);
  ++offset;
  for (size_t width : {4, 2, 2, 2, 6}) {
    if (!hex(cut(text, '-'), offset, width)) return false;
    offset += width;
  }
  return true;
}

bool Parser::field(const Field& f) {
  switch (f.kind) {
    case 'C': return set(f.at, f.n, 1), true;
    case 'K': return set(f.at, f.n, 4), true;
    case 'J': return memcpy(at(f.at), &kKnownGuids[f.n], sizeof(efi::Guid)), true;
    case 'S':
      for (char16_t c : everything()) out_.append(c);
      out_.append(u'\0');
      return true;
  }
  if (!more_) return true;
  if (f.kind == 's') return string(everything(), f.at, 0);
  Text text = parameter();
  switch (f.kind) {
    case 'b': case 'B': return number(f, text, 1);
    case 'w': case 'W': return number(f, text, 2);
    case 'd': case 'D': return number(f, text, 4);
    case 'q': case 'Q': return number(f, text, 8);
    case 'i': return set_digits(without_prefix(text), f.at, 8);
    case 'g': return guid(text, f.at);
    case 'E': return eisa(text, f.at);
    case 'x': return hex(without_prefix(text), f.at, f.n);
    case 'h':
      if (f.n != Field::kNone) return hex(text, f.at, f.n);
      out_.resize(begin_ + f.at + text.size() / 2);
      return !out_.failed() && hex(text, f.at, text.size() / 2);
    case 'u':
      for (size_t i = 8; i-- > 0;)
        if (!hex(cut(text, '-'), f.at + i, 1)) return false;
      return text.empty();
    case 'v': return ipv4(text, f.at);
    case 'V': return ipv6(text, f.at);
    case 'm': return text.size() <= 64 && hex(text, f.at, text.size() / 2);
    case 'z': return string(text, f.at, f.n);
    case 'f':
      if (text.size() > f.n) return false;
      for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] > 0xFF) return false;
        set(f.at + i, text[i], 1);
      }
      return true;
    case 'U':
      if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
      for (char16_t c : text) out_.append(c);
      return true;
    case 'L': return integers(text);
    case 'N': return addresses(f, text);
    case 't': return topology(text, f.at);
    case 'l': return login_options(text, f.at);
    case 'G': return signature(text, f.at);
    case 'o': return namespace_identifier(text, f.at);
  }
  CHECK(false);  // the table has no other kind
  return false;
}

bool Parser::parse(const Form& form) {
  out_.resize(begin_ + form.size);
  if (out_.failed()) return false;
  set(0, form.type, 1);
  set(1, form.sub_type, 1);
  Fields fields(form.fields());
  for (Field f; fields.next(f);)
    if (!field(f) || out_.failed()) return false;
  size_t size = out_.size() - begin_;
  if (more_ || size > 0xFFFF) return false;
  set(2, size, 2);
  return true;
}

Heap& heap() { return the_firmware->handles.heap(); }

efi::DevicePath* EFIAPI convert_text_to_device_node(const char16_t* text) {
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  return node_from_text(heap(), text).value_or(nullptr);
}

efi::DevicePath* EFIAPI convert_text_to_device_path(const char16_t* text) {
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  return path_from_text(heap(), text).value_or(nullptr);
}

constinit efi::DevicePathFromTextProtocol the_protocol = {convert_text_to_device_node, convert_text_to_device_path};

Result<efi::DevicePath*> finish(Growing& nodes) {
  auto* block = nodes.take();
  if (block == nullptr) return Status::OutOfResources;
  return reinterpret_cast<efi::DevicePath*>(block);
}

}  // namespace

Result<> parse_node(Growing& out, Text text) {
  size_t begin = out.size();
  bool known = false, good = false;
  Text rest = text, name = cut(rest, '(');
  if (!rest.empty() && rest.back() == ')') {
    rest.remove_suffix(1);
    for (const Form& form : kForms) {
      if ((form.flags & kDisplay) || !same_word(name, form.name())) continue;
      known = true;
      out.resize(begin);
      good = Parser(out, rest).parse(form);
      if (good || out.failed()) break;
    }
  }
  if (!known) good = Parser(out, text).parse(kFilePathForm);
  if (good) return {};
  return out.failed() ? Status::OutOfResources : Status::InvalidParameter;
}

Result<Text> next_node_text(Text& text, char16_t& separator) {
  size_t end = 0, depth = 0;
  bool quoted = false;
  for (; end < text.size(); ++end) {
    char16_t c = text[end];
    if (depth == 0 && (c == '/' || c == ',')) break;
    if (depth != 0 && c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '(') ++depth;
    if (c == ')' && depth-- == 0) return Status::InvalidParameter;
  }
  if (depth != 0) return Status::InvalidParameter;
  Text node = text.substr(0, end);
  separator = end < text.size() ? text[end] : u'\0';
  text.remove_prefix(separator != 0 ? end + 1 : end);
  return node;
}

Result<efi::DevicePath*> node_from_text(Heap& heap, const char16_t* text) {
  if (text == nullptr) return Status::InvalidParameter;
  Growing node(heap);
  TRY(parse_node(node, text));
  return finish(node);
}

Result<efi::DevicePath*> path_from_text(Heap& heap, const char16_t* text) {
  if (text == nullptr) return Status::InvalidParameter;
  Growing path(heap);
  bool instance_ends = false;
  for (Text rest = text; !rest.empty();) {
    char16_t separator;
    Text one = TRY(next_node_text(rest, separator));
    size_t begin = path.size();
    if (!one.empty()) {
      if (instance_ends) path.append(bytes_of(header(efi::kEndPath, efi::kEndInstance, 4)));
      instance_ends = false;
      begin = path.size();
      TRY(parse_node(path, one));
      // A path that a node ends in its midst would not be the path of this text.
      if (path.data()[begin] == std::byte{efi::kEndPath}) return Status::InvalidParameter;
    }
    instance_ends |= separator == ',' && path.size() != 0;
  }
  path.append(bytes_of(efi::kEndEntirePath));
  return finish(path);
}

efi::DevicePathFromTextProtocol& from_text_protocol() { return the_protocol; }

}  // namespace efilite::core::device_path
