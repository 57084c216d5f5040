// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_RAM_DISK_PROTOCOL: memory of a program's, or of ours, as a disk [UEFI 2.10, 13.17]. The memory stays its owner's: nothing is copied.
#pragma once

#include "core/storage/disk.hpp"

namespace efilite::core {

class RamDisks {
 public:
  // `heap` is the pool that programs free the path from; it may be called below TPL_NOTIFY.
  RamDisks(HandleDatabase& handles, EventQueue& events, Heap& heap) : handles_(handles), events_(events), heap_(heap) {}
  RamDisks(const RamDisks&) = delete;
  RamDisks& operator=(const RamDisks&) = delete;

  // The thunks reach this object through the_firmware.
  static efi::RamDiskProtocol& protocol();

  // The disk's handle, not yet connected. INVALID_PARAMETER for memory that does not hold one block or reaches behind the end of all
  // addresses, ALREADY_STARTED when there is a disk of just these bytes and this type. A `copy` of its path is the caller's to free.
  Result<efi::Handle> add(uint64_t base, uint64_t size, const efi::Guid& type, const efi::DevicePath* parent,
                          efi::DevicePath** copy = nullptr);
  // UNSUPPORTED for a path that names no RAM disk, NOT_FOUND when it is not one of ours, ACCESS_DENIED while it is or may be in use.
  Result<> remove(const efi::DevicePath* path);

 private:
  struct RamDisk;
  friend struct RamDiskThunks;

  HandleDatabase& handles_;
  EventQueue& events_;
  Heap& heap_;
  RamDisk* disks_ = nullptr;
};

}  // namespace efilite::core
