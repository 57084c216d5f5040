// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_FILE_PROTOCOL, revision 2: a file or directory that a program has open [UEFI 2.10, 13.5]. open_file.cpp opens, moves bytes and
// closes, file_info.cpp tells and changes what a file is.
#pragma once

#include "core/storage/volume.hpp"

namespace efilite::core {

class OpenFile final : public efi::FileProtocol {
 public:
  // Takes over the caller's reference to `node`; released when there is no memory.
  static Result<OpenFile*> make(Volume& volume, FileNode* node, bool writable);
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  Result<OpenFile*> open(const char16_t* name, uint64_t mode, uint64_t attributes);
  void close();   // the object is gone afterwards
  bool remove();  // as well, whether or not the file is
  Result<> read(uint64_t& size, void* buffer);
  Result<> write(uint64_t& size, const void* buffer);
  Result<uint64_t> position();
  Result<> set_position(uint64_t position);
  Result<> get_info(const efi::Guid& type, uint64_t& size, void* buffer);
  Result<> set_info(const efi::Guid& type, ByteSpan info);
  Result<> flush();

 private:
  friend class Volume;
  friend struct FileThunks;
  OpenFile(Volume& volume, FileNode* node, bool writable);

  // The node while the volume is there, NO_MEDIA afterwards.
  Result<FileNode*> node() const;
  Result<> writable_medium() const;
  void detach();  // from the volume, which may be gone afterwards
  Result<> read_entry(uint64_t& size, void* buffer);
  Result<> set_file_info(ByteSpan info);
  Result<> rename(FileNode& file, const char16_t* name);

  EventQueue& events_;
  Heap& heap_;
  Volume* volume_;  // nullptr once it is gone
  FileNode* node_;
  uint64_t position_ = 0;  // of a directory: its cursor
  const bool writable_;
  OpenFile* next_ = nullptr;
};

// An EFI_FILE_INFO. BUFFER_TOO_SMALL, with the size that is needed.
Result<> put_file_info(const FileFacts& facts, std::u16string_view name, uint64_t& size, void* buffer);

}  // namespace efilite::core
