// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "fs/fat_format.hpp"

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
  bool real = out.month >= 1 && out.month <= 12 && out.day >= 1 && out.hour < 24 && out.minute < 60 && out.second < 60 && t.hundredths < 200;
  return real ? out : efi::Time{};
}

namespace {

// The fields of a boot sector by their offset: half of them are not aligned.
struct BootSector {
  std::array<std::byte, 512> bytes;
  template <typename T>
  T at(size_t offset) const { return *read_at<T>(bytes, offset); }
  uint32_t sector_bytes() const { return at<uint16_t>(11); }
  uint32_t cluster_sectors() const { return at<uint8_t>(13); }
  uint32_t reserved() const { return at<uint16_t>(14); }
  uint32_t fats() const { return at<uint8_t>(16); }
  uint32_t root_slots() const { return at<uint16_t>(17); }
  uint8_t media() const { return at<uint8_t>(21); }
  uint64_t sectors() const { return at<uint16_t>(19) != 0 ? at<uint16_t>(19) : at<uint32_t>(32); }
  // Only FAT32 leaves the 16-bit field zero: small volumes of that kind exist, so the count of clusters is no sign of it.
  bool is_fat32() const { return at<uint16_t>(22) == 0; }
  uint64_t fat_sectors() const { return is_fat32() ? at<uint32_t>(36) : at<uint16_t>(22); }
  size_t extension() const { return is_fat32() ? 64 : 36; }

  // Other file systems leave most of these fields zero.
  bool looks_like_fat() const {
    uint8_t jump = at<uint8_t>(0);
    return (jump == 0xEB || jump == 0xE9) && std::has_single_bit(sector_bytes()) && sector_bytes() >= 512 && sector_bytes() <= 4096 &&
           std::has_single_bit(cluster_sectors()) && reserved() != 0 && fats() != 0 && (media() == 0xF0 || media() >= 0xF8) && fat_sectors() != 0;
  }
};

Result<> read_fat32_fields(const BootSector& boot, BlockCache& disk, FatGeometry& g) {
  const uint64_t sector = boot.sector_bytes();
  g.root_cluster = boot.at<uint32_t>(44);
  if (!g.has(g.root_cluster) || boot.root_slots() != 0 || boot.at<uint16_t>(42) != 0) return Status::VolumeCorrupted;
  // Bit 7 of the flags: only one FAT is in use, and the low bits say which.
  if (uint16_t flags = boot.at<uint16_t>(40); (flags & 0x80) != 0) {
    if ((flags & 0xF) >= boot.fats()) return Status::VolumeCorrupted;
    g.fat_at += (flags & 0xF) * g.fat_bytes;
    g.fat_copies = 1;
  }
  const uint32_t info = boot.at<uint16_t>(48), backup = boot.at<uint16_t>(50);
  if (info != 0 && info < boot.reserved()) {
    const uint64_t at = info * sector;
    const bool real = TRY(disk.get<uint32_t>(at)) == 0x41615252 && TRY(disk.get<uint32_t>(at + 484)) == 0x61417272;
    if (real) g.info_at = at;
  }
  if (backup != 0 && backup < boot.reserved() && backup != info) g.backup_at = backup * sector;
  return {};
}

}  // namespace

Result<FatGeometry> read_geometry(BlockCache& disk) {
  if (disk.size() < 512) return Status::Unsupported;
  BootSector boot;
  TRY(disk.read(0, boot.bytes));
  if (!boot.looks_like_fat()) return Status::Unsupported;
  const uint64_t sector = boot.sector_bytes();
  if (sector < disk.block_bytes()) return Status::Unsupported;  // nothing on it would begin where a block does

  FatGeometry g{};
  g.cluster_bytes = boot.sector_bytes() * boot.cluster_sectors();
  g.cluster_shift = static_cast<uint32_t>(std::countr_zero(g.cluster_bytes));
  g.fat_at = boot.reserved() * sector;
  g.fat_bytes = boot.fat_sectors() * sector;
  g.fat_copies = boot.fats();
  g.root_at = g.fat_at + g.fat_copies * g.fat_bytes;
  g.root_slots = boot.root_slots();
  g.data_at = g.root_at + (g.root_slots * uint64_t{kSlotBytes} + sector - 1) / sector * sector;
  const uint64_t end = boot.sectors() * sector;
  if (end > disk.size() || g.data_at >= end) return Status::VolumeCorrupted;

  const uint64_t clusters = (end - g.data_at) >> g.cluster_shift;
  g.type = boot.is_fat32() ? FatType::Fat32 : clusters < 4085 ? FatType::Fat12 : FatType::Fat16;
  const uint64_t most = g.type == FatType::Fat32 ? 0x0FFF'FFF5 : 65524;
  const uint64_t entries = g.fat_bytes * 8 / static_cast<uint64_t>(g.type);
  if (clusters == 0 || clusters > most || entries < 3) return Status::VolumeCorrupted;
  g.clusters = static_cast<uint32_t>(clusters < entries - 2 ? clusters : entries - 2);

  if (g.type == FatType::Fat32) TRY(read_fat32_fields(boot, disk, g));
  else if (g.root_slots == 0 || g.root_slots * kSlotBytes % disk.block_bytes() != 0) return Status::VolumeCorrupted;
  if (boot.at<uint8_t>(boot.extension() + 2) == 0x29) g.label_at = boot.extension() + 7;
  return g;
}

}  // namespace efilite::fs
