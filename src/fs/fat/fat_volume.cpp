// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "fs/fat/fat_volume.hpp"

#include <algorithm>
#include <new>

#include "fs/fat/fat_node.hpp"

namespace efilite::fs {

namespace {
constexpr std::string_view kNoLabel = "NO NAME    ";  // what the boot sector says where the root has no label
}

bool FatVolume::recognises(const core::BlockDevice& device, ByteSpan first) {
  const auto boot = read_at<BootSector>(first, 0);
  return boot && geometry_of(*boot, device);
}

Result<FatVolume*> FatVolume::mount(core::BlockDevice& device, core::Heap& heap, core::FileClock& clock) {
  void* memory = heap.allocate(sizeof(FatVolume));
  if (memory == nullptr) return Status::OutOfResources;
  auto* volume = new (memory) FatVolume(device, heap, clock);
  if (auto started = volume->start(); !started) {
    volume->gone_ = true;
    volume->end_if_unused();
    return started.status();
  }
  return volume;
}

Result<> FatVolume::start() {
  TRY(disk_.start(heap_));
  geometry_ = TRY(read_geometry(disk_));
  return table_.start();
}

void FatVolume::unmount() {
  (void)table_.settle();  // there is nobody left to tell
  gone_ = true;
  end_if_unused();
}

void FatVolume::end_if_unused() {
  if (!gone_ || open_nodes_ != 0) return;
  core::Heap& heap = heap_;
  this->~FatVolume();
  heap.release(this);
}

Result<> FatVolume::writable() const {
  TRY(usable());
  return disk_.device().read_only() ? Status::WriteProtected : Result<>();
}

Result<FatNode*> FatVolume::open(FatNode* parent, const EntryPlace& place, const ShortEntry& raw) {
  for (FatNode* node = nodes_; node != nullptr; node = node->next_) {
    if (node->place_.address != place.address) continue;
    ++node->references_;
    return node;
  }
  void* memory = heap_.allocate(sizeof(FatNode));
  if (memory == nullptr) return Status::OutOfResources;
  auto* node = new (memory) FatNode(*this, parent, place, raw);
  if (parent != nullptr) ++parent->references_;
  node->next_ = nodes_;
  nodes_ = node;
  ++open_nodes_;
  return node;
}

void FatVolume::forget(FatNode& node) {
  for (FatNode** at = &nodes_; *at != nullptr; at = &(*at)->next_) {
    if (*at != &node) continue;
    *at = node.next_;
    return;
  }
}

Result<core::FileNode*> FatVolume::root() {
  TRY(usable());
  ShortEntry raw{};
  raw.attributes = kAttrDirectory;
  set_first_cluster(raw, geometry_.root_cluster);
  return TRY(open(nullptr, EntryPlace{}, raw));
}

Result<core::VolumeFacts> FatVolume::facts() {
  TRY(usable());
  return core::VolumeFacts{.size = uint64_t{geometry_.clusters} << geometry_.cluster_shift,
                           .free = uint64_t{TRY(table_.count_free())} << geometry_.cluster_shift,
                           .block_size = geometry_.cluster_bytes,
                           .read_only = disk_.device().read_only()};
}

// The root's entry is the label; the boot sector's copy is for those who look no further.
Result<> FatVolume::label(core::FileName& out) {
  auto* root_node = static_cast<FatNode*>(TRY(root()));
  uint32_t cursor = 0;
  Entry entry;
  const auto found = root_node->directory_.next(cursor, entry, true);
  root_node->release();
  ShortName text = entry.raw.name;
  if (!TRY(found)) {
    std::ranges::copy(kNoLabel, text.begin());
    if (geometry_.label_at != 0) text = TRY(disk_.get<ShortName>(geometry_.label_at));
    if (std::ranges::equal(text, kNoLabel)) text.fill(' ');
  }
  label_text(text, out);
  return {};
}

Result<> FatVolume::set_label(std::u16string_view label) {
  TRY(writable());
  const auto text = make_label(trimmed(label));
  if (!text) return Status::InvalidParameter;
  auto* root_node = static_cast<FatNode*>(TRY(root()));
  auto done = root_node->put_label(*text, trimmed(label).empty());
  root_node->release();
  return done;
}

Result<> FatVolume::put_boot_label(const ShortName& label) {
  ShortName text = label;
  if (std::ranges::all_of(text, [](uint8_t c) { return c == ' '; })) std::ranges::copy(kNoLabel, text.begin());
  if (geometry_.label_at == 0) return {};
  TRY(disk_.put_and_commit(geometry_.label_at, bytes_of(text)));
  if (geometry_.backup_at == 0) return {};
  return disk_.put_and_commit(geometry_.backup_at + geometry_.label_at, bytes_of(text));
}

Result<> FatVolume::flush() {
  TRY(usable());
  return table_.settle();
}

}  // namespace efilite::fs
