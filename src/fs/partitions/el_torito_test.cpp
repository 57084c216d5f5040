// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <gtest/gtest.h>

#include "tests/support/log.hpp"
#include "tests/support/partition_tables.hpp"

namespace efilite::fs {
namespace {

using test::IsoMaker;

// A CD of 200 sectors, by blocks of 2048 bytes or of 512.
struct ElTorito : testing::TestWithParam<uint32_t>, test::PartitionFixture {
  ElTorito() { clear(); }
  test::CapturedLog captured;
  std::string& text = captured.text;
  const uint64_t per_sector = 2048 / GetParam();
  void clear() { format(200 * per_sector, GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(BlockSizes, ElTorito, testing::Values(512u, 1024u, 2048u));

TEST_P(ElTorito, TheInitialEntryAndThoseOfSectionsAreTold) {
  IsoMaker(disk, {{0, 0, 4, 30}, {0xEF, 0, 20, 50}}, 150);
  auto& all = look();
  ASSERT_TRUE(found);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].cd.boot_entry, 0u);
  EXPECT_EQ(all[0].info.system, 0);
  EXPECT_EQ(all[1].cd.boot_entry, 1u);
  EXPECT_EQ(all[1].cd.partition_start, 50 * per_sector);
  EXPECT_EQ(all[1].cd.partition_size, 20 * per_sector);
  EXPECT_EQ(all[1].first, 50 * per_sector);
  EXPECT_EQ(all[1].count, 20 * per_sector);
  EXPECT_EQ(all[1].info.kind, efi::PartitionKind::Other);
  EXPECT_EQ(all[1].info.system, 1);
  EXPECT_TRUE(text.empty()) << text;
}

TEST_P(ElTorito, ACountOfNoneOrOneIsTheRestOfTheVolume) {
  for (uint16_t count : {0, 1}) {
    clear();
    IsoMaker(disk, {{0xEF, 0, count, 50}}, 150);
    auto& all = look();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].count, 100 * per_sector);
    EXPECT_EQ(all[0].cd.partition_size, 100 * per_sector);
  }
  clear();
  IsoMaker(disk, {{0xEF, 0, 0, 50}}, 900);
  EXPECT_EQ(look().at(0).count, 150 * per_sector) << "a volume that the disk has not all of";
  clear();
  IsoMaker(disk, {{0xEF, 0, 0, 160}}, 150);
  EXPECT_EQ(look().at(0).count, 40 * per_sector) << "an image behind the volume";
}

TEST_P(ElTorito, AnImageThatReachesBehindTheDiskIsCut) {
  IsoMaker(disk, {{0xEF, 0, 400, 50}}, 200);
  auto& all = look();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].cd.partition_size, 400 * per_sector);
  EXPECT_EQ(all[0].count, 150 * per_sector);
  clear();
  IsoMaker(disk, {{0xEF, 0, 0, 200}}, 200);
  look();
  EXPECT_FALSE(found);
  clear();
  IsoMaker(disk, {{0xEF, 0, 0, 0xFFFFFFFF}}, 0xFFFFFFFF);
  look();
  EXPECT_FALSE(found);
}

TEST_P(ElTorito, FloppiesHaveTheirSizes) {
  format(5000 * per_sector, GetParam());
  for (auto [media, bytes] : {std::pair{1, 1200}, {2, 1440}, {3, 2880}}) {
    IsoMaker(disk, {{0xEF, static_cast<uint8_t>(media | 0x40), 1, 50}}, 5000);
    EXPECT_EQ(look().at(0).count * GetParam(), bytes * 1024u);
  }
  IsoMaker(disk, {{0xEF, 4, 1, 50}}, 5000);
  EXPECT_EQ(look().at(0).count, 4950 * per_sector) << "a hard disk";
  IsoMaker(disk, {{0xEF, 5, 1, 50}}, 5000);
  look();
  EXPECT_FALSE(found) << "no medium";
}

TEST_P(ElTorito, EntriesThatAreNotForBootingAreNotCounted) {
  IsoMaker(disk, {{0, 0, 4, 30, 0x00}, {0, 0, 4, 40, 0x00}, {0xEF, 0, 4, 50}, {0xEF, 0, 4, 0}, {0xEF, 0, 4, 60}}, 150);
  auto& all = look();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].cd.boot_entry, 1u);
  EXPECT_EQ(all[0].first, 50 * per_sector);
  EXPECT_EQ(all[1].cd.boot_entry, 2u);
}

TEST_P(ElTorito, ACatalogMustBeOne) {
  IsoMaker maker(disk, {{0xEF, 0, 4, 50}}, 150);
  disk.bytes[maker.catalog_at * 2048 + 5] ^= 1;
  look();
  EXPECT_FALSE(found) << "its words do not add up";
  EXPECT_EQ(text, "efilite: El Torito: there is no boot catalog in sector 20\n");
  test::poke(disk, maker.catalog_at * 2048 + 30, uint16_t{0xAA54});
  maker.fix_checksum();
  look();
  EXPECT_FALSE(found);
  test::poke(disk, maker.catalog_at * 2048 + 30, uint16_t{0xAA55});
  test::poke(disk, maker.catalog_at * 2048, uint8_t{2});
  maker.fix_checksum();
  look();
  EXPECT_FALSE(found);
  for (uint32_t at : {0u, 200u, 0xFFFFFFFFu}) {
    test::poke(disk, 17 * 2048 + 71, at);
    look();
    EXPECT_FALSE(found);
  }
}

TEST_P(ElTorito, DescriptorsEndAtTheTerminator) {
  IsoMaker maker(disk, {{0xEF, 0, 4, 50}}, 150);
  maker.descriptor(17, 2);
  maker.descriptor(18, 0);
  memcpy(disk.bytes.data() + 18 * 2048 + 7, "EL TORITO SPECIFICATION", 23);
  test::poke(disk, 18 * 2048 + 71, 20);
  EXPECT_EQ(look().size(), 1u) << "a supplementary volume may come between";
  maker.descriptor(17, 255);
  EXPECT_TRUE(look().empty());
  maker.descriptor(17, 2);
  disk.bytes[16 * 2048 + 1] = 'X';
  EXPECT_TRUE(look().empty());
}

TEST_P(ElTorito, OfDescriptorsWithoutEndSomeAreRead) {
  IsoMaker maker(disk, {}, 150);
  for (uint64_t at = 17; at < 200; ++at) maker.descriptor(at, 2);
  disk.reads = 0;
  look();
  EXPECT_FALSE(found);
  EXPECT_LE(disk.reads, 40);
}

TEST_P(ElTorito, ItComesBeforeAnMbrAndBehindAGpt) {
  IsoMaker(disk, {{0xEF, 0, 4, 50}}, 150);
  test::put_mbr(disk, {test::mbr_record(0x17, 0, 200), test::mbr_record(0xEF, 120, 10)});
  EXPECT_EQ(look().at(0).cd.partition_start, 50 * per_sector) << "an image for CDs and for disks";
  if (GetParam() != 512) return;
  // What xorriso writes for -appended_part_as_gpt: a GPT and a protective MBR.
  test::GptMaker(disk, {test::gpt_entry(500, 599)});
  EXPECT_EQ(look().at(0).first, 500u);
}

TEST_P(ElTorito, AnUsualCdIsReadByFewRequests) {
  IsoMaker(disk, {{0xEF, 0, 4, 50}}, 150);
  disk.reads = 0;
  look();
  EXPECT_LE(disk.reads, 2);
  EXPECT_EQ(heap.live(), 0u);
}

TEST(ElToritoBlocks, LargerThanASectorAreNoCds) {
  test::PartitionFixture world;
  world.format(200, 4096);
  IsoMaker(world.disk, {{0xEF, 0, 4, 50}}, 150);
  world.look();
  EXPECT_FALSE(world.found);
}

}  // namespace
}  // namespace efilite::fs
