// SPDX-License-Identifier: BSD-2-Clause-Patent
// Offers an initrd the way Linux's EFI stub asks for it: LoadFile2 on a handle whose device path is the vendor media node
// LINUX_EFI_INITRD_MEDIA_GUID. The bytes go straight from their source into the kernel's buffer.
#pragma once

#include "abi/uefi.hpp"
#include "core/ports.hpp"

namespace efilite::core {
class HandleDatabase;
}

namespace efilite::boot {

class InitrdLoader {
 public:
  explicit InitrdLoader(core::ByteSource& source) : source_(source) {}
  InitrdLoader(const InitrdLoader&) = delete;
  InitrdLoader& operator=(const InitrdLoader&) = delete;

  // Puts both protocols on a handle of its own. The object has to live until ExitBootServices.
  Result<> install(core::HandleDatabase& handles);

  efi::LoadFile2Protocol* protocol() { return &interface_.protocol; }
  const efi::DevicePath* device_path() const { return &path_.node.header; }

 private:
  static efi::EfiStatus EFIAPI load_file(efi::LoadFile2Protocol* self, efi::DevicePath* path, efi::Boolean boot_policy, efi::Uintn* size,
                                         void* buffer);

  struct [[gnu::packed]] Path {
    efi::VendorNode node = {{efi::kMediaPath, efi::kMediaVendor, {sizeof(efi::VendorNode), 0}}, efi::kLinuxInitrdMedia};
    efi::DevicePath end = efi::kEndEntirePath;
  };
  struct Interface {  // the protocol first: a pointer to it is a pointer to this
    efi::LoadFile2Protocol protocol;
    InitrdLoader* owner;
  };
  Path path_;
  Interface interface_{{&load_file}, this};
  core::ByteSource& source_;
};

}  // namespace efilite::boot
