// SPDX-License-Identifier: BSD-2-Clause-Patent
// Boot images of a CD: "El Torito" Bootable CD-ROM Format Specification 1.0, by way of ISO-9660's volume descriptors
// [UEFI 2.10, 13.3.2.1]. The image may lie on a disk of smaller blocks just as well.
#include <algorithm>

#include "base/log.hpp"
#include "fs/partitions/partitions.hpp"

namespace efilite::fs {

namespace {

constexpr uint64_t kSector = 2048;
constexpr uint64_t kFirstDescriptor = 16;
constexpr uint64_t kMostDescriptors = 32;
constexpr size_t kEntry = 32;  // bytes of one in the catalog
constexpr std::string_view kIso = "CD001";
constexpr std::string_view kElTorito = "EL TORITO SPECIFICATION";
enum : uint8_t { kBootRecord = 0, kPrimary = 1, kTerminator = 255 };  // types of descriptors
enum : uint8_t { kBootable = 0x88, kSection = 0x90, kLastSection = 0x91, kEfi = 0xEF };

struct BootEntry {
  uint8_t indicator;
  uint8_t media;  // its low four bits
  uint16_t load_segment;
  uint8_t system_type;
  uint8_t unused;
  uint16_t sector_count;
  uint32_t lba;
};
static_assert(sizeof(BootEntry) == 12);

bool says(ByteSpan bytes, size_t at, std::string_view text) { return memcmp(bytes.data() + at, text.data(), text.size()) == 0; }

Result<ByteSpan> read_sector(DiskReader& disk, uint64_t sector) { return disk.read(sector * (kSector / disk.block_bytes()), kSector); }

struct Volume {
  uint32_t sectors = 0;  // of ISO-9660's; 0: not told
  uint32_t catalog = 0;  // 0: there is none
};

Volume find_volume(DiskReader& disk) {
  Volume out;
  for (uint64_t i = 0; i < kMostDescriptors && out.catalog == 0; ++i) {
    const auto descriptor = read_sector(disk, kFirstDescriptor + i);
    if (!descriptor || !says(*descriptor, 1, kIso)) break;
    const auto type = *read_at<uint8_t>(*descriptor, 0);
    if (type == kTerminator) break;
    if (type == kPrimary) out.sectors = *read_at<uint32_t>(*descriptor, 80);
    if (type == kBootRecord && says(*descriptor, 7, kElTorito)) out.catalog = *read_at<uint32_t>(*descriptor, 71);
  }
  return out;
}

// The validation entry: all its words together are 0.
bool is_catalog(ByteSpan catalog) {
  uint16_t sum = 0;
  for (size_t at = 0; at < kEntry; at += 2) sum = static_cast<uint16_t>(sum + *read_at<uint16_t>(catalog, at));
  return sum == 0 && *read_at<uint8_t>(catalog, 0) == 1 && *read_at<uint16_t>(catalog, 30) == 0xAA55;
}

// In blocks of the device; 0 for a medium that is none. [UEFI 2.10, 13.3.2.1] a count of 0 or 1 is the rest of the volume. What others
// count is, to edk2, sectors of the CD, and so the node has it; El Torito's own unit is a quarter of it.
uint64_t image_blocks(const BootEntry& entry, const Volume& volume, uint64_t per_sector, uint64_t blocks_left) {
  constexpr uint32_t kFloppy[] = {2400 / 4, 2880 / 4, 5760 / 4};  // 1.2, 1.44 and 2.88 MB
  const uint8_t media = entry.media & 0xF;
  if (media > 4) return 0;
  if (media >= 1 && media <= 3) return kFloppy[media - 1] * per_sector;
  if (entry.sector_count > 1) return entry.sector_count * per_sector;
  const bool inside = volume.sectors > entry.lba;
  return inside ? std::min((volume.sectors - entry.lba) * per_sector, blocks_left) : blocks_left;
}

}  // namespace

Result<bool> tell_el_torito(DiskReader& disk, core::PartitionVisitor& visitor) {
  if (disk.block_bytes() > kSector) return false;
  const Volume volume = find_volume(disk);
  if (volume.catalog == 0) return false;
  const auto catalog = read_sector(disk, volume.catalog);
  if (!catalog || !is_catalog(*catalog)) {
    log::line("efilite: El Torito: there is no boot catalog in sector ", volume.catalog);
    return false;
  }
  const uint64_t per_sector = kSector / disk.block_bytes(), blocks = disk.device().block_count();
  auto platform = *read_at<uint8_t>(*catalog, 1);
  uint32_t number = 1;
  bool told = false;
  for (size_t at = kEntry; at < kSector; at += kEntry) {
    const auto entry = *read_at<BootEntry>(*catalog, at);
    if (entry.indicator == kSection || entry.indicator == kLastSection) platform = entry.media;  // where a header has it
    if (entry.indicator != kBootable || entry.lba == 0) continue;
    // edk2 counts those that can be booted, with 0 for the initial one alone.
    if (at == kEntry) number = 0;
    efi::CdromNode node{{efi::kMediaPath, efi::kMediaCdrom, {sizeof node, 0}}, number++, entry.lba * per_sector, 0};
    const uint64_t left = node.partition_start < blocks ? blocks - node.partition_start : 0;
    node.partition_size = image_blocks(entry, volume, per_sector, left);
    efi::PartitionInfoProtocol info{};
    info.revision = info.kRevision;
    info.system = platform == kEfi;
    const uint64_t count = std::min(node.partition_size, left);
    if (count == 0) continue;
    told = true;
    TRY(visitor.visit({node.partition_start, count, &node.header, &info}));
  }
  return told;
}

}  // namespace efilite::fs
