// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "arch/x86_64/page_tree.hpp"

#include <optional>

namespace efilite::arch {

namespace {

constexpr uint64_t kPresent = 1 << 0;
constexpr uint64_t kWritable = 1 << 1;
constexpr uint64_t kLarge = 1 << 7;
constexpr uint64_t kMapped = 1 << 9;  // ignored by the CPU: tells a page at address 0 that nobody may read from an entry never made
constexpr uint64_t kNoExecute = uint64_t{1} << 63;
constexpr uint64_t kAddressMask = 0x000FFFFFFFFFF000;

constexpr unsigned kShift4K = 12;
constexpr unsigned kShift1G = 30;
constexpr unsigned kShift512G = 39;
constexpr unsigned kLevel = 9;
constexpr unsigned kEntries = 1 << kLevel;

uint64_t attributes_of(uint64_t entry) {
  return ((entry & kPresent) == 0 ? efi::kMemoryRp : 0) | ((entry & kWritable) == 0 ? efi::kMemoryRo : 0) |
         ((entry & kNoExecute) != 0 ? efi::kMemoryXp : 0);
}

uint64_t with_attributes(uint64_t entry, uint64_t attributes) {
  entry = (entry & ~(kPresent | kWritable | kNoExecute)) | kMapped;
  if ((attributes & efi::kMemoryRp) == 0) entry |= kPresent;
  if ((attributes & efi::kMemoryRo) == 0) entry |= kWritable;
  if ((attributes & efi::kMemoryXp) != 0) entry |= kNoExecute;
  return entry;
}

uint64_t changed(uint64_t attributes, uint64_t set, uint64_t clear) { return (attributes | set) & ~clear; }

}  // namespace

PageTree::Leaf PageTree::leaf_of(uint64_t address) const {
  uint64_t* table = root_;
  for (unsigned shift = kShift512G;; shift -= kLevel) {
    uint64_t* entry = &table[address >> shift & (kEntries - 1)];
    if (shift == kShift4K || *entry == 0 || (*entry & kLarge) != 0) return {entry, shift};
    table = reinterpret_cast<uint64_t*>(*entry & kAddressMask);
  }
}

// Visits the entries of all pages that the range touches, until `visit` says no.
template <typename Visit>
bool PageTree::walk(PhysRange range, Visit visit) const {
  for (uint64_t at = range.begin.value; at < range.end.value;) {
    Leaf leaf = leaf_of(at);
    // The smallest pages come in numbers: go along their table instead of down the tree for each.
    do {
      if (!visit(*leaf.entry++)) return false;
      at = (at | (leaf.size() - 1)) + 1;
    } while (leaf.shift == kShift4K && at < range.end.value && (at >> kShift4K & (kEntries - 1)) != 0);
  }
  return true;
}

// A table of smaller pages in the place of a page, with the same permissions; or an empty one in the place of nothing.
Result<> PageTree::split(Leaf leaf) {
  auto* table = reinterpret_cast<uint64_t*>(TRY(allocator_()).value);
  uint64_t entry = *leaf.entry;
  const unsigned shift = leaf.shift - kLevel;
  const uint64_t step = entry == 0 ? 0 : uint64_t{1} << shift;
  if (shift == kShift4K) entry &= ~kLarge;
  for (unsigned i = 0; i < kEntries; i += 8) {
#pragma clang loop unroll(full)
    for (unsigned k = 0; k < 8; ++k, entry += step) table[i + k] = entry;
  }
  *leaf.entry = reinterpret_cast<uint64_t>(table) | kPresent | kWritable;
  return {};
}

// Splits what reaches over `address`, if it would change.
Result<> PageTree::split_at(uint64_t address, uint64_t set, uint64_t clear) {
  for (;;) {
    const Leaf leaf = leaf_of(address);
    const uint64_t now = attributes_of(*leaf.entry);
    if ((address & (leaf.size() - 1)) == 0 || changed(now, set, clear) == now) return {};
    TRY(split(leaf));
  }
}

Result<> PageTree::map_gigabytes(uint64_t begin, uint64_t end, bool by_one_page) {
  for (uint64_t at = begin; at < end;) {
    Leaf leaf = leaf_of(at);
    if (leaf.shift == kShift512G) {
      TRY(split(leaf));
      leaf = leaf_of(at);
    }
    // Along the table instead of down the tree for each: of a terabyte there are a thousand.
    do {
      *leaf.entry = at | kPresent | kWritable | kLarge;
      if (!by_one_page) TRY(split({leaf.entry, kShift1G}));
      ++leaf.entry;
      at += kGiB;
    } while (at < end && (at >> kShift1G & (kEntries - 1)) != 0);
  }
  return {};
}

bool PageTree::is_mapped(PhysRange range) const {
  if (range.end.value > kEnd) return false;
  for (uint64_t at = align_down(range.begin.value, kGiB); at < range.end.value; at += kGiB)
    if (!has_gigabyte(at)) return false;
  return true;
}

Result<uint64_t> PageTree::get(PhysRange range) const {
  if (!is_mapped(range)) return Status::NoMapping;
  std::optional<uint64_t> common;
  const bool equal = walk(range, [&](uint64_t entry) {
    if (!common) common = attributes_of(entry);
    return *common == attributes_of(entry);
  });
  if (!equal || !common) return Status::NoMapping;
  return *common;
}

Result<bool> PageTree::change(PhysRange range, uint64_t set, uint64_t clear) {
  if (range.empty()) return false;
  if (!is_mapped(range)) return Status::NoMapping;
  // Whatever can fail comes first, and is no change yet.
  TRY(split_at(range.begin.value, set, clear));
  TRY(split_at(range.end.value, set, clear));
  bool any = false;
  walk(range, [&](uint64_t& entry) {
    const uint64_t now = attributes_of(entry);
    if (const uint64_t wanted = changed(now, set, clear); wanted != now) {
      entry = with_attributes(entry, wanted);
      any = true;
    }
    return true;
  });
  return any;
}

}  // namespace efilite::arch
