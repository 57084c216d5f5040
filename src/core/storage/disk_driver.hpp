// SPDX-License-Identifier: BSD-2-Clause-Patent
// The driver of everything that has EFI_BLOCK_IO_PROTOCOL, be it ours or a program's: a handle for each partition, SimpleFileSystem where
// there is a file system, and DISK_IO where it is missing [UEFI 2.10, 11.1, 13.3 and 13.4]. A disk is first looked at when it is connected.
#pragma once

#include "core/handles/driver_binding.hpp"
#include "core/images/images.hpp"
#include "core/protocols/component_name.hpp"
#include "core/storage/disk.hpp"
#include "core/storage/foreign_blocks.hpp"
#include "core/storage/volume.hpp"

namespace efilite::core {

// What may lie on a disk: boot/ knows fs/, a test what it wants.
class DiskFormats : public FileSystems {
 public:
  enum class Found : uint8_t { Nothing, Volume, Partitions };
  // What the device is. All partitions that have blocks at all and lie on it are told. `self`: what the device itself is a partition of
  // another as; nullptr for a whole disk.
  virtual Result<Found> look(BlockDevice& device, const Partition* self, PartitionVisitor& visitor) = 0;

 protected:
  ~DiskFormats() = default;
};

class DiskDriver final : public Quiescer, public ComponentName::Owner {
 public:
  // `heap` may be called below TPL_NOTIFY.
  DiskDriver(HandleDatabase& handles, EventQueue& events, Heap& heap, DiskFormats& formats);
  DiskDriver(const DiskDriver&) = delete;
  DiskDriver& operator=(const DiskDriver&) = delete;

  efi::DriverBindingProtocol* protocol() { return &edge_; }
  efi::ComponentName2Protocol* names() { return names_.protocol(); }
  // Where the binding was installed, and on whose behalf.
  void set_handle(efi::Handle handle, efi::Handle image);

  Result<> supported(efi::Handle handle);
  Result<> start(efi::Handle handle);
  Result<> stop(efi::Handle handle, std::span<const efi::Handle> children);

  // ExitBootServices: what programs wrote and did not close goes to the disks.
  Result<> quiesce() override;
  const efi::Char16* controller_name(efi::Handle controller, efi::Handle child) override;

 private:
  struct Child;
  struct Controller;
  class ChildMaker;

  Controller* find(efi::Handle handle);
  static Child** link_of(Controller& controller, efi::Handle handle);
  Controller* parent_of(efi::Handle handle);
  const Partition* self_of(efi::Handle handle);
  bool is_a_programs(Controller& controller);
  Result<> fill(Controller& controller);
  Result<> add_volume(Controller& controller);
  Result<> add_child(Controller& controller, const Partition& partition);
  Result<> remove_child(Controller& controller, efi::Handle child);
  Result<> release(Controller& controller);

  HandleDatabase& handles_;
  EventQueue& events_;
  Heap& heap_;
  DiskFormats& formats_;
  Controller* controllers_ = nullptr;
  DriverBindingEdge<DiskDriver> edge_{*this};
  ComponentName names_;
};

}  // namespace efilite::core
