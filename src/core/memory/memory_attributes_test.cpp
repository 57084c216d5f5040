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
  ASSERT_TRUE(fill_memory_attributes(map, pages(3, 2), table));
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

TEST(MemoryAttributes, MoreRegionsThanRoomIsOutOfResources) {
  test::Arena arena(200 * kPageSize, kBase);  // the map grows into memory of its own
  MemoryMap map;
  ASSERT_TRUE(map.add(pages(0, 200), efi::MemoryType::Conventional, kRamAttributes));
  for (uint64_t i = 0; i < MemoryAttributesTable::kCapacity + 1; ++i)
    ASSERT_TRUE(map.reserve(pages(2 * i, 1), efi::MemoryType::RuntimeServicesData));
  MemoryAttributesTable table;
  EXPECT_EQ(fill_memory_attributes(map, {}, table).status(), Status::OutOfResources);
}

}  // namespace
}  // namespace efilite::core
