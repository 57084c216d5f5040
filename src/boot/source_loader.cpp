// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/source_loader.hpp"

namespace efilite::boot {

namespace {

// The path is a program's, without a size: nothing is read of it that was not found equal up to there.
bool begins_with(const efi::DevicePath* path, ByteSpan wanted) {
  auto* at = reinterpret_cast<const std::byte*>(path);
  for (const std::byte byte : wanted) {
    if (*at++ != byte) return false;
  }
  return true;
}

}  // namespace

// [UEFI 2.10, 13.2.2] LoadFile() of LoadFile2
efi::EfiStatus EFIAPI SourceLoader::load_file(efi::LoadFile2Protocol* self, efi::DevicePath* path, efi::Boolean boot_policy,
                                              efi::Uintn* size, void* buffer) {
  if (self == nullptr || path == nullptr || size == nullptr) return efi::encode(Status::InvalidParameter);
  // a boot manager's choice of boot file is what LoadFile is for
  if (boot_policy != 0) return efi::encode(Status::Unsupported);
  SourceLoader& loader = *reinterpret_cast<Interface*>(self)->owner;
  if (!begins_with(path, loader.rest_)) return efi::encode(Status::NotFound);
  const efi::Uintn room = *size;
  *size = loader.source_.size();
  if (buffer == nullptr || room < *size) return efi::encode(Status::BufferTooSmall);
  return efi::encode(loader.source_.read(0, {static_cast<std::byte*>(buffer), static_cast<size_t>(*size)}));
}

}  // namespace efilite::boot
