// SPDX-License-Identifier: BSD-2-Clause-Patent
// What fs/ can read, as core's driver of disks asks for it; and whether a file that came with the kernel is a disk.
#pragma once

#include "core/storage/disk_driver.hpp"

namespace efilite::boot {

class DiskFormats final : public core::DiskFormats {
 public:
  // `heap` may be called below TPL_NOTIFY.
  DiskFormats(core::Heap& heap, core::FileClock& clock) : heap_(heap), clock_(clock) {}

  Result<Found> look(core::BlockDevice& device, const core::Partition* self, core::PartitionVisitor& visitor) override;
  Result<core::FileSystem*> mount(core::BlockDevice& device) override;
  void unmount(core::FileSystem& volume) override;

 private:
  core::Heap& heap_;
  core::FileClock& clock_;
};

// A whole-disk FAT volume, or a partition table with something in it. An archive that only happens to have the signature of a boot sector
// where that would be is none.
bool is_disk_image(core::ByteSource& source, core::DiskFormats& formats);

}  // namespace efilite::boot
