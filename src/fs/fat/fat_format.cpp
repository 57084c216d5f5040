// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "fs/fat/fat_format.hpp"

#include <algorithm>
#include <bit>

namespace efilite::fs {

FatTime to_fat_time(const efi::Time& t) {
  if (t.year < 1980 || t.month == 0 || t.day == 0) return {.date = 1 << 5 | 1, .time = 0, .hundredths = 0};
  if (t.year > 2107) return {.date = 0x7F << 9 | 12 << 5 | 31, .time = 23 << 11 | 59 << 5 | 29, .hundredths = 199};
  return {.date = static_cast<uint16_t>((t.year - 1980) << 9 | (t.month & 15) << 5 | (t.day & 31)),
          .time = static_cast<uint16_t>((t.hour & 31) << 11 | (t.minute & 63) << 5 | (t.second & 63) / 2),
          .hundredths = static_cast<uint8_t>(t.second % 2 * 100 + t.nanosecond / 10'000'000 % 100)};
}

efi::Time to_efi_time(FatTime t) {
  efi::Time out{};
  out.year = static_cast<uint16_t>(1980 + (t.date >> 9));
  out.month = t.date >> 5 & 15;
  out.day = t.date & 31;
  out.hour = static_cast<uint8_t>(t.time >> 11);
  out.minute = t.time >> 5 & 63;
  out.second = static_cast<uint8_t>((t.time & 31) * 2 + t.hundredths / 100);
  out.nanosecond = t.hundredths % 100 * 10'000'000u;
  out.time_zone = efi::kUnspecifiedTimezone;
  const bool is_date = out.month >= 1 && out.month <= 12 && out.day >= 1;
  const bool real = is_date && out.hour < 24 && out.minute < 60 && out.second < 60 && t.hundredths < 200;
  return real ? out : efi::Time{};
}

namespace {

// Other file systems leave most of these fields zero.
bool looks_like_fat(const BootSector& boot) {
  return (boot.jump[0] == 0xEB || boot.jump[0] == 0xE9) && std::has_single_bit(boot.sector_bytes) && boot.sector_bytes >= 512 &&
         boot.sector_bytes <= 4096 && std::has_single_bit(boot.cluster_sectors) && boot.reserved_sectors != 0 && boot.fats != 0 &&
         (boot.media == 0xF0 || boot.media >= 0xF8) && (boot.fat_sectors16 != 0 || boot.fat_sectors32 != 0);
}

// Bit 7 of the flags: only one FAT is in use, and the low bits say which.
Result<> set_fat32_fields(const BootSector& boot, FatGeometry& g) {
  g.root_cluster = boot.root_cluster;
  if (!g.has(g.root_cluster) || boot.root_slots != 0 || boot.version != 0) return Status::VolumeCorrupted;
  if ((boot.flags & 0x80) == 0) return {};
  if ((boot.flags & 0xF) >= boot.fats) return Status::VolumeCorrupted;
  g.fat_at += (boot.flags & 0xF) * g.fat_bytes;
  g.fat_copies = 1;
  return {};
}

// The sectors behind the first that FAT32 keeps for itself.
Result<> find_fat32_sectors(const BootSector& boot, BlockCache& disk, FatGeometry& g) {
  const uint64_t sector = boot.sector_bytes;
  const uint32_t info = boot.info_sector, backup = boot.backup_sector;
  if (info != 0 && info < boot.reserved_sectors) {
    const bool real = TRY(disk.get<uint32_t>(info * sector)) == 0x41615252 && TRY(disk.get<uint32_t>(info * sector + 484)) == 0x61417272;
    if (real) g.info_at = info * sector;
  }
  if (backup != 0 && backup < boot.reserved_sectors && backup != info) g.backup_at = backup * sector;
  return {};
}

bool is_fat32(const BootSector& boot) { return boot.fat_sectors16 == 0; }  // small ones exist: the count of clusters is no sign of it

}  // namespace

Result<FatGeometry> geometry_of(const BootSector& boot, const core::BlockDevice& device) {
  // Sectors smaller than the disk's blocks are those of a boot image on a CD. To write one of them would be to write its neighbours.
  const bool read_only = device.read_only();
  const uint64_t block = device.block_size(), sector = boot.sector_bytes;
  if (!looks_like_fat(boot) || (sector < block && !read_only)) return Status::Unsupported;

  FatGeometry g{};
  g.cluster_bytes = uint32_t{boot.sector_bytes} * boot.cluster_sectors;
  g.cluster_shift = static_cast<uint32_t>(std::countr_zero(g.cluster_bytes));
  g.fat_at = boot.reserved_sectors * sector;
  g.fat_bytes = (is_fat32(boot) ? boot.fat_sectors32 : boot.fat_sectors16) * sector;
  g.fat_copies = boot.fats;
  g.root_at = g.fat_at + g.fat_copies * g.fat_bytes;
  g.root_slots = boot.root_slots;
  g.data_at = g.root_at + ((g.root_slots * uint64_t{kSlotBytes} + sector - 1) & ~(sector - 1));
  const uint64_t end = (boot.sectors16 != 0 ? boot.sectors16 : boot.sectors32) * sector;
  if ((end - 1) / block >= device.block_count() || g.data_at >= end) return Status::VolumeCorrupted;

  const uint64_t clusters = (end - g.data_at) >> g.cluster_shift;
  g.type = is_fat32(boot) ? FatType::Fat32 : clusters < 4085 ? FatType::Fat12 : FatType::Fat16;
  const uint64_t most = is_fat32(boot) ? 0x0FFF'FFF5 : 65524;
  const uint64_t entries = g.fat_bytes * 8 / static_cast<uint32_t>(g.type);
  if (clusters == 0 || clusters > most || entries < 3) return Status::VolumeCorrupted;
  g.clusters = static_cast<uint32_t>(std::min(clusters, entries - 2));

  if (is_fat32(boot)) TRY(set_fat32_fields(boot, g));
  else if (g.root_slots == 0 || (g.root_slots * kSlotBytes % block != 0 && !read_only)) return Status::VolumeCorrupted;
  return g;
}

Result<FatGeometry> read_geometry(BlockCache& disk) {
  if (disk.size() < 512) return Status::Unsupported;
  const auto boot = TRY(disk.get<BootSector>(0));
  FatGeometry g = TRY(geometry_of(boot, disk.device()));
  if (is_fat32(boot)) TRY(find_fat32_sectors(boot, disk, g));
  const uint64_t extension = is_fat32(boot) ? sizeof(BootSector) : offsetof(BootSector, fat_sectors32);
  const auto more = TRY(disk.get<BootExtension>(extension));
  if (more.signature == kHasLabel) g.label_at = extension + offsetof(BootExtension, label);
  return g;
}

}  // namespace efilite::fs
