// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "arch/x86_64/page_tree.hpp"

#include <gtest/gtest.h>

#include "tests/support/page_tree.hpp"

namespace efilite::arch {
namespace {

using test::PageTreeMachine;

constexpr uint64_t kPage = 4096;
constexpr uint64_t kMiB2 = uint64_t{2} << 20;
constexpr uint64_t kGiB = PageTree::kGiB;
constexpr uint64_t kRo = efi::kMemoryRo, kXp = efi::kMemoryXp, kRp = efi::kMemoryRp;

PhysRange range(uint64_t begin, uint64_t end) { return {{begin}, {end}}; }

// 4 GiB in pages of a GiB, as entry.S makes them, and two more.
class PageTreeTest : public testing::Test {
 protected:
  PageTreeTest() {
    EXPECT_TRUE(machine.tree.map_gigabytes(0, 6 * kGiB, true).has_value());
    before = machine.tables_made;
  }
  size_t tables() const { return machine.tables_made - before; }

  PageTreeMachine machine;
  PageTree& tree = machine.tree;
  size_t before;
};

TEST_F(PageTreeTest, MemoryBeginsReadableWritableAndExecutable) {
  EXPECT_EQ(tree.get(range(0, 6 * kGiB)).value(), 0u);
  EXPECT_EQ(tree.get(range(0, 6 * kGiB + kPage)).status(), Status::NoMapping);
  EXPECT_EQ(tree.get(range(0, uint64_t{1} << 48)).status(), Status::NoMapping);
  EXPECT_EQ(tree.get(range(kPage, kPage)).status(), Status::NoMapping);
}

TEST_F(PageTreeTest, ChangingAPageLeavesItsNeighboursAlone) {
  EXPECT_TRUE(tree.change(range(kGiB + 5 * kPage, kGiB + 6 * kPage), kRo, 0).value());
  EXPECT_EQ(tables(), 2u);
  EXPECT_EQ(tree.get(range(kGiB + 5 * kPage, kGiB + 6 * kPage)).value(), kRo);
  EXPECT_EQ(tree.get(range(kGiB, kGiB + 5 * kPage)).value(), 0u);
  EXPECT_EQ(tree.get(range(kGiB + 6 * kPage, 6 * kGiB)).value(), 0u);
  EXPECT_EQ(tree.get(range(kGiB + 4 * kPage, kGiB + 6 * kPage)).status(), Status::NoMapping);
  for (uint64_t at : {kGiB, kGiB + 4 * kPage, kGiB + 5 * kPage + 7, kGiB + kMiB2, 2 * kGiB - 1})
    EXPECT_EQ(machine.translate(at).physical, at);
}

TEST_F(PageTreeTest, SetAndClearKeepTheOtherAttributes) {
  const PhysRange page = range(3 * kPage, 4 * kPage);
  EXPECT_TRUE(tree.change(page, kRo, 0).value());
  EXPECT_TRUE(tree.change(page, kXp, 0).value());
  EXPECT_EQ(tree.get(page).value(), kRo | kXp);
  EXPECT_TRUE(tree.change(page, 0, kRo).value());
  EXPECT_EQ(tree.get(page).value(), kXp);
  EXPECT_FALSE(tree.change(page, kXp, kRo).value()) << "nothing is different";
}

TEST_F(PageTreeTest, LargePagesInsideTheRangeStayWhole) {
  EXPECT_TRUE(tree.change(range(kGiB, 3 * kGiB), kXp, 0).value());
  EXPECT_EQ(tables(), 0u);
  EXPECT_TRUE(tree.change(range(kGiB, kGiB + 4 * kMiB2), kRo, 0).value());
  EXPECT_EQ(tables(), 1u);
  EXPECT_EQ(machine.translate(kGiB).size, kMiB2);
  EXPECT_EQ(tree.get(range(kGiB + 4 * kMiB2, 3 * kGiB)).value(), kXp);
}

TEST_F(PageTreeTest, APageThatIsAsWantedIsNotSplit) {
  EXPECT_FALSE(tree.change(range(kPage, 2 * kPage), 0, kRo | kXp).value());
  EXPECT_EQ(tables(), 0u);
}

TEST_F(PageTreeTest, APageWithoutAccessKeepsItsPlaceAndItsOtherAttributes) {
  const PhysRange null = range(0, kPage);
  EXPECT_TRUE(tree.change(null, kRp | kRo, 0).value());
  EXPECT_FALSE(machine.translate(0).present);
  EXPECT_EQ(tree.get(null).value(), kRp | kRo);
  EXPECT_TRUE(tree.change(null, 0, kRp).value());
  EXPECT_EQ(tree.get(null).value(), kRo);
  EXPECT_EQ(machine.translate(0x18).physical, 0x18u);
  EXPECT_TRUE(tree.change(range(2 * kGiB, 3 * kGiB), kRp, 0).value());
  EXPECT_TRUE(tree.change(range(2 * kGiB + kPage, 2 * kGiB + 2 * kPage), 0, kRp).value()) << "a large one can be split as well";
  EXPECT_FALSE(machine.translate(2 * kGiB).present);
  EXPECT_EQ(machine.translate(2 * kGiB + kPage).physical, 2 * kGiB + kPage);
}

TEST_F(PageTreeTest, WithoutMemoryForATableNothingChanges) {
  machine.tables_left = 3;  // the beginning can be split, the end cannot
  EXPECT_EQ(tree.change(range(kPage, 2 * kGiB + kPage), kRo, 0).status(), Status::OutOfResources);
  EXPECT_EQ(tree.get(range(0, 6 * kGiB)).value(), 0u);
  machine.tables_left = 1;
  EXPECT_TRUE(tree.change(range(kPage, 2 * kGiB + kPage), kRo, 0).value()) << "what was split is split";
}

TEST_F(PageTreeTest, WhatIsNotMappedCannotBeChanged) {
  EXPECT_EQ(tree.change(range(5 * kGiB, 6 * kGiB + kPage), kRo, 0).status(), Status::NoMapping);
  EXPECT_EQ(tree.change(range(uint64_t{600} << 30, uint64_t{601} << 30), kRo, 0).status(), Status::NoMapping);
  EXPECT_EQ(tree.change(range(kPage, uint64_t{1} << 48), kRo, 0).status(), Status::NoMapping);
  EXPECT_EQ(tree.get(range(5 * kGiB, 6 * kGiB)).value(), 0u);
}

TEST_F(PageTreeTest, ACpuWithoutPagesOfAGigabyteGetsSmallerOnes) {
  ASSERT_TRUE(tree.map_gigabytes(6 * kGiB, 7 * kGiB, false).has_value());
  EXPECT_EQ(tables(), 1u);
  EXPECT_EQ(machine.translate(6 * kGiB + kMiB2).size, kMiB2);
  EXPECT_EQ(machine.translate(7 * kGiB - 1).physical, 7 * kGiB - 1);
  EXPECT_TRUE(tree.change(range(5 * kGiB, 7 * kGiB), kXp, 0).value());
  EXPECT_EQ(tree.get(range(5 * kGiB, 7 * kGiB)).value(), kXp);
}

TEST_F(PageTreeTest, MemoryOnBothSidesOf512GigabytesIsMappedAtOnce) {
  const uint64_t border = uint64_t{512} << 30;
  ASSERT_TRUE(tree.map_gigabytes(border - 2 * kGiB, border + 3 * kGiB, true).has_value());
  EXPECT_EQ(tables(), 1u);
  for (uint64_t at = border - 2 * kGiB; at < border + 3 * kGiB; at += kGiB) EXPECT_EQ(machine.translate(at + 5).physical, at + 5);
  EXPECT_FALSE(tree.has_gigabyte(border - 3 * kGiB));
  EXPECT_FALSE(tree.has_gigabyte(border + 3 * kGiB));
}

TEST_F(PageTreeTest, MemoryBeyond512GigabytesHasATableOfItsOwn) {
  const uint64_t far = uint64_t{1} << 40;
  ASSERT_TRUE(tree.map_gigabytes(far, far + kGiB, true).has_value());
  EXPECT_TRUE(tree.change(range(far, far + kGiB), kRo, 0).value());
  EXPECT_EQ(tree.get(range(far, far + kGiB)).value(), kRo);
  machine.tables_left = 0;
  EXPECT_EQ(tree.map_gigabytes(far * 2, far * 2 + kGiB, true).status(), Status::OutOfResources);
}

}  // namespace
}  // namespace efilite::arch
