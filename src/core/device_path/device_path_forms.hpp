// SPDX-License-Identifier: BSD-2-Clause-Patent
// The text forms of device path nodes [UEFI 2.10, 10.6.1.6 "Device Node Table"]: one table that is read in both directions, so that what
// to_text writes, from_text understands. device_path_text.hpp has the functions for callers.
#pragma once

#include <span>
#include <string_view>
#include <utility>

#include "abi/uefi/device_path.hpp"
#include "base/bytes.hpp"
#include "base/check.hpp"
#include "core/ports.hpp"

namespace efilite::core::device_path {

// One text form: its name, then the parameters in the order of the text, parted by blanks: a letter for the kind, then in hexadecimal where
// the field is in the node (from its header), and what the kind needs besides:
//   b w d q   integers of 8 to 64 bits, "0x1f";  B W D Q the same in decimal. ":" and words parted by "|" name the values 0, 1, 2, ...
//   i         64 bits as 16 digits                g  GUID               E  EISA identifier ("PNP0A03"), or an integer
//   h x       ",n" bytes in hexadecimal, x behind "0x"; without n, h is the rest of the node and may be missing
//   u         8 bytes, last first, parted by "-"  v V  an IPv4 or IPv6 address    m  a MAC address, 6 or 32 bytes by the type at 36
//   s         the rest as characters              z,n  n-th of the NUL-terminated strings that begin there    f,n  n bytes padded by NULs
//   S U       the rest as UTF-16: with a NUL; in quotes and without one
//   y Y,n     32 bits (Y: an EISA identifier), or when they are zero the n-th string at 16: for display alone
//   N L       to the end of the node: a flag and addresses (DNS); 32-bit integers (_ADR)
//   G         a hard drive's signature and its types    t  a SAS topology    l  iSCSI login options    o  an NVMe-oF namespace identifier
// Values that the form stands for, and that have no text: C,n a byte; K,n 32 bits; J,n the n-th of kKnownGuids.
// "-" before a field leaves it out of text that is for display only.
struct Form {
  const char* text;
  uint8_t type;      // 0: every one
  uint8_t sub_type;  // 0: every one; no node of the specification is 0
  uint8_t size;      // of the node; or without the field of variable length
  uint8_t flags;

  const char* fields() const {
    const char* at = text;
    while (*at != ' ') ++at;
    return at;
  }
  std::string_view name() const { return {text, fields()}; }
};
inline constexpr uint8_t kExact = 1;     // the node has just `size` bytes
inline constexpr uint8_t kShortcut = 2;  // only where shortcuts are allowed
inline constexpr uint8_t kDisplay = 4;   // only for display; cannot be read back

extern const std::span<const Form> kForms;
extern const Form kFilePathForm;  // what every text is that no name begins
extern const efi::Guid kKnownGuids[];

struct Field {
  char kind;
  bool display;          // shown in text for display only
  uint16_t at;           // in the node
  uint32_t n;            // kNone when there is none
  std::string_view words;
  static constexpr uint32_t kNone = ~0u;

  bool constant() const { return kind == 'C' || kind == 'K' || kind == 'J'; }
};

class Fields {
 public:
  explicit Fields(const char* text) : at_(text) {}
  bool next(Field& field);

 private:
  uint32_t number();
  const char* at_;
};

constexpr char upper(char16_t c) { return c > 0x7F ? '\xFF' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c); }
inline bool same_word(std::u16string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  for (size_t i = 0; i < word.size(); ++i)
    if (upper(text[i]) != upper(static_cast<unsigned char>(word[i]))) return false;
  return true;
}

// The word that stands at `index` in words parted by "|"; empty when there is none.
std::string_view word_at(std::string_view words, uint64_t index);

// Bytes that grow on the heap. A failure sticks and makes everything after it do nothing.
class Growing {
 public:
  explicit Growing(Heap& heap) : heap_(heap) {}
  ~Growing() {
    if (data_ != nullptr) heap_.release(data_);
  }
  Growing(const Growing&) = delete;
  Growing& operator=(const Growing&) = delete;

  size_t size() const { return size_; }
  std::byte* data() { return data_; }
  bool failed() const { return failed_; }
  void resize(size_t size);  // new bytes are zero
  void insert(size_t at, ByteSpan bytes);
  void append(ByteSpan bytes) { insert(size_, bytes); }
  void append(char16_t c) { append(bytes_of(c)); }
  // The block itself, which is the caller's from now on; nullptr after a failure.
  std::byte* take() {
    return failed_ ? nullptr : std::exchange(data_, nullptr);
  }

 private:
  Heap& heap_;
  std::byte* data_ = nullptr;
  size_t size_ = 0;
  size_t room_ = 0;
  bool failed_ = false;
};

}  // namespace efilite::core::device_path
