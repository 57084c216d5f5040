// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_SIMPLE_FILE_SYSTEM_PROTOCOL on a disk [UEFI 2.10, 13.4]. The file system is mounted when the volume is opened and given back with the
// last file handle: a volume that nobody looks at costs nothing, and what a program writes past it to the disk is seen the next time.
#pragma once

#include "abi/uefi/file.hpp"
#include "core/events/events.hpp"
#include "core/storage_ports.hpp"

namespace efilite::core {

class OpenFile;

// How a file system comes to be: boot/ knows those of fs/, a test its own.
class FileSystems {
 public:
  virtual Result<FileSystem*> mount(BlockDevice& device) = 0;
  virtual void unmount(FileSystem& volume) = 0;  // all nodes have been released

 protected:
  ~FileSystems() = default;
};

class Volume {
 public:
  Volume(EventQueue& events, Heap& heap, BlockDevice& device, FileSystems& kinds);
  ~Volume();  // its open files answer NO_MEDIA from now on, and go when they are closed
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

  efi::SimpleFileSystemProtocol* protocol() { return &edge_; }

  Result<OpenFile*> open_root();
  Result<> flush();  // what is mounted; nothing is a success

 private:
  friend class OpenFile;
  struct Edge : efi::SimpleFileSystemProtocol {
    Volume* owner;
  };
  static efi::EfiStatus EFIAPI open_volume(efi::SimpleFileSystemProtocol* self, efi::FileProtocol** root);
  void unmount();

  EventQueue& events_;
  Heap& heap_;
  BlockDevice& device_;
  FileSystems& kinds_;
  FileSystem* mounted_ = nullptr;
  OpenFile* files_ = nullptr;
  Edge edge_{};
};

}  // namespace efilite::core
