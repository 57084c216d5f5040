// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <gtest/gtest.h>

#include "tests/support/fat_image.hpp"
#include "tests/support/log.hpp"
#include "tests/support/partition_tables.hpp"

namespace efilite::fs {
namespace {

using test::mbr_record;

struct Mbr : testing::Test, test::PartitionFixture {
  Mbr() { format(2000); }
  test::CapturedLog captured;
  std::string& text = captured.text;
  std::vector<uint64_t> firsts(const core::Partition* self = nullptr) {
    std::vector<uint64_t> out;
    for (const auto& each : look(self)) out.push_back(each.first);
    return out;
  }
  void put(std::vector<efi::MbrRecord> records, uint64_t block = 0) { test::put_mbr(disk, records, block); }
};

TEST_F(Mbr, APartitionIsToldWithItsNodeAndItsRecord) {
  put({{}, mbr_record(0xEF, 100, 50), mbr_record(0x83, 1000, 1000)});
  auto& all = look();
  ASSERT_TRUE(found);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].first, 100u);
  EXPECT_EQ(all[0].count, 50u);
  EXPECT_EQ(all[0].info.system, 1);
  EXPECT_EQ(all[0].info.kind, efi::PartitionKind::Mbr);
  EXPECT_EQ(all[1].info.system, 0);
  EXPECT_EQ(all[1].info.mbr.os_type, 0x83);
  const efi::HardDriveNode& node = all[1].hd;
  EXPECT_EQ(node.partition_number, 3u);
  EXPECT_EQ(node.partition_start, 1000u);
  EXPECT_EQ(node.partition_size, 1000u);
  const uint8_t signature[16] = {0x78, 0x56, 0x34, 0x12};
  EXPECT_EQ(memcmp(node.signature, signature, 16), 0);
  EXPECT_EQ(node.format, 1);
  EXPECT_EQ(node.signature_type, 1);
  EXPECT_TRUE(text.empty()) << text;
}

TEST_F(Mbr, PartitionsThatCannotBeAreLeftOutAndNamed) {
  put({mbr_record(0x83, 100, 50), mbr_record(0x83, 149, 10), mbr_record(0x83, 1900, 101), mbr_record(0x83, 200, 10)});
  EXPECT_EQ(firsts(), std::vector<uint64_t>{200});
  EXPECT_EQ(text, "efilite: partition 1 is left out: another overlaps it\n"
                  "efilite: partition 2 is left out: another overlaps it\n"
                  "efilite: partition 3 is left out: it does not lie on the disk\n");
  put({mbr_record(0x83, 0, 50), mbr_record(0x83, 0xFFFFFFFF, 0xFFFFFFFF), mbr_record(0, 300, 10), mbr_record(0x83, 300, 0)});
  EXPECT_TRUE(firsts().empty());
  EXPECT_FALSE(found);
}

TEST_F(Mbr, ABootSectorIsNoTable) {
  disk.bytes[510] = 0x55, disk.bytes[511] = 0xAA;
  EXPECT_TRUE(firsts().empty());
  EXPECT_FALSE(found) << "no record is used";
  put({mbr_record(0x83, 100, 50)});
  disk.bytes[446 + 16] = 'R';
  EXPECT_TRUE(firsts().empty()) << "a boot sector's text or code";
  disk.bytes[446 + 16] = 0x80;
  EXPECT_EQ(firsts().size(), 1u) << "the active partition";
  disk.bytes[510] = 0;
  EXPECT_TRUE(firsts().empty());
  EXPECT_TRUE(text.empty()) << text;
}

TEST_F(Mbr, AFatVolumeWithoutATableIsAVolume) {
  const test::FatDisk fat = test::make_fat({.type = 16});
  disk.bytes.resize(fat.bytes.size());
  memcpy(disk.bytes.data(), fat.bytes.data(), fat.bytes.size());
  EXPECT_TRUE(firsts().empty());
  EXPECT_FALSE(found);
}

TEST_F(Mbr, AProtectiveRecordWithoutAGptIsNoPartition) {
  put({mbr_record(0xEE, 1, 1999)});
  EXPECT_TRUE(firsts().empty());
  EXPECT_EQ(text, "efilite: partition 1 is left out: it stands for a GPT, of which there is none that can be used\n");
  put({mbr_record(0xEE, 1, 9), mbr_record(0x0C, 100, 10)});
  EXPECT_EQ(firsts(), std::vector<uint64_t>{100});
}

// The extended partition as a device of its own, which begins at block 500 of the disk.
struct Extended : Mbr {
  efi::PartitionInfoProtocol info{};
  core::Partition self{500, 1000, nullptr, &info};
  Extended() {
    info.kind = efi::PartitionKind::Mbr;
    info.mbr = mbr_record(0x0F, 500, 1000);
    format(1000);
  }
};

TEST_F(Extended, LogicalPartitionsAreCountedFromOneAndStartOnTheDisk) {
  put({mbr_record(0x83, 10, 90), mbr_record(0x05, 200, 300)});
  put({mbr_record(0xEF, 10, 90), mbr_record(0x05, 400, 100)}, 200);
  put({mbr_record(0x83, 20, 30)}, 400);
  auto& all = look(&self);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].first, 210u);
  EXPECT_EQ(all[1].count, 90u);
  EXPECT_EQ(all[1].hd.partition_number, 2u);
  EXPECT_EQ(all[1].hd.partition_start, 710u);
  EXPECT_EQ(all[1].info.system, 1);
  const uint8_t none[16] = {};
  EXPECT_EQ(memcmp(all[1].hd.signature, none, 16), 0) << "the tables of a chain have no signature";
  EXPECT_EQ(all[2].first, 420u);
  EXPECT_TRUE(text.empty()) << text;
}

TEST_F(Extended, ATableInTheChainMayBeEmptyOrInAnyOrder) {
  put({mbr_record(0x05, 400, 100)});
  put({mbr_record(0x05, 200, 100), mbr_record(0x83, 20, 30)}, 400);
  put({mbr_record(0x83, 10, 90)}, 200);
  EXPECT_EQ(firsts(&self), (std::vector<uint64_t>{420, 210}));
}

TEST_F(Extended, ARingEnds) {
  put({mbr_record(0x83, 10, 90), mbr_record(0x05, 200, 300)});
  put({mbr_record(0x83, 10, 90), mbr_record(0x05, 200, 300)}, 200);
  EXPECT_EQ(firsts(&self), (std::vector<uint64_t>{10, 210}));
  put({{}, mbr_record(0x05, 200, 300)}, 200);
  EXPECT_EQ(firsts(&self), (std::vector<uint64_t>{10})) << "of empty tables as well";
}

TEST_F(Extended, ALongChainIsCut) {
  for (uint32_t i = 0; i < 90; ++i) put({mbr_record(0x83, 1, 5), mbr_record(0x05, (i + 1) * 10, 10)}, i * 10);
  EXPECT_EQ(firsts(&self).size(), 64u);
}

TEST_F(Extended, WhatComesBehindABrokenTableIsLost) {
  put({mbr_record(0x83, 10, 90), mbr_record(0x05, 200, 300)});
  put({mbr_record(0x83, 10, 90)}, 200);
  disk.bytes[200 * 512 + 511] = 0;
  EXPECT_EQ(firsts(&self), std::vector<uint64_t>{10});
  EXPECT_EQ(text, "efilite: the chain of logical partitions is broken behind number 1\n");
  put({mbr_record(0x83, 10, 90), mbr_record(0x05, 100000, 300)});
  EXPECT_EQ(firsts(&self), std::vector<uint64_t>{10});
}

TEST_F(Extended, LogicalPartitionsDoNotOverlapOrLeaveIt) {
  put({mbr_record(0x83, 10, 200), mbr_record(0x05, 200, 300)});
  put({mbr_record(0x83, 5, 90), mbr_record(0x05, 400, 100)}, 200);
  put({mbr_record(0x83, 20, 600)}, 400);
  EXPECT_TRUE(firsts(&self).empty());
}

TEST_F(Extended, APartitionOfAnyOtherTypeMayHaveATableOfItsOwn) {
  info.mbr.os_type = 0x83;
  put({mbr_record(0x83, 10, 90), mbr_record(0x83, 100, 20)});
  auto& all = look(&self);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].first, 100u);
  EXPECT_EQ(all[1].hd.partition_start, 600u);
}

}  // namespace
}  // namespace efilite::fs
