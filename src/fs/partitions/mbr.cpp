// SPDX-License-Identifier: BSD-2-Clause-Patent
// Legacy partition tables: the four records of an MBR [UEFI 2.10, 5.2], and the chain of tables in an extended partition, whose logical
// partitions are partitions of it, counted from 1 again, as edk2 has them.
#include <algorithm>
#include <array>

#include "base/log.hpp"
#include "base/static_vector.hpp"
#include "fs/partitions/partitions.hpp"

namespace efilite::fs {

namespace {

constexpr size_t kMostLogical = 64;  // and tables in a chain, with or without one

struct Found {
  Extent extent;
  efi::MbrRecord record;
};

using FoundList = StaticVector<Found, kMostLogical>;

bool is_used(const efi::MbrRecord& record) { return record.os_type != 0 && record.size_in_lba != 0; }
// Boot images for CDs and disks, and mformat's volumes, have a record for all of the disk, the table included.
bool is_real(const Found& found) { return is_used(found.record) && found.extent.first != 0; }
bool is_extended(const efi::MbrRecord& record) { return record.os_type == 0x05 || record.os_type == 0x0F || record.os_type == 0x85; }

// A table and not just the signature, which boot sectors of file systems have as well: their code or text lies where the records would be.
bool is_table(const efi::MasterBootRecord& mbr) {
  return mbr.signature == efi::kMbrSignature &&
         std::ranges::all_of(mbr.records, [](const efi::MbrRecord& record) { return (record.boot_indicator & 0x7F) == 0; });
}

Result<efi::MasterBootRecord> read_table(DiskReader& disk, uint64_t block) {
  return *read_at<efi::MasterBootRecord>(TRY(disk.read(block, sizeof(efi::MasterBootRecord))), 0);
}

const char* problem(const FoundList& found, size_t index, uint64_t blocks) {
  const Extent& extent = found[index].extent;
  if (extent.first >= blocks || extent.count > blocks - extent.first) return "it does not lie on the disk";
  for (size_t i = 0; i < found.size(); ++i) {
    if (i != index && is_real(found[i]) && extent.overlaps(found[i].extent)) return "another overlaps it";
  }
  return nullptr;
}

// Numbers are places in `found`. `offset`: where the device begins on its disk.
Result<bool> tell(DiskReader& disk, const FoundList& found, uint64_t offset, uint32_t signature, core::PartitionVisitor& visitor) {
  bool told = false;
  for (size_t i = 0; i < found.size(); ++i) {
    efi::PartitionInfoProtocol info{};
    info.revision = info.kRevision;
    info.kind = efi::PartitionKind::Mbr;
    info.mbr = found[i].record;
    if (!is_real(found[i])) continue;
    info.system = info.mbr.os_type == efi::kMbrTypeSystem;
    const auto number = static_cast<uint32_t>(i + 1);
    const char* why = problem(found, i, disk.device().block_count());
    if (info.mbr.os_type == efi::kMbrTypeProtective) why = "it stands for a GPT, of which there is none that can be used";
    if (why != nullptr) {
      leave_out(number, why);
      continue;
    }
    told = true;
    TRY(tell_hard_drive(visitor, found[i].extent, number, offset + found[i].extent.first, bytes_of(signature), info));
  }
  return told;
}

// A chain that comes back to where it was would tell the same again.
bool add_once(FoundList& list, const Found& found) {
  const bool known = std::ranges::any_of(list, [&](const Found& other) { return other.extent.first == found.extent.first; });
  return !known && list.push_back(found);
}

// Each table of the chain has up to one partition, by its distance from the table, and up to one record that leads on, by the distance
// from the extended partition's begin.
Result<bool> tell_logical(DiskReader& disk, uint64_t offset, core::PartitionVisitor& visitor) {
  FoundList found;
  uint64_t at = 0;
  for (size_t tables = 0; tables < kMostLogical; ++tables) {
    const auto block = read_table(disk, at);
    if (!block || !is_table(*block)) {
      log::line("efilite: the chain of logical partitions is broken behind number ", found.size());
      break;
    }
    uint64_t next = 0;
    for (const efi::MbrRecord& record : std::span(block->records).first<2>()) {
      const Extent extent = {at + record.starting_lba, record.size_in_lba};
      if (!is_used(record)) continue;
      if (is_extended(record)) next = record.starting_lba;
      else if (!add_once(found, {extent, record})) break;
    }
    if (next == 0) break;
    at = next;
  }
  return tell(disk, found, offset, 0, visitor);
}

}  // namespace

Result<bool> tell_mbr(DiskReader& disk, const core::Partition* self, core::PartitionVisitor& visitor) {
  const bool in_mbr = self != nullptr && self->info->kind == efi::PartitionKind::Mbr;
  uint64_t offset = self != nullptr ? self->first : 0;
  if (in_mbr && is_extended(self->info->mbr)) return tell_logical(disk, offset, visitor);
  const auto mbr = TRY(read_table(disk, 0));
  if (!is_table(mbr)) return false;
  FoundList found;
  for (const efi::MbrRecord& record : mbr.records) {
    (void)found.push_back({{record.starting_lba, record.size_in_lba}, record});
  }
  return tell(disk, found, offset, mbr.unique_signature, visitor);
}

}  // namespace efilite::fs
