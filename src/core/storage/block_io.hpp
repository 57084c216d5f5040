// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_BLOCK_IO_PROTOCOL and EFI_BLOCK_IO2_PROTOCOL over a BlockDevice [UEFI 2.10, 13.9 and 13.10].
#pragma once

#include "abi/uefi/block.hpp"
#include "core/events/events.hpp"
#include "core/storage_ports.hpp"

namespace efilite::core {

// What is in a drive now, be the drive ours or a program's.
struct Medium {
  BlockDevice* device = nullptr;  // nullptr: nothing is
  const efi::BlockIoMedia* media = nullptr;

  // NO_MEDIA and MEDIA_CHANGED come before every other complaint, so that a caller can ask with an empty request.
  Result<BlockDevice*> current(uint32_t media_id) const;
};

class BlockIo {
 public:
  // One whose medium can be changed.
  class Drive {
   public:
    // Somebody wants an empty drive to have a medium: set_medium(), if it has one by now.
    virtual void look() = 0;

   protected:
    ~Drive() = default;
  };
  struct Traits {
    uint32_t io_align = 1;  // of a caller's buffers: 0, 1 or a power of two
    bool partition = false;
    bool write_caching = false;
    Drive* drive = nullptr;
  };
  // Without a device the drive is empty. A device lives until another is set.
  BlockIo(EventQueue& events, BlockDevice* device, const Traits& traits);
  BlockIo(const BlockIo&) = delete;
  BlockIo& operator=(const BlockIo&) = delete;

  // Another medium, or none: the media id changes.
  void set_medium(BlockDevice* device);
  const Medium& medium() const { return medium_; }

  efi::BlockIoProtocol* protocol() { return &edge_; }
  efi::BlockIo2Protocol* protocol2() { return &edge2_; }
  // Whose protocol this is, when it is one of ours; else nullptr.
  static BlockIo* of(efi::BlockIoProtocol* protocol);

  Result<> read(uint32_t media_id, uint64_t lba, void* buffer, uint64_t size);
  Result<> write(uint32_t media_id, uint64_t lba, const void* buffer, uint64_t size);
  Result<> flush();

 private:
  struct Edge : efi::BlockIoProtocol {
    BlockIo* owner;
  };
  struct Edge2 : efi::BlockIo2Protocol {
    BlockIo* owner;
  };
  friend struct BlockIoThunks;

  Result<BlockDevice*> check(uint32_t media_id, uint64_t lba, const void* buffer, uint64_t size, bool writing);

  EventQueue& events_;
  Drive* const drive_;
  efi::BlockIoMedia media_{};
  Medium medium_;
  Edge edge_{};
  Edge2 edge2_{};
};

}  // namespace efilite::core
