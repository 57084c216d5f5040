// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/storage/volume.hpp"

#include "core/storage/open_file.hpp"
#include "core/storage/storage_call.hpp"

namespace efilite::core {

Volume::Volume(EventQueue& events, Heap& heap, BlockDevice& device, FileSystems& kinds)
    : events_(events), heap_(heap), device_(device), kinds_(kinds) {
  edge_.revision = efi::SimpleFileSystemProtocol::kRevision;
  edge_.open_volume = open_volume;
  edge_.owner = this;
}

Volume::~Volume() {
  while (files_ != nullptr) files_->detach();
}

void Volume::unmount() {
  // What cannot be written now never will be: nobody is left to be told.
  (void)mounted_->flush();
  kinds_.unmount(*mounted_);
  mounted_ = nullptr;
}

Result<OpenFile*> Volume::open_root() {
  if (mounted_ == nullptr) mounted_ = TRY(kinds_.mount(device_));
  auto root = mounted_->root();
  // A root is not opened with a mode: through it the volume's label can be set.
  auto file = root ? OpenFile::make(*this, *root, true) : Result<OpenFile*>(root.error());
  if (files_ == nullptr) unmount();
  return file;
}

Result<> Volume::flush() { return mounted_ != nullptr ? mounted_->flush() : Result<>(); }

efi::EfiStatus EFIAPI Volume::open_volume(efi::SimpleFileSystemProtocol* self, efi::FileProtocol** root) {
  if (root == nullptr) return efi::encode(Status::InvalidParameter);
  Volume& volume = *static_cast<Edge*>(self)->owner;
  StorageLock lock(volume.events_);
  auto file = volume.open_root();
  if (file) *root = *file;
  return efi::encode(file);
}

}  // namespace efilite::core
