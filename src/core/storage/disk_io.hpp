// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_DISK_IO_PROTOCOL and EFI_DISK_IO2_PROTOCOL: a medium as bytes [UEFI 2.10, 13.7 and 13.8]. Blocks that a request covers only in part
// go through one block of memory of our own.
#pragma once

#include "core/storage/block_io.hpp"

namespace efilite::core {

class DiskIo {
 public:
  // `medium` and `heap` outlive it; the heap is called below TPL_NOTIFY.
  DiskIo(EventQueue& events, Heap& heap, const Medium& medium);
  DiskIo(const DiskIo&) = delete;
  DiskIo& operator=(const DiskIo&) = delete;

  efi::DiskIoProtocol* protocol() { return &edge_; }
  efi::DiskIo2Protocol* protocol2() { return &edge2_; }

  Result<> read(uint32_t media_id, uint64_t offset, void* buffer, uint64_t size);
  Result<> write(uint32_t media_id, uint64_t offset, const void* buffer, uint64_t size);
  Result<> flush();

 private:
  struct Edge : efi::DiskIoProtocol {
    DiskIo* owner;
  };
  struct Edge2 : efi::DiskIo2Protocol {
    DiskIo* owner;
  };
  friend struct DiskIoThunks;

  Result<BlockDevice*> check(uint32_t media_id, uint64_t offset, const void* buffer, uint64_t size, bool writing);

  EventQueue& events_;
  Heap& heap_;
  const Medium& medium_;
  Edge edge_{};
  Edge2 edge2_{};
};

}  // namespace efilite::core
