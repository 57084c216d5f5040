// SPDX-License-Identifier: BSD-2-Clause-Patent
// FAT on the disk, after Microsoft's "FAT: General Overview of On-Disk Format", which UEFI adopts [UEFI 2.10, 13.3]: the structures, and
// what the boot sector says about a volume.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "abi/uefi/types.hpp"
#include "base/result.hpp"
#include "fs/fat/block_cache.hpp"

namespace efilite::fs {

// The first sector. Half of its fields are not aligned.
struct [[gnu::packed]] BootSector {
  uint8_t jump[3];
  uint8_t oem_name[8];
  uint16_t sector_bytes;
  uint8_t cluster_sectors;
  uint16_t reserved_sectors;
  uint8_t fats;
  uint16_t root_slots;
  uint16_t sectors16;  // 0: sectors32 says it
  uint8_t media;
  uint16_t fat_sectors16;  // 0: this is FAT32
  uint16_t track_sectors;
  uint16_t heads;
  uint32_t hidden_sectors;
  uint32_t sectors32;
  // From here on FAT32.
  uint32_t fat_sectors32;
  uint16_t flags;
  uint16_t version;
  uint32_t root_cluster;
  uint16_t info_sector;
  uint16_t backup_sector;
  uint8_t reserved[12];
};
static_assert(sizeof(BootSector) == 64 && offsetof(BootSector, root_cluster) == 44);

// Behind it, and on FAT12 and FAT16 behind sectors32.
struct [[gnu::packed]] BootExtension {
  uint8_t drive;
  uint8_t reserved;
  uint8_t signature;  // kHasLabel: the two fields behind are there
  uint32_t serial;
  uint8_t label[11];
};
inline constexpr uint8_t kHasLabel = 0x29;

// Attributes of a directory entry. READ_ONLY, HIDDEN, SYSTEM, DIRECTORY and ARCHIVE have the values of EFI_FILE_*.
inline constexpr uint8_t kAttrReadOnly = 0x01;
inline constexpr uint8_t kAttrVolumeId = 0x08;
inline constexpr uint8_t kAttrDirectory = 0x10;
inline constexpr uint8_t kAttrArchive = 0x20;
inline constexpr uint8_t kAttrLongName = 0x0F;
inline constexpr uint8_t kAttrMask = 0x3F;
inline constexpr uint8_t kAttrSettable = 0x27;

inline constexpr uint8_t kSlotEnd = 0x00;   // this slot and all behind it are free
inline constexpr uint8_t kSlotFree = 0xE5;
inline constexpr uint8_t kSlotIsE5 = 0x05;  // stands for a name that begins with E5

// Windows NT's bits in the byte behind the attributes: the name, or the extension, is in lower case.
inline constexpr uint8_t kNameIsLower = 0x08;
inline constexpr uint8_t kExtensionIsLower = 0x10;

using ShortName = std::array<uint8_t, 11>;  // eight and three, padded with spaces

struct ShortEntry {
  ShortName name;
  uint8_t attributes;
  uint8_t nt_case;
  uint8_t created_hundredths;  // 0..199
  uint16_t created_time;
  uint16_t created_date;
  uint16_t accessed_date;
  uint16_t first_high;  // FAT32 only
  uint16_t modified_time;
  uint16_t modified_date;
  uint16_t first_low;
  uint32_t size;
};
static_assert(sizeof(ShortEntry) == 32 && offsetof(ShortEntry, first_low) == 26);

// A slot of a long name: thirteen characters, in three places.
struct LongEntry {
  uint8_t order;  // 1.., with kLastLong in the one that lies first and ends the name
  uint8_t name1[10];
  uint8_t attributes;
  uint8_t type;
  uint8_t checksum;  // of the short name that the long one belongs to
  uint8_t name2[12];
  uint16_t first_low;
  uint8_t name3[4];
};
static_assert(sizeof(LongEntry) == 32 && offsetof(LongEntry, name2) == 14 && offsetof(LongEntry, name3) == 28);
inline constexpr uint8_t kLastLong = 0x40;
inline constexpr size_t kLongChars = 13;
inline constexpr size_t kMostLongSlots = 20;
inline constexpr uint32_t kSlotBytes = 32;
inline constexpr uint32_t kMostSlots = 65536;  // of a directory

// Local time, two seconds apart, 1980 to 2107.
struct FatTime {
  uint16_t date;
  uint16_t time;
  uint8_t hundredths;
};
FatTime to_fat_time(const efi::Time& time);  // the nearest that there is
efi::Time to_efi_time(FatTime time);         // zero for what is no time

enum class FatType : uint8_t { Fat12 = 12, Fat16 = 16, Fat32 = 32 };

// Where everything lies, in bytes from the begin of the volume, and checked against the size of the device.
struct FatGeometry {
  FatType type;
  uint32_t cluster_bytes;  // a power of two
  uint32_t cluster_shift;
  uint32_t clusters;       // numbered from 2
  uint64_t fat_at;         // the copy that is read
  uint64_t fat_bytes;      // of one copy
  uint32_t fat_copies;     // 1 where the volume says that copies are not kept alike
  uint64_t root_at;        // FAT12 and FAT16
  uint32_t root_slots;
  uint32_t root_cluster;   // FAT32
  uint64_t data_at;        // cluster 2
  uint64_t info_at;        // FAT32's FSInfo; 0: there is none
  uint64_t label_at;       // the label in the boot sector; 0: there is none
  uint64_t backup_at;      // the boot sector's copy; 0: there is none

  bool has(uint32_t cluster) const { return cluster >= 2 && cluster - 2 < clusters; }
  uint64_t address(uint32_t cluster) const { return data_at + (uint64_t{cluster - 2} << cluster_shift); }
};

// UNSUPPORTED: this is no FAT volume. VOLUME_CORRUPTED: it is one, but what it says of itself cannot be.
// By the first sector alone: what lies in others is left at 0.
Result<FatGeometry> geometry_of(const BootSector& boot, const core::BlockDevice& device);
Result<FatGeometry> read_geometry(BlockCache& disk);

}  // namespace efilite::fs
