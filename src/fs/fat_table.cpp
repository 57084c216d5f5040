// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "fs/fat_table.hpp"

#include <bit>

namespace efilite::fs {

namespace {
constexpr uint32_t kUnknown = 0xFFFF'FFFF;  // FSInfo: not counted
constexpr uint64_t kInfoFree = 488;         // FSInfo: the count, and behind it where to look first
constexpr uint32_t kEntryMask = 0x0FFF'FFFF;
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

Result<FatTable::NewChain> FatTable::allocate(uint32_t wanted, uint32_t near) {
  NewChain out;
  uint32_t at = hint_;
  if (g_.has(near + 1) && TRY(get(near + 1)) == 0) at = near + 1;
  for (uint32_t looked = 0; looked < g_.clusters && out.count < wanted; ++looked, at = g_.has(at + 1) ? at + 1 : 2) {
    if (TRY(get(at)) != 0 || !in_one_block(at)) continue;
    TRY(set(at, kEnd));
    if (out.count++ == 0) out.first = at;
    else TRY(set(out.last, at));
    out.last = at;
  }
  if (out.count == 0) return Status::VolumeFull;
  TRY(disk_.commit());
  hint_ = g_.has(out.last + 1) ? out.last + 1 : 2;
  count_taken(out.count);
  return out;
}

// A count that was wrong from the start is no longer believed.
void FatTable::count_taken(uint32_t count) {
  if (free_ && *free_ >= count) *free_ -= count;
  else free_.reset();
}

Result<FatTable::NewChain> FatTable::allocate_neighbour(uint32_t cluster) {
  const uint64_t block = position(cluster) / disk_.block_bytes();
  const uint32_t entries = disk_.block_bytes() * 8 / static_cast<uint32_t>(g_.type) + 1;
  if (!in_one_block(cluster)) return Status::VolumeFull;
  for (uint32_t at = cluster > entries + 2 ? cluster - entries : 2; g_.has(at) && at <= cluster + entries; ++at) {
    if (position(at) / disk_.block_bytes() != block || !in_one_block(at) || TRY(get(at)) != 0) continue;
    TRY(link(at, kEnd));
    count_taken(1);
    return NewChain{at, at, 1};
  }
  return Status::VolumeFull;
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

Result<uint32_t> FatTable::count_free() {
  if (!free_) {
    uint32_t count = 0;
    for (uint32_t at = 2; g_.has(at); ++at) count += in_one_block(at) && TRY(get(at)) == 0 ? 1 : 0;
    free_ = count;
  }
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
  if (changing_) return {};
  TRY(set_clean(false));
  TRY(put_info(kUnknown, hint_));
  TRY(disk_.commit());
  changing_ = true;
  return {};
}

Result<> FatTable::settle() {
  TRY(disk_.commit());
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
Result<bool> ClusterChain::advance(FatTable& table) {
  const uint32_t next = TRY(table.next(cluster_));
  if (next == FatTable::kEnd) {
    tail_ = {index_ + 1, cluster_};
    return false;
  }
  if (next == mark_) return Status::VolumeCorrupted;
  cluster_ = next;
  if (std::has_single_bit(++index_)) mark_ = next;
  return true;
}

Result<ClusterChain::Run> ClusterChain::run(FatTable& table, uint32_t index, uint32_t wanted) {
  if (first_ == 0) return Run{};
  if (!table.geometry().has(first_)) return Status::VolumeCorrupted;
  if (cluster_ == 0 || index < index_) {
    index_ = 0;
    cluster_ = mark_ = first_;
  }
  while (index_ < index) {
    if (!TRY(advance(table))) return Run{};
  }
  Run out{cluster_, 1};
  while (out.count < wanted && TRY(advance(table))) {
    if (cluster_ != out.cluster + out.count) break;
    ++out.count;
  }
  return out;
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
