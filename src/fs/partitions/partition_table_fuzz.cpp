// SPDX-License-Identifier: BSD-2-Clause-Patent
// Partition tables of any content. The input: a byte of flags, then pieces of the disk, each a place (16 bits, times 16 bytes), a length
// (8 bits, times 16 bytes) and its bytes. Whatever is told lies on the disk, apart from everything else, and by a bounded number of
// requests; a GPT whose CRCs were put right is told as a plain reading of it says.
#include <bit>
#include <map>

#include "tests/support/fuzz.hpp"
#include "tests/support/partition_tables.hpp"

namespace {

using namespace efilite;
using test::FakeDisk;

struct Visitor final : core::PartitionVisitor {
  std::map<uint32_t, test::ToldPartition> told;
  test::PartitionList list;
  Result<> visit(const core::Partition& partition) override {
    auto done = list.visit(partition);
    const auto& each = list.all.back();
    EXPECT(told.emplace(each.hd.header.type != 0 ? each.hd.partition_number : each.cd.boot_entry, each).second);
    return done;
  }
};

// As it should be at block 1, by the text of [UEFI 2.10, 5.3.2] alone.
bool put_crcs_right(FakeDisk& disk, uint64_t block) {
  if (block >= disk.block_count()) return false;
  auto header = test::peek<efi::GptHeader>(disk, block * disk.size_of_block);
  const uint64_t array = uint64_t{header.number_of_entries} * header.size_of_entry, size = disk.bytes.size();
  if (header.header_size < 92 || header.header_size > disk.size_of_block) return false;
  if (header.partition_entry_lba < 2 || header.partition_entry_lba >= disk.block_count()) return false;
  const uint64_t from = header.partition_entry_lba * disk.size_of_block;
  if (array > size - from) return false;
  header.entry_array_crc32 = crc32(std::as_bytes(std::span(disk.bytes).subspan(from, array)));
  header.header_crc32 = 0;
  memcpy(disk.bytes.data() + block * disk.size_of_block, &header, 92);
  header.header_crc32 = crc32(std::as_bytes(std::span(disk.bytes).subspan(block * disk.size_of_block, header.header_size)));
  memcpy(disk.bytes.data() + block * disk.size_of_block, &header, 92);
  const bool usual = std::has_single_bit(header.size_of_entry) && header.size_of_entry >= 128 && header.number_of_entries - 1 < 1024;
  return usual && header.signature == efi::kGptSignature && header.my_lba == block;
}

void check_gpt(const FakeDisk& disk, const Visitor& visitor) {
  const auto header = test::peek<efi::GptHeader>(disk, disk.size_of_block);
  const uint64_t from = header.partition_entry_lba * disk.size_of_block;
  std::map<uint32_t, efi::GptEntry> used;
  for (uint32_t i = 0; i < header.number_of_entries; ++i) {
    const auto entry = test::peek<efi::GptEntry>(disk, from + uint64_t{i} * header.size_of_entry);
    if (entry.type != efi::Guid{}) used[i + 1] = entry;
  }
  for (const auto& [number, entry] : used) {
    bool good = entry.starting_lba <= entry.ending_lba && entry.starting_lba >= 2 && entry.ending_lba < disk.block_count() &&
                entry.starting_lba >= header.first_usable_lba && entry.ending_lba <= header.last_usable_lba && (entry.attributes & 2) == 0;
    for (const auto& [other, place] : used)
      good = good && (other == number || place.ending_lba < entry.starting_lba || place.starting_lba > entry.ending_lba);
    EXPECT(visitor.told.contains(number) == good);
    if (good) EXPECT(memcmp(&visitor.told.at(number).info.gpt, &entry, sizeof entry) == 0);
  }
  for (const auto& [number, told] : visitor.told) EXPECT(used.contains(number));
}

FakeDisk make(const uint8_t*& at, const uint8_t* end, uint8_t flags) {
  static constexpr uint32_t kSizes[] = {512, 2048, 4096, 1024};
  FakeDisk disk(0);
  disk.size_of_block = kSizes[flags & 3];
  disk.bytes.assign(((flags & 4) != 0 ? 40 : 360) * size_t{1024}, 0);
  while (end - at > 3) {
    const size_t place = (at[0] | size_t{at[1]} << 8) * 16, length = std::min<size_t>(at[2] * 16, end - at - 3);
    at += 3;
    if (place < disk.bytes.size()) memcpy(disk.bytes.data() + place, at, std::min(length, disk.bytes.size() - place));
    at += length;
  }
  return disk;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t flags = data[0];
  const uint8_t* at = data + 1;
  FakeDisk disk = make(at, data + size, flags);
  bool is_gpt = false;
  if ((flags & 8) != 0) {
    (void)put_crcs_right(disk, disk.block_count() - 1);
    is_gpt = put_crcs_right(disk, 1);
  }
  efi::PartitionInfoProtocol info{};
  info.kind = static_cast<efi::PartitionKind>(flags >> 4 & 3);
  info.mbr = test::mbr_record((flags & 0x40) != 0 ? 0x0F : 0x83, 63, 1000);
  const core::Partition self = {63, disk.block_count(), nullptr, &info};
  const core::Partition* within = (flags & 0x30) == 0x30 ? nullptr : &self;

  test::FuzzHeap heap;
  Visitor visitor;
  {
    fs::DiskReader reader(disk, heap);
    const auto found = fs::tell_partitions(reader, within, visitor);
    EXPECT(found.has_value() || visitor.told.empty());
  }
  EXPECT(heap.live == 0);
  EXPECT(disk.writes == 0 && disk.reads < 120);
  for (const auto& [number, told] : visitor.told) {
    EXPECT(told.count != 0 && told.first != 0 && told.first < disk.block_count() && told.count <= disk.block_count() - told.first);
    if (told.hd.header.type == 0) continue;
    EXPECT(told.hd.partition_size == told.count);
    EXPECT(told.hd.partition_start - told.first == (within != nullptr && told.hd.format == 1 ? 63 : 0));
    for (const auto& [other, place] : visitor.told)
      EXPECT(other == number || place.first >= told.first + told.count || told.first >= place.first + place.count);
  }
  const bool gpt_first = within == nullptr || info.kind != efi::PartitionKind::Gpt;
  if (is_gpt && gpt_first && !visitor.told.empty() && visitor.told.begin()->second.hd.format == 2) check_gpt(disk, visitor);
  return 0;
}
