// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "fs/fat/fat_directory.hpp"

#include <algorithm>
#include <bit>
#include <bitset>

#include "base/letter_case.hpp"

namespace efilite::fs {

Result<uint64_t> Directory::address(uint32_t slot) {
  const FatGeometry& g = table_.geometry();
  if (fixed_) return slot < g.root_slots ? g.root_at + uint64_t{slot} * kSlotBytes : 0;
  if (slot >= kMostSlots) return 0;
  const uint32_t at = slot * kSlotBytes;
  const auto run = TRY(chain_.run(table_, at >> g.cluster_shift, 1));
  return run.count != 0 ? g.address(run.cluster) + (at & (g.cluster_bytes - 1)) : 0;
}

Result<bool> Directory::next(uint32_t& cursor, Entry& out, bool labels) {
  LongNameReader long_name;
  for (;; ++cursor) {
    const uint64_t at = TRY(address(cursor));
    if (at == 0) return false;
    out.raw = TRY(table_.disk().get<ShortEntry>(at));
    const uint8_t state = out.raw.name[0];
    if (state == kSlotEnd) return false;
    if ((out.raw.attributes & kAttrMask) == kAttrLongName && state != kSlotFree) {
      long_name.add(std::bit_cast<LongEntry>(out.raw));
      continue;
    }
    if (state != kSlotFree && ((out.raw.attributes & kAttrVolumeId) != 0) == labels) {
      const auto slots = static_cast<uint32_t>(long_name.slots_for(out.raw.name));
      (void)out.name.assign(slots != 0 ? long_name.view() : ShortText(out.raw.name, out.raw.nt_case).view());
      out.place = {cursor - slots, cursor, at};
      ++cursor;
      if (!out.name.view().empty()) return true;
      --cursor;
    }
    long_name.reset();
  }
}

Result<bool> Directory::find(std::u16string_view name, Entry& out) {
  uint32_t cursor = 0;
  while (TRY(next(cursor, out))) {
    if (same_letters(out.name.view(), name)) return true;
    if (out.place.first != out.place.slot && same_letters(ShortText(out.raw.name, 0).view(), name)) return true;
  }
  return false;
}

Result<bool> Directory::is_empty() {
  uint32_t cursor = 0;
  Entry entry;
  while (TRY(next(cursor, entry))) {
    if (entry.name.view() != u"." && entry.name.view() != u"..") return false;
  }
  return true;
}

// [FAT, 5: numeric tails] the smallest number that is free. One pass over the directory tells which of the next 256 are taken.
Result<bool> Directory::choose_short_name(std::u16string_view name, ShortEntry& raw, uint32_t except) {
  const Alias alias = make_alias(name);
  for (uint32_t base = 0;; base += 256) {
    std::bitset<256> taken;
    taken[0] = base == 0 && alias.needs_tail;
    for (uint32_t slot = 0;; ++slot) {
      const uint64_t at = TRY(address(slot));
      const auto other = at != 0 ? TRY(table_.disk().get<ShortEntry>(at)) : ShortEntry{};
      if (other.name[0] == kSlotEnd) break;
      if (other.name[0] == kSlotFree || slot == except || (other.attributes & kAttrVolumeId) != 0) continue;
      const uint32_t number = tail_of(other.name).value_or(0);
      if (base == 0 && other.name == alias.name) taken[0] = true;
      if (number != 0 && number - base < taken.size() && other.name == with_tail(alias.name, number)) taken[number - base] = true;
    }
    for (uint32_t i = 0; i < taken.size(); ++i) {
      if (taken[i]) continue;
      raw.name = base + i == 0 ? alias.name : with_tail(alias.name, base + i);
      raw.nt_case = alias.is_exact && base + i == 0 ? alias.nt_case : 0;
      return !(alias.is_exact && base + i == 0);
    }
  }
}

// Without a word on the volume a cluster of zeros becomes the directory's last.
Result<> Directory::grow() {
  const FatGeometry& g = table_.geometry();
  const auto tail = fixed_ ? ClusterChain::Tail{} : TRY(chain_.tail(table_));
  if (fixed_ || (uint64_t{tail.count} + 1) * g.cluster_bytes > uint64_t{kMostSlots} * kSlotBytes) return Status::VolumeFull;
  if (tail.count == 0) return Status::VolumeCorrupted;
  const auto more = TRY(table_.allocate(1, tail.last));
  TRY(table_.disk().zero(g.address(more.first), g.cluster_bytes));
  TRY(table_.disk().commit());
  return chain_.append(table_, more);
}

// The first slot of `count` free ones in a row, in one block if a block holds as many; those of `old` are free. With an end, kNoSlot when
// there are none before it; without, the directory grows. `end_mark` becomes the slot that says that all behind it are free, or kNoSlot.
Result<uint32_t> Directory::find_room(uint32_t from, uint32_t to, uint32_t count, const EntryPlace* old, uint32_t& end_mark) {
  const bool one_block = count <= slots_of_block();
  end_mark = kNoSlot;
  uint32_t run = 0;
  for (uint32_t slot = from; slot != to; ++slot) {
    uint64_t at = TRY(address(slot));
    if (at == 0) {
      TRY(grow());
      at = TRY(address(slot));
      if (at == 0) return Status::VolumeCorrupted;
    }
    uint8_t state = kSlotEnd;
    if (end_mark == kNoSlot) {
      state = TRY(table_.disk().get<uint8_t>(at));
      if (state == kSlotEnd) end_mark = slot;
    }
    if (one_block && slot % slots_of_block() == 0) run = 0;
    const bool free = state == kSlotFree || state == kSlotEnd || (old != nullptr && slot >= old->first && slot <= old->slot);
    run = free ? run + 1 : 0;
    if (run == count) return slot - count + 1;
  }
  return kNoSlot;
}

Result<> Directory::mark_free(uint32_t slot) {
  const uint64_t at = TRY(address(slot));
  if (at == 0) return Status::VolumeCorrupted;
  return table_.disk().put(at, bytes_of(kSlotFree));
}

// Makes the slots before `begin` count as used, so that what is put there is seen, and sets a new mark behind. What lay behind the old mark
// may be anything: it must not come to light.
Result<> Directory::open_up_to(uint32_t begin, uint32_t count, uint32_t end_mark) {
  if (end_mark == kNoSlot || begin + count <= end_mark) return {};
  for (uint32_t slot : {begin + count, begin}) {
    if (slot <= end_mark) continue;
    const uint64_t at = TRY(address(slot));
    if (at != 0 && TRY(table_.disk().get<uint8_t>(at)) != kSlotEnd) TRY(table_.disk().put(at, bytes_of(kSlotEnd)));
  }
  TRY(table_.disk().commit());
  for (uint32_t slot = end_mark; slot < begin; ++slot) TRY(mark_free(slot));
  return table_.disk().commit();
}

// Block by block: where one does not hold all, the long name comes first and is nobody's until the short one follows.
Result<EntryPlace> Directory::put_set(uint32_t begin, std::u16string_view long_name, const ShortEntry& raw) {
  const auto longs = static_cast<uint32_t>(long_slots(long_name));
  const uint8_t sum = checksum(raw.name);
  EntryPlace out{begin, begin + longs, 0};
  for (uint32_t slot = begin; slot <= out.slot; ++slot) {
    out.address = TRY(address(slot));
    if (out.address == 0) return Status::VolumeCorrupted;
    if (slot != begin && slot % slots_of_block() == 0) TRY(table_.disk().commit());
    if (slot == out.slot) TRY(table_.disk().put(out.address, bytes_of(raw)));
    else TRY(table_.disk().put(out.address, bytes_of(make_long(long_name, out.slot - slot, sum))));
  }
  TRY(table_.disk().commit());
  return out;
}

Result<EntryPlace> Directory::insert(std::u16string_view long_name, const ShortEntry& raw) {
  const auto count = static_cast<uint32_t>(long_slots(long_name)) + 1;
  uint32_t end_mark;
  const uint32_t begin = TRY(find_room(0, kNoSlot, count, nullptr, end_mark));
  TRY(open_up_to(begin, count, end_mark));
  return put_set(begin, long_name, raw);
}

Result<> Directory::overwrite(const EntryPlace& place, std::u16string_view long_name, const ShortEntry& raw) {
  TRY(put_set(place.first, long_name, raw));
  return {};
}

Result<> Directory::remove(const EntryPlace& place) {
  for (uint32_t slot = place.slot + 1; slot-- > place.first;) {
    TRY(mark_free(slot));
    if (slot % slots_of_block() == 0) TRY(table_.disk().commit());
  }
  return table_.disk().commit();
}

Result<bool> Directory::replace(const EntryPlace& old, std::u16string_view long_name, const ShortEntry& raw, EntryPlace& out) {
  const auto count = static_cast<uint32_t>(long_slots(long_name)) + 1;
  const uint32_t block = old.slot - old.slot % slots_of_block();
  const uint32_t old_first = std::max(block, old.first);
  // Slots of the old name in the block before stay a moment longer: they must not seem to be the new entry's.
  const uint32_t from = old.first < block ? block + 1 : block;
  uint32_t end_mark;
  const uint32_t begin = TRY(find_room(from, block + slots_of_block(), count, &old, end_mark));
  if (begin == kNoSlot) return false;
  TRY(open_up_to(begin, count, end_mark));  // nothing lies between the mark and `begin`, so this touches no slot before it
  for (uint32_t slot = old_first; slot <= old.slot; ++slot) TRY(mark_free(slot));
  out = TRY(put_set(begin, long_name, raw));
  for (uint32_t slot = old.first; slot < old_first; ++slot) TRY(mark_free(slot));
  TRY(table_.disk().commit());
  return true;
}

}  // namespace efilite::fs
