// SPDX-License-Identifier: BSD-2-Clause-Patent
// What core's storage protocols need from outside: a disk as drivers/ and boot/ bring it, a file system as fs/ reads it from one.
#pragma once

#include <span>

#include "abi/uefi/partition.hpp"
#include "core/ports.hpp"

namespace efilite::core {

// How requests are best placed, in blocks; 0 where nothing is known. [UEFI 2.10, 13.9] tells it of whole disks alone.
struct BlockTopology {
  uint64_t lowest_aligned = 0;    // the first block that begins with a physical one
  uint32_t per_physical = 0;
  uint32_t best_granularity = 0;  // of requests
};

// A disk, a partition or a RAM disk as numbered blocks. Requests are whole blocks: bytes is a multiple of block_size(). A request that
// reaches behind the end is INVALID_PARAMETER, a write to a read-only device WRITE_PROTECTED, a device that fails DEVICE_ERROR.
class BlockDevice {
 public:
  virtual uint32_t block_size() const = 0;  // bytes; a power of two from 512 to 65536
  virtual uint64_t block_count() const = 0;
  virtual bool read_only() const = 0;
  virtual bool removable() const = 0;
  virtual BlockTopology topology() const { return {}; }
  virtual Result<> read(uint64_t block, MutableByteSpan bytes) = 0;
  virtual Result<> write(uint64_t block, ByteSpan bytes) = 0;
  virtual Result<> flush() = 0;  // returns when everything written is on the medium

 protected:
  ~BlockDevice() = default;
};

// A part of a disk, by a partition table: its blocks, the node that it adds to the disk's device path, HD() or CDROM(), and what programs
// are told of it.
struct Partition {
  uint64_t first = 0;
  uint64_t count = 0;
  const efi::DevicePath* node = nullptr;
  const efi::PartitionInfoProtocol* info = nullptr;
};

class PartitionVisitor {
 public:
  virtual Result<> visit(const Partition& partition) = 0;

 protected:
  ~PartitionVisitor() = default;
};

// What a file system tells about a file or directory [UEFI 2.10, 13.5.16]. Times are of the local clock, zero where nothing is known.
struct FileFacts {
  uint64_t size = 0;           // bytes; 0 for a directory
  uint64_t physical_size = 0;  // bytes taken on the volume
  efi::Time created{};
  efi::Time accessed{};
  efi::Time modified{};
  uint64_t attributes = 0;  // EFI_FILE_READ_ONLY, HIDDEN, SYSTEM, DIRECTORY, ARCHIVE
};

struct VolumeFacts {
  uint64_t size = 0;  // bytes
  uint64_t free = 0;  // bytes
  uint32_t block_size = 0;
  bool read_only = false;
};

// The longest name of one component, in UCS-2 characters without the NUL.
constexpr size_t kMaxFileName = 255;

// One component's name, held by value.
class FileName {
 public:
  std::u16string_view view() const { return {text_, length_}; }
  // False, and unchanged, when the name is longer than kMaxFileName.
  bool assign(std::u16string_view name) {
    if (name.size() > kMaxFileName) return false;
    for (length_ = 0; length_ < name.size(); ++length_) text_[length_] = name[length_];
    return true;
  }

 private:
  char16_t text_[kMaxFileName] = {};
  size_t length_ = 0;
};

// One file or directory that somebody has open. However often the same one is opened there is one node, counted: every pointer that a
// FileSystem gives out is paid back by one release(). All work that a caller was told has succeeded is seen by every other holder; it is on
// the medium after flush(). Statuses are those of EFI_FILE_PROTOCOL [UEFI 2.10, 13.5]: WRITE_PROTECTED on a read-only volume, VOLUME_FULL,
// VOLUME_CORRUPTED where the structures on the disk contradict each other, DEVICE_ERROR from the disk.
class FileNode {
 public:
  virtual void release() = 0;
  virtual Result<FileFacts> facts() = 0;
  virtual Result<> name(FileName& out) = 0;  // empty for the root
  virtual bool is_directory() const = 0;

  // Files. read() is short at the end of the file and 0 behind it; write() behind the end fills the gap with zeros. What write() returns is
  // less than asked for only together with a full volume: then the first call tells how much there was room for, VOLUME_FULL when none.
  virtual Result<uint64_t> read(uint64_t offset, MutableByteSpan out) = 0;
  virtual Result<uint64_t> write(uint64_t offset, ByteSpan in) = 0;
  virtual Result<> resize(uint64_t size) = 0;  // the new part reads as zeros

  // Directories. Names compare without case. find() is NOT_FOUND, create() ACCESS_DENIED where the name is taken and INVALID_PARAMETER
  // where the volume cannot hold such a name; "." and ".." are never asked for: a caller resolves them by parent(), which is nullptr for
  // the root.
  virtual Result<FileNode*> find(std::u16string_view name) = 0;
  virtual Result<FileNode*> create(std::u16string_view name, uint64_t attributes) = 0;
  virtual Result<FileNode*> parent() = 0;
  // The entry at the cursor, which starts at 0 and is moved on; NOT_FOUND behind the last. "." and ".." are told as they lie on the volume.
  virtual Result<> next_entry(uint64_t& cursor, FileName& name, FileFacts& facts) = 0;

  // ACCESS_DENIED for the root, for a directory that is not empty, and for a read-only file. Afterwards the
  // node answers DEVICE_ERROR to everything but release(), to every holder, as 13.5 has it for a file that was deleted.
  virtual Result<> remove() = 0;
  // Under a new name in a directory of the same volume, at once or not at all.
  virtual Result<> rename(FileNode& directory, std::u16string_view name) = 0;
  virtual Result<> set_attributes(uint64_t attributes) = 0;  // DIRECTORY cannot be changed
  virtual Result<> set_times(const efi::Time& created, const efi::Time& accessed, const efi::Time& modified) = 0;  // a zero one stays
  virtual Result<> flush() = 0;

 protected:
  ~FileNode() = default;
};

class FileSystem {
 public:
  virtual Result<FileNode*> root() = 0;
  virtual Result<VolumeFacts> facts() = 0;
  virtual Result<> label(FileName& out) = 0;
  virtual Result<> set_label(std::u16string_view label) = 0;
  virtual Result<> flush() = 0;

 protected:
  ~FileSystem() = default;
};

// The time that a file system stamps its entries with.
class FileClock {
 public:
  virtual efi::Time now() = 0;

 protected:
  ~FileClock() = default;
};

}  // namespace efilite::core
