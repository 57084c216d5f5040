// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/os_memory.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "core/memory/memory_map.hpp"

namespace efilite::boot {
namespace {

using efi::MemoryType;

struct OsMemory : testing::Test {
  core::MemoryMap map;
  MemoryRegions regions, hypervisors;

  OsMemory() { EXPECT_TRUE(hypervisors.push_back({{{0}, {0x10000}}, E820Type::Ram})); }
  void add(uint64_t begin, uint64_t end, MemoryType type, uint64_t attributes = core::kRamAttributes) {
    ASSERT_TRUE(map.add({{begin}, {end}}, type, attributes));
  }
  std::vector<MemoryRegion> told(bool runtime_stays = false) {
    std::vector<std::byte> bytes(map.read_size());
    EXPECT_TRUE(map.read(bytes));
    tell_memory(bytes, hypervisors, runtime_stays, regions);
    return {regions.begin(), regions.end()};
  }
};

TEST_F(OsMemory, WhatWasEfilitesIsRamAndOneRangeWithItsNeighbours) {
  add(0, 0x1000, MemoryType::BootServicesData);
  add(0x1000, 0x2000, MemoryType::BootServicesCode);
  add(0x2000, 0x3000, MemoryType::LoaderData);
  add(0x3000, 0x4000, MemoryType::Conventional);
  add(0x4000, 0x5000, MemoryType::LoaderCode);
  add(0x6000, 0x7000, MemoryType::Conventional);
  EXPECT_EQ(told(), (std::vector<MemoryRegion>{{{{0}, {0x5000}}, E820Type::Ram}, {{{0x6000}, {0x7000}}, E820Type::Ram}}));
}

TEST_F(OsMemory, RuntimeServicesAreRamUnlessTheOsIsToldOfThem) {
  add(0x1000, 0x2000, MemoryType::Conventional);
  add(0x2000, 0x3000, MemoryType::RuntimeServicesCode);
  add(0x3000, 0x4000, MemoryType::RuntimeServicesData);
  EXPECT_EQ(told(), (std::vector<MemoryRegion>{{{{0x1000}, {0x4000}}, E820Type::Ram}}));
  EXPECT_EQ(told(true), (std::vector<MemoryRegion>{{{{0x1000}, {0x2000}}, E820Type::Ram}, {{{0x2000}, {0x4000}}, E820Type::Reserved}}));
}

TEST_F(OsMemory, OtherMemoryKeepsItsType) {
  // as efi_type() made them, so that the way there and back ends where it began
  const E820Type types[] = {E820Type::Ram, E820Type::Reserved, E820Type::Acpi, E820Type::Nvs,
                            E820Type::Unusable, E820Type::Persistent, E820Type::SoftReserved};
  std::vector<MemoryRegion> expected;
  for (uint64_t at = 0x1000; const E820Type type : types) {
    const EfiMemoryKind kind = efi_type(type);
    add(at, at + 0x1000, kind.type, kind.attributes);
    expected.push_back({{{at}, {at + 0x1000}}, type});
    at += 0x1000;
  }
  EXPECT_EQ(told(), expected);
}

TEST_F(OsMemory, WhatEfiKnowsAndE820DoesNotIsReserved) {
  add(0x1000, 0x2000, MemoryType::MemoryMappedIo);
  add(0x2000, 0x3000, MemoryType::PalCode);
  add(0x3000, 0x4000, MemoryType::Unaccepted);
  EXPECT_EQ(told(), (std::vector<MemoryRegion>{{{{0x1000}, {0x4000}}, E820Type::Reserved}}));
}

TEST_F(OsMemory, PagesOfTheHypervisorsThatWereBorrowedAreNotTold) {
  add(0x1000, 0x2000, MemoryType::Conventional);
  add(0xF000, 0x10000, MemoryType::Reserved);
  add(0xFEBFF000, 0xFEC00000, MemoryType::Reserved);
  EXPECT_EQ(told(), (std::vector<MemoryRegion>{{{{0x1000}, {0x2000}}, E820Type::Ram}, {{{0xF000}, {0x10000}}, E820Type::Reserved}}));
}

TEST(OsMemoryLimit, TooManyRangesAreCutOff) {
  std::vector<std::byte> bytes((kMaxRegions + 1) * core::MemoryMap::kDescriptorSize);
  for (size_t i = 0; i <= kMaxRegions; ++i) {
    const efi::MemoryDescriptor memory{MemoryType::Conventional, 0, i * 0x2000, 0, 1, 0};
    memcpy(&bytes[i * core::MemoryMap::kDescriptorSize], &memory, sizeof memory);
  }
  MemoryRegions regions;
  tell_memory(bytes, {}, false, regions);
  EXPECT_EQ(regions.size(), kMaxRegions);
  EXPECT_EQ(regions[kMaxRegions - 1].range.begin.value, (kMaxRegions - 1) * 0x2000);
}

}  // namespace
}  // namespace efilite::boot
