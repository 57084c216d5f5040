// SPDX-License-Identifier: BSD-2-Clause-Patent
// UEFI's compressed format [UEFI 2.10, 19.2 and 19.4]: two sizes, then blocks of bits, most significant bit first. A block begins with the
// count of its symbols and three sets of code lengths: "extra", which packs the second; characters and match lengths; match positions.
#include "core/protocols/decompress.hpp"

#include <cstring>
#include <new>

namespace efilite::core::decompress {
namespace {

constexpr size_t kHeader = 8;
constexpr uint32_t kMaxCodeLength = 16;
constexpr uint32_t kCharacters = 256 + 254;  // 256 characters, then match lengths 3..256
constexpr uint32_t kExtras = 19;             // three kinds of runs of zeros, then lengths 1..16
constexpr uint32_t kPositions = 14;          // the window has 13 bits
constexpr uint32_t kShortestMatch = 3;

// The codes of one set in canonical order: `count` says how many have each length, `symbols` lists them by length and value.
template <uint32_t kSymbols>
struct Codes {
  uint32_t only;  // the one symbol of a set that needs no bits at all; kSymbols: none
  uint16_t count[kMaxCodeLength + 1];
  uint16_t symbols[kSymbols];
};

struct Scratch {
  Codes<kCharacters> characters;
  Codes<kExtras> small;  // extras, then positions: never needed at the same time
  uint8_t lengths[kCharacters];
};

class Unpacker {
 public:
  Unpacker(ByteSpan source, Scratch& scratch) : source_(source), scratch_(scratch) {}
  Result<> run(MutableByteSpan out);

 private:
  // `count` <= 16. Bits behind the end are zeros; starved() tells afterwards.
  uint32_t bits(uint32_t count);
  bool starved() const { return at_ > source_.size() * 8; }

  uint32_t symbol(const uint16_t* count, const uint16_t* symbols);
  template <uint32_t n>
  uint32_t symbol(const Codes<n>& codes) { return codes.only < n ? codes.only : symbol(codes.count, codes.symbols); }
  bool sort(uint16_t* count, uint16_t* symbols, uint32_t n);
  bool read_small(uint32_t n, uint32_t width, uint32_t gap_at);
  bool read_characters();
  bool read_block();

  static constexpr uint32_t kNoSymbol = 0xFFFF;

  ByteSpan source_;
  Scratch& scratch_;
  uint64_t at_ = 0;  // in bits
  uint32_t left_ = 0;  // symbols of this block
};

uint32_t Unpacker::bits(uint32_t count) {
  uint32_t window = 0;
  for (uint64_t i = 0; i < 3; ++i) {
    uint64_t byte = at_ / 8 + i;
    window = window << 8 | (byte < source_.size() ? static_cast<uint32_t>(source_[byte]) : 0);
  }
  uint32_t value = (window << (8 + at_ % 8)) >> 16 >> (16 - count);
  at_ += count;
  return value;
}

// Codes of one length are consecutive numbers, and go on from the doubled end of the shorter ones.
uint32_t Unpacker::symbol(const uint16_t* count, const uint16_t* symbols) {
  uint32_t ahead = bits(kMaxCodeLength), first = 0, index = 0;
  at_ -= kMaxCodeLength;
  for (uint32_t length = 1; length <= kMaxCodeLength; ++length) {
    uint32_t code = ahead >> (kMaxCodeLength - length);
    first <<= 1;
    if (code - first < count[length]) {
      at_ += length;
      return symbols[index + code - first];
    }
    first += count[length];
    index += count[length];
  }
  return kNoSymbol;
}

// Fills both arrays from scratch_.lengths. A set that leaves codes unused or uses one twice is no set.
bool Unpacker::sort(uint16_t* count, uint16_t* symbols, uint32_t n) {
  const uint8_t* lengths = scratch_.lengths;
  for (uint32_t length = 0; length <= kMaxCodeLength; ++length) count[length] = 0;
  uint32_t used = 0, index = 0;
  for (uint32_t length = 1; length <= kMaxCodeLength; ++length)
    for (uint32_t i = 0; i < n; ++i) {
      if (lengths[i] != length) continue;
      ++count[length];
      symbols[index++] = static_cast<uint16_t>(i);
      used += 1u << (kMaxCodeLength - length);
    }
  return used == 1u << kMaxCodeLength;
}

// Lengths of 3 bits; 7 goes on with a 1 for each one more. Behind the length at `gap_at` 2 bits tell of zeros.
bool Unpacker::read_small(uint32_t n, uint32_t width, uint32_t gap_at) {
  auto& codes = scratch_.small;
  codes.only = kExtras;
  uint32_t total = bits(width);
  if (total == 0) return (codes.only = bits(width)) < n;  // the one symbol there is
  if (total > n) return false;
  memset(scratch_.lengths, 0, n);
  for (uint32_t i = 0; i < total;) {
    uint32_t length = bits(3);
    if (length == 7)
      while (bits(1) != 0)
        if (++length > kMaxCodeLength) return false;
    scratch_.lengths[i++] = static_cast<uint8_t>(length);
    if (i == gap_at) i += bits(2);
  }
  return sort(codes.count, codes.symbols, n);
}

bool Unpacker::read_characters() {
  auto& codes = scratch_.characters;
  codes.only = kCharacters;
  uint32_t total = bits(9);
  if (total == 0) return (codes.only = bits(9)) < kCharacters;
  if (total > kCharacters) return false;
  memset(scratch_.lengths, 0, kCharacters);
  for (uint32_t i = 0; i < total;) {
    uint32_t extra = symbol(scratch_.small);
    if (extra == kNoSymbol) return false;
    if (extra > 2) {
      scratch_.lengths[i++] = static_cast<uint8_t>(extra - 2);
    } else {
      i += extra == 0 ? 1 : extra == 1 ? 3 + bits(4) : 20 + bits(9);
      if (i > kCharacters) return false;
    }
  }
  return sort(codes.count, codes.symbols, kCharacters);
}

bool Unpacker::read_block() {
  left_ = bits(16);
  if (left_ == 0) left_ = 0x10000;  // the count wraps
  return read_small(kExtras, 5, 3) && read_characters() && read_small(kPositions, 4, 0);
}

Result<> Unpacker::run(MutableByteSpan out) {
  for (size_t size = 0; size < out.size(); --left_) {
    if (left_ == 0 && !read_block()) return Status::InvalidParameter;
    uint32_t c = symbol(scratch_.characters);
    if (c == kNoSymbol || starved()) return Status::InvalidParameter;
    if (c < 256) {
      out[size++] = static_cast<std::byte>(c);
      continue;
    }
    uint32_t position = symbol(scratch_.small);
    if (position == kNoSymbol) return Status::InvalidParameter;
    if (position > 1) position = (1u << (position - 1)) + bits(position - 1);
    if (starved() || position >= size) return Status::InvalidParameter;
    // A match may go on into what it writes. It ends with the data, even in its midst.
    for (uint32_t n = c - 256 + kShortestMatch; n > 0 && size < out.size(); --n, ++size) out[size] = out[size - position - 1];
  }
  return {};
}

efi::EfiStatus EFIAPI get_info(efi::DecompressProtocol* self, void* source, uint32_t source_size, uint32_t* destination_size,
                               uint32_t* scratch_size) {
  if (self == nullptr || source == nullptr || destination_size == nullptr || scratch_size == nullptr)
    return efi::encode(Status::InvalidParameter);
  auto known = info({static_cast<std::byte*>(source), source_size});
  if (known) {
    *destination_size = known->size;
    *scratch_size = known->scratch;
  }
  return efi::encode(known);
}

efi::EfiStatus EFIAPI unpack_source(efi::DecompressProtocol* self, void* source, uint32_t source_size, void* destination,
                                    uint32_t destination_size, void* scratch, uint32_t scratch_size) {
  if (self == nullptr || source == nullptr || scratch == nullptr || (destination == nullptr && destination_size != 0))
    return efi::encode(Status::InvalidParameter);
  return efi::encode(unpack({static_cast<std::byte*>(source), source_size}, {static_cast<std::byte*>(destination), destination_size},
                            {static_cast<std::byte*>(scratch), scratch_size}));
}

constinit efi::DecompressProtocol the_protocol = {get_info, unpack_source};

}  // namespace

Result<Info> info(ByteSpan source) {
  auto packed = read_at<uint32_t>(source, 0), size = read_at<uint32_t>(source, 4);
  if (!packed || !size || *packed > source.size() - kHeader) return Status::InvalidParameter;
  return Info{*size, sizeof(Scratch) + alignof(Scratch)};
}

Result<> unpack(ByteSpan source, MutableByteSpan destination, MutableByteSpan scratch) {
  Info known = TRY(info(source));
  if (destination.size() < known.size || scratch.size() < known.scratch) return Status::InvalidParameter;
  // The caller's buffer may begin anywhere.
  auto address = reinterpret_cast<uintptr_t>(scratch.data());
  auto* place = scratch.data() + (-address & (alignof(Scratch) - 1));
  ByteSpan blocks = source.subspan(kHeader, *read_at<uint32_t>(source, 0));
  return Unpacker(blocks, *new (place) Scratch).run(destination.first(known.size));
}

efi::DecompressProtocol& protocol() { return the_protocol; }

}  // namespace efilite::core::decompress
