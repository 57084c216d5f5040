// SPDX-License-Identifier: BSD-2-Clause-Patent
// From the device path of a load option to the images that it means [UEFI 2.10, 3.1.2 and 3.5]: short forms that name a partition or a file
// on whatever disk has it, and devices without a file, which mean the default file. Devices are connected as far as the search has to go.
#pragma once

#include "abi/uefi/file.hpp"
#include "boot/manager/discovery.hpp"
#include "boot/manager/heap_bytes.hpp"
#include "core/handles/handles.hpp"
#include "core/events/events.hpp"

namespace efilite::boot {

class ImageVisitor {
 public:
  // A whole path that LoadImage may find an image behind. True: enough, no other is wanted.
  virtual bool visit(efi::DevicePath* image) = 0;
  // Behind this path nothing is to be had, and why. nullptr: nowhere.
  virtual void nothing_at(const efi::DevicePath* path, const char* why) = 0;

 protected:
  ~ImageVisitor() = default;
};

class BootPaths {
 public:
  // `heap` is that of the handles, callable below TPL_NOTIFY.
  BootPaths(core::HandleDatabase& handles, core::EventQueue& events, core::Heap& heap, Discovery& discovery)
      : handles_(handles), events_(events), heap_(heap), discovery_(discovery) {}

  // `path` is well-formed. True: the visitor had enough. OUT_OF_RESOURCES.
  Result<bool> visit(ByteSpan path, ImageVisitor& visitor);
  // `file`, or the default file when there are no nodes in it, on every volume of this name, which is UCS-2 in any letter case.
  Result<bool> visit_label(ByteSpan label, ByteSpan file, ImageVisitor& visitor);

  // All disks that there are, for a list of them.
  void connect_all();
  // An array that is the caller's to release; empty when no handle has the protocol.
  HeapBytes handles_with(const efi::Guid& protocol) const;
  // nullptr: it has none, or is gone.
  void* interface_on(efi::Handle handle, const efi::Guid& protocol) const;
  efi::DevicePath* path_of(efi::Handle handle) const;
  bool has_file(efi::Handle volume, const char16_t* path) const;
  // A device's path and then a file's on it, ended as a path of its own.
  Result<HeapBytes> file_on(efi::Handle volume, const char16_t* path) const;

 private:
  enum class Group : uint8_t { RamDisk, Removable, Fixed };

  Result<bool> visit_whole(ByteSpan path, ImageVisitor& visitor);
  Result<bool> visit_partition(ByteSpan path, ImageVisitor& visitor);
  Result<bool> visit_every_volume(ByteSpan file, ByteSpan label, ImageVisitor& visitor);
  efi::FileProtocol* root_of(efi::Handle volume) const;
  bool is_called(efi::Handle volume, ByteSpan label) const;
  Result<bool> visit_volumes_below(efi::Handle disk, ByteSpan file, ImageVisitor& visitor);
  Result<bool> visit_volume(efi::Handle volume, ByteSpan file, ImageVisitor& visitor);
  void tell_disks_without_volume(ImageVisitor& visitor);

  std::optional<efi::Handle> device_of(const efi::Guid& protocol, ByteSpan path, ByteSpan& rest) const;
  efi::Handle partition_like(ByteSpan node) const;
  bool has_volume(efi::Handle disk) const;
  Group group_of(efi::Handle volume) const;
  void connect(efi::Handle handle);
  void connect_disks_without_volume();

  core::HandleDatabase& handles_;
  core::EventQueue& events_;
  core::Heap& heap_;
  Discovery& discovery_;
};

}  // namespace efilite::boot
