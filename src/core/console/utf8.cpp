// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/console/utf8.hpp"

#include <tuple>
#include <utility>

namespace efilite::core {

namespace {

constexpr bool is_surrogate(char32_t c) { return c >= 0xD800 && c < 0xE000; }
constexpr bool is_high_surrogate(char32_t c) { return c >= 0xD800 && c < 0xDC00; }
constexpr bool is_low_surrogate(char32_t c) { return c >= 0xDC00 && c < 0xE000; }
constexpr bool is_continuation(uint8_t byte) { return (byte & 0xC0) == 0x80; }

template <typename T>
class Writer {
 public:
  explicit Writer(std::span<T> out) : out_(out) {}
  bool put(T unit) {
    if (size_ == out_.size()) return false;
    out_[size_++] = unit;
    return true;
  }
  size_t size() const { return size_; }

 private:
  std::span<T> out_;
  size_t size_ = 0;
};

bool put_utf16(Writer<char16_t>& out, char32_t c) {
  if (c < 0x10000) return out.put(static_cast<char16_t>(c));
  c -= 0x10000;
  return out.put(static_cast<char16_t>(0xD800 + (c >> 10))) && out.put(static_cast<char16_t>(0xDC00 + (c & 0x3FF)));
}

}  // namespace

size_t encode_utf8(char32_t c, std::array<char, 4>& out) {
  if (is_surrogate(c) || c > 0x10FFFF) c = kReplacementCharacter;
  if (c < 0x80) {
    out[0] = static_cast<char>(c);
    return 1;
  }
  const size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = size - 1; i > 0; --i, c >>= 6) out[i] = static_cast<char>(0x80 | (c & 0x3F));
  out[0] = static_cast<char>((0xF00 >> size & 0xFF) | c);
  return size;
}

std::optional<char32_t> Utf8Decoder::start(uint8_t byte) {
  if (byte < 0x80) return byte;
  if (byte >= 0xC2 && byte < 0xE0) std::tie(value_, left_, least_) = std::tuple(byte & 0x1Fu, 1, 0x80u);
  else if (byte >= 0xE0 && byte < 0xF0) std::tie(value_, left_, least_) = std::tuple(byte & 0x0Fu, 2, 0x800u);
  else if (byte >= 0xF0 && byte < 0xF5) std::tie(value_, left_, least_) = std::tuple(byte & 0x07u, 3, 0x10000u);
  else return kReplacementCharacter;
  return std::nullopt;
}

std::optional<char32_t> Utf8Decoder::feed(uint8_t byte) {
  if (left_ == 0) return start(byte);
  if (!is_continuation(byte)) {
    left_ = 0;
    rest_ = byte;
    return kReplacementCharacter;
  }
  value_ = value_ << 6 | (byte & 0x3Fu);
  if (--left_ != 0) return std::nullopt;
  return value_ < least_ || is_surrogate(value_) || value_ > 0x10FFFF ? kReplacementCharacter : value_;
}

std::optional<char32_t> Utf8Decoder::take_rest() {
  const auto rest = std::exchange(rest_, std::nullopt);
  return rest ? start(*rest) : std::nullopt;
}

Result<size_t> utf8_to_utf16(std::string_view in, std::span<char16_t> out) {
  Writer<char16_t> writer(out);
  Utf8Decoder decoder;
  for (const char byte : in) {
    auto c = decoder.feed(static_cast<uint8_t>(byte));
    for (; c; c = decoder.take_rest()) {
      if (!put_utf16(writer, *c)) return Status::BufferTooSmall;
    }
  }
  if (decoder.in_sequence() && !put_utf16(writer, kReplacementCharacter)) return Status::BufferTooSmall;
  return writer.size();
}

Result<size_t> utf16_to_utf8(std::u16string_view in, std::span<char> out) {
  Writer<char> writer(out);
  for (size_t i = 0; i < in.size(); ++i) {
    char32_t c = in[i];
    if (is_high_surrogate(c) && i + 1 < in.size() && is_low_surrogate(in[i + 1])) {
      c = 0x10000 + ((c & 0x3FF) << 10 | (in[++i] & 0x3FF));
    }
    std::array<char, 4> bytes;
    const size_t size = encode_utf8(c, bytes);
    for (size_t b = 0; b < size; ++b) {
      if (!writer.put(bytes[b])) return Status::BufferTooSmall;
    }
  }
  return writer.size();
}

}  // namespace efilite::core
