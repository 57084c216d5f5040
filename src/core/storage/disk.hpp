// SPDX-License-Identifier: BSD-2-Clause-Patent
// A disk of ours in the handle database: one handle with a device path, BLOCK_IO and DISK_IO in both versions; and two kinds of devices
// that need no driver: a part of another disk, and memory.
#pragma once

#include "base/static_vector.hpp"
#include "core/handles/handles.hpp"
#include "core/storage/disk_io.hpp"

namespace efilite::core {

class Disk {
 public:
  Disk(EventQueue& events, Heap& heap, BlockDevice* device, const BlockIo::Traits& traits)
      : block_io(events, device, traits), disk_io(events, heap, block_io.medium()) {}

  // ALREADY_STARTED when the path is in use. The path and what `more` there is on the handle live as long as they are installed. Under
  // TPL_NOTIFY.
  Result<> install(HandleDatabase& handles, efi::DevicePath* path, std::span<const ProtocolPair> more = {});
  // ACCESS_DENIED while somebody uses it, and then it stays.
  Result<> uninstall(HandleDatabase& handles);
  efi::Handle handle() const { return handle_; }
  efi::DevicePath* path() const { return path_; }

  BlockIo block_io;
  DiskIo disk_io;

 private:
  static constexpr size_t kMostPairs = 7;
  StaticVector<ProtocolPair, kMostPairs> pairs();

  efi::Handle handle_ = nullptr;
  efi::DevicePath* path_ = nullptr;
  std::span<const ProtocolPair> more_;
};

// The blocks of the medium that is in the drive now. Once another one is, whatever was made of this one gets MEDIA_CHANGED, and nothing
// that was meant for it is written to the other.
class MediumBlocks final : public BlockDevice {
 public:
  // There is a medium.
  explicit MediumBlocks(const Medium& medium) : medium_(medium), media_id_(medium.media->media_id) {}
  uint32_t block_size() const override { return medium_.device->block_size(); }
  uint64_t block_count() const override { return medium_.device->block_count(); }
  bool read_only() const override { return medium_.device->read_only(); }
  bool removable() const override { return medium_.device->removable(); }
  Result<> read(uint64_t block, MutableByteSpan bytes) override;
  Result<> write(uint64_t block, ByteSpan bytes) override;
  Result<> flush() override;

 private:
  const Medium medium_;
  const uint32_t media_id_;
};

class PartitionBlocks final : public BlockDevice {
 public:
  // The blocks lie on the disk.
  PartitionBlocks(BlockDevice& disk, uint64_t first, uint64_t count) : disk_(disk), first_(first), count_(count) {}
  uint32_t block_size() const override { return disk_.block_size(); }
  uint64_t block_count() const override { return count_; }
  bool read_only() const override { return disk_.read_only(); }
  bool removable() const override { return disk_.removable(); }
  Result<> read(uint64_t block, MutableByteSpan bytes) override;
  Result<> write(uint64_t block, ByteSpan bytes) override;
  Result<> flush() override { return disk_.flush(); }

 private:
  BlockDevice& disk_;
  const uint64_t first_, count_;
};

class MemoryBlocks final : public BlockDevice {
 public:
  MemoryBlocks(MutableByteSpan memory, uint32_t block_size, bool read_only)
      : memory_(memory), block_size_(block_size), read_only_(read_only) {}
  uint32_t block_size() const override { return block_size_; }
  uint64_t block_count() const override { return memory_.size() / block_size_; }
  bool read_only() const override { return read_only_; }
  bool removable() const override { return false; }
  Result<> read(uint64_t block, MutableByteSpan bytes) override;
  Result<> write(uint64_t block, ByteSpan bytes) override;
  Result<> flush() override { return {}; }
  MutableByteSpan memory() const { return memory_; }

 private:
  const MutableByteSpan memory_;
  const uint32_t block_size_;
  const bool read_only_;
};

// Whether `size` bytes from `block` on lie on the device.
bool lies_on(const BlockDevice& device, uint64_t block, uint64_t size);

}  // namespace efilite::core
