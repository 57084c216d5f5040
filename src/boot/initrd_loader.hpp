// SPDX-License-Identifier: BSD-2-Clause-Patent
// Offers an initrd the way Linux's EFI stub asks for it: LoadFile2 on a handle whose device path is the vendor media node
// LINUX_EFI_INITRD_MEDIA_GUID.
#pragma once

#include "boot/source_loader.hpp"

namespace efilite::core {
class HandleDatabase;
}

namespace efilite::boot {

class InitrdLoader {
 public:
  explicit InitrdLoader(core::ByteSource& source) : loader_(source, bytes_of(path_.end)) {}

  // Puts both protocols on a handle of its own. The object has to live until ExitBootServices.
  Result<> install(core::HandleDatabase& handles);

  efi::LoadFile2Protocol* protocol() { return loader_.protocol(); }
  const efi::DevicePath* device_path() const { return &path_.node.header; }

 private:
  struct [[gnu::packed]] Path {
    efi::VendorNode node = {{efi::kMediaPath, efi::kMediaVendor, {sizeof(efi::VendorNode), 0}}, efi::kLinuxInitrdMedia};
    efi::DevicePath end = efi::kEndEntirePath;  // nothing else lies behind the node
  };
  Path path_;
  SourceLoader loader_;
};

}  // namespace efilite::boot
