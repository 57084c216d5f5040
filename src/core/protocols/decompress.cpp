// SPDX-License-Identifier: BSD-2-Clause-Patent
// UEFI's compressed format [UEFI 2.10, 19.2 and 19.4]: two sizes, then blocks of bits, most significant bit first. A block begins with the
// count of its symbols and three sets of code lengths: "extra", which packs the second; characters and match lengths; match positions. The
// wide form has more positions, and 5 bits where UEFI's has 4 for how many have a code.
#include "core/protocols/decompress.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <new>

namespace efilite::core::decompress {
namespace {

constexpr size_t kHeader = 8;
constexpr uint32_t kMaxCodeLength = 16;
constexpr uint32_t kCharacters = 256 + 254;  // 256 characters, then match lengths 3..256
constexpr uint32_t kExtras = 19;             // three kinds of runs of zeros, then lengths 1..16
constexpr uint32_t kPositions = 14;          // the window has 13 bits
constexpr uint32_t kWidePositions = 20;
constexpr uint32_t kShortestMatch = 3;
constexpr uint32_t kNoSymbol = 0xFFFF;

// The codes of one set in canonical order: `count` says how many have each length, `symbols` lists them by length and value. Nearly all
// codes that occur are short, and found by one look: `ahead`, by the next bits, has the symbol, and in its low 5 bits the code's length.
template <uint32_t kSymbols, uint32_t kAhead>
struct Codes {
  static constexpr uint32_t kBits = kAhead;
  uint16_t count[kMaxCodeLength + 1];
  uint16_t symbols[kSymbols];
  uint16_t ahead[1 << kAhead];
};

struct Scratch {
  Codes<kCharacters, 10> characters;
  Codes<kWidePositions, 6> small;  // extras, then positions: never needed at the same time
  uint8_t lengths[kCharacters];
};

// What is to come, from its highest bit on.
class BitReader {
 public:
  explicit BitReader(ByteSpan source) : at_(source.data()), end_(source.data() + source.size()) {}

  // Makes sure of `count` bits, at most 56. Behind the end they are zeros, and starved() tells when one was taken.
  [[gnu::always_inline]] void want(uint32_t count) {
    if (have_ < static_cast<int>(count)) load();
  }
  bool starved() const { return have_ < 0; }

  uint32_t peek(uint32_t count) const { return static_cast<uint32_t>(bits_ >> 32) >> (32 - count); }  // 1 to 32
  void drop(uint32_t count) {
    bits_ <<= count;
    have_ -= static_cast<int>(count);
  }
  // `count` <= 16; enough by themselves.
  uint32_t take(uint32_t count) {
    want(16);
    const uint32_t value = peek(16) >> (16 - count);
    drop(count);
    return value;
  }

 private:
  [[gnu::always_inline]] void load();

  const std::byte* at_;
  const std::byte* end_;
  uint64_t bits_ = 0;
  int have_ = 0;
};

inline void BitReader::load() {
  if (end_ - at_ >= 8) {
    uint64_t next;
    memcpy(&next, at_, 8);
    bits_ |= std::byteswap(next) >> have_;
    at_ += (63 - have_) >> 3;
    have_ |= 56;
    return;
  }
  for (; have_ <= 56 && at_ < end_; have_ += 8) bits_ |= static_cast<uint64_t>(*at_++) << (56 - have_);
}

constexpr uint16_t kLong = 0xFFFF;

struct LongSymbol {
  uint32_t symbol, length;
};

// Codes of one length are consecutive numbers, and go on from the doubled end of the shorter ones.
[[clang::noinline, clang::minsize]] LongSymbol long_symbol(uint32_t ahead, const uint16_t* count, const uint16_t* symbols) {
  uint32_t first = 0, index = 0;
  for (uint32_t length = 1; length <= kMaxCodeLength; ++length) {
    uint32_t code = ahead >> (kMaxCodeLength - length);
    first <<= 1;
    if (code - first < count[length]) return {symbols[index + code - first], length};
    first += count[length];
    index += count[length];
  }
  return {kNoSymbol, 0};
}

template <typename Set>
[[gnu::always_inline]] inline uint32_t symbol(BitReader& bits, const Set& codes) {
  const uint32_t entry = codes.ahead[bits.peek(Set::kBits)];
  if (entry == kLong) {
    const LongSymbol found = long_symbol(bits.peek(kMaxCodeLength), codes.count, codes.symbols);
    bits.drop(found.length);
    return found.symbol;
  }
  bits.drop(entry & 31);
  return entry >> 5;
}

class Unpacker {
 public:
  Unpacker(ByteSpan source, uint32_t positions, Scratch& scratch) : bits_(source), scratch_(scratch), positions_(positions) {}
  // What `out` begins with is there already.
  Result<> run(MutableByteSpan out, size_t there);

 private:
  template <typename Set>
  bool sort(Set& codes, uint32_t n);
  template <typename Set>
  bool set_only(Set& codes, uint32_t symbol, uint32_t n);
  bool read_small(uint32_t n, uint32_t width, uint32_t gap_at);
  bool read_characters();
  bool read_block();
  std::byte* run_block(std::byte* begin, std::byte* at, std::byte* end);

  BitReader bits_;
  Scratch& scratch_;
  const uint32_t positions_;
  uint32_t left_ = 0;  // symbols of this block
};

// Fills the set from scratch_.lengths. One that leaves codes unused or uses one twice is no set.
template <typename Set>
[[clang::noinline, clang::minsize]] bool Unpacker::sort(Set& codes, uint32_t n) {
  const uint8_t* lengths = scratch_.lengths;
  memset(codes.count, 0, sizeof codes.count);
  for (uint32_t i = 0; i < n; ++i) ++codes.count[lengths[i]];
  codes.count[0] = 0;
  uint16_t next[kMaxCodeLength + 1];
  uint32_t used = 0, index = 0;
  for (uint32_t length = 1; length <= kMaxCodeLength; ++length) {
    next[length] = static_cast<uint16_t>(index);
    index += codes.count[length];
    used += static_cast<uint32_t>(codes.count[length]) << (kMaxCodeLength - length);
  }
  if (used != 1u << kMaxCodeLength) return false;
  for (uint32_t i = 0; i < n; ++i)
    if (lengths[i] != 0) codes.symbols[next[lengths[i]]++] = static_cast<uint16_t>(i);
  // The codes in their order fill the table from its beginning on; what remains is for the long ones.
  uint16_t* place = codes.ahead;
  const uint16_t* symbol = codes.symbols;
  for (uint32_t length = 1; length <= Set::kBits; ++length)
    for (uint32_t i = 0; i < codes.count[length]; ++i) {
      const auto entry = static_cast<uint16_t>(*symbol++ << 5 | length);
      for (uint32_t copies = 1u << (Set::kBits - length); copies > 0; --copies) *place++ = entry;
    }
  while (place < std::end(codes.ahead)) *place++ = kLong;
  return true;
}

// A set of one symbol, which needs no bits at all.
template <typename Set>
bool Unpacker::set_only(Set& codes, uint32_t symbol, uint32_t n) {
  for (uint16_t& entry : codes.ahead) entry = static_cast<uint16_t>(symbol << 5);
  return symbol < n;
}

// Lengths of 3 bits; 7 goes on with a 1 for each one more. Behind the length at `gap_at` 2 bits tell of zeros.
[[clang::noinline, clang::minsize]] bool Unpacker::read_small(uint32_t n, uint32_t width, uint32_t gap_at) {
  auto& codes = scratch_.small;
  uint32_t total = bits_.take(width);
  if (total == 0) return set_only(codes, bits_.take(width), n);
  if (total > n) return false;
  memset(scratch_.lengths, 0, n);
  for (uint32_t i = 0; i < total;) {
    uint32_t length = bits_.take(3);
    if (length == 7)
      while (bits_.take(1) != 0)
        if (++length > kMaxCodeLength) return false;
    scratch_.lengths[i++] = static_cast<uint8_t>(length);
    if (i == gap_at) i += bits_.take(2);
  }
  return sort(codes, n);
}

[[clang::noinline, clang::minsize]] bool Unpacker::read_characters() {
  auto& codes = scratch_.characters;
  uint32_t total = bits_.take(9);
  if (total == 0) return set_only(codes, bits_.take(9), kCharacters);
  if (total > kCharacters) return false;
  memset(scratch_.lengths, 0, kCharacters);
  for (uint32_t i = 0; i < total;) {
    bits_.want(kMaxCodeLength);
    uint32_t extra = symbol(bits_, scratch_.small);
    if (extra == kNoSymbol) return false;
    if (extra > 2) {
      scratch_.lengths[i++] = static_cast<uint8_t>(extra - 2);
    } else {
      i += extra == 0 ? 1 : extra == 1 ? 3 + bits_.take(4) : 20 + bits_.take(9);
      if (i > kCharacters) return false;
    }
  }
  return sort(codes, kCharacters);
}

bool Unpacker::read_block() {
  left_ = bits_.take(16);
  if (left_ == 0) left_ = 0x10000;  // the count wraps
  return read_small(kExtras, 5, 3) && read_characters() && read_small(positions_, positions_ == kPositions ? 4 : 5, 0);
}

// A match may go on into what it writes, and what it copies lies `distance` before that. In steps of 8 bytes where they do not overlap and
// there is room for the last one to write beyond the match.
[[gnu::always_inline]] inline std::byte* copy_match(std::byte* at, const std::byte* end, size_t distance, size_t length) {
  const std::byte* from = at - distance;
  std::byte* const behind = at + length;
  if (distance >= 8 && static_cast<size_t>(end - at) >= length + 8) {
    do {
      __builtin_memcpy(at, from, 8);
      at += 8, from += 8;
    } while (at < behind);
    return behind;
  }
  while (at < behind) *at++ = *from++;
  return at;
}

// The symbols of a block, with what is needed for each of them in registers. nullptr for what cannot be.
[[clang::noinline]] std::byte* Unpacker::run_block(std::byte* const begin, std::byte* at, std::byte* const end) {
  BitReader bits = bits_;
  const Scratch& scratch = scratch_;
  for (uint32_t left = left_; left > 0 && at < end; --left) {
    bits.want(kMaxCodeLength);
    const uint32_t c = symbol(bits, scratch.characters);
    if (bits.starved()) return nullptr;
    if (c < 256) {
      *at++ = static_cast<std::byte>(c);
      continue;
    }
    if (c == kNoSymbol) return nullptr;
    bits.want(kMaxCodeLength + kWidePositions - 2);
    uint32_t position = symbol(bits, scratch.small);
    if (position == kNoSymbol) return nullptr;
    if (position > 1) {
      const uint32_t extra = position - 1;
      position = (1u << extra) + bits.peek(extra);
      bits.drop(extra);
    }
    if (bits.starved() || position >= static_cast<size_t>(at - begin)) return nullptr;
    // The last match ends with the data, even in its midst.
    at = copy_match(at, end, size_t{position} + 1, std::min<size_t>(c - 256 + kShortestMatch, static_cast<size_t>(end - at)));
  }
  bits_ = bits;
  return at;
}

Result<> Unpacker::run(MutableByteSpan out, size_t there) {
  std::byte* const begin = out.data();
  std::byte* const end = begin + out.size();
  for (std::byte* at = begin + there; at < end;) {
    if (!read_block()) return Status::InvalidParameter;
    at = run_block(begin, at, end);
    if (at == nullptr) return Status::InvalidParameter;
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

[[clang::minsize]] Result<Info> info(ByteSpan source) {
  auto packed = read_at<uint32_t>(source, 0), size = read_at<uint32_t>(source, 4);
  if (!packed || !size || *packed > source.size() - kHeader) return Status::InvalidParameter;
  return Info{*size, sizeof(Scratch) + alignof(Scratch)};
}

namespace {

[[clang::minsize]] Result<> unpack(ByteSpan source, uint32_t positions, MutableByteSpan out, size_t there, MutableByteSpan scratch) {
  Info known = TRY(info(source));
  if (out.size() - there < known.size || scratch.size() < known.scratch) return Status::InvalidParameter;
  // The caller's buffer may begin anywhere.
  auto address = reinterpret_cast<uintptr_t>(scratch.data());
  auto* place = scratch.data() + (-address & (alignof(Scratch) - 1));
  ByteSpan blocks = source.subspan(kHeader, *read_at<uint32_t>(source, 0));
  return Unpacker(blocks, positions, *new (place) Scratch).run(out.first(there + known.size), there);
}

}  // namespace

Result<> unpack(ByteSpan source, MutableByteSpan destination, MutableByteSpan scratch) {
  return unpack(source, kPositions, destination, 0, scratch);
}

Result<> unpack_wide(ByteSpan source, MutableByteSpan out, size_t there, MutableByteSpan scratch) {
  if (there > out.size()) return Status::InvalidParameter;
  return unpack(source, kWidePositions, out, there, scratch);
}

efi::DecompressProtocol& protocol() { return the_protocol; }

}  // namespace efilite::core::decompress
