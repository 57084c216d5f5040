// SPDX-License-Identifier: BSD-2-Clause-Patent
// The slots of one directory: reading entries with their names, and putting in and taking out so that a cut between two block writes leaves
// no entry half there. Entries that take no more than a block are put into one block, so one write makes them appear or vanish.
#pragma once

#include "fs/fat/fat_names.hpp"
#include "fs/fat/fat_table.hpp"

namespace efilite::fs {

// Where an entry lies in its directory: the long name's slots if it has any, then the short one.
struct EntryPlace {
  uint32_t first = 0;
  uint32_t slot = 0;
  uint64_t address = 0;  // of the short one, in bytes from the begin of the volume
};

struct Entry {
  EntryPlace place;
  ShortEntry raw;
  core::FileName name;
};

inline uint32_t first_cluster(const ShortEntry& e, FatType type) {
  return e.first_low | (type == FatType::Fat32 ? uint32_t{e.first_high} << 16 : 0);
}
inline void set_first_cluster(ShortEntry& e, uint32_t cluster) {
  e.first_low = static_cast<uint16_t>(cluster);
  e.first_high = static_cast<uint16_t>(cluster >> 16);
}

class Directory {
 public:
  static constexpr uint32_t kNoSlot = ~uint32_t{0};

  // `chain` is the directory's, and not used for the root of FAT12 and FAT16, which is `fixed`.
  Directory(FatTable& table, ClusterChain& chain, bool fixed) : table_(table), chain_(chain), fixed_(fixed) {}

  // The next entry from slot `cursor` on, which is moved behind it; false: there is none. The volume's label is a kind of its own.
  Result<bool> next(uint32_t& cursor, Entry& out, bool labels = false);
  // By its long or its short name.
  Result<bool> find(std::u16string_view name, Entry& out);
  Result<bool> is_empty();  // but for "." and ".."

  // How `name` shall be stored: fills the short name and NT's bits of `raw`, and says whether a long name is needed. Slot `except` holds an
  // entry that is about to go.
  Result<bool> choose_short_name(std::u16string_view name, ShortEntry& raw, uint32_t except);
  // On the disk on return. An empty `long_name` means that there is none.
  Result<EntryPlace> insert(std::u16string_view long_name, const ShortEntry& raw);
  // Takes `old` out and puts the new entry in by the write of one block; false, and nothing is done, when it has no room there.
  Result<bool> replace(const EntryPlace& old, std::u16string_view long_name, const ShortEntry& raw, EntryPlace& out);
  // The same entry with its name in another case, in the same slots.
  Result<> overwrite(const EntryPlace& place, std::u16string_view long_name, const ShortEntry& raw);
  Result<> remove(const EntryPlace& place);

 private:
  // In bytes from the begin of the volume; 0 behind the end of the directory.
  Result<uint64_t> address(uint32_t slot);
  Result<> grow();
  Result<uint32_t> find_room(uint32_t from, uint32_t to, uint32_t count, const EntryPlace* old, uint32_t& end_mark);
  Result<> open_up_to(uint32_t begin, uint32_t count, uint32_t end_mark);
  Result<EntryPlace> put_set(uint32_t begin, std::u16string_view long_name, const ShortEntry& raw);
  Result<> mark_free(uint32_t slot);
  uint32_t slots_of_block() const { return table_.disk().block_bytes() / kSlotBytes; }

  FatTable& table_;
  ClusterChain& chain_;
  bool fixed_;
};

}  // namespace efilite::fs
