// SPDX-License-Identifier: BSD-2-Clause-Patent
// Disks in the firmware: the driver for all that has blocks, RAM disks, and the one that came with the kernel.
#pragma once

#include "boot/disk_formats.hpp"
#include "boot/payload.hpp"
#include "core/memory/memory_map.hpp"
#include "core/storage/ram_disk.hpp"
#include "core/storage/storage_call.hpp"

namespace efilite::boot {

class Storage {
 public:
  Storage(core::MemoryMap& memory, core::Heap& heap, core::EventQueue& events, core::HandleDatabase& handles,
          const efi::RuntimeServices& runtime)
      : memory_(memory), handles_(handles), heap_(heap, events), clock_(runtime), formats_(heap_, clock_),
        driver_(handles, events, heap_, formats_), ram_disks_(handles, events, heap_) {}

  core::DiskFormats& formats() { return formats_; }
  core::RamDisks& ram_disks() { return ram_disks_; }
  core::Quiescer& quiescer() { return driver_; }

  Result<> install();
  // An image as a RAM disk, connected. What does not lie in memory is read into it.
  Result<> add_image(core::ByteSource& image);

 private:
  class Clock final : public core::FileClock {
   public:
    explicit Clock(const efi::RuntimeServices& runtime) : runtime_(runtime) {}
    efi::Time now() override;

   private:
    const efi::RuntimeServices& runtime_;
  };

  core::MemoryMap& memory_;
  core::HandleDatabase& handles_;
  core::StorageHeap heap_;
  Clock clock_;
  DiskFormats formats_;
  core::DiskDriver driver_;
  core::RamDisks ram_disks_;
};

}  // namespace efilite::boot
