// SPDX-License-Identifier: BSD-2-Clause-Patent
// partition_list IMAGE BLOCK_SIZE: the partitions that efilite finds, one a line: kind, number, first block, number of blocks, and the type
// and GUID of a GPT's or the type of an MBR's. Those of an extended partition come behind it, with its number and theirs.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/support/partition_tables.hpp"

namespace {

using namespace efilite;

void put(const efi::Guid& guid) {
  printf(" %08X-%04X-%04X-%02X%02X-", guid.data1, guid.data2, guid.data3, guid.data4[0], guid.data4[1]);
  for (int i = 2; i < 8; ++i) printf("%02X", guid.data4[i]);
}

// A part of the disk as a disk of its own.
test::FakeDisk inside(const test::FakeDisk& disk, const test::ToldPartition& part) {
  test::FakeDisk out(0);
  out.size_of_block = disk.size_of_block;
  const auto begin = disk.bytes.begin() + part.first * disk.size_of_block;
  out.bytes.assign(begin, begin + part.count * disk.size_of_block);
  return out;
}

void list(test::FakeDisk& disk, const test::ToldPartition* self) {
  test::HostHeap heap;
  test::PartitionList found;
  fs::DiskReader reader(disk, heap);
  const core::Partition part = self != nullptr ? core::Partition{self->first, self->count, nullptr, &self->info} : core::Partition{};
  if (!fs::tell_partitions(reader, self != nullptr ? &part : nullptr, found)) exit(1);
  for (const test::ToldPartition& told : found.all) {
    const char* const kinds[] = {"cd", "mbr", "gpt"};
    printf("%s ", kinds[static_cast<int>(told.info.kind)]);
    if (self != nullptr) printf("%u.", self->hd.partition_number);
    printf("%u %lu %lu", told.info.kind == efi::PartitionKind::Other ? told.cd.boot_entry : told.hd.partition_number,
           (self != nullptr ? self->first : 0) + told.first, told.count);
    if (told.info.kind == efi::PartitionKind::Gpt) put(told.info.gpt.type), put(told.info.gpt.unique);
    if (told.info.kind == efi::PartitionKind::Mbr) printf(" %x", told.info.mbr.os_type);
    printf("\n");
    if (self != nullptr || told.info.kind != efi::PartitionKind::Mbr) continue;
    test::FakeDisk part_of_disk = inside(disk, told);
    list(part_of_disk, &told);
  }
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) {
    fprintf(stderr, "usage: partition_list IMAGE BLOCK_SIZE\n");
    return 2;
  }
  test::FakeDisk disk(0);
  disk.size_of_block = static_cast<uint32_t>(atoi(words[2]));
  std::ifstream file(words[1], std::ios::binary);
  disk.bytes.assign(std::istreambuf_iterator<char>(file), {});
  disk.bytes.resize(disk.bytes.size() / disk.size_of_block * disk.size_of_block);
  list(disk, nullptr);
  return 0;
}
