// SPDX-License-Identifier: BSD-2-Clause-Patent
// Rename. Where both entries fit into one block it is one write. Elsewhere two blocks have to change, and in between a file is whole under
// one of its names and shares no cluster with itself under the other (docs/adr/0005-own-fat-engine.md).
#include "base/letter_case.hpp"
#include "fs/fat/fat_node.hpp"

namespace efilite::fs {

// Fills `itself` when this is the one that has the name, in another case or as its short one.
Result<bool> FatNode::check_new_place(FatNode& to, std::u16string_view name, Entry& itself) {
  TRY(to.usable_as(true));
  if (!is_storable(name)) return Status::InvalidParameter;
  for (FatNode* node = &to; node != nullptr; node = node->parent_) {
    if (node == this) return Status::AccessDenied;  // a directory into itself
  }
  if (!TRY(to.directory_.find(name, itself))) return false;
  return itself.place.address == place_.address ? Result<bool>(true) : Status::AccessDenied;
}

Result<> FatNode::rename(core::FileNode& target, std::u16string_view name) {
  auto& to = static_cast<FatNode&>(target);
  TRY(changeable());
  if (is_root()) return Status::AccessDenied;
  name = trimmed(name);
  Entry itself;
  const bool has_it = TRY(check_new_place(to, name, itself));
  if (has_it && itself.name.view() == name) return {};

  TRY(begin_change());
  ShortEntry raw = raw_;
  const bool same_directory = &to == parent_;
  Directory& into = to.directory_;
  EntryPlace place{};
  bool done = false;
  if (same_directory) {
    const bool is_long = TRY(into.choose_short_name(name, raw, place_.slot));
    // Only another case: the short name stays, and so each slot by itself can be written over.
    const bool was_long = place_.first != place_.slot;
    if (is_long && was_long && has_it && same_letters(itself.name.view(), name)) return into.overwrite(place_, name, raw_);
    done = TRY(into.replace(place_, is_long ? name : std::u16string_view(), raw, place));
  }
  if (!done) {
    const bool is_long = TRY(into.choose_short_name(name, raw, Directory::kNoSlot));
    place = TRY(move(to, is_long ? name : std::u16string_view(), raw));
  }
  place_ = place;
  raw_ = raw;
  if (same_directory) return {};
  FatNode* old_parent = parent_;
  parent_ = &to;
  ++to.references_;
  old_parent->release();
  if (!is_directory()) return {};

  const uint64_t up = geometry().address(chain_.first()) + kSlotBytes;
  auto dots = TRY(disk().get<ShortEntry>(up));
  if (ShortText(dots.name, 0).view() != u"..") return {};
  set_first_cluster(dots, to.cluster_for_children());
  return disk().put_and_commit(up, bytes_of(dots));
}

// The file's first cluster is copied, and the new entry gets the copy. One write of one FAT block then gives it the clusters that follow.
// A directory, or a file without such a copy, is for one moment in both places.
Result<EntryPlace> FatNode::move(FatNode& to, std::u16string_view long_name, ShortEntry& raw) {
  const uint32_t head = chain_.first();
  if (!is_directory() && head != 0) {
    const bool has_more = TRY(table().next(head)) != FatTable::kEnd;
    auto copy = has_more ? table().allocate_neighbour(head) : table().allocate(1, head);
    auto place = copy ? move_file(to, long_name, raw, copy->first) : copy.status();
    if (place || place.status() != Status::VolumeFull) return place;
    if (copy) TRY(table().release(copy->first));
    set_first_cluster(raw, head);
  }
  const EntryPlace place = TRY(to.directory_.insert(long_name, raw));
  TRY(parent_->directory_.remove(place_));
  return place;
}

Result<EntryPlace> FatNode::move_file(FatNode& to, std::u16string_view long_name, ShortEntry& raw, uint32_t copy) {
  const uint32_t head = chain_.first();
  TRY(copy_cluster(head, copy));
  set_first_cluster(raw, copy);
  const EntryPlace place = TRY(to.directory_.insert(long_name, raw));
  if (TRY(table().next(head)) != FatTable::kEnd) TRY(table().hand_over(head, copy));
  chain_.restart(copy);
  TRY(parent_->directory_.remove(place_));
  TRY(table().release(head));
  return place;
}

Result<> FatNode::copy_cluster(uint32_t from, uint32_t to) {
  const size_t size = geometry().cluster_bytes;
  auto* buffer = static_cast<std::byte*>(volume_.heap_.allocate(size));
  if (buffer == nullptr) return Status::OutOfResources;
  auto done = disk().read(geometry().address(from), {buffer, size});
  if (done) done = disk().write(geometry().address(to), {buffer, size});
  volume_.heap_.release(buffer);
  return done;
}

}  // namespace efilite::fs
