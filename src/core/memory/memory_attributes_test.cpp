// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/memory/memory_attributes.hpp"

#include <gtest/gtest.h>

#include "tests/support/memory.hpp"

namespace efilite::core {
namespace {

constexpr uint64_t kBase = 0x1000000;
PhysRange pages(uint64_t first, uint64_t count) { return {{kBase + first * kPageSize}, {kBase + (first + count) * kPageSize}}; }

TEST(MemoryAttributes, CodeIsReadOnlyDataIsNotExecutableAndOthersCodeGetsNoPromise) {
  MemoryMap map;
  ASSERT_TRUE(map.add(pages(0, 16), efi::MemoryType::Conventional, kRamAttributes));
  ASSERT_TRUE(map.reserve(pages(2, 4), efi::MemoryType::RuntimeServicesCode));
  ASSERT_TRUE(map.reserve(pages(6, 2), efi::MemoryType::RuntimeServicesData));
  ASSERT_TRUE(map.add({{0xFEC00000}, {0xFEC01000}}, efi::MemoryType::MemoryMappedIo, efi::kMemoryUc | efi::kMemoryRuntime));
  MemoryAttributesTable table;
  ASSERT_TRUE(fill_memory_attributes(map, table));
  ASSERT_TRUE(set_memory_attributes(table, pages(3, 2), efi::kMemoryRo));
  ASSERT_EQ(table.number_of_entries, 4u);
  EXPECT_EQ(table.version, 1u);
  EXPECT_EQ(table.descriptor_size, 40u);
  uint64_t expected[][3] = {{2, 1, 0}, {3, 2, efi::kMemoryRo}, {5, 1, 0}, {6, 2, efi::kMemoryXp}};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(table.entries[i].physical_start, kBase + expected[i][0] * kPageSize);
    EXPECT_EQ(table.entries[i].number_of_pages, expected[i][1]);
    EXPECT_EQ(table.entries[i].attribute, efi::kMemoryRuntime | expected[i][2]);
  }
}

TEST(MemoryAttributes, PartsOfARegionAreToldApart) {
  MemoryMap map;
  ASSERT_TRUE(map.add(pages(0, 32), efi::MemoryType::Conventional, kRamAttributes));
  ASSERT_TRUE(map.reserve(pages(2, 10), efi::MemoryType::RuntimeServicesCode));
  ASSERT_TRUE(map.reserve(pages(20, 1), efi::MemoryType::RuntimeServicesData));
  MemoryAttributesTable table;
  ASSERT_TRUE(fill_memory_attributes(map, table));
  ASSERT_TRUE(set_memory_attributes(table, pages(9, 3), efi::kMemoryXp));
  ASSERT_TRUE(set_memory_attributes(table, pages(2, 1), efi::kMemoryXp));
  ASSERT_TRUE(set_memory_attributes(table, pages(3, 2), efi::kMemoryRo));
  ASSERT_TRUE(set_memory_attributes(table, pages(5, 1), 0));
  EXPECT_EQ(set_memory_attributes(table, pages(12, 1), efi::kMemoryXp).status(), Status::NotFound);
  EXPECT_EQ(set_memory_attributes(table, pages(8, 2), efi::kMemoryXp).status(), Status::NotFound) << "parts of two entries";
  uint64_t expected[][3] = {{2, 1, efi::kMemoryXp}, {3, 2, efi::kMemoryRo}, {5, 4, 0}, {9, 3, efi::kMemoryXp}, {20, 1, efi::kMemoryXp}};
  ASSERT_EQ(table.number_of_entries, std::size(expected));
  for (size_t i = 0; i < std::size(expected); ++i) {
    EXPECT_EQ(table.entries[i].physical_start, kBase + expected[i][0] * kPageSize) << i;
    EXPECT_EQ(table.entries[i].number_of_pages, expected[i][1]) << i;
    EXPECT_EQ(table.entries[i].attribute, efi::kMemoryRuntime | expected[i][2]) << i;
    EXPECT_EQ(table.entries[i].type, i == 4 ? efi::MemoryType::RuntimeServicesData : efi::MemoryType::RuntimeServicesCode) << i;
    EXPECT_EQ(table.entries[i].virtual_start, 0u) << i;
  }
}

// [4.6.4] what is not described is taken to need all permissions, so leaving out is right and describing half of a region would not be.
TEST(MemoryAttributes, WhatThereIsNoRoomForKeepsAllPermissions) {
  test::Arena arena(400 * kPageSize, kBase);  // the map grows into memory of its own, at the bottom
  MemoryMap map;
  ASSERT_TRUE(map.add(pages(0, 400), efi::MemoryType::Conventional, kRamAttributes));
  constexpr uint64_t kMost = MemoryAttributesTable::kCapacity, kCode = 300;
  for (uint64_t i = 0; i < kMost - 1; ++i) ASSERT_TRUE(map.reserve(pages(100 + 2 * i, 1), efi::MemoryType::RuntimeServicesData));
  ASSERT_TRUE(map.reserve(pages(kCode, 3), efi::MemoryType::RuntimeServicesCode));
  MemoryAttributesTable table;
  ASSERT_TRUE(fill_memory_attributes(map, table));
  EXPECT_EQ(set_memory_attributes(table, pages(kCode, 1), efi::kMemoryRo).status(), Status::OutOfResources);
  EXPECT_EQ(set_memory_attributes(table, pages(kCode + 1, 1), efi::kMemoryRo).status(), Status::OutOfResources);
  EXPECT_EQ(table.number_of_entries, kMost);
  EXPECT_EQ(table.entries[kMost - 1].number_of_pages, 3u);
  EXPECT_EQ(table.entries[kMost - 1].attribute, efi::kMemoryRuntime);

  ASSERT_TRUE(map.reserve(pages(kCode + 10, 1), efi::MemoryType::RuntimeServicesData));
  EXPECT_EQ(fill_memory_attributes(map, table).status(), Status::OutOfResources);
  EXPECT_EQ(table.number_of_entries, kMost);
}

}  // namespace
}  // namespace efilite::core
