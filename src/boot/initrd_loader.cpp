// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/initrd_loader.hpp"

#include "core/handles/handles.hpp"

namespace efilite::boot {

Result<> InitrdLoader::install(core::HandleDatabase& handles) {
  efi::Handle handle = nullptr;
  const core::ProtocolPair pairs[] = {{&efi::kDevicePathGuid, &path_}, {&efi::LoadFile2Protocol::kGuid, protocol()}};
  return handles.install_multiple(&handle, pairs);
}

}  // namespace efilite::boot
