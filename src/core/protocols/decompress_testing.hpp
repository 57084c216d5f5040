// SPDX-License-Identifier: BSD-2-Clause-Patent
// A small packer for UEFI's compressed format [UEFI 2.10, 19.3], written from its description and sharing nothing with the unpacker.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <queue>
#include <vector>

namespace efilite::core::decompress::testing {

using Bytes = std::vector<uint8_t>;

class BitWriter {
 public:
  void put(uint32_t value, int width) {
    for (int i = width - 1; i >= 0; --i) {
      if (used_ % 8 == 0) bytes_.push_back(0);
      bytes_.back() |= static_cast<uint8_t>((value >> i & 1) << (7 - used_++ % 8));
    }
  }
  Bytes finish() { return bytes_; }

 private:
  Bytes bytes_;
  size_t used_ = 0;
};

inline Bytes with_header(const Bytes& packed, size_t size) {
  Bytes out(8);
  auto packed_size = static_cast<uint32_t>(packed.size()), whole = static_cast<uint32_t>(size);
  memcpy(out.data(), &packed_size, 4);
  memcpy(out.data() + 4, &whole, 4);
  out.insert(out.end(), packed.begin(), packed.end());
  return out;
}

struct Set {
  std::vector<int> lengths;
  std::vector<uint32_t> codes;
  int only = -1;  // the one symbol when there are fewer than two
};

// Huffman's lengths; counts are halved until none is longer than 16 bits.
inline Set make_set(std::vector<uint64_t> counts) {
  Set set;
  for (;;) {
    using Node = std::pair<uint64_t, std::vector<size_t>>;
    std::priority_queue<Node, std::vector<Node>, std::greater<>> heap;
    for (size_t i = 0; i < counts.size(); ++i)
      if (counts[i]) heap.push({counts[i], {i}});
    set.lengths.assign(counts.size(), 0);
    if (heap.size() < 2) {
      set.only = heap.empty() ? 0 : static_cast<int>(heap.top().second[0]);
      return set;
    }
    while (heap.size() > 1) {
      Node a = heap.top();
      heap.pop();
      Node b = heap.top();
      heap.pop();
      a.first += b.first;
      a.second.insert(a.second.end(), b.second.begin(), b.second.end());
      for (size_t symbol : a.second) ++set.lengths[symbol];
      heap.push(a);
    }
    int longest = 0;
    for (int length : set.lengths) longest = length > longest ? length : longest;
    if (longest <= 16) break;
    for (auto& count : counts) count = count ? count / 2 + 1 : 0;
  }
  set.codes.assign(counts.size(), 0);
  uint32_t code = 0;
  for (int length = 1; length <= 16; ++length, code <<= 1)
    for (size_t i = 0; i < counts.size(); ++i)
      if (set.lengths[i] == length) set.codes[i] = code++;
  return set;
}

class Encoder {
 public:
  size_t block = 4000;          // symbols
  size_t longest_match = 256;   // below 3: none
  size_t farthest = 0, longest = 0;  // of what was found

  Bytes pack(const Bytes& data) {
    std::vector<Symbol> symbols = find(data);
    BitWriter out;
    for (size_t at = 0; at < symbols.size(); at += block)
      write_block(out, {&symbols[at], &symbols[at] + std::min(block, symbols.size() - at)});
    return with_header(out.finish(), data.size());
  }

 private:
  struct Symbol {
    uint32_t character;
    uint32_t position;
  };

  std::vector<Symbol> find(const Bytes& data) {
    std::vector<Symbol> out;
    std::map<uint32_t, std::vector<size_t>> places;
    for (size_t at = 0; at < data.size();) {
      auto key = [&](size_t i) { return data[i] << 16 | data[i + 1] << 8 | data[i + 2]; };
      size_t best = 0, from = 0;
      if (longest_match >= 3 && at + 3 <= data.size())
        for (size_t place : places[key(at)]) {
          if (at - place > 8192) continue;
          size_t n = 0;
          while (n < longest_match && at + n < data.size() && data[place + n] == data[at + n]) ++n;
          if (n > best) best = n, from = place;
        }
      size_t taken = best >= 3 ? best : 1;
      if (best >= 3) {
        out.push_back({static_cast<uint32_t>(256 + best - 3), static_cast<uint32_t>(at - from - 1)});
        farthest = std::max(farthest, at - from - 1);
        longest = std::max(longest, best);
      } else {
        out.push_back({data[at], 0});
      }
      for (; taken > 0; --taken, ++at)
        if (at + 3 <= data.size()) {
          auto& list = places[key(at)];
          list.push_back(at);
          if (list.size() > 50) list.erase(list.begin() + 1);
        }
    }
    return out;
  }

  static int width_of(uint32_t position) {
    int width = 0;
    for (; position >> width != 0; ++width) {}
    return width;
  }

  static void put_symbol(BitWriter& out, const Set& set, size_t symbol) {
    if (set.only < 0) out.put(set.codes[symbol], set.lengths[symbol]);
  }

  static size_t used(const std::vector<int>& lengths) {
    size_t n = lengths.size();
    while (n > 0 && lengths[n - 1] == 0) --n;
    return n;
  }

  static void put_small(BitWriter& out, const Set& set, int width, size_t gap_at) {
    if (set.only >= 0) {
      out.put(0, width);
      out.put(static_cast<uint32_t>(set.only), width);
      return;
    }
    size_t n = used(set.lengths);
    out.put(static_cast<uint32_t>(n), width);
    for (size_t i = 0; i < n;) {
      int length = set.lengths[i++];
      if (length < 7) {
        out.put(static_cast<uint32_t>(length), 3);
      } else {
        out.put(7, 3);
        for (int more = 7; more < length; ++more) out.put(1, 1);
        out.put(0, 1);
      }
      if (i == gap_at) {
        uint32_t zeros = 0;
        while (zeros < 3 && i < n && set.lengths[i] == 0) ++zeros, ++i;
        out.put(zeros, 2);
      }
    }
  }

  struct Extra {
    uint32_t symbol, value;
    int width;
  };
  static std::vector<Extra> extras_of(const std::vector<int>& lengths) {
    std::vector<Extra> out;
    for (size_t i = 0, n = used(lengths); i < n;) {
      if (lengths[i] != 0) {
        out.push_back({static_cast<uint32_t>(lengths[i++] + 2), 0, 0});
        continue;
      }
      uint32_t zeros = 0;
      while (lengths[i] == 0) ++zeros, ++i;
      for (; zeros > 0 && zeros < 3; --zeros) out.push_back({0, 0, 0});
      if (zeros == 19) out.push_back({0, 0, 0}), --zeros;
      if (zeros >= 20) {
        out.push_back({2, zeros - 20, 9});
      } else if (zeros >= 3) {
        out.push_back({1, zeros - 3, 4});
      }
    }
    return out;
  }

  static void write_block(BitWriter& out, const std::vector<Symbol>& symbols) {
    std::vector<uint64_t> character_counts(510), position_counts(14), extra_counts(19);
    for (const Symbol& s : symbols) {
      ++character_counts[s.character];
      if (s.character >= 256) ++position_counts[static_cast<size_t>(width_of(s.position))];
    }
    Set characters = make_set(character_counts), positions = make_set(position_counts);
    std::vector<Extra> extras;
    if (characters.only < 0) extras = extras_of(characters.lengths);
    for (const Extra& e : extras) ++extra_counts[e.symbol];
    Set extra_set = make_set(extra_counts);

    out.put(static_cast<uint32_t>(symbols.size()) & 0xFFFF, 16);
    put_small(out, extra_set, 5, 3);
    if (characters.only >= 0) {
      out.put(0, 9);
      out.put(static_cast<uint32_t>(characters.only), 9);
    } else {
      out.put(static_cast<uint32_t>(used(characters.lengths)), 9);
      for (const Extra& e : extras) {
        put_symbol(out, extra_set, e.symbol);
        out.put(e.value, e.width);
      }
    }
    put_small(out, positions, 4, 0);
    for (const Symbol& s : symbols) {
      put_symbol(out, characters, s.character);
      if (s.character < 256) continue;
      int width = width_of(s.position);
      put_symbol(out, positions, static_cast<size_t>(width));
      if (width > 1) out.put(s.position & ((1u << (width - 1)) - 1), width - 1);
    }
  }
};

}  // namespace efilite::core::decompress::testing
