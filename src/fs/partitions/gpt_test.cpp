// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <gtest/gtest.h>

#include "tests/support/log.hpp"
#include "tests/support/partition_tables.hpp"

namespace efilite::fs {
namespace {

using test::gpt_entry;
using test::GptMaker;

constexpr efi::Guid kLinux = {0x0fc63daf, 0x8483, 0x4772, {0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4}};

struct Gpt : testing::Test, test::PartitionFixture {
  Gpt() { format(2000); }
  test::CapturedLog captured;
  std::string& text = captured.text;
  std::vector<uint64_t> firsts() {
    std::vector<uint64_t> out;
    for (const auto& each : look()) out.push_back(each.first);
    return out;
  }
};

TEST_F(Gpt, APartitionIsToldWithItsNodeAndItsEntry) {
  auto entry = gpt_entry(1000, 1099, kLinux);
  entry.name[0] = u'r';
  GptMaker(disk, {gpt_entry(100, 199), {}, entry});
  auto& all = look();
  ASSERT_TRUE(found);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].first, 100u);
  EXPECT_EQ(all[0].count, 100u);
  EXPECT_EQ(all[0].info.kind, efi::PartitionKind::Gpt);
  EXPECT_EQ(all[0].info.system, 1);
  EXPECT_EQ(all[1].info.system, 0);
  EXPECT_EQ(memcmp(&all[1].info.gpt, &entry, sizeof entry), 0);
  EXPECT_EQ(all[1].info.revision, 0x1000u);
  const efi::HardDriveNode& node = all[1].hd;
  EXPECT_EQ(node.partition_number, 3u) << "the entry's place in the table";
  EXPECT_EQ(node.partition_start, 1000u);
  EXPECT_EQ(node.partition_size, 100u);
  EXPECT_EQ(memcmp(node.signature, &entry.unique, 16), 0);
  EXPECT_EQ(node.format, 2);
  EXPECT_EQ(node.signature_type, 2);
  EXPECT_TRUE(text.empty()) << text;
}

TEST_F(Gpt, BlocksMayHaveAnySize) {
  for (uint32_t size : {512u, 1024u, 2048u, 4096u, 65536u}) {
    format(200, size);
    GptMaker(disk, {gpt_entry(50, 60)});
    EXPECT_EQ(firsts(), std::vector<uint64_t>{50}) << size;
  }
}

TEST_F(Gpt, AnUsualDiskIsReadByOneRequest) {
  GptMaker(disk, {gpt_entry(100, 199)});
  disk.reads = 0;
  look();
  EXPECT_EQ(disk.reads, 1);
  EXPECT_EQ(heap.live(), 0u);
}

TEST_F(Gpt, EntriesMayBeLargerByPowersOfTwo) {
  for (uint32_t size : {128u, 256u, 1024u}) {
    format(2000);
    GptMaker(disk, {gpt_entry(700, 799)}, 128, size);
    EXPECT_EQ(firsts(), std::vector<uint64_t>{700}) << size;
  }
  for (uint32_t size : {0u, 1u, 64u, 127u, 129u, 192u, 384u, 0x80000000u}) {
    GptMaker maker(disk, {gpt_entry(700, 799)});
    for (bool backup : {false, true}) {
      auto header = maker.header(backup);
      header.size_of_entry = size;
      maker.put_header(backup, header);
    }
    EXPECT_TRUE(firsts().empty()) << size;
    EXPECT_FALSE(found);
  }
  EXPECT_NE(text.find("GPT: its entries cannot be so; the backup copy cannot be used either"), std::string::npos) << text;
}

TEST_F(Gpt, AnEmptyTableIsATable) {
  GptMaker{disk};
  EXPECT_TRUE(look().empty());
  EXPECT_TRUE(found);
}

TEST_F(Gpt, WithoutAProtectiveRecordThereIsNone) {
  GptMaker maker(disk, {gpt_entry(100, 199)});
  for (auto [type, first] : {std::pair{0xEE, 2}, {0xEF, 1}, {0, 1}}) {
    test::put_mbr(disk, {test::mbr_record(static_cast<uint8_t>(type), static_cast<uint32_t>(first), 0)});
    EXPECT_TRUE(firsts().empty());
    EXPECT_FALSE(found);
  }
  test::put_mbr(disk, {{}, {}, {}, test::mbr_record(0xEE, 1, 0xFFFFFFFF)});
  EXPECT_EQ(firsts(), std::vector<uint64_t>{100}) << "in any of the four places, and whatever size it tells";
  test::put_mbr(disk, {test::mbr_record(0x0C, 300, 10), test::mbr_record(0xEE, 1, 99)});
  EXPECT_EQ(firsts(), std::vector<uint64_t>{100}) << "a hybrid MBR";
  disk.bytes[511] = 0;
  EXPECT_TRUE(firsts().empty());
}

TEST_F(Gpt, ABrokenFirstCopyIsReplacedByTheLast) {
  const auto spoil = [&](auto change) {
    format(2000);
    GptMaker maker(disk, {gpt_entry(100, 199)});
    change(maker);
    EXPECT_EQ(firsts(), std::vector<uint64_t>{100}) << text;
    EXPECT_NE(text.find("the backup copy is used"), std::string::npos) << text;
    EXPECT_EQ(disk.writes, 0);
    text.clear();
  };
  spoil([&](GptMaker& m) { disk.bytes[m.header_at(false)] = 0; });
  spoil([&](GptMaker& m) { disk.bytes[m.header_at(false) + 60] ^= 1; });
  spoil([&](GptMaker&) { disk.bytes[2 * 512 + 300] ^= 1; });
  spoil([&](GptMaker& m) {
    auto header = m.header(false);
    header.my_lba = 2;
    m.put_header(false, header);
  });
  for (uint32_t size : {0u, 91u, 513u, 0xFFFFFFFFu}) {
    spoil([&](GptMaker& m) {
      auto header = m.header(false);
      header.header_size = size;
      m.put_header(false, header);
    });
  }
  for (uint64_t at : {uint64_t{0}, uint64_t{1}, uint64_t{1999}, uint64_t{2000}, UINT64_MAX}) {
    spoil([&](GptMaker& m) {
      auto header = m.header(false);
      header.partition_entry_lba = at;
      m.put_header(false, header);
    });
  }
  for (uint32_t count : {0u, 1025u, 0xFFFFFFFFu}) {
    spoil([&](GptMaker& m) {
      auto header = m.header(false);
      header.number_of_entries = count;
      m.put_header(false, header);
    });
  }
}

TEST_F(Gpt, AHeaderMayBeLongerThanWeKnow) {
  GptMaker maker(disk, {gpt_entry(100, 199)});
  auto header = maker.header(false);
  header.header_size = 512;
  disk.bytes[512 + 200] = 0x55;
  maker.put_header(false, header);
  EXPECT_EQ(firsts(), std::vector<uint64_t>{100});
  EXPECT_TRUE(text.empty());
}

TEST_F(Gpt, ABackupThatIsNotInTheLastBlockIsFoundByTheBrokenHeader) {
  GptMaker maker(disk, {gpt_entry(100, 199)});
  disk.bytes.resize(disk.bytes.size() + 500 * 512);  // the disk has grown
  disk.bytes[512 + 60] ^= 1;
  EXPECT_EQ(firsts(), std::vector<uint64_t>{100});
  disk.bytes[512] ^= 1;
  EXPECT_TRUE(firsts().empty()) << "nothing tells where it is";
}

TEST_F(Gpt, AnAlternatePlaceThatCannotBeIsNotBelieved) {
  for (uint64_t at : {uint64_t{0}, uint64_t{1}, uint64_t{5000}, UINT64_MAX}) {
    format(2000);
    GptMaker maker(disk, {gpt_entry(100, 199)});
    auto header = maker.header(false);
    header.alternate_lba = at;
    maker.put_header(false, header);
    disk.bytes[512 + 60] ^= 1;
    EXPECT_EQ(firsts(), std::vector<uint64_t>{100});
  }
}

TEST_F(Gpt, PartitionsThatCannotBeAreLeftOutAndNamed) {
  GptMaker maker(disk, {gpt_entry(100, 199), gpt_entry(300, 299), gpt_entry(33, 40), gpt_entry(1966, 1990), gpt_entry(500, 599),
                        gpt_entry(599, 650), gpt_entry(700, 700)});
  EXPECT_EQ(firsts(), (std::vector<uint64_t>{100, 700}));
  EXPECT_EQ(text, "efilite: partition 2 is left out: it ends before it begins\n"
                  "efilite: partition 3 is left out: it lies outside of the usable blocks\n"
                  "efilite: partition 4 is left out: it lies outside of the usable blocks\n"
                  "efilite: partition 5 is left out: another overlaps it\n"
                  "efilite: partition 6 is left out: another overlaps it\n");
}

TEST_F(Gpt, ADiskThatWasCutKeepsWhatLiesOnIt) {
  GptMaker maker(disk, {gpt_entry(100, 199), gpt_entry(1000, 1800), gpt_entry(1900, 1950)});
  disk.bytes.resize(1500 * 512);
  EXPECT_EQ(firsts(), std::vector<uint64_t>{100});
  EXPECT_NE(text.find("partition 2 is left out: it does not lie on the disk"), std::string::npos);
}

TEST_F(Gpt, UsableBlocksDoNotReachTheHeader) {
  GptMaker maker(disk, {gpt_entry(0, 5), gpt_entry(1, 5)});
  auto header = maker.header(false);
  header.first_usable_lba = 0;
  maker.put_header(false, header);
  EXPECT_TRUE(firsts().empty());
}

TEST_F(Gpt, AnEntryForNoFirmwareIsNotTold) {
  auto hidden = gpt_entry(100, 199), legacy = gpt_entry(300, 399);
  hidden.attributes = 2;
  legacy.attributes = 1 | 4 | uint64_t{1} << 63;
  GptMaker(disk, {hidden, legacy});
  EXPECT_EQ(firsts(), std::vector<uint64_t>{300});
  EXPECT_TRUE(text.empty());
}

TEST_F(Gpt, ATableDoesNotLieInAnother) {
  GptMaker(disk, {gpt_entry(100, 199)});
  efi::PartitionInfoProtocol info{};
  info.kind = efi::PartitionKind::Gpt;
  const core::Partition self = {10, 2000, nullptr, &info};
  look(&self);
  EXPECT_FALSE(found);
  EXPECT_TRUE(list.all.empty());
  info.kind = efi::PartitionKind::Other;
  look(&self);
  EXPECT_EQ(list.all.size(), 1u);
}

TEST_F(Gpt, TheVisitorEndsIt) {
  GptMaker(disk, {gpt_entry(100, 199), gpt_entry(200, 299)});
  list.answer = Status::OutOfResources;
  EXPECT_EQ(look().size(), 1u);
  EXPECT_EQ(status, Status::OutOfResources);
}

TEST_F(Gpt, ADiskThatFailsOrIsSmallIsNoTable) {
  GptMaker(disk, {gpt_entry(100, 199)});
  disk.failure = Status::DeviceError;
  look();
  EXPECT_EQ(status, Status::DeviceError);
  disk.failure = Status::Success;
  heap.failures_after = 0;
  look();
  EXPECT_EQ(status, Status::OutOfResources);
  heap.failures_after = -1;
  for (uint64_t blocks : {1, 2, 3, 34}) {
    disk.bytes.resize(blocks * 512);
    EXPECT_TRUE(firsts().empty());
  }
}

}  // namespace
}  // namespace efilite::fs
