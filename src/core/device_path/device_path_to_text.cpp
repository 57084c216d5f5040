// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_DEVICE_PATH_TO_TEXT_PROTOCOL [UEFI 2.10, 10.6.2].
#include "core/device_path/device_path_forms.hpp"
#include "base/rare.hpp"
#include "core/device_path/device_path_text.hpp"
#include "core/events/events.hpp"
#include "core/firmware.hpp"
#include "core/handles/handles.hpp"

namespace efilite::core::device_path {
namespace {

// Writes one node in one form.
class Printer {
 public:
  Printer(Growing& out, ByteSpan node) : out_(out), node_(node) {}
  void print(const Form& form, bool display);

 private:
  void put(char16_t c) { out_.append(c); }
  void put(std::string_view text) {
    for (char c : text) put(static_cast<char16_t>(static_cast<unsigned char>(c)));
  }
  void hex(uint64_t value, int digits) {
    for (int shift = 60; shift >= 0; shift -= 4)
      if (digits * 4 > shift || value >> shift != 0) put(u"0123456789ABCDEF"[value >> shift & 15]);
  }
  void prefixed(uint64_t value, int digits = 1) {
    put("0x");
    hex(value, digits);
  }
  void decimal(uint64_t value) {
    if (value >= 10) decimal(value / 10);
    put(static_cast<char16_t>('0' + value % 10));
  }
  void bytes(size_t at, size_t count) {
    while (count-- > 0) hex(get(at++, 1), 2);
  }
  uint64_t get(size_t at, size_t width) const {
    uint64_t value = 0;
    if (auto from = slice(node_, at, width)) memcpy(&value, from->data(), width);
    return value;
  }
  size_t end_of(size_t at, char16_t stop) const;  // of characters that begin there and that `stop`, or the node's end, ends
  size_t string_at(size_t at, uint32_t n) const;

  void field(const Field& field);
  void number(const Field& field, size_t width);
  void guid(size_t at);
  void eisa(uint64_t value);
  void ipv4(size_t at);
  void ipv6(size_t at);
  void characters(size_t at, size_t end);
  void characters16(size_t at, bool quoted);
  EFILITE_RARE void topology(uint64_t value);
  EFILITE_RARE void login_options(uint64_t value);
  EFILITE_RARE void signature(size_t at);
  EFILITE_RARE void namespace_identifier(size_t at);

  Growing& out_;
  ByteSpan node_;
};

void Printer::number(const Field& field, size_t width) {
  uint64_t value = get(field.at, width);
  std::string_view word = word_at(field.words, value);
  if (!word.empty()) return put(word);
  if (field.kind < 'a') return decimal(value);
  prefixed(value);
}

void Printer::guid(size_t at) {
  hex(get(at, 4), 8);
  put(u'-');
  hex(get(at + 4, 2), 4);
  put(u'-');
  hex(get(at + 6, 2), 4);
  put(u'-');
  bytes(at + 8, 2);
  put(u'-');
  bytes(at + 10, 6);
}

// Three letters of 5 bits and four digits; what is no such thing is a number.
void Printer::eisa(uint64_t value) {
  for (int shift : {10, 5, 0})
    if ((value >> shift & 31) - 1 >= 26 || (value & 0x8000) != 0) return prefixed(value, 8);
  for (int shift : {10, 5, 0}) put(static_cast<char16_t>('@' + (value >> shift & 31)));
  hex(value >> 16, 4);
}

void Printer::ipv4(size_t at) {
  for (size_t i = 0; i < 4; ++i) {
    if (i != 0) put(u'.');
    decimal(get(at + i, 1));
  }
}

void Printer::ipv6(size_t at) {
  for (size_t i = 0; i < 16; i += 2) {
    if (i != 0) put(u':');
    bytes(at + i, 2);
  }
}

size_t Printer::string_at(size_t at, uint32_t n) const {
  for (; n > 0; --n) {
    while (at < node_.size() && get(at, 1) != 0) ++at;
    ++at;
  }
  return at;
}

void Printer::characters(size_t at, size_t end) {
  for (; at < end && at < node_.size() && get(at, 1) != 0; ++at) put(static_cast<char16_t>(get(at, 1)));
}

void Printer::characters16(size_t at, bool quoted) {
  if (quoted) put(u'"');
  for (; at + 2 <= node_.size() && get(at, 2) != 0; at += 2) put(static_cast<char16_t>(get(at, 2)));
  if (quoted) put(u'"');
}

// [UEFI 2.10, 10.3.4.18 "SAS Device Path"] bits 3:0 say how much more there is, 4 SATA, 5 external, 6 expander, 15:8 the drive bay less one
void Printer::topology(uint64_t value) {
  if (value == 0) return put("NoTopology,0,0,0");
  if ((value & 0x8F) == 0 || (value & 0x8F) > 2) {
    prefixed(value);
    return put(",0,0,0");
  }
  put(value & 0x10 ? "SATA," : "SAS,");
  put(value & 0x20 ? "External," : "Internal,");
  put(value & 0x40 ? "Expanded," : "Direct,");
  if ((value & 15) == 1) return put(u'0');
  prefixed((value >> 8) + 1);
}

// [UEFI 2.10, 10.3.4.21] bits 1:0 header digest, 3:2 data digest, 11:10 authentication, 12 CHAP in one direction
void Printer::login_options(uint64_t value) {
  put(value & 2 ? "CRC32C," : "None,");
  put(value & 8 ? "CRC32C," : "None,");
  put(value & 0x800 ? "None" : value & 0x1000 ? "CHAP_UNI" : "CHAP_BI");
}

// [UEFI 2.10, 10.3.5.1] 16 bytes of signature, the partition table's format, the signature's type
void Printer::signature(size_t at) {
  uint64_t type = get(at + 17, 1);
  if (type == 1) {
    put("MBR,");
    return prefixed(get(at, 4), 8);
  }
  if (type == 2) {
    put("GPT,");
    return guid(at);
  }
  decimal(type);
  put(",0");
}

// [UEFI 2.10, 10.3.4.33] type 1 is an EUI-64, 2 an NGUID, 3 a UUID in the order of its text
void Printer::namespace_identifier(size_t at) {
  uint64_t type = get(at, 1);
  for (size_t i = 0; i < (type == 1 ? 8u : 16u); ++i) {
    if (type == 3 && i >= 4 && i <= 10 && i % 2 == 0) put(u'-');
    bytes(at + 1 + i, 1);
  }
}

void Printer::field(const Field& f) {
  switch (f.kind) {
    case 'b': case 'B': return number(f, 1);
    case 'w': case 'W': return number(f, 2);
    case 'd': case 'D': return number(f, 4);
    case 'q': case 'Q': return number(f, 8);
    case 'i': return hex(get(f.at, 8), 16);
    case 'g': return guid(f.at);
    case 'E': return eisa(get(f.at, 4));
    case 'x': put("0x"); [[fallthrough]];
    case 'h': return bytes(f.at, f.n == Field::kNone ? node_.size() - f.at : f.n);
    case 'u':
      for (size_t i = 8; i-- > 0;) {
        bytes(f.at + i, 1);
        if (i != 0) put(u'-');
      }
      return;
    case 'v': return ipv4(f.at);
    case 'V': return ipv6(f.at);
    case 'm': return bytes(f.at, get(36, 1) <= 1 ? 6 : 32);
    case 's': return characters(f.at, node_.size());
    case 'z': return characters(string_at(f.at, f.n), node_.size());
    case 'f': return characters(f.at, f.at + f.n);
    case 'S': return characters16(f.at, false);
    case 'U': return characters16(f.at, true);
    case 'Y': case 'y': {
      uint64_t value = get(f.at, 4);
      if (value == 0) return characters(string_at(16, f.n), node_.size());
      return f.kind == 'Y' ? eisa(value) : prefixed(value);
    }
    case 'L':
      for (size_t at = f.at; at + 4 <= node_.size(); at += 4) {
        if (at != f.at) put(u',');
        prefixed(get(at, 4));
      }
      return;
    case 'N':
      for (size_t at = f.at + 1u; at + 16 <= node_.size(); at += 16) {
        if (at != f.at + 1u) put(u',');
        get(f.at, 1) == 0 ? ipv4(at) : ipv6(at);
      }
      return;
    case 't': return topology(get(f.at, 2));
    case 'l': return login_options(get(f.at, 2));
    case 'G': return signature(f.at);
    case 'o': return namespace_identifier(f.at);
    default: CHECK(false);  // the table has no other
  }
}

void Printer::print(const Form& form, bool display) {
  bool named = !form.name().empty();
  if (named) {
    put(form.name());
    put(u'(');
  }
  Fields fields(form.fields());
  bool first = true;
  for (Field f; fields.next(f);) {
    bool nothing = f.kind == 'h' && f.n == Field::kNone && node_.size() == f.at;  // data that a node may be without
    if (f.constant() || nothing || (display && !f.display)) continue;
    if (!first) put(u',');
    first = false;
    field(f);
  }
  if (named) put(u')');
}

bool fits(const Form& form, ByteSpan node) {
  auto type = static_cast<uint8_t>(node[0]), sub_type = static_cast<uint8_t>(node[1]);
  if ((form.type != 0 && form.type != type) || (form.sub_type != 0 && form.sub_type != sub_type)) return false;
  if (form.flags & kExact ? node.size() != form.size : node.size() < form.size) return false;
  Fields fields(form.fields());
  for (Field f; fields.next(f);) {
    if (!f.constant()) continue;
    size_t width = f.kind == 'C' ? 1 : f.kind == 'K' ? 4 : sizeof(efi::Guid);
    const void* value = f.kind == 'J' ? static_cast<const void*>(&kKnownGuids[f.n]) : &f.n;
    if (memcmp(&node[f.at], value, width) != 0) return false;
  }
  return true;
}

// Whether the text from `begin` on is one node of a path, and that node.
bool reads_back(Heap& heap, Growing& text, size_t begin, ByteSpan node) {
  if (text.failed()) return false;
  std::u16string_view all(reinterpret_cast<char16_t*>(text.data()) + begin / 2, (text.size() - begin) / 2), rest = all;
  char16_t separator;
  auto one = next_node_text(rest, separator);
  if (!one || one->empty() || one->size() != all.size()) return false;
  Growing again(heap);
  return parse_node(again, all) && again.size() == node.size() && memcmp(again.data(), node.data(), node.size()) == 0;
}

class NodePrinter {
 public:
  NodePrinter(Heap& heap, Growing& out, ByteSpan node, bool display, bool shortcuts)
      : heap_(heap), out_(out), node_(node), display_(display), shortcuts_(shortcuts), begin_(out.size()) {}

  // The first form that tells everything; the generic ones, which come last, always do. For display a form that leaves something out is
  // still better than bytes in hexadecimal.
  void print() {
    if (attempt(kFilePathForm)) return;
    for (const Form& form : kForms)
      if (attempt(form)) return;
  }

 private:
  void write(const Form& form, bool display) {
    out_.resize(begin_);
    Printer(out_, node_).print(form, display);
  }

  bool attempt(const Form& form) {
    if (((form.flags & kShortcut) && !shortcuts_) || ((form.flags & kDisplay) && !display_) || !fits(form, node_)) return false;
    if (form.sub_type == 0 || (form.flags & kDisplay)) {
      write(form.sub_type == 0 && second_best_ ? *second_best_ : form, display_);
      return true;
    }
    write(form, false);
    if (reads_back(heap_, out_, begin_, node_)) {
      if (display_) write(form, true);
      return true;
    }
    if (display_ && second_best_ == nullptr) second_best_ = &form;
    return false;
  }

  Heap& heap_;
  Growing& out_;
  ByteSpan node_;
  bool display_, shortcuts_;
  size_t begin_;
  const Form* second_best_ = nullptr;
};

Result<char16_t*> finish(Growing& text) {
  text.append(u'\0');
  auto* block = text.take();
  if (block == nullptr) return Status::OutOfResources;
  return reinterpret_cast<char16_t*>(block);
}

Heap& heap() { return the_firmware->handles.heap(); }

char16_t* EFIAPI convert_device_node_to_text(const efi::DevicePath* node, efi::Boolean display_only, efi::Boolean allow_shortcuts) {
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  return node_to_text(heap(), node, display_only, allow_shortcuts).value_or(nullptr);
}

char16_t* EFIAPI convert_device_path_to_text(const efi::DevicePath* path, efi::Boolean display_only, efi::Boolean allow_shortcuts) {
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  return path_to_text(heap(), path, display_only, allow_shortcuts).value_or(nullptr);
}

constinit efi::DevicePathToTextProtocol the_protocol = {convert_device_node_to_text, convert_device_path_to_text};

}  // namespace

Result<char16_t*> node_to_text(Heap& heap, const efi::DevicePath* node, bool display_only, bool allow_shortcuts) {
  if (node == nullptr) return Status::InvalidParameter;
  Node one = TRY(node_at({reinterpret_cast<const std::byte*>(node), kMaxSize}, 0));
  Growing text(heap);
  NodePrinter(heap, text, one.bytes, display_only, allow_shortcuts).print();
  return finish(text);
}

Result<char16_t*> path_to_text(Heap& heap, const efi::DevicePath* path, bool display_only, bool allow_shortcuts) {
  ByteSpan whole = TRY(measure(path));
  Growing text(heap);
  bool first = true;
  for (size_t at = 0;;) {
    Node node = TRY(node_at(whole, at));
    if (node.ends_path()) return finish(text);
    if (node.ends_instance()) {
      text.append(u',');
      first = true;
    } else {
      if (!first) text.append(u'/');
      first = false;
      NodePrinter(heap, text, node.bytes, display_only, allow_shortcuts).print();
    }
    at += node.bytes.size();
  }
}

efi::DevicePathToTextProtocol& to_text_protocol() { return the_protocol; }

}  // namespace efilite::core::device_path
