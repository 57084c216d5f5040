// SPDX-License-Identifier: BSD-2-Clause-Patent
// GUID partition tables [UEFI 2.10, 5.3]. Nothing is ever repaired: that is for whoever owns the disk.
#include <bit>

#include "base/crc32.hpp"
#include "base/log.hpp"
#include "fs/partitions/partitions.hpp"

namespace efilite::fs {

namespace {

constexpr uint64_t kPrimary = 1;
// More than that is nonsense: usual is 128 entries of 128 bytes.
constexpr uint32_t kMostEntries = 1024;
constexpr uint64_t kMostBytes = 1024 * 1024;

struct Table {
  efi::GptHeader header{};
  ByteSpan entries;  // in the reader

  efi::GptEntry entry(uint32_t index) const { return *read_at<efi::GptEntry>(entries, uint64_t{index} * header.size_of_entry); }
};

uint32_t header_crc(ByteSpan header) {
  constexpr size_t kAt = offsetof(efi::GptHeader, header_crc32);
  constexpr uint32_t kZero = 0;
  uint32_t crc = crc32_feed(kCrc32Start, header.first(kAt));
  crc = crc32_feed(crc, bytes_of(kZero));
  return crc32_finish(crc32_feed(crc, header.subspan(kAt + sizeof kZero)));
}

// What is wrong with the table whose header lies in block `at`; nullptr when it can be used. Of a broken one the header may be there.
const char* load(DiskReader& disk, uint64_t at, Table& table) {
  efi::GptHeader& header = table.header;
  header = {};
  const auto block = disk.read(at, disk.block_bytes());
  if (!block) return "its header cannot be read";
  memcpy(&header, block->data(), sizeof header);
  if (header.signature != efi::kGptSignature) return "it has no signature";
  if (header.header_size < efi::kGptHeaderSize || header.header_size > disk.block_bytes()) return "its header has a wrong size";
  if (header_crc(block->first(header.header_size)) != header.header_crc32) return "its header's CRC is wrong";
  if (header.my_lba != at) return "its header belongs to another place";
  const uint64_t size = uint64_t{header.number_of_entries} * header.size_of_entry;
  if (!std::has_single_bit(header.size_of_entry) || header.size_of_entry < sizeof(efi::GptEntry) || size == 0 || size > kMostBytes ||
      header.number_of_entries > kMostEntries || header.partition_entry_lba <= kPrimary) {
    return "its entries cannot be so";
  }
  const auto entries = disk.read(header.partition_entry_lba, size);
  if (!entries) return "its entries cannot be read";
  if (crc32(*entries) != header.entry_array_crc32) return "its entries' CRC is wrong";
  table.entries = *entries;
  return nullptr;
}

// [UEFI 2.10, 5.2.3] one record of the protective MBR tells. Where others tell of partitions as well the disk is still one with a GPT, to
// Linux as to edk2.
Result<bool> has_protective_mbr(DiskReader& disk) {
  const auto mbr = *read_at<efi::MasterBootRecord>(TRY(disk.read(0, sizeof(efi::MasterBootRecord))), 0);
  if (mbr.signature != efi::kMbrSignature) return false;
  for (const efi::MbrRecord& record : mbr.records) {
    if (record.os_type == efi::kMbrTypeProtective && record.starting_lba == kPrimary) return true;
  }
  return false;
}

// The copy lies in the last block [UEFI 2.10, 5.3.1], or did when the disk was made.
bool load_either(DiskReader& disk, Table& table) {
  const char* const primary = load(disk, kPrimary, table);
  if (primary == nullptr) return true;
  const bool is_gpt = table.header.signature == efi::kGptSignature;
  const uint64_t last = disk.device().block_count() - 1, alternate = is_gpt ? table.header.alternate_lba : last;
  const char* backup = alternate > kPrimary ? load(disk, alternate, table) : primary;
  if (backup != nullptr && alternate != last) backup = load(disk, last, table);
  // A CD that can be written to a disk as well may have a GPT of the disk's blocks, and none of its own.
  if (is_gpt || backup == nullptr) {
    log::line("efilite: GPT: ", primary, backup == nullptr ? "; the backup copy is used" : "; the backup copy cannot be used either");
  }
  return backup == nullptr;
}

bool is_used(const efi::GptEntry& entry) { return entry.type != efi::Guid{}; }

const char* problem(const Table& table, uint32_t index, const efi::GptEntry& entry, uint64_t blocks) {
  const efi::GptHeader& header = table.header;
  if (entry.starting_lba > entry.ending_lba) return "it ends before it begins";
  const bool usable = entry.starting_lba >= header.first_usable_lba && entry.ending_lba <= header.last_usable_lba;
  if (!usable) return "it lies outside of the usable blocks";
  if (entry.starting_lba <= kPrimary || entry.ending_lba >= blocks) return "it does not lie on the disk";
  for (uint32_t i = 0; i < header.number_of_entries; ++i) {
    const efi::GptEntry other = table.entry(i);
    if (i != index && is_used(other) && other.starting_lba <= entry.ending_lba && entry.starting_lba <= other.ending_lba) {
      return "another overlaps it";
    }
  }
  return nullptr;
}

}  // namespace

Result<bool> tell_gpt(DiskReader& disk, core::PartitionVisitor& visitor) {
  Table table;
  if (!TRY(has_protective_mbr(disk)) || !load_either(disk, table)) return false;
  for (uint32_t i = 0; i < table.header.number_of_entries; ++i) {
    efi::PartitionInfoProtocol info{};
    info.revision = info.kRevision;
    info.kind = efi::PartitionKind::Gpt;
    info.gpt = table.entry(i);
    if (!is_used(info.gpt) || (info.gpt.attributes & efi::kGptNoBlockIo) != 0) continue;
    info.system = info.gpt.type == efi::kSystemPartitionType;
    const uint32_t number = i + 1;
    if (const char* why = problem(table, i, info.gpt, disk.device().block_count()); why != nullptr) {
      leave_out(number, why);
      continue;
    }
    const Extent extent = {info.gpt.starting_lba, info.gpt.ending_lba - info.gpt.starting_lba + 1};
    TRY(tell_hard_drive(visitor, extent, number, extent.first, bytes_of(info.gpt.unique), info));
  }
  return true;
}

}  // namespace efilite::fs
