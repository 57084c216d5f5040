// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/initrd_loader.hpp"

#include "core/handles/handles.hpp"

namespace efilite::boot {

Result<> InitrdLoader::install(core::HandleDatabase& handles) {
  efi::Handle handle = nullptr;
  const core::ProtocolPair pairs[] = {{&efi::kDevicePathGuid, &path_}, {&efi::LoadFile2Protocol::kGuid, protocol()}};
  return handles.install_multiple(&handle, pairs);
}

// [UEFI 2.10, 13.2.2] LoadFile() of LoadFile2
efi::EfiStatus EFIAPI InitrdLoader::load_file(efi::LoadFile2Protocol* self, efi::DevicePath* path, efi::Boolean boot_policy,
                                              efi::Uintn* size, void* buffer) {
  if (self == nullptr || path == nullptr || size == nullptr) return efi::encode(Status::InvalidParameter);
  // [13.2.2] a boot manager's choice of boot file is what LoadFile is for
  if (boot_policy != 0) return efi::encode(Status::Unsupported);
  // What is left of the path after ours: nothing else lies behind it.
  if (path->type != efi::kEndPath || path->sub_type != efi::kEndEntire) return efi::encode(Status::NotFound);
  core::ByteSource& source = reinterpret_cast<Interface*>(self)->owner->source_;
  efi::Uintn room = *size;
  *size = source.size();
  if (buffer == nullptr || room < *size) return efi::encode(Status::BufferTooSmall);
  auto done = source.read(0, {static_cast<std::byte*>(buffer), static_cast<size_t>(*size)});
  return efi::encode(done);
}

}  // namespace efilite::boot
