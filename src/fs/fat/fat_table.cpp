// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "fs/fat/fat_table.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace efilite::fs {

namespace {
constexpr uint32_t kUnknown = 0xFFFF'FFFF;  // FSInfo: not counted
constexpr uint64_t kInfoFree = 488;         // FSInfo: the count, and behind it where to look first
constexpr uint32_t kEntryMask = 0x0FFF'FFFF;

// Entries of FAT16 or FAT32, several at once.
struct Lanes {
  uint32_t count;     // of entries in eight bytes
  uint64_t ones;      // 1 in each
  uint64_t ascending; // 0, 1, 2, ...
  uint64_t mask;      // what of them is a value
};
constexpr Lanes kLanes16 = {4, 0x0001'0001'0001'0001, 0x0003'0002'0001'0000, ~uint64_t{0}};
constexpr Lanes kLanes32 = {2, 0x0000'0001'0000'0001, 0x0000'0001'0000'0000, 0x0FFF'FFFF'0FFF'FFFF};

uint32_t load_entry(const std::byte* at, uint32_t bytes) {
  uint16_t low;
  uint32_t all;
  __builtin_memcpy(&low, at, sizeof(low));
  if (bytes == sizeof(low)) return low;
  __builtin_memcpy(&all, at, sizeof(all));
  return all & kEntryMask;
}

uint64_t load(const std::byte* at) {
  uint64_t out;
  __builtin_memcpy(&out, at, sizeof(out));
  return out;
}
// How many entries from `from` on, of `count`, are `value`, or are `value` and what follows it; groups of lanes only.
[[gnu::noinline]] uint32_t matching(const std::byte* from, uint32_t count, const Lanes& lanes, uint32_t value, bool ascending) {
  const uint64_t first = lanes.ones * value + (ascending ? lanes.ascending : 0);
  const uint64_t step = ascending ? lanes.ones * lanes.count : 0;
  const std::byte* at = from;
  const std::byte* const end = from + count / lanes.count * 8;
  // A large file is mostly this, so it is three instructions a group. Bits that are no part of a value are seldom set.
  uint64_t expected = first;
  const auto next_is_so = [&](size_t group) __attribute__((always_inline)) {
    if (load(at + group * 8) != expected) return false;
    expected += step;
    asm("" : "+r"(expected));  // else the compiler counts each from the first
    return true;
  };
  while (end - at >= 64 && next_is_so(0) && next_is_so(1) && next_is_so(2) && next_is_so(3) && next_is_so(4) && next_is_so(5) &&
         next_is_so(6) && next_is_so(7)) {
    at += 64;
  }
  expected = first + static_cast<uint64_t>(at - from) / 8 * step;
  for (; at != end && (load(at) & lanes.mask) == expected; at += 8) expected += step;
  return static_cast<uint32_t>(at - from) / 8 * lanes.count;
}

}  // namespace

Result<> FatTable::start() {
  disk_.mirror(g_.fat_at, g_.fat_bytes, g_.fat_copies);
  bool clean = true;
  if (g_.type != FatType::Fat12) {
    const uint32_t entry = TRY(get(1));
    clean = (entry & (g_.type == FatType::Fat16 ? 0x8000u : 0x0800'0000u)) != 0;
    keeps_clean_bit_ = clean;  // what somebody else left in disorder is not ours to call clean
  }
  if (g_.info_at != 0) {
    const uint32_t free = TRY(disk_.get<uint32_t>(g_.info_at + kInfoFree));
    const uint32_t hint = TRY(disk_.get<uint32_t>(g_.info_at + kInfoFree + 4));
    if (clean && free <= g_.clusters) free_ = free;
    if (g_.has(hint)) hint_ = hint;
  }
  return {};
}

uint64_t FatTable::position(uint32_t cluster) const {
  return g_.fat_at + uint64_t{cluster} * static_cast<uint32_t>(g_.type) / 8;
}

// An entry of FAT12 may lie across the end of a block, and then it cannot be changed by one write.
bool FatTable::in_one_block(uint32_t cluster) const {
  return g_.type != FatType::Fat12 || position(cluster) % disk_.block_bytes() != disk_.block_bytes() - 1;
}

Result<uint32_t> FatTable::get(uint32_t cluster) {
  if (g_.type == FatType::Fat32) return TRY(disk_.get<uint32_t>(position(cluster))) & kEntryMask;
  const uint16_t word = TRY(disk_.get<uint16_t>(position(cluster)));
  if (g_.type == FatType::Fat16) return word;
  return cluster % 2 == 0 ? word & 0xFFFu : word >> 4u;
}

Result<> FatTable::set(uint32_t cluster, uint32_t value) {
  const uint64_t at = position(cluster);
  if (g_.type == FatType::Fat12) return set12(cluster, value);
  if (g_.type == FatType::Fat16) return disk_.put(at, bytes_of(static_cast<uint16_t>(value)));
  const uint32_t reserved = TRY(disk_.get<uint32_t>(at)) & ~kEntryMask;  // not ours to change
  return disk_.put(at, bytes_of(reserved | (value & kEntryMask)));
}

// Across a block's end the state in between must not name a cluster: with all bits of the high part set it is an end or out of range.
// So the high part is set first when a chain is ended, and last when it is made to go on.
Result<> FatTable::set12(uint32_t cluster, uint32_t value) {
  const uint64_t at = position(cluster);
  const uint16_t old = TRY(disk_.get<uint16_t>(at));
  const uint32_t word = cluster % 2 == 0 ? (old & 0xF000u) | (value & 0xFFF) : (old & 0xFu) | (value & 0xFFF) << 4;
  const auto written = static_cast<uint16_t>(word);
  if (in_one_block(cluster)) return disk_.put(at, bytes_of(written));
  const bool ends = value == kEnd;
  TRY(disk_.put(at + (ends ? 1 : 0), bytes_of(written).subspan(ends ? 1 : 0, 1)));
  TRY(disk_.commit());
  return disk_.put(at + (ends ? 0 : 1), bytes_of(written).subspan(ends ? 0 : 1, 1));
}

Result<uint32_t> FatTable::next(uint32_t cluster) {
  if (!g_.has(cluster)) return Status::VolumeCorrupted;
  const uint32_t value = TRY(get(cluster));
  const uint32_t end = kEntryMask >> (28 - (g_.type == FatType::Fat32 ? 28 : static_cast<uint32_t>(g_.type)));
  if (value >= end - 7) return kEnd;
  if (!g_.has(value)) return Status::VolumeCorrupted;
  return value;
}

Result<> FatTable::link(uint32_t cluster, uint32_t next) {
  TRY(set(cluster, next));
  return disk_.commit();
}

// A count that was wrong from the start is no longer believed.
void FatTable::count_taken(uint32_t count) {
  if (free_ && *free_ >= count) *free_ -= count;
  else free_.reset();
}

// Looks at `candidates` clusters from `at` on, the first following the last.
Result<FatTable::NewChain> FatTable::allocate_from(uint32_t at, uint32_t candidates, uint32_t wanted) {
  NewChain out;
  for (; candidates != 0 && out.count < wanted; --candidates, at = g_.has(at + 1) ? at + 1 : 2) {
    if (TRY(get(at)) != 0 || !in_one_block(at)) continue;
    TRY(set(at, kEnd));
    if (out.count++ == 0) out.first = at;
    else TRY(set(out.last, at));
    out.last = at;
  }
  if (out.count == 0) return Status::VolumeFull;
  TRY(disk_.commit());
  count_taken(out.count);
  return out;
}

Result<FatTable::NewChain> FatTable::allocate(uint32_t wanted, uint32_t near) {
  uint32_t at = hint_;
  if (g_.has(near + 1) && TRY(get(near + 1)) == 0) at = near + 1;
  const NewChain out = TRY(allocate_from(at, g_.clusters, wanted));
  hint_ = g_.has(out.last + 1) ? out.last + 1 : 2;
  return out;
}

Result<FatTable::NewChain> FatTable::allocate_neighbour(uint32_t cluster) {
  if (!in_one_block(cluster)) return Status::VolumeFull;
  const uint64_t bits = static_cast<uint32_t>(g_.type), block_bits = disk_.block_bytes() * 8;
  const uint64_t begin = (position(cluster) - g_.fat_at) * 8 / block_bits * block_bits;
  const auto first = std::max(static_cast<uint32_t>((begin + bits - 1) / bits), 2u);
  const auto last = std::min(static_cast<uint32_t>((begin + block_bits) / bits), g_.clusters + 2);
  return allocate_from(first, last - first, 1);
}

Result<> FatTable::hand_over(uint32_t head, uint32_t other) {
  const uint32_t behind = TRY(get(head));
  TRY(set(other, behind));
  TRY(set(head, kEnd));
  return disk_.commit();
}

Result<> FatTable::release(uint32_t first) {
  uint32_t count = 0;
  for (uint32_t at = first; g_.has(at);) {
    const uint32_t behind = TRY(get(at));
    if (behind == 0) break;  // a ring, and here it has been opened
    TRY(set(at, 0));
    if (in_one_block(at)) ++count;
    at = behind;
  }
  TRY(disk_.commit());
  if (free_) *free_ += count;
  if (free_ && *free_ > g_.clusters) free_.reset();
  return {};
}

// How many of the clusters [at, last) are free; or, in a chain, how many are followed by their neighbour before one that is not. A large
// volume has many entries, so they are compared as many at a time as the CPU takes; FAT12's lie across bytes, but are few.
Result<uint32_t> FatTable::scan(uint32_t at, uint32_t last, bool in_chain) {
  const bool is12 = g_.type == FatType::Fat12;
  const Lanes& lanes = g_.type == FatType::Fat16 ? kLanes16 : kLanes32;
  const uint32_t step = 8 / lanes.count;
  uint32_t count = 0;
  while (at != last) {
    uint32_t some = 1;
    const std::byte* from = nullptr;
    if (!is12) {
      const ByteSpan entries = TRY(disk_.peek(position(at), uint64_t{last - at} * step));
      from = entries.data();
      const auto most = std::min(static_cast<uint32_t>(entries.size() / step), last - at);
      const auto same = matching(from, most, lanes, in_chain ? at + 1 : 0, in_chain);
      from += same * step;
      count += same;
      at += same;
      some = std::min(lanes.count, most - same);
    }
    // One by one those among which is another one, or what is left behind the last group.
    for (uint32_t i = 0; i < some; ++i, ++at) {
      const uint32_t value = is12 ? TRY(get(at)) : load_entry(from + i * step, step);
      const bool counts = value == (in_chain ? at + 1 : 0) && (in_chain || in_one_block(at));
      if (in_chain && !counts) return count;
      count += counts;
    }
  }
  return count;
}

Result<uint32_t> FatTable::neighbours(uint32_t cluster, uint32_t most) {
  if (!g_.has(cluster)) return Status::VolumeCorrupted;
  return scan(cluster, cluster + std::min(most, g_.clusters + 1 - cluster), true);  // the volume's last cluster has none
}

Result<uint32_t> FatTable::count_free() {
  if (!free_) free_ = TRY(scan(2, g_.clusters + 2, false));
  return *free_;
}

Result<> FatTable::set_clean(bool clean) {
  if (!keeps_clean_bit_) return {};
  const uint32_t bit = g_.type == FatType::Fat16 ? 0x8000u : 0x0800'0000u;
  const uint32_t entry = TRY(get(1));
  return set(1, clean ? entry | bit : entry & ~bit);
}

Result<> FatTable::put_info(uint32_t free, uint32_t hint) {
  if (g_.info_at == 0) return {};
  TRY(disk_.put(g_.info_at + kInfoFree, bytes_of(free)));
  return disk_.put(g_.info_at + kInfoFree + 4, bytes_of(hint));
}

Result<> FatTable::begin_change() {
  if (disk_.device().read_only()) return Status::WriteProtected;
  drop_unfinished();
  if (changing_) return {};
  TRY(set_clean(false));
  TRY(put_info(kUnknown, hint_));
  TRY(disk_.commit());
  changing_ = true;
  return {};
}

// An operation that failed half way left changes that shall not be written with the next one's. The volume is no longer ours to call clean.
void FatTable::drop_unfinished() {
  if (!disk_.discard()) return;
  free_.reset();
  keeps_clean_bit_ = false;
}

Result<> FatTable::settle() {
  drop_unfinished();
  if (changing_) {
    TRY(disk_.device().flush());
    TRY(put_info(free_.value_or(kUnknown), hint_));
    TRY(set_clean(true));
    TRY(disk_.commit());
    changing_ = false;
  }
  return disk_.device().read_only() ? Result<>() : disk_.device().flush();
}

// Brent's way: the mark moves to each place whose number is a power of two, so a ring comes back to it within twice its length.
Result<> ClusterChain::go_to(uint32_t cluster, uint32_t count) {
  if (cluster - mark_ < count) return Status::VolumeCorrupted;  // the mark is among the clusters that are passed
  const uint32_t power = std::bit_floor(index_ + count);
  if (power > index_) mark_ = cluster - (index_ + count - power);
  index_ += count;
  cluster_ = cluster;
  return {};
}

// From the end of the run that the cursor is at to what follows it, unless that is more than `most` clusters away.
Result<bool> ClusterChain::advance(FatTable& table, uint32_t most) {
  known_ += TRY(table.neighbours(cluster_ + known_, most - known_));
  if (known_ == most) return true;
  const uint32_t last = cluster_ + known_, to = TRY(table.next(last));
  if (to == FatTable::kEnd) {
    tail_ = {index_ + known_ + 1, last};
    return false;
  }
  if (known_ != 0) TRY(go_to(last, std::exchange(known_, 0)));
  TRY(go_to(to, 1));
  return true;
}

Result<ClusterChain::Run> ClusterChain::run(FatTable& table, uint32_t index, uint32_t wanted, uint32_t useful) {
  if (first_ == 0) return Run{};
  if (cluster_ == 0 || index < index_) {
    if (!table.geometry().has(first_)) return Status::VolumeCorrupted;
    index_ = known_ = 0;
    cluster_ = mark_ = first_;
  }
  while (index - index_ > known_) {
    if (!TRY(advance(table, index - index_))) return Run{};
  }
  const uint32_t into = index - index_;
  if (known_ - into + 1 < wanted) {
    known_ += TRY(table.neighbours(cluster_ + known_, std::max(wanted, useful) - (known_ - into + 1)));
  }
  return Run{cluster_ + into, std::min(wanted, known_ - into + 1)};
}

Result<ClusterChain::Tail> ClusterChain::tail(FatTable& table) {
  if (first_ != 0 && tail_.count == 0) TRY(run(table, ~uint32_t{0}, 1));
  return tail_;
}

Result<> ClusterChain::append(FatTable& table, const FatTable::NewChain& more) {
  if (first_ == 0) {
    restart(more.first);
    tail_ = {more.count, more.last};
    return {};
  }
  const Tail old = TRY(tail(table));
  TRY(table.link(old.last, more.first));
  tail_ = {old.count + more.count, more.last};
  return {};
}

Result<> ClusterChain::cut(FatTable& table, uint32_t count) {
  const Run last = TRY(run(table, count - 1, 1));
  if (last.count == 0) return Status::VolumeCorrupted;
  const uint32_t behind = TRY(table.next(last.cluster));
  if (behind == FatTable::kEnd) return {};
  TRY(table.link(last.cluster, FatTable::kEnd));
  restart(first_);
  tail_ = {count, last.cluster};
  return table.release(behind);
}

}  // namespace efilite::fs
