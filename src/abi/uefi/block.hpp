// SPDX-License-Identifier: BSD-2-Clause-Patent
// Disks as programs see them: blocks, bytes, and disks made of memory [UEFI 2.10, 13.7 to 13.10 and 13.17].
#pragma once

#include "abi/uefi/types.hpp"

namespace efilite::efi {

// [UEFI 2.10, 13.9.1] EFI_BLOCK_IO_MEDIA
struct BlockIoMedia {
  uint32_t media_id;
  Boolean removable_media;
  Boolean media_present;
  Boolean logical_partition;
  Boolean read_only;
  Boolean write_caching;
  uint32_t block_size;
  uint32_t io_align;  // 0 and 1: buffers may lie anywhere
  uint64_t last_block;
  uint64_t lowest_aligned_lba;
  uint32_t logical_blocks_per_physical_block;
  uint32_t optimal_transfer_length_granularity;
};
static_assert(sizeof(BlockIoMedia) == 48 && offsetof(BlockIoMedia, last_block) == 24);

struct BlockIoProtocol {
  static constexpr Guid kGuid = {0x964e5b21, 0x6459, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
  static constexpr uint64_t kRevision3 = 0x0002001F;
  uint64_t revision;
  BlockIoMedia* media;
  EfiStatus(EFIAPI* reset)(BlockIoProtocol* self, Boolean extended_verification);
  EfiStatus(EFIAPI* read_blocks)(BlockIoProtocol* self, uint32_t media_id, uint64_t lba, Uintn size, void* buffer);
  EfiStatus(EFIAPI* write_blocks)(BlockIoProtocol* self, uint32_t media_id, uint64_t lba, Uintn size, void* buffer);
  EfiStatus(EFIAPI* flush_blocks)(BlockIoProtocol* self);
};
static_assert(sizeof(BlockIoProtocol) == 48);

// [UEFI 2.10, 13.10.1 and 13.8.1] BLOCK_IO2 and DISK_IO2 share the token's shape.
struct BlockToken {
  Event event;
  EfiStatus transaction_status;
};
struct BlockIo2Protocol {
  static constexpr Guid kGuid = {0xa77b2472, 0xe282, 0x4e9f, {0xa2, 0x45, 0xc2, 0xc0, 0xe2, 0x7b, 0xbc, 0xc1}};
  BlockIoMedia* media;
  EfiStatus(EFIAPI* reset)(BlockIo2Protocol* self, Boolean extended_verification);
  EfiStatus(EFIAPI* read_blocks_ex)(BlockIo2Protocol* self, uint32_t media_id, uint64_t lba, BlockToken* token, Uintn size, void* buffer);
  EfiStatus(EFIAPI* write_blocks_ex)(BlockIo2Protocol* self, uint32_t media_id, uint64_t lba, BlockToken* token, Uintn size, void* buffer);
  EfiStatus(EFIAPI* flush_blocks_ex)(BlockIo2Protocol* self, BlockToken* token);
};
static_assert(sizeof(BlockIo2Protocol) == 40);

// [UEFI 2.10, 13.7]
struct DiskIoProtocol {
  static constexpr Guid kGuid = {0xce345171, 0xba0b, 0x11d2, {0x8e, 0x4f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
  static constexpr uint64_t kRevision = 0x00010000;
  uint64_t revision;
  EfiStatus(EFIAPI* read_disk)(DiskIoProtocol* self, uint32_t media_id, uint64_t offset, Uintn size, void* buffer);
  EfiStatus(EFIAPI* write_disk)(DiskIoProtocol* self, uint32_t media_id, uint64_t offset, Uintn size, void* buffer);
};
static_assert(sizeof(DiskIoProtocol) == 24);

// [UEFI 2.10, 13.8]
struct DiskIo2Protocol {
  static constexpr Guid kGuid = {0x151c8eae, 0x7f2c, 0x472c, {0x9e, 0x54, 0x98, 0x28, 0x19, 0x4f, 0x6a, 0x88}};
  static constexpr uint64_t kRevision = 0x00020000;
  uint64_t revision;
  EfiStatus(EFIAPI* cancel)(DiskIo2Protocol* self);
  EfiStatus(EFIAPI* read_disk_ex)(DiskIo2Protocol* self, uint32_t media_id, uint64_t offset, BlockToken* token, Uintn size, void* buffer);
  EfiStatus(EFIAPI* write_disk_ex)(DiskIo2Protocol* self, uint32_t media_id, uint64_t offset, BlockToken* token, Uintn size, void* buffer);
  EfiStatus(EFIAPI* flush_disk_ex)(DiskIo2Protocol* self, BlockToken* token);
};
static_assert(sizeof(DiskIo2Protocol) == 40);

// [UEFI 2.10, 13.17]
struct RamDiskProtocol {
  static constexpr Guid kGuid = {0xab38a0df, 0x6873, 0x44a9, {0x87, 0xe6, 0xd4, 0xeb, 0x56, 0x14, 0x84, 0x49}};
  EfiStatus(EFIAPI* register_disk)(uint64_t base, uint64_t size, Guid* type, DevicePath* parent, DevicePath** path);
  EfiStatus(EFIAPI* unregister_disk)(DevicePath* path);
};

// [UEFI 2.10, 10.3.5.9] what a RAM disk stands for
inline constexpr Guid kVirtualDisk = {0x77ab535a, 0x45fc, 0x624b, {0x55, 0x60, 0xf7, 0xb2, 0x81, 0xd1, 0xf9, 0x6e}};
inline constexpr Guid kVirtualCd = {0x3d5abd30, 0x4175, 0x87ce, {0x6d, 0x64, 0xd2, 0xad, 0xe5, 0x23, 0xc4, 0xbb}};
inline constexpr Guid kPersistentVirtualCd = {0x08018188, 0x42cd, 0xbb48, {0x10, 0x0f, 0x53, 0x87, 0xd5, 0x3d, 0xed, 0x3d}};

inline constexpr uint8_t kMediaRamDisk = 0x09;
struct [[gnu::packed]] RamDiskNode {
  DevicePath header;
  uint64_t starting_address;
  uint64_t ending_address;  // of the last byte
  Guid type;
  uint16_t instance;
};
static_assert(sizeof(RamDiskNode) == 38);

// [UEFI 2.10, 10.3.5.1]
struct [[gnu::packed]] HardDriveNode {
  DevicePath header;
  uint32_t partition_number;
  uint64_t partition_start;
  uint64_t partition_size;
  uint8_t signature[16];
  uint8_t format;          // 1: MBR, 2: GPT
  uint8_t signature_type;  // 0: none, 1: the MBR's 32 bits, 2: a GUID
};
static_assert(sizeof(HardDriveNode) == 42);

}  // namespace efilite::efi
