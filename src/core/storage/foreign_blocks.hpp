// SPDX-License-Identifier: BSD-2-Clause-Patent
// A program's own EFI_BLOCK_IO_PROTOCOL as a BlockDevice: nothing that it says is trusted further than its medium reaches.
#pragma once

#include "abi/uefi/block.hpp"
#include "core/storage_ports.hpp"

namespace efilite::core {

class ForeignBlocks final : public BlockDevice {
 public:
  // The medium that is in the drive now: another one's blocks answer MEDIA_CHANGED.
  ForeignBlocks(efi::BlockIoProtocol& io, Heap& heap);

  // Whether block size and count are ones that a disk can have, and still those of the medium.
  bool usable() const;

  uint32_t block_size() const override { return block_size_; }
  uint64_t block_count() const override { return io_.media->last_block + 1; }
  bool read_only() const override { return io_.media->read_only != 0; }
  bool removable() const override { return io_.media->removable_media != 0; }
  Result<> read(uint64_t block, MutableByteSpan bytes) override;
  Result<> write(uint64_t block, ByteSpan bytes) override;
  Result<> flush() override;

 private:
  Result<> transfer(uint64_t block, std::byte* data, size_t size, bool writing);

  efi::BlockIoProtocol& io_;
  Heap& heap_;
  const uint32_t block_size_;
  const uint32_t media_id_;
};

}  // namespace efilite::core
