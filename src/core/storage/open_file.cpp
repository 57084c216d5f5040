// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/storage/open_file.hpp"

#include <new>

#include "core/storage/file_path.hpp"
#include "core/storage/storage_call.hpp"

namespace efilite::core {

Result<OpenFile*> OpenFile::make(Volume& volume, FileNode* node, bool writable) {
  NodeReference reference(node);
  void* memory = volume.heap_.allocate(sizeof(OpenFile));
  if (memory == nullptr) return Status::OutOfResources;
  return new (memory) OpenFile(volume, reference.take(), writable);
}

Result<FileNode*> OpenFile::node() const {
  if (volume_ == nullptr) return Status::NoMedia;
  return node_;
}

Result<> OpenFile::writable_medium() const { return volume_->device_.read_only() ? Result<>(Status::WriteProtected) : Result<>(); }

Result<OpenFile*> OpenFile::open(const char16_t* name, uint64_t mode, uint64_t attributes) {
  constexpr uint64_t kRead = efi::kFileModeRead, kReadWrite = kRead | efi::kFileModeWrite, kCreate = kReadWrite | efi::kFileModeCreate;
  if (mode != kRead && mode != kReadWrite && mode != kCreate) return Status::InvalidParameter;
  if (mode == kCreate && (attributes & ~efi::kFileValidAttributes) != 0) return Status::InvalidParameter;
  FileNode* from = TRY(node());
  // [UEFI 2.10, 13.5.2] a regular file is no place to start from. A name from the root does not start from it: shim's fallback program
  // opens a file by its full name from the file itself.
  if (!from->is_directory() && *name != u'\\') return Status::InvalidParameter;
  if (mode != kRead) TRY(writable_medium());

  Place place;
  if (auto there = follow(*volume_->mounted_, *from, name, place); !there) {
    // A name that no file can have is no name of one; it is wrong only to ask for a file of that name.
    return there.error() == Status::InvalidParameter && mode != kCreate ? Status::NotFound : there.error();
  }
  if (place.node.get() == nullptr) {
    if (mode != kCreate) return Status::NotFound;
    if (place.means_directory && (attributes & efi::kFileDirectory) == 0) return Status::InvalidParameter;
    return make(*volume_, TRY(place.directory->create(place.missing.view(), attributes)), true);
  }
  // It is there, and then the attributes have nothing to say.
  if (mode != kRead && !place.node->is_directory()) {
    const FileFacts facts = TRY(place.node->facts());
    if ((facts.attributes & efi::kFileReadOnly) != 0) return Status::AccessDenied;
  }
  return make(*volume_, place.node.take(), mode != kRead);
}

void OpenFile::detach() {
  OpenFile** at = &volume_->files_;
  while (*at != this) at = &(*at)->next_;
  *at = next_;
  node_->release();
  if (volume_->files_ == nullptr) volume_->unmount();
  volume_ = nullptr;
}

void OpenFile::close() {
  if (volume_ != nullptr) {
    // [UEFI 2.10, 13.5.3] The handle is closed in every case, and has no status for what could not be written.
    if (writable_) (void)node_->flush();
    detach();
  }
  heap_.release(this);
}

bool OpenFile::remove() {
  const bool removed = writable_ && volume_ != nullptr && writable_medium() && node_->remove();
  close();
  return removed;
}

Result<> OpenFile::read(uint64_t& size, void* buffer) {
  FileNode* file = TRY(node());
  if (file->is_directory()) return read_entry(size, buffer);
  if (buffer == nullptr && size != 0) return Status::InvalidParameter;
  const uint64_t count = TRY(file->read(position_, {static_cast<std::byte*>(buffer), size}));
  // [UEFI 2.10, 13.5.5] at the end there is nothing to read, but behind it there is no place to be.
  if (count == 0 && position_ > TRY(file->facts()).size) return Status::DeviceError;
  position_ += count;
  size = count;
  return {};
}

// [UEFI 2.10, 13.5.5] one entry a call, none behind the last. The position stays when the entry does not fit.
Result<> OpenFile::read_entry(uint64_t& size, void* buffer) {
  uint64_t cursor = position_;
  FileName name;
  FileFacts facts;
  auto entry = node_->next_entry(cursor, name, facts);
  if (entry.status() == Status::NotFound) {
    size = 0;
    return {};
  }
  TRY(std::move(entry));
  TRY(put_file_info(facts, name.view(), size, buffer));
  position_ = cursor;
  return {};
}

Result<> OpenFile::write(uint64_t& size, const void* buffer) {
  FileNode* file = TRY(node());
  if (file->is_directory()) return Status::Unsupported;
  if (!writable_) return Status::AccessDenied;
  TRY(writable_medium());
  if (buffer == nullptr && size != 0) return Status::InvalidParameter;
  if (size == 0) return file->facts().has_value() ? Result<>() : Result<>(Status::DeviceError);
  if (!checked_add(position_, size)) return Status::VolumeFull;
  const uint64_t wanted = size;
  size = TRY(file->write(position_, {static_cast<const std::byte*>(buffer), wanted}));
  position_ += size;
  return size == wanted ? Result<>() : Result<>(Status::VolumeFull);
}

Result<uint64_t> OpenFile::position() {
  FileNode* file = TRY(node());
  if (file->is_directory()) return Status::Unsupported;
  (void)TRY(file->facts());  // a deleted file has none
  return position_;
}

Result<> OpenFile::set_position(uint64_t position) {
  FileNode* file = TRY(node());
  const FileFacts facts = TRY(file->facts());
  if (file->is_directory() && position != 0) return Status::Unsupported;
  position_ = position == efi::kEndOfFilePosition ? facts.size : position;
  return {};
}

Result<> OpenFile::flush() {
  FileNode* file = TRY(node());
  if (!writable_) return Status::AccessDenied;
  TRY(writable_medium());
  return file->flush();
}

// ---- the C edge

struct FileThunks {
  using File = efi::FileProtocol;
  static constexpr efi::EfiStatus kInvalid = efi::encode(Status::InvalidParameter);

  static OpenFile& owner(File* self) { return *static_cast<OpenFile*>(self); }

  static Result<> open(OpenFile& from, File** opened, const efi::Char16* name, uint64_t mode, uint64_t attributes) {
    *opened = TRY(from.open(name, mode, attributes));
    return {};
  }
  static efi::EfiStatus EFIAPI open(File* self, File** opened, efi::Char16* name, uint64_t mode, uint64_t attributes) {
    if (opened == nullptr || name == nullptr) return kInvalid;
    StorageLock lock(owner(self).events_);
    return efi::encode(open(owner(self), opened, name, mode, attributes));
  }
  static efi::EfiStatus EFIAPI close(File* self) {
    StorageLock lock(owner(self).events_);
    owner(self).close();
    return efi::encode(Status::Success);
  }
  static efi::EfiStatus EFIAPI remove(File* self) {
    StorageLock lock(owner(self).events_);
    return efi::encode(owner(self).remove() ? Status::Success : Status::WarnDeleteFailure);
  }
  static efi::EfiStatus EFIAPI read(File* self, efi::Uintn* size, void* buffer) {
    if (size == nullptr) return kInvalid;
    StorageLock lock(owner(self).events_);
    return efi::encode(owner(self).read(*size, buffer));
  }
  static efi::EfiStatus EFIAPI write(File* self, efi::Uintn* size, void* buffer) {
    if (size == nullptr) return kInvalid;
    StorageLock lock(owner(self).events_);
    return efi::encode(owner(self).write(*size, buffer));
  }
  static efi::EfiStatus EFIAPI get_position(File* self, uint64_t* position) {
    if (position == nullptr) return kInvalid;
    StorageLock lock(owner(self).events_);
    auto at = owner(self).position();
    if (at) *position = *at;
    return efi::encode(at);
  }
  static efi::EfiStatus EFIAPI set_position(File* self, uint64_t position) {
    StorageLock lock(owner(self).events_);
    return efi::encode(owner(self).set_position(position));
  }
  static efi::EfiStatus EFIAPI get_info(File* self, efi::Guid* type, efi::Uintn* size, void* buffer) {
    if (type == nullptr || size == nullptr) return kInvalid;
    StorageLock lock(owner(self).events_);
    return efi::encode(owner(self).get_info(*type, *size, buffer));
  }
  static efi::EfiStatus EFIAPI set_info(File* self, efi::Guid* type, efi::Uintn size, void* buffer) {
    if (type == nullptr || buffer == nullptr) return kInvalid;
    StorageLock lock(owner(self).events_);
    return efi::encode(owner(self).set_info(*type, {static_cast<const std::byte*>(buffer), size}));
  }
  static efi::EfiStatus EFIAPI flush(File* self) {
    StorageLock lock(owner(self).events_);
    return efi::encode(owner(self).flush());
  }
  static efi::EfiStatus EFIAPI open_ex(File* self, File** opened, efi::Char16* name, uint64_t mode, uint64_t attributes,
                                       efi::FileIoToken* token) {
    if (opened == nullptr || name == nullptr) return kInvalid;
    return answer(owner(self).events_, token, [&] { return open(owner(self), opened, name, mode, attributes); });
  }
  static efi::EfiStatus EFIAPI read_ex(File* self, efi::FileIoToken* token) {
    return answer(owner(self).events_, token, [&] { return owner(self).read(token->buffer_size, token->buffer); });
  }
  static efi::EfiStatus EFIAPI write_ex(File* self, efi::FileIoToken* token) {
    return answer(owner(self).events_, token, [&] { return owner(self).write(token->buffer_size, token->buffer); });
  }
  static efi::EfiStatus EFIAPI flush_ex(File* self, efi::FileIoToken* token) {
    return answer(owner(self).events_, token, [&] { return owner(self).flush(); });
  }

  static constexpr File kTable = {File::kRevision2, open,         close,    remove,   read,  write,   get_position, set_position,
                                  get_info,         set_info,     flush,    open_ex,  read_ex, write_ex, flush_ex};
};

OpenFile::OpenFile(Volume& volume, FileNode* node, bool writable)
    : efi::FileProtocol(FileThunks::kTable), events_(volume.events_), heap_(volume.heap_), volume_(&volume), node_(node),
      writable_(writable), next_(volume.files_) {
  volume.files_ = this;
}

}  // namespace efilite::core
