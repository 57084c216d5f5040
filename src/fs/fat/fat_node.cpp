// SPDX-License-Identifier: BSD-2-Clause-Patent
// What files and directories have in common, and what directories do.
#include "fs/fat/fat_node.hpp"

#include <algorithm>

namespace efilite::fs {

Result<> FatNode::usable() const {
  TRY(volume_.usable());
  return removed_ ? Status::DeviceError : Result<>();
}

Result<> FatNode::usable_as(bool as_directory) const {
  TRY(usable());
  return is_directory() == as_directory ? Result<>() : Status::Unsupported;
}

Result<> FatNode::changeable() const {
  TRY(usable());
  return volume_.writable();
}

Result<> FatNode::changeable_as(bool as_directory) const {
  TRY(usable_as(as_directory));
  return volume_.writable();
}

Result<> FatNode::begin_change() {
  changed_ = true;
  return table().begin_change();
}

// Upwards in a loop: a node holds its parent.
void FatNode::release() {
  FatVolume& volume = volume_;
  for (FatNode* node = this; node != nullptr && --node->references_ == 0;) {
    if (node->changed_ && !volume.gone_) (void)volume.table_.settle();  // who wants to know how it went calls flush() first
    FatNode* up = node->parent_;
    volume.forget(*node);
    --volume.open_nodes_;
    node->~FatNode();
    volume.heap_.release(node);
    node = up;
  }
  volume.end_if_unused();
}

core::FileFacts FatNode::facts_of(const ShortEntry& raw) const {
  const bool is_file = (raw.attributes & kAttrDirectory) == 0;
  const uint64_t mask = geometry().cluster_bytes - 1;
  return {.size = is_file ? raw.size : 0,
          .physical_size = is_file ? (raw.size + mask) & ~mask : 0,
          .created = to_efi_time({raw.created_date, raw.created_time, raw.created_hundredths}),
          .accessed = to_efi_time({raw.accessed_date, 0, 0}),
          .modified = to_efi_time({raw.modified_date, raw.modified_time, 0}),
          .attributes = static_cast<uint64_t>(raw.attributes & (kAttrSettable | kAttrDirectory))};
}

Result<core::FileFacts> FatNode::facts() {
  TRY(usable());
  return facts_of(raw_);
}

Result<> FatNode::name(core::FileName& out) {
  TRY(usable());
  (void)out.assign({});
  if (is_root()) return {};
  uint32_t cursor = place_.first;
  Entry entry;
  if (!TRY(parent_->directory_.next(cursor, entry)) || entry.place.address != place_.address) return Status::VolumeCorrupted;
  out = entry.name;
  return {};
}

Result<core::FileNode*> FatNode::parent() {
  TRY(usable());
  if (parent_ != nullptr) ++parent_->references_;
  return parent_;
}

Result<core::FileNode*> FatNode::find(std::u16string_view name) {
  TRY(usable_as(true));
  Entry entry;
  if (trimmed(name).empty() || !TRY(directory_.find(trimmed(name), entry))) return Status::NotFound;
  const uint32_t first = first_cluster(entry.raw, geometry().type);
  const bool leads_nowhere = !geometry().has(first) || (geometry().type == FatType::Fat32 && first == geometry().root_cluster);
  if ((entry.raw.attributes & kAttrDirectory) != 0 && leads_nowhere) return Status::VolumeCorrupted;
  return TRY(volume_.open(this, entry.place, entry.raw));
}

Result<> FatNode::next_entry(uint64_t& cursor, core::FileName& name, core::FileFacts& facts) {
  TRY(usable_as(true));
  if (cursor >= kMostSlots) return Status::NotFound;
  auto slot = static_cast<uint32_t>(cursor);
  Entry entry;
  if (!TRY(directory_.next(slot, entry))) return Status::NotFound;
  cursor = slot;
  name = entry.name;
  facts = facts_of(entry.raw);
  return {};
}

void FatNode::stamp_modified(ShortEntry& raw) const {
  const FatTime now = to_fat_time(volume_.clock_.now());
  raw.modified_date = raw.accessed_date = now.date;
  raw.modified_time = now.time;
}

// A cluster with "." and ".." for a new directory in this one.
Result<FatTable::NewChain> FatNode::make_directory_cluster(const ShortEntry& raw) {
  const auto made = TRY(table().allocate(1, chain_.first()));
  const uint64_t at = geometry().address(made.first);
  TRY(disk().zero(at, geometry().cluster_bytes));
  ShortEntry dot = raw;
  dot.name.fill(' ');
  dot.name[0] = '.';
  dot.nt_case = 0;
  set_first_cluster(dot, made.first);
  TRY(disk().put(at, bytes_of(dot)));
  dot.name[1] = '.';
  set_first_cluster(dot, cluster_for_children());
  TRY(disk().put_and_commit(at + kSlotBytes, bytes_of(dot)));
  return made;
}

Result<core::FileNode*> FatNode::create(std::u16string_view name, uint64_t attributes) {
  TRY(changeable_as(true));
  name = trimmed(name);
  if (!is_storable(name)) return Status::InvalidParameter;
  Entry other;
  if (TRY(directory_.find(name, other))) return Status::AccessDenied;

  ShortEntry raw{};
  raw.attributes = attributes & (kAttrSettable | kAttrDirectory);
  stamp_modified(raw);
  const FatTime now = to_fat_time(volume_.clock_.now());
  raw.created_date = now.date;
  raw.created_time = now.time;
  raw.created_hundredths = now.hundredths;
  TRY(begin_change());
  const bool has_long_name = TRY(directory_.choose_short_name(name, raw, Directory::kNoSlot));
  if ((raw.attributes & kAttrDirectory) != 0) set_first_cluster(raw, TRY(make_directory_cluster(raw)).first);
  auto place = directory_.insert(has_long_name ? name : std::u16string_view(), raw);
  auto node = place ? volume_.open(this, *place, raw) : place.status();
  if (node) {
    (*node)->changed_ = true;
    return *node;
  }
  // After an error of the disk the entry may be there; then its cluster is left alone.
  if (place) TRY(directory_.remove(*place));
  if (place || node.status() == Status::VolumeFull) TRY(table().release(first_cluster(raw, geometry().type)));
  return node.status();
}

Result<> FatNode::remove() {
  TRY(changeable());
  if (is_root() || (raw_.attributes & kAttrReadOnly) != 0) return Status::AccessDenied;
  if (is_directory() && !TRY(directory_.is_empty())) return Status::AccessDenied;
  TRY(begin_change());
  TRY(parent_->directory_.remove(place_));
  removed_ = true;
  volume_.forget(*this);
  return table().release(chain_.first());
}

Result<> FatNode::put_entry(const ShortEntry& raw) {
  TRY(begin_change());
  TRY(disk().put_and_commit(place_.address, bytes_of(raw)));
  raw_ = raw;
  return {};
}

Result<> FatNode::set_attributes(uint64_t attributes) {
  TRY(changeable());
  if (is_root() || ((attributes & kAttrDirectory) != 0) != is_directory()) return Status::AccessDenied;
  ShortEntry raw = raw_;
  raw.attributes = static_cast<uint8_t>((raw.attributes & ~kAttrSettable) | (attributes & kAttrSettable));
  return put_entry(raw);
}

Result<> FatNode::set_times(const efi::Time& created, const efi::Time& accessed, const efi::Time& modified) {
  TRY(changeable());
  if (is_root()) return Status::AccessDenied;
  ShortEntry raw = raw_;
  if (created.year != 0) {
    const FatTime time = to_fat_time(created);
    raw.created_date = time.date;
    raw.created_time = time.time;
    raw.created_hundredths = time.hundredths;
  }
  if (accessed.year != 0) raw.accessed_date = to_fat_time(accessed).date;
  if (modified.year != 0) {
    raw.modified_date = to_fat_time(modified).date;
    raw.modified_time = to_fat_time(modified).time;
  }
  return put_entry(raw);
}

Result<> FatNode::flush() {
  TRY(usable());
  return table().settle();
}

// The label's entry in the root, then its copies in the boot sectors.
Result<> FatNode::put_label(const ShortName& label, bool is_empty) {
  uint32_t cursor = 0;
  Entry entry;
  const bool exists = TRY(directory_.next(cursor, entry, true));
  TRY(begin_change());
  if (is_empty && exists) TRY(directory_.remove(entry.place));
  if (!is_empty) {
    if (!exists) entry.raw = {};
    entry.raw.name = label;
    entry.raw.attributes = kAttrVolumeId;
    stamp_modified(entry.raw);
    if (exists) TRY(disk().put(entry.place.address, bytes_of(entry.raw)));
    else TRY(directory_.insert({}, entry.raw));
  }
  TRY(disk().commit());
  return volume_.put_boot_label(label);
}

}  // namespace efilite::fs
