// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_SIMPLE_FILE_SYSTEM_PROTOCOL and EFI_FILE_PROTOCOL [UEFI 2.10, 13.4 and 13.5].
#pragma once

#include "abi/uefi/types.hpp"

namespace efilite::efi {

// [UEFI 2.10, 13.5.2] OpenMode and attributes
inline constexpr uint64_t kFileModeRead = 1;
inline constexpr uint64_t kFileModeWrite = 2;
inline constexpr uint64_t kFileModeCreate = uint64_t{1} << 63;
inline constexpr uint64_t kFileReadOnly = 0x01;
inline constexpr uint64_t kFileHidden = 0x02;
inline constexpr uint64_t kFileSystem = 0x04;
inline constexpr uint64_t kFileDirectory = 0x10;
inline constexpr uint64_t kFileArchive = 0x20;
inline constexpr uint64_t kFileValidAttributes = 0x37;
// [UEFI 2.10, 13.5.11] SetPosition's end of the file
inline constexpr uint64_t kEndOfFilePosition = UINT64_MAX;

// [UEFI 2.10, 13.5.7]
struct FileIoToken {
  Event event;
  EfiStatus status;
  Uintn buffer_size;
  void* buffer;
};
static_assert(sizeof(FileIoToken) == 32);

struct FileProtocol {
  static constexpr uint64_t kRevision2 = 0x00020000;
  uint64_t revision;
  EfiStatus(EFIAPI* open)(FileProtocol* self, FileProtocol** opened, Char16* name, uint64_t mode, uint64_t attributes);
  EfiStatus(EFIAPI* close)(FileProtocol* self);
  EfiStatus(EFIAPI* remove)(FileProtocol* self);
  EfiStatus(EFIAPI* read)(FileProtocol* self, Uintn* size, void* buffer);
  EfiStatus(EFIAPI* write)(FileProtocol* self, Uintn* size, void* buffer);
  EfiStatus(EFIAPI* get_position)(FileProtocol* self, uint64_t* position);
  EfiStatus(EFIAPI* set_position)(FileProtocol* self, uint64_t position);
  EfiStatus(EFIAPI* get_info)(FileProtocol* self, Guid* type, Uintn* size, void* buffer);
  EfiStatus(EFIAPI* set_info)(FileProtocol* self, Guid* type, Uintn size, void* buffer);
  EfiStatus(EFIAPI* flush)(FileProtocol* self);
  // Revision 2: a volume of revision 1 has nothing here.
  EfiStatus(EFIAPI* open_ex)(FileProtocol* self, FileProtocol** opened, Char16* name, uint64_t mode, uint64_t attributes,
                             FileIoToken* token);
  EfiStatus(EFIAPI* read_ex)(FileProtocol* self, FileIoToken* token);
  EfiStatus(EFIAPI* write_ex)(FileProtocol* self, FileIoToken* token);
  EfiStatus(EFIAPI* flush_ex)(FileProtocol* self, FileIoToken* token);
};
static_assert(sizeof(FileProtocol) == 120);

struct SimpleFileSystemProtocol {
  static constexpr Guid kGuid = {0x964e5b22, 0x6459, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
  static constexpr uint64_t kRevision = 0x00010000;
  uint64_t revision;
  EfiStatus(EFIAPI* open_volume)(SimpleFileSystemProtocol* self, FileProtocol** root);
};

// [UEFI 2.10, 13.5.16] EFI_FILE_INFO; the name follows, with its NUL.
struct FileInfo {
  static constexpr Guid kGuid = {0x09576e92, 0x6d3f, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
  uint64_t size;  // of this structure with the name
  uint64_t file_size;
  uint64_t physical_size;
  Time create_time;
  Time last_access_time;
  Time modification_time;
  uint64_t attribute;
};
static_assert(sizeof(FileInfo) == 80);

// [UEFI 2.10, 13.5.17] EFI_FILE_SYSTEM_INFO; the label follows, with its NUL. Packed, for it begins where C would pad.
struct [[gnu::packed]] FileSystemInfo {
  static constexpr Guid kGuid = {0x09576e93, 0x6d3f, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
  uint64_t size;
  Boolean read_only;
  uint8_t pad[7];
  uint64_t volume_size;
  uint64_t free_space;
  uint32_t block_size;
};
static_assert(sizeof(FileSystemInfo) == 36);

// [UEFI 2.10, 13.5.18] EFI_FILE_SYSTEM_VOLUME_LABEL is nothing but the label.
inline constexpr Guid kFileSystemVolumeLabel = {0xdb47d7d3, 0xfe81, 0x11d3, {0x9a, 0x35, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}};

}  // namespace efilite::efi
