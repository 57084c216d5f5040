// SPDX-License-Identifier: BSD-2-Clause-Patent
// One open file or directory of a FAT volume.
#pragma once

#include "fs/fat/fat_volume.hpp"

namespace efilite::fs {

class FatNode final : public core::FileNode {
 public:
  FatNode(FatVolume& volume, FatNode* parent, const EntryPlace& place, const ShortEntry& raw)
      : volume_(volume), parent_(parent), place_(place), raw_(raw), chain_(first_cluster(raw, volume.geometry_.type)),
        directory_(volume.table_, chain_, parent == nullptr && volume.geometry_.type != FatType::Fat32) {}

  void release() override;
  Result<core::FileFacts> facts() override;
  Result<> name(core::FileName& out) override;
  bool is_directory() const override { return (raw_.attributes & kAttrDirectory) != 0; }

  Result<uint64_t> read(uint64_t offset, MutableByteSpan out) override;
  Result<uint64_t> write(uint64_t offset, ByteSpan in) override;
  Result<> resize(uint64_t size) override;

  Result<core::FileNode*> find(std::u16string_view name) override;
  Result<core::FileNode*> create(std::u16string_view name, uint64_t attributes) override;
  Result<core::FileNode*> parent() override;
  Result<> next_entry(uint64_t& cursor, core::FileName& name, core::FileFacts& facts) override;

  Result<> remove() override;
  Result<> rename(core::FileNode& directory, std::u16string_view name) override;
  Result<> set_attributes(uint64_t attributes) override;
  Result<> set_times(const efi::Time& created, const efi::Time& accessed, const efi::Time& modified) override;
  Result<> flush() override;

 private:
  friend class FatVolume;
  // Clusters for a file that grows: how many it has, and those that it does not have yet.
  struct Growth {
    uint64_t old_clusters = 0;
    FatTable::NewChain more;
  };

  bool is_root() const { return parent_ == nullptr; }
  FatTable& table() const { return volume_.table_; }
  BlockCache& disk() const { return volume_.disk_; }
  const FatGeometry& geometry() const { return volume_.geometry_; }
  // What ".." of a directory in this one names.
  uint32_t cluster_for_children() const { return is_root() ? 0 : chain_.first(); }

  Result<> usable() const;
  Result<> usable_as(bool as_directory) const;
  Result<> changeable() const;
  Result<> changeable_as(bool as_directory) const;
  Result<> begin_change();
  Result<> put_entry(const ShortEntry& raw);
  core::FileFacts facts_of(const ShortEntry& raw) const;
  void stamp_modified(ShortEntry& raw) const;

  Result<> put_label(const ShortName& label, bool is_empty);
  Result<FatTable::NewChain> make_directory_cluster(const ShortEntry& raw);
  Result<bool> check_new_place(FatNode& to, std::u16string_view name, Entry& itself);
  Result<EntryPlace> move(FatNode& to, std::u16string_view long_name, ShortEntry& raw);
  Result<EntryPlace> move_file(FatNode& to, std::u16string_view long_name, ShortEntry& raw, uint32_t copy);
  Result<> copy_cluster(uint32_t from, uint32_t to);

  Result<Growth> reserve(uint64_t size);
  Result<> fill(uint64_t from, uint64_t to, const std::byte* bytes, const Growth& growth);
  Result<> grow(uint64_t zeros_to, uint64_t size, ByteSpan in, const Growth& growth);
  Result<> shrink(uint32_t size);

  FatVolume& volume_;
  FatNode* parent_;
  FatNode* next_ = nullptr;  // of the volume's list
  EntryPlace place_;
  ShortEntry raw_;  // as it is on the disk
  ClusterChain chain_;
  Directory directory_;  // of a directory
  uint32_t references_ = 1;
  bool removed_ = false;
  bool changed_ = false;
};

}  // namespace efilite::fs
