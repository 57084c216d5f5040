// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/memory_setup.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/memory.hpp"

namespace efilite::boot {
namespace {

using efi::MemoryType;

struct MemorySetup : testing::Test {
  BootInfo info;
  core::MemoryMap map;
  PhysRange image{{0x100000}, {0x140000}};
  PhysAddr code_end{0x110000};

  MemorySetup() {
    add(0, 0xA0000, 1);
    add(0xF0000, 0x10000, 2);
    add(0x100000, 0x7F00000, 1);
    add(0x100000000, 0x80000000, 1);
  }
  void add(uint64_t at, uint64_t size, uint32_t type) { ASSERT_TRUE(add_region(info.memory, at, size, type)); }
  MemoryType type_at(uint64_t address) { return map.find({address}) ? map.find({address})->type : MemoryType::Max; }
};

TEST_F(MemorySetup, EfiliteAndPageZeroAreNotFreeAndLowMemoryIs) {
  ASSERT_TRUE(set_up_memory(info, image, code_end, map));
  EXPECT_EQ(type_at(0), MemoryType::BootServicesData);
  EXPECT_EQ(type_at(0x1000), MemoryType::Conventional);
  EXPECT_EQ(type_at(0x9F000), MemoryType::Conventional);
  EXPECT_EQ(type_at(0x100000), MemoryType::BootServicesCode);
  EXPECT_EQ(type_at(0x10FFFF), MemoryType::BootServicesCode);
  EXPECT_EQ(type_at(0x110000), MemoryType::BootServicesData);
  EXPECT_EQ(type_at(0x140000), MemoryType::Conventional);
  EXPECT_EQ(type_at(0xF0000), MemoryType::Reserved);
  EXPECT_EQ(top_of_memory(info), 0x180000000u);
}

TEST_F(MemorySetup, AModuleOwnsItsWholePages) {
  ASSERT_TRUE(info.modules.push_back({{{0x7000010}, {0x7000020}}, {}}));
  ASSERT_TRUE(set_up_memory(info, image, code_end, map));
  EXPECT_EQ(type_at(0x7000000), MemoryType::BootServicesData);
  EXPECT_EQ(type_at(0x7001000), MemoryType::Conventional);
}

TEST_F(MemorySetup, AModuleWithoutBytesTakesNoPage) {
  ASSERT_TRUE(info.modules.push_back({{{0xE0000010}, {0xE0000010}}, {}}));
  ASSERT_TRUE(info.modules.push_back({{{0x7000010}, {0x7000010}}, {}}));
  ASSERT_TRUE(set_up_memory(info, image, code_end, map));
  EXPECT_EQ(type_at(0x7000000), MemoryType::Conventional);
}

TEST_F(MemorySetup, AMapThatMustGrowLeavesEfiliteAndItsModulesAlone) {
  test::Arena arena(1 << 20);
  const PhysRange ram = arena.range();
  info.memory.clear();
  for (uint64_t page = 1; page < 150; page += 2) add(page * kPageSize, kPageSize, 2);
  add(ram.begin.value, ram.size(), 1);
  image = {ram.begin, {ram.begin.value + 0x10000}};
  code_end = {ram.begin.value + 0x8000};
  const PhysRange module{image.end, {image.end.value + 0x10000}};
  ASSERT_TRUE(info.modules.push_back({module, {}}));
  auto* bytes = reinterpret_cast<uint8_t*>(ram.begin.value);
  memset(bytes, 0x5A, 0x20000);
  ASSERT_TRUE(set_up_memory(info, image, code_end, map));
  EXPECT_TRUE(std::all_of(bytes, bytes + 0x20000, [](uint8_t b) { return b == 0x5A; }));
  EXPECT_FALSE(map.storage().empty());
  EXPECT_TRUE(map.owned_by(image.begin, core::PageOwner::SetUp));
  EXPECT_TRUE(map.owned_by(module.begin, core::PageOwner::SetUp));
  EXPECT_EQ(type_at(kPageSize), MemoryType::Reserved);
}

// [UEFI 2.10, 2.3.4] and soft reserved memory may be allocated.
TEST_F(MemorySetup, TheIdentityMapReachesAllThatIsNotReserved) {
  add(0x200000000, 0x1000, 0xEFFFFFFF);
  EXPECT_EQ(top_of_memory(info), 0x200001000u);
  add(0x280000000, 0x1000, 3);
  EXPECT_EQ(top_of_memory(info), 0x280001000u);
  add(0xFD00000000, 0x300000000, 2);
  EXPECT_EQ(top_of_memory(info), 0x280001000u);
}

TEST_F(MemorySetup, AModuleOutsideOfMemoryIsRefused) {
  ASSERT_TRUE(info.modules.push_back({{{0xE0000000}, {0xE0000020}}, {}}));
  EXPECT_FALSE(set_up_memory(info, image, code_end, map));
}

TEST_F(MemorySetup, RuntimeDataGoesToTheLastFreeMemoryBelowFourGigabytes) {
  ASSERT_TRUE(info.modules.push_back({{{0x7F00000}, {0x8000000}}, {}}));  // a module at the very top
  ASSERT_TRUE(set_up_memory(info, image, code_end, map));
  auto place = map.allocate(efi::AllocateType::AnyPages, MemoryType::RuntimeServicesData, {1});
  ASSERT_TRUE(place);
  constexpr uint64_t window_end = 0x7F00000 - 0x10000, window_begin = window_end - 0x200000;  // some room in front of the module is left
  EXPECT_GE(place->value, window_begin);
  EXPECT_LT(place->value, window_end);
  auto other = map.allocate(efi::AllocateType::AnyPages, MemoryType::LoaderData, {1});
  ASSERT_TRUE(other);
  EXPECT_TRUE(other->value < window_begin || other->value >= window_end);
}

TEST_F(MemorySetup, WhatOutlivesBootGoesBehindAllElseIntoASmallRange) {
  add(0x8003000, 0x1D000, 1);
  ASSERT_TRUE(set_up_memory(info, image, code_end, map));
  const auto place = [&](uint64_t pages) {
    return map.allocate(efi::AllocateType::AnyPages, MemoryType::RuntimeServicesData, {pages})->value;
  };
  EXPECT_EQ(place(0x10), 0x8010000u);
  EXPECT_EQ(place(0x10), 0x7FF0000u) << "and where that is full, to the end of a larger one";
}

TEST_F(MemorySetup, TheLegacyHoleIsOneEntryWhereABiosReservedBothEnds) {
  info.memory.clear();
  add(0, 0x9F000, 1);
  add(0x9F000, 0x1000, 2);
  add(0xF0000, 0x10000, 2);
  add(0x100000, 0x7F00000, 1);
  ASSERT_TRUE(set_up_memory(info, image, code_end, map));
  EXPECT_EQ(type_at(0xB8000), MemoryType::Reserved);
}

TEST_F(MemorySetup, AHoleBesideMemoryStaysAHole) {
  ASSERT_TRUE(set_up_memory(info, image, code_end, map));
  EXPECT_FALSE(map.find({0xB8000}));
}

TEST_F(MemorySetup, EfiliteOutsideOfMemoryIsRefused) {
  image.end = {0x9000000};
  EXPECT_FALSE(set_up_memory(info, image, code_end, map));
}

}  // namespace
}  // namespace efilite::boot
