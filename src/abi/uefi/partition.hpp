// SPDX-License-Identifier: BSD-2-Clause-Patent
// Partition tables as they lie on a disk, and what programs are told of a partition [UEFI 2.10, 5.2, 5.3, 10.3.5.2 and 13.18].
#pragma once

#include "abi/uefi/block.hpp"

namespace efilite::efi {

// [UEFI 2.10, 5.2.1] Numbers of blocks, whatever a block's size is.
struct [[gnu::packed]] MbrRecord {
  uint8_t boot_indicator;  // 0x80: legacy code starts here
  uint8_t starting_chs[3];
  uint8_t os_type;  // 0: the record is not used
  uint8_t ending_chs[3];
  uint32_t starting_lba;
  uint32_t size_in_lba;
};
static_assert(sizeof(MbrRecord) == 16);

struct [[gnu::packed]] MasterBootRecord {
  uint8_t boot_code[440];
  uint32_t unique_signature;
  uint16_t unknown;
  MbrRecord records[4];
  uint16_t signature;  // kMbrSignature
};
static_assert(sizeof(MasterBootRecord) == 512 && offsetof(MasterBootRecord, records) == 446);

inline constexpr uint16_t kMbrSignature = 0xAA55;
inline constexpr uint8_t kMbrTypeSystem = 0xEF;      // an EFI System Partition
inline constexpr uint8_t kMbrTypeProtective = 0xEE;  // there is a GPT

// [UEFI 2.10, 5.3.2]
struct GptHeader {
  uint64_t signature;  // kGptSignature
  uint32_t revision;
  uint32_t header_size;
  uint32_t header_crc32;  // of header_size bytes, with this field as 0
  uint32_t reserved;
  uint64_t my_lba;
  uint64_t alternate_lba;
  uint64_t first_usable_lba;
  uint64_t last_usable_lba;
  Guid disk_guid;
  uint64_t partition_entry_lba;
  uint32_t number_of_entries;
  uint32_t size_of_entry;
  uint32_t entry_array_crc32;
  uint32_t padding;  // not of the header
};
inline constexpr uint32_t kGptHeaderSize = 92;
static_assert(sizeof(GptHeader) == 96 && offsetof(GptHeader, entry_array_crc32) == 88);
inline constexpr uint64_t kGptSignature = 0x5452'4150'2049'4645;  // "EFI PART"

// [UEFI 2.10, 5.3.3]
struct GptEntry {
  Guid type;  // zero: the entry is not used
  Guid unique;
  uint64_t starting_lba;
  uint64_t ending_lba;  // of the last block
  uint64_t attributes;
  Char16 name[36];
};
static_assert(sizeof(GptEntry) == 128);
inline constexpr uint64_t kGptNoBlockIo = 0x2;  // firmware shall make no EFI_BLOCK_IO_PROTOCOL for it

inline constexpr Guid kSystemPartitionType = {0xc12a7328, 0xf81f, 0x11d2, {0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b}};

// [UEFI 2.10, 13.18] EFI_PARTITION_INFO_PROTOCOL
enum class PartitionKind : uint32_t { Other = 0, Mbr = 1, Gpt = 2 };

struct PartitionInfoProtocol {
  static constexpr Guid kGuid = {0x8cf2f62c, 0xbc9b, 0x4821, {0x80, 0x8d, 0xec, 0x9e, 0xc4, 0x21, 0xa1, 0xa0}};
  static constexpr uint32_t kRevision = 0x0001000;
  uint32_t revision;
  PartitionKind kind;
  uint8_t system;  // 1: an EFI System Partition
  uint8_t reserved[7];
  union {
    MbrRecord mbr;
    GptEntry gpt;
  };
};
static_assert(sizeof(PartitionInfoProtocol) == 144 && offsetof(PartitionInfoProtocol, mbr) == 16);

inline constexpr uint8_t kHardDriveMbr = 1;  // HardDriveNode::format and, of what it is told by, signature_type
inline constexpr uint8_t kHardDriveGpt = 2;

// [UEFI 2.10, 10.3.5.2]
inline constexpr uint8_t kMediaCdrom = 0x02;
struct [[gnu::packed]] CdromNode {
  DevicePath header;
  uint32_t boot_entry;  // 0: the catalog's initial entry
  uint64_t partition_start;
  uint64_t partition_size;
};
static_assert(sizeof(CdromNode) == 24);

}  // namespace efilite::efi
