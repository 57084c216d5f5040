// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/storage/block_io.hpp"

#include "core/storage/storage_call.hpp"

namespace efilite::core {

Result<BlockDevice*> Medium::current(uint32_t media_id) const {
  if (device == nullptr || media->media_present == 0) return Status::NoMedia;
  if (media_id != media->media_id) return Status::MediaChanged;
  return device;
}

void BlockIo::set_medium(BlockDevice* device) {
  ++media_.media_id;
  media_.media_present = device != nullptr;
  if (device != nullptr) {
    media_.removable_media = device->removable();
    media_.read_only = device->read_only();
    media_.block_size = device->block_size();
    media_.last_block = device->block_count() - 1;
    const BlockTopology topology = device->topology();
    media_.lowest_aligned_lba = topology.lowest_aligned;
    media_.logical_blocks_per_physical_block = topology.per_physical;
    media_.optimal_transfer_length_granularity = topology.best_granularity;
  }
  medium_ = {device, &media_};
}

Result<BlockDevice*> BlockIo::check(uint32_t media_id, uint64_t lba, const void* buffer, uint64_t size, bool writing) {
  if (medium_.device == nullptr && drive_ != nullptr) drive_->look();
  BlockDevice* device = TRY(medium_.current(media_id));
  if (writing && media_.read_only != 0) return Status::WriteProtected;
  if (size % media_.block_size != 0) return Status::BadBufferSize;
  if (buffer == nullptr) return Status::InvalidParameter;
  if (media_.io_align > 1 && reinterpret_cast<uint64_t>(buffer) % media_.io_align != 0) return Status::InvalidParameter;
  const uint64_t blocks = size / media_.block_size, last = media_.last_block;
  if (blocks != 0 && (lba > last || blocks - 1 > last - lba)) return Status::InvalidParameter;
  return device;
}

Result<> BlockIo::read(uint32_t media_id, uint64_t lba, void* buffer, uint64_t size) {
  BlockDevice* device = TRY(check(media_id, lba, buffer, size, false));
  return size == 0 ? Result<>() : device->read(lba, {static_cast<std::byte*>(buffer), size});
}

Result<> BlockIo::write(uint32_t media_id, uint64_t lba, const void* buffer, uint64_t size) {
  BlockDevice* device = TRY(check(media_id, lba, buffer, size, true));
  return size == 0 ? Result<>() : device->write(lba, {static_cast<const std::byte*>(buffer), size});
}

Result<> BlockIo::flush() { return medium_.device == nullptr ? Result<>(Status::NoMedia) : medium_.device->flush(); }

// ---- the C edge

struct BlockIoThunks {
  using Io = efi::BlockIoProtocol;
  using Io2 = efi::BlockIo2Protocol;

  static BlockIo& owner(Io* self) { return *static_cast<BlockIo::Edge*>(self)->owner; }
  static BlockIo& owner(Io2* self) { return *static_cast<BlockIo::Edge2*>(self)->owner; }

  // A disk that only answers when it is asked has nothing that a reset could mend.
  template <typename Protocol>
  static efi::EfiStatus EFIAPI reset(Protocol*, efi::Boolean) {
    return efi::encode(Status::Success);
  }
  static efi::EfiStatus EFIAPI read_blocks(Io* self, uint32_t media_id, uint64_t lba, efi::Uintn size, void* buffer) {
    StorageLock lock(owner(self).events_);
    return efi::encode(owner(self).read(media_id, lba, buffer, size));
  }
  static efi::EfiStatus EFIAPI write_blocks(Io* self, uint32_t media_id, uint64_t lba, efi::Uintn size, void* buffer) {
    StorageLock lock(owner(self).events_);
    return efi::encode(owner(self).write(media_id, lba, buffer, size));
  }
  static efi::EfiStatus EFIAPI flush_blocks(Io* self) {
    StorageLock lock(owner(self).events_);
    return efi::encode(owner(self).flush());
  }
  static efi::EfiStatus EFIAPI read_blocks_ex(Io2* self, uint32_t media_id, uint64_t lba, efi::BlockToken* token, efi::Uintn size,
                                              void* buffer) {
    return answer(owner(self).events_, token, [&] { return owner(self).read(media_id, lba, buffer, size); });
  }
  static efi::EfiStatus EFIAPI write_blocks_ex(Io2* self, uint32_t media_id, uint64_t lba, efi::BlockToken* token, efi::Uintn size,
                                               void* buffer) {
    return answer(owner(self).events_, token, [&] { return owner(self).write(media_id, lba, buffer, size); });
  }
  static efi::EfiStatus EFIAPI flush_blocks_ex(Io2* self, efi::BlockToken* token) {
    return answer(owner(self).events_, token, [&]() -> Result<> {
      // [UEFI 2.10, 13.10.5] names WRITE_PROTECTED, where 13.9.5 has nothing to say: nothing was written, so nothing is lost.
      if (owner(self).medium_.device != nullptr && owner(self).media_.read_only != 0) return Status::WriteProtected;
      return owner(self).flush();
    });
  }
};

BlockIo::BlockIo(EventQueue& events, BlockDevice* device, const Traits& traits) : events_(events), drive_(traits.drive) {
  media_.logical_partition = traits.partition;
  media_.io_align = traits.io_align;
  media_.write_caching = traits.write_caching;
  edge_.revision = efi::BlockIoProtocol::kRevision3;
  edge_.media = edge2_.media = &media_;
  edge_.reset = BlockIoThunks::reset<efi::BlockIoProtocol>;
  edge_.read_blocks = BlockIoThunks::read_blocks;
  edge_.write_blocks = BlockIoThunks::write_blocks;
  edge_.flush_blocks = BlockIoThunks::flush_blocks;
  edge2_.reset = BlockIoThunks::reset<efi::BlockIo2Protocol>;
  edge2_.read_blocks_ex = BlockIoThunks::read_blocks_ex;
  edge2_.write_blocks_ex = BlockIoThunks::write_blocks_ex;
  edge2_.flush_blocks_ex = BlockIoThunks::flush_blocks_ex;
  edge_.owner = edge2_.owner = this;
  set_medium(device);
}

BlockIo* BlockIo::of(efi::BlockIoProtocol* protocol) {
  return protocol->read_blocks == BlockIoThunks::read_blocks ? &BlockIoThunks::owner(protocol) : nullptr;
}

}  // namespace efilite::core
