// SPDX-License-Identifier: BSD-2-Clause-Patent
// A FAT12, FAT16 or FAT32 volume on a block device, as core's FileSystem. Each call has written what it changed before it returns, in an
// order that a power cut cannot turn against other files (docs/adr/0005-own-fat-engine.md).
#pragma once

#include "core/storage_ports.hpp"
#include "fs/fat/fat_directory.hpp"

namespace efilite::fs {

class FatNode;

class FatVolume final : public core::FileSystem {
 public:
  // Whether one can be mounted, by the device's first bytes.
  static bool recognises(const core::BlockDevice& device, ByteSpan first);
  // UNSUPPORTED: the device holds no FAT volume. The three must live until unmount(), the heap until the last node is released.
  static Result<FatVolume*> mount(core::BlockDevice& device, core::Heap& heap, core::FileClock& clock);
  // The device is not used any more on return. Nodes that are still open answer MEDIA_CHANGED, and the last release() ends the volume.
  void unmount();

  Result<core::FileNode*> root() override;
  Result<core::VolumeFacts> facts() override;
  Result<> label(core::FileName& out) override;
  Result<> set_label(std::u16string_view label) override;
  Result<> flush() override;

  FatVolume(core::BlockDevice& device, core::Heap& heap, core::FileClock& clock)
      : heap_(heap), clock_(clock), disk_(device), table_(disk_, geometry_) {}

 private:
  friend class FatNode;
  ~FatVolume() = default;

  Result<> start();
  Result<> usable() const { return gone_ ? Status::MediaChanged : Result<>(); }
  Result<> writable() const;
  // The node of an entry, one more time given out; of the root, for a place of 0.
  Result<FatNode*> open(FatNode* parent, const EntryPlace& place, const ShortEntry& raw);
  void forget(FatNode& node);
  void end_if_unused();
  Result<> put_boot_label(const ShortName& label);

  core::Heap& heap_;
  core::FileClock& clock_;
  FatGeometry geometry_{};
  BlockCache disk_;
  FatTable table_;
  FatNode* nodes_ = nullptr;  // those that have an entry on the volume
  size_t open_nodes_ = 0;
  bool gone_ = false;
};

}  // namespace efilite::fs
