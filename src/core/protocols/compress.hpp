// SPDX-License-Identifier: BSD-2-Clause-Patent
// A packer for UEFI's compressed format [UEFI 2.10, 19.2 and 19.3], for the build and the tests; it shares nothing with the unpacker. What
// becomes a match, and where a block ends, is decided by what it costs in bits, with the codes that the decisions before have led to.
//
// What efilite packs of itself has a wider window, so that a match can be anywhere before it: more positions, and 5 bits to count them.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

namespace efilite::core::compress {

using Bytes = std::vector<uint8_t>;

constexpr size_t kShortestMatch = 3, kLongestMatch = 256;
constexpr size_t kCharacters = 256 + kLongestMatch - kShortestMatch + 1, kMostPositions = 20, kExtras = 19;
constexpr int kLongestCode = 16;
constexpr size_t kLargestBlock = 65536;  // symbols

class BitWriter {
 public:
  void put(uint32_t value, int width) {
    for (int i = width - 1; i >= 0; --i) {
      if (used_ % 8 == 0) bytes_.push_back(0);
      bytes_.back() |= static_cast<uint8_t>((value >> i & 1) << (7 - used_++ % 8));
    }
  }
  const Bytes& bytes() const { return bytes_; }

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

// A position of n bits or fewer reaches as far as the window.
struct Format {
  size_t positions;
  int count_width;  // of how many positions have a code

  constexpr size_t window() const { return size_t{1} << (positions - 1); }
};
constexpr Format kUefi = {14, 4}, kWide = {kMostPositions, 5};

// A character, or the length of a match and how far behind it is.
struct Symbol {
  uint32_t character;
  uint32_t position;
};

inline int width_of(uint32_t position) { return std::bit_width(position); }
// A position is told by its width and the bits behind its first one.
inline int bits_behind(int width) { return width > 1 ? width - 1 : 0; }

// Codes of one set of symbols. Where there are fewer than two, `only` needs no bits.
struct Code {
  std::vector<uint8_t> lengths;
  int only = -1;

  explicit Code(std::span<const uint32_t> counts);
  size_t used() const {
    size_t n = lengths.size();
    while (n > 0 && lengths[n - 1] == 0) --n;
    return n;
  }
  int bits_of(size_t symbol) const { return only < 0 ? lengths[symbol] : 0; }
  // Codes of one length are consecutive numbers, and go on from the doubled end of the shorter ones.
  std::vector<uint32_t> values() const {
    std::vector<uint32_t> values(lengths.size());
    uint32_t value = 0;
    for (int length = 1; length <= kLongestCode; ++length, value <<= 1)
      for (size_t i = 0; i < lengths.size(); ++i)
        if (lengths[i] == length) values[i] = value++;
    return values;
  }
};

// Huffman's lengths; counts are halved until none is longer than the format has.
inline Code::Code(std::span<const uint32_t> given) : lengths(given.size()) {
  std::vector<uint64_t> counts(given.begin(), given.end());
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < counts.size(); ++i)
    if (counts[i] != 0) order.push_back(i);
  if (order.size() < 2) {
    only = order.empty() ? 0 : static_cast<int>(order[0]);
    return;
  }
  for (;;) {
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return counts[a] < counts[b]; });
    // Leaves, then what joins two, both by weight: the two lightest are at the heads of either.
    size_t leaves = order.size(), leaf = 0, node = leaves;
    std::vector<uint64_t> weight(2 * leaves - 1);
    std::vector<size_t> above(2 * leaves - 1);
    for (size_t i = 0; i < leaves; ++i) weight[i] = counts[order[i]];
    for (size_t made = leaves; made < weight.size(); ++made)
      for (int i = 0; i < 2; ++i) {
        size_t lightest = leaf < leaves && (node >= made || weight[leaf] <= weight[node]) ? leaf++ : node++;
        weight[made] += weight[lightest];
        above[lightest] = made;
      }
    std::vector<int> depth(weight.size());
    for (size_t i = weight.size() - 1; i-- > 0;) depth[i] = depth[above[i]] + 1;
    for (size_t i = 0; i < leaves; ++i) lengths[order[i]] = static_cast<uint8_t>(std::min(depth[i], 255));
    if (*std::max_element(depth.begin(), depth.end()) <= kLongestCode) return;
    for (uint64_t& count : counts) count = count != 0 ? count / 2 + 1 : 0;
  }
}

struct Counts {
  std::array<uint32_t, kCharacters> characters{};
  std::array<uint32_t, kMostPositions> positions{};

  void add(const Symbol& symbol) {
    ++characters[symbol.character];
    if (symbol.character >= 256) ++positions[static_cast<size_t>(width_of(symbol.position))];
  }
  Counts operator-(const Counts& before) const {
    Counts out;
    for (size_t i = 0; i < kCharacters; ++i) out.characters[i] = characters[i] - before.characters[i];
    for (size_t i = 0; i < kMostPositions; ++i) out.positions[i] = positions[i] - before.positions[i];
    return out;
  }
};

// The codes of a block, and how they are told.
class BlockCodes {
 public:
  BlockCodes(const Counts& counts, const Format& format)
      : characters(counts.characters), positions(std::span(counts.positions).first(format.positions)), format_(format),
        extras_(extras_of(characters)), extra_code_(counted(extras_)) {}

  Code characters, positions;

  // Of the whole block: what counts() had, and its codes.
  uint64_t bits(const Counts& counts) const {
    uint64_t sum = 16 + small_bits(extra_code_, 5, 3) + small_bits(positions, format_.count_width, 0) + 9 + (characters.only >= 0 ? 9 : 0);
    for (const Extra& e : extras_) sum += static_cast<uint64_t>(extra_code_.bits_of(e.symbol) + e.width);
    for (size_t i = 0; i < kCharacters; ++i) sum += uint64_t{counts.characters[i]} * static_cast<uint64_t>(characters.bits_of(i));
    for (size_t i = 0; i < format_.positions; ++i)
      sum += uint64_t{counts.positions[i]} * static_cast<uint64_t>(positions.bits_of(i) + bits_behind(static_cast<int>(i)));
    return sum;
  }

  void write(BitWriter& out, std::span<const Symbol> symbols) const {
    out.put(static_cast<uint32_t>(symbols.size()) & 0xFFFF, 16);
    put_small(out, extra_code_, 5, 3);
    if (characters.only >= 0) {
      out.put(0, 9);
      out.put(static_cast<uint32_t>(characters.only), 9);
    } else {
      out.put(static_cast<uint32_t>(characters.used()), 9);
      auto values = extra_code_.values();
      for (const Extra& e : extras_) {
        out.put(values[e.symbol], extra_code_.bits_of(e.symbol));
        out.put(e.value, e.width);
      }
    }
    put_small(out, positions, format_.count_width, 0);
    auto character_values = characters.values(), position_values = positions.values();
    for (const Symbol& s : symbols) {
      out.put(character_values[s.character], characters.bits_of(s.character));
      if (s.character < 256) continue;
      int width = width_of(s.position);
      out.put(position_values[static_cast<size_t>(width)], positions.bits_of(static_cast<size_t>(width)));
      out.put(s.position & ((1u << bits_behind(width)) - 1), bits_behind(width));
    }
  }

 private:
  struct Extra {
    uint32_t symbol, value;
    int width;
  };

  // How the lengths of the characters' codes are told: runs of zeros, or a length.
  static std::vector<Extra> extras_of(const Code& code) {
    std::vector<Extra> out;
    if (code.only >= 0) return out;
    for (size_t i = 0, n = code.used(); i < n;) {
      if (code.lengths[i] != 0) {
        out.push_back({code.lengths[i++] + 2u, 0, 0});
        continue;
      }
      uint32_t zeros = 0;
      while (code.lengths[i] == 0) ++zeros, ++i;
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

  static std::array<uint32_t, kExtras> counted(const std::vector<Extra>& extras) {
    std::array<uint32_t, kExtras> counts{};
    for (const Extra& e : extras) ++counts[e.symbol];
    return counts;
  }

  // A small set's lengths: 3 bits, 7 and above go on with ones. Behind the length at `gap_at` 2 bits tell of zeros.
  static void put_small(BitWriter& out, const Code& code, int width, size_t gap_at) {
    if (code.only >= 0) {
      out.put(0, width);
      out.put(static_cast<uint32_t>(code.only), width);
      return;
    }
    size_t n = code.used();
    out.put(static_cast<uint32_t>(n), width);
    for (size_t i = 0; i < n;) {
      uint32_t length = code.lengths[i++];
      out.put(std::min(length, 7u), 3);
      if (length >= 7) {
        for (uint32_t more = 7; more < length; ++more) out.put(1, 1);
        out.put(0, 1);
      }
      if (i != gap_at) continue;
      uint32_t zeros = 0;
      while (zeros < 3 && i < n && code.lengths[i] == 0) ++zeros, ++i;
      out.put(zeros, 2);
    }
  }
  static uint64_t small_bits(const Code& code, int width, size_t gap_at) {
    if (code.only >= 0) return 2 * static_cast<uint64_t>(width);
    uint64_t sum = static_cast<uint64_t>(width);
    for (size_t i = 0, n = code.used(); i < n;) {
      uint32_t length = code.lengths[i++];
      sum += length < 7 ? 3 : length - 3;
      if (i != gap_at) continue;
      for (int zeros = 0; zeros < 3 && i < n && code.lengths[i] == 0; ++zeros) ++i;
      sum += 2;
    }
    return sum;
  }

  Format format_;
  std::vector<Extra> extras_;
  Code extra_code_;
};

class Packer {
 public:
  size_t longest_match = kLongestMatch;  // below 3: none
  size_t block = 0;                      // symbols; 0: what takes the fewest bits
  Format format = kUefi;

  // What the first `history` bytes have is there already when the rest is unpacked behind it.
  Bytes pack(const Bytes& data, size_t history = 0) {
    history_ = history;
    find_matches(data);
    Plan plan = block != 0 ? plan_fixed(data) : plan_best(data);
    BitWriter out;
    for (const Part& part : plan.parts) codes_of(counted(part.symbols)).write(out, part.symbols);
    return with_header(out.bytes(), data.size() - history);
  }

 private:
  // The longest match of a byte by the width of its position: which of them is cheapest depends on the codes.
  struct Match {
    uint32_t length, position;
  };
  using Matches = std::array<Match, kMostPositions>;
  // Bytes from `begin` on, as symbols of one block.
  struct Part {
    size_t begin, end;
    std::vector<Symbol> symbols;
  };
  struct Plan {
    std::vector<Part> parts;
    uint64_t bits = std::numeric_limits<uint64_t>::max();
  };
  struct Costs {
    std::array<uint32_t, kCharacters> characters;
    std::array<uint32_t, kMostPositions> positions;
  };

  BlockCodes codes_of(const Counts& counts) const { return BlockCodes(counts, format); }

  static Counts counted(std::span<const Symbol> symbols) {
    Counts counts;
    for (const Symbol& s : symbols) counts.add(s);
    return counts;
  }

  void find_matches(const Bytes& data) {
    matches_.assign(data.size(), {});
    if (longest_match < kShortestMatch) return;
    constexpr size_t kNone = SIZE_MAX;
    std::vector<size_t> last(1 << 16, kNone), before(data.size(), kNone);
    for (size_t at = 0; at + kShortestMatch <= data.size(); ++at) {
      size_t hash = ((data[at] << 16 | data[at + 1] << 8 | data[at + 2]) * 0x9E3779B1u) >> 16;
      size_t most = std::min(longest_match, data.size() - at);
      for (size_t place = last[hash]; place != kNone && at - place <= format.window(); place = before[place]) {
        auto position = static_cast<uint32_t>(at - place - 1);
        Match& match = matches_[at][static_cast<size_t>(width_of(position))];
        if (match.length == most || data[place + match.length] != data[at + match.length]) continue;
        size_t n = 0;
        while (n < most && data[place + n] == data[at + n]) ++n;
        if (n >= kShortestMatch && n > match.length) match = {static_cast<uint32_t>(n), position};
      }
      before[at] = last[hash];
      last[hash] = at;
    }
  }

  static Costs first_costs() {
    Costs costs;
    costs.characters.fill(8);
    costs.positions.fill(4);
    return costs;
  }

  // What has no code yet costs a little more than the rarest that has one.
  static Costs costs_of(const BlockCodes& codes) {
    Costs costs{};
    auto fill = [](auto& out, const Code& code) {
      uint32_t rarest = 0;
      for (uint8_t length : code.lengths) rarest = std::max<uint32_t>(rarest, length);
      for (size_t i = 0; i < code.lengths.size(); ++i)
        out[i] = code.lengths[i] != 0 || code.only == static_cast<int>(i) ? static_cast<uint32_t>(code.bits_of(i)) : rarest + 1;
    };
    fill(costs.characters, codes.characters);
    fill(costs.positions, codes.positions);
    return costs;
  }

  // The cheapest symbols for the bytes.
  std::vector<Symbol> parse(const Bytes& data, size_t begin, size_t end, const Costs& costs) const {
    struct Step {
      uint32_t cost = std::numeric_limits<uint32_t>::max();
      uint32_t length = 0, position = 0;
    };
    std::vector<Step> steps(end - begin + 1);
    steps[0].cost = 0;
    auto reach = [&](size_t at, uint32_t cost, size_t length, uint32_t position) {
      if (cost < steps[at].cost) steps[at] = {cost, static_cast<uint32_t>(length), position};
    };
    for (size_t at = begin; at < end; ++at) {
      size_t step = at - begin;
      uint32_t cost = steps[step].cost;
      reach(step + 1, cost + costs.characters[data[at]], 1, 0);
      for (size_t width = 0; width < format.positions; ++width) {
        const Match& match = matches_[at][width];
        uint32_t base = cost + costs.positions[width] + static_cast<uint32_t>(bits_behind(static_cast<int>(width)));
        size_t most = std::min<size_t>(match.length, end - at);
        for (size_t length = kShortestMatch; length <= most; ++length)
          reach(step + length, base + costs.characters[256 + length - kShortestMatch], length, match.position);
      }
    }
    std::vector<Symbol> symbols;
    for (size_t step = end - begin; step > 0; step -= steps[step].length) {
      if (steps[step].length == 1) {
        symbols.push_back({data[begin + step - 1], 0});
      } else {
        symbols.push_back({static_cast<uint32_t>(256 + steps[step].length - kShortestMatch), steps[step].position});
      }
    }
    std::reverse(symbols.begin(), symbols.end());
    return symbols;
  }

  static size_t bytes_of(const Symbol& symbol) { return symbol.character < 256 ? 1 : symbol.character - 256 + kShortestMatch; }

  // Parts of the symbols, each as long as is cheapest, in steps of `grain` symbols.
  std::vector<Part> split(const std::vector<Symbol>& symbols, size_t grain) const {
    size_t grains = (symbols.size() + grain - 1) / grain;
    std::vector<Counts> before(grains + 1);
    for (size_t i = 0; i < symbols.size(); ++i) {
      if (i % grain == 0) before[i / grain + 1] = before[i / grain];
      before[i / grain + 1].add(symbols[i]);
    }
    std::vector<uint64_t> cost(grains + 1, std::numeric_limits<uint64_t>::max());
    std::vector<size_t> from(grains + 1);
    cost[0] = 0;
    for (size_t end = 1; end <= grains; ++end)
      for (size_t begin = 0; begin < end; ++begin) {
        if ((end - begin) * grain > kLargestBlock) continue;
        Counts counts = before[end] - before[begin];
        uint64_t sum = cost[begin] + codes_of(counts).bits(counts);
        if (sum < cost[end]) cost[end] = sum, from[end] = begin;
      }
    std::vector<Part> parts;
    for (size_t end = grains; end > 0; end = from[end])
      parts.push_back({0, 0, {&symbols[from[end] * grain], symbols.data() + std::min(end * grain, symbols.size())}});
    std::reverse(parts.begin(), parts.end());
    place(parts);
    return parts;
  }

  void place(std::vector<Part>& parts) const {
    size_t at = history_;
    for (Part& part : parts) {
      part.begin = at;
      for (const Symbol& s : part.symbols) at += bytes_of(s);
      part.end = at;
    }
  }

  // Parses each part anew with the codes that it has now, as long as that makes it smaller.
  void refine(const Bytes& data, Plan& plan, int rounds) const {
    plan.bits = 0;
    for (Part& part : plan.parts) {
      Counts counts = counted(part.symbols);
      BlockCodes codes = codes_of(counts);
      uint64_t least = codes.bits(counts);
      for (int round = 0; round < rounds; ++round) {
        auto symbols = parse(data, part.begin, part.end, costs_of(codes));
        counts = counted(symbols);
        codes = codes_of(counts);
        if (symbols.size() > kLargestBlock || codes.bits(counts) >= least) break;
        least = codes.bits(counts);
        part.symbols = std::move(symbols);
      }
      plan.bits += least;
    }
  }

  static std::vector<Symbol> joined(const Plan& plan) {
    std::vector<Symbol> symbols;
    for (const Part& part : plan.parts) symbols.insert(symbols.end(), part.symbols.begin(), part.symbols.end());
    return symbols;
  }

  Plan plan_best(const Bytes& data) const {
    Plan best;
    auto symbols = parse(data, history_, data.size(), first_costs());
    for (int round = 0; round < 4 && !symbols.empty(); ++round) {
      Plan plan;
      plan.parts = split(symbols, std::max<size_t>(symbols.size() / 50, 256));
      refine(data, plan, 12);
      symbols = joined(plan);
      if (plan.bits >= best.bits) break;
      best = std::move(plan);
    }
    return best;
  }

  Plan plan_fixed(const Bytes& data) const {
    auto symbols = parse(data, history_, data.size(), first_costs());
    Plan plan;
    for (size_t at = 0; at < symbols.size(); at += block)
      plan.parts.push_back({0, 0, {&symbols[at], &symbols[at] + std::min(block, symbols.size() - at)}});
    return plan;
  }

  size_t history_ = 0;
  std::vector<Matches> matches_;
};

}  // namespace efilite::core::compress
