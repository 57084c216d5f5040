// SPDX-License-Identifier: BSD-2-Clause-Patent
// Disks with partition tables on them, right or wrong in one place, and a visitor that keeps what it is told.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "base/crc32.hpp"
#include "fs/partitions/partitions.hpp"
#include "tests/support/block_device.hpp"
#include "tests/support/memory.hpp"

namespace efilite::test {

struct ToldPartition {
  uint64_t first, count;
  alignas(8) efi::HardDriveNode hd{};  // where the node is one
  alignas(8) efi::CdromNode cd{};      // and so fields of the packed nodes are where references may be taken to them
  efi::PartitionInfoProtocol info;
};

class PartitionList final : public core::PartitionVisitor {
 public:
  std::vector<ToldPartition> all;
  Status answer = Status::Success;
  Result<> visit(const core::Partition& partition) override {
    ToldPartition told{partition.first, partition.count, {}, {}, *partition.info};
    const size_t size = partition.node->length[0] | partition.node->length[1] << 8;
    if (partition.node->type != efi::kMediaPath) __builtin_trap();
    if (partition.node->sub_type == efi::kMediaHardDrive && size == sizeof told.hd) memcpy(&told.hd, partition.node, size);
    else if (partition.node->sub_type == efi::kMediaCdrom && size == sizeof told.cd) memcpy(&told.cd, partition.node, size);
    else __builtin_trap();
    all.push_back(told);
    return answer == Status::Success ? Result<>() : Result<>(answer);
  }
};

template <typename T>
void poke(FakeDisk& disk, uint64_t at, const T& value) {
  memcpy(disk.bytes.data() + at, &value, sizeof value);
}
template <typename T>
T peek(const FakeDisk& disk, uint64_t at) {
  T value;
  memcpy(&value, disk.bytes.data() + at, sizeof value);
  return value;
}

inline efi::MbrRecord mbr_record(uint8_t type, uint32_t first, uint32_t count) { return {0, {}, type, {}, first, count}; }

inline void put_mbr(FakeDisk& disk, std::vector<efi::MbrRecord> records, uint64_t block = 0, uint32_t signature = 0x12345678) {
  efi::MasterBootRecord mbr{};
  for (size_t i = 0; i < records.size(); ++i) mbr.records[i] = records[i];
  mbr.unique_signature = signature;
  mbr.signature = efi::kMbrSignature;
  poke(disk, block * disk.size_of_block, mbr);
}

inline efi::GptEntry gpt_entry(uint64_t first, uint64_t last, efi::Guid type = efi::kSystemPartitionType) {
  efi::GptEntry entry{};
  entry.type = type;
  entry.unique = {static_cast<uint32_t>(first), 2, 3, {4}};
  entry.starting_lba = first;
  entry.ending_lba = last;
  return entry;
}

// A GPT as partitioning programs make it; then the copies can be spoilt one by one.
struct GptMaker {
  explicit GptMaker(FakeDisk& on, std::vector<efi::GptEntry> content = {}, uint32_t number = 128, uint32_t entry_size = 128)
      : disk(on), entries(content), count(number), size(entry_size) {
    put_mbr(disk, {mbr_record(efi::kMbrTypeProtective, 1, static_cast<uint32_t>(last()))});
    put();
  }
  FakeDisk& disk;
  std::vector<efi::GptEntry> entries;
  uint32_t count, size;

  uint64_t last() const { return disk.block_count() - 1; }
  uint64_t array_blocks() const { return (uint64_t{count} * size + disk.size_of_block - 1) / disk.size_of_block; }
  uint64_t header_at(bool backup) const { return (backup ? last() : 1) * disk.size_of_block; }
  efi::GptHeader header(bool backup) const { return peek<efi::GptHeader>(disk, header_at(backup)); }

  void put() {
    put_copy(false);
    put_copy(true);
  }
  void put_copy(bool backup) {
    efi::GptHeader header{};
    header.signature = efi::kGptSignature;
    header.revision = 0x10000;
    header.header_size = efi::kGptHeaderSize;
    header.my_lba = backup ? last() : 1;
    header.alternate_lba = backup ? 1 : last();
    header.first_usable_lba = 2 + array_blocks();
    header.last_usable_lba = last() - array_blocks() - 1;
    header.disk_guid = {9, 9, 9, {}};
    header.partition_entry_lba = backup ? last() - array_blocks() : 2;
    header.number_of_entries = count;
    header.size_of_entry = size;
    for (uint32_t i = 0; i < count; ++i) {
      poke(disk, header.partition_entry_lba * disk.size_of_block + uint64_t{i} * size, i < entries.size() ? entries[i] : efi::GptEntry{});
    }
    put_header(backup, header);
  }
  // With the CRCs that it ought to have.
  void put_header(bool backup, efi::GptHeader header) {
    const uint64_t from = header.partition_entry_lba * disk.size_of_block;
    const uint64_t length = uint64_t{header.number_of_entries} * header.size_of_entry;
    if (from < disk.bytes.size() && length <= disk.bytes.size() - from)
      header.entry_array_crc32 = crc32(std::as_bytes(std::span(disk.bytes).subspan(from, length)));
    put_crc(backup, header);
  }
  void put_crc(bool backup, efi::GptHeader header) {
    header.header_crc32 = 0;
    poke(disk, header_at(backup), header);
    if (header.header_size <= disk.size_of_block)
      header.header_crc32 = crc32(std::as_bytes(std::span(disk.bytes).subspan(header_at(backup), header.header_size)));
    poke(disk, header_at(backup), header);
  }
};

// ISO-9660's volume descriptors and El Torito's catalog, as xorriso writes them.
struct IsoMaker {
  struct Boot {
    uint8_t platform, media;
    uint16_t sectors;  // as the catalog has it
    uint32_t sector;
    uint8_t indicator = 0x88;
  };
  explicit IsoMaker(FakeDisk& on, std::vector<Boot> images, uint32_t volume_sectors, uint32_t catalog = 20)
      : disk(on), catalog_at(catalog) {
    descriptor(16, 1);
    poke(disk, 16 * 2048 + 80, volume_sectors);
    descriptor(17, 0);
    memcpy(disk.bytes.data() + 17 * 2048 + 7, "EL TORITO SPECIFICATION", 23);
    poke(disk, 17 * 2048 + 71, catalog);
    descriptor(18, 255);
    if (images.empty()) return;
    poke(disk, catalog_at * 2048, uint8_t{1});
    poke(disk, catalog_at * 2048 + 1, images[0].platform);
    poke(disk, catalog_at * 2048 + 30, uint16_t{0xAA55});
    fix_checksum();
    size_t slot = 1;
    for (size_t i = 0; i < images.size(); ++i) {
      if (i != 0) {
        poke(disk, slot_at(slot), static_cast<uint8_t>(i + 1 == images.size() ? 0x91 : 0x90));
        poke(disk, slot_at(slot) + 1, images[i].platform);
        poke(disk, slot_at(slot++) + 2, uint16_t{1});
      }
      poke(disk, slot_at(slot), images[i].indicator);
      poke(disk, slot_at(slot) + 1, images[i].media);
      poke(disk, slot_at(slot) + 6, images[i].sectors);
      poke(disk, slot_at(slot++) + 8, images[i].sector);
    }
  }
  FakeDisk& disk;
  uint64_t catalog_at;

  uint64_t slot_at(size_t slot) const { return catalog_at * 2048 + slot * 32; }
  void descriptor(uint64_t sector, uint8_t type) {
    poke(disk, sector * 2048, type);
    memcpy(disk.bytes.data() + sector * 2048 + 1, "CD001\1", 6);
  }
  void fix_checksum() {
    poke(disk, catalog_at * 2048 + 28, uint16_t{0});
    uint16_t sum = 0;
    for (size_t at = 0; at < 32; at += 2) sum = static_cast<uint16_t>(sum + peek<uint16_t>(disk, catalog_at * 2048 + at));
    poke(disk, catalog_at * 2048 + 28, static_cast<uint16_t>(-sum));
  }
};

struct PartitionFixture {
  HostHeap heap;
  FakeDisk disk{0};
  PartitionList list;
  bool found = false;

  void format(uint64_t blocks, uint32_t block_size = 512) {
    disk.bytes.assign(blocks * block_size, 0);
    disk.size_of_block = block_size;
  }
  // What there is now; nothing of it is kept from before.
  std::vector<ToldPartition>& look(const core::Partition* self = nullptr) {
    list.all.clear();
    fs::DiskReader reader(disk, heap);
    auto told = fs::tell_partitions(reader, self, list);
    status = told.status();
    found = told && *told;
    return list.all;
  }
  Status status = Status::Success;
};

}  // namespace efilite::test
