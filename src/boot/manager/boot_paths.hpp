// SPDX-License-Identifier: BSD-2-Clause-Patent
// From the device path of a load option to the images that it means [UEFI 2.10, 3.1.2 and 3.5]: short forms that name a partition or a file
// on whatever disk has it, and devices without a file, which mean the default file. Devices are connected as far as the search has to go.
#pragma once

#include <array>

#include "abi/uefi/block.hpp"
#include "abi/uefi/boot_options.hpp"
#include "abi/uefi/device_path.hpp"
#include "abi/uefi/file.hpp"
#include "boot/manager/discovery.hpp"
#include "core/events/events.hpp"
#include "core/handles/handles.hpp"

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

// [UEFI 2.10, 3.5.1.1] the file that is booted from a medium when nothing names one, as a path of its own
struct [[gnu::packed]] DefaultFile {
  efi::DevicePath header = {efi::kMediaPath, efi::kMediaFilePath, {sizeof(efi::DevicePath) + sizeof(efi::kDefaultBootFile), 0}};
  std::array<char16_t, std::size(efi::kDefaultBootFile)> name = std::to_array(efi::kDefaultBootFile);
  efi::DevicePath end = efi::kEndEntirePath;
};
inline constexpr DefaultFile kDefaultFile;

class BootPaths {
 public:
  // `heap` is that of the handles, callable below TPL_NOTIFY.
  BootPaths(core::HandleDatabase& handles, core::EventQueue& events, core::Heap& heap, Discovery& discovery)
      : handles_(handles), events_(events), heap_(heap), discovery_(discovery) {}

  // All of these are true when the visitor had enough. Paths are well-formed; of a `file` that ends at once it is the default file.
  bool visit(const efi::DevicePath* path, ImageVisitor& visitor);
  // On every volume of this name, which is in UCS-2 and any letter case; without a name on every volume.
  bool visit_every_volume(ByteSpan label, const efi::DevicePath* file, ImageVisitor& visitor);
  bool visit_volume(efi::Handle volume, const efi::DevicePath* file, ImageVisitor& visitor);

  // All disks that there are, for a list of them.
  void connect_all();
  // For reading; nullptr: the volume has no such file.
  efi::FileProtocol* open_file(efi::Handle volume, const char16_t* path) const;
  bool has_file(efi::Handle volume, const char16_t* path) const;
  // nullptr: it has none, or is gone.
  efi::DevicePath* path_of(efi::Handle handle) const;

  // work(handle) -> bool for all handles with the protocol, nullptr meaning all; true ends it, and is returned. The list is from before the
  // first call: a handle may be gone.
  template <typename Work>
  bool any_handle(const efi::Guid* protocol, Work work) const {
    return any_of(protocol, [](void* context, efi::Handle handle) -> bool { return (*static_cast<Work*>(context))(handle); }, &work);
  }

 private:
  enum class Group : uint8_t { RamDisk, Removable, Fixed };

  bool visit_whole(const efi::DevicePath* path, ImageVisitor& visitor);
  bool visit_partition(const efi::DevicePath* path, ImageVisitor& visitor);
  void tell_disks_without_volume(ImageVisitor& visitor);

  bool any_of(const efi::Guid* protocol, bool (*work)(void* context, efi::Handle handle), void* context) const;
  void* interface_on(efi::Handle handle, const efi::Guid& protocol) const;
  efi::Handle device_of(const efi::Guid& protocol, const efi::DevicePath* path, const efi::DevicePath*& rest) const;
  efi::Handle partition_like(ByteSpan node) const;
  bool is_below(efi::Handle volume, efi::Handle disk) const;
  bool has_volume(efi::Handle disk) const;
  const efi::BlockIoMedia* media_of(efi::Handle disk) const;
  bool is_bare_disk(efi::Handle disk) const;
  efi::FileProtocol* root_of(efi::Handle volume) const;
  bool is_called(efi::Handle volume, ByteSpan label) const;
  Group group_of(efi::Handle volume) const;
  void connect(efi::Handle handle);
  void connect_bare_disks();

  core::HandleDatabase& handles_;
  core::EventQueue& events_;
  core::Heap& heap_;
  Discovery& discovery_;
};

}  // namespace efilite::boot
