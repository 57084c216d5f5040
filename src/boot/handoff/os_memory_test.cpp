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

  void add(uint64_t begin, uint64_t end, MemoryType type, uint64_t attributes = core::kRamAttributes) {
    ASSERT_TRUE(map.add({{begin}, {end}}, type, attributes));
  }
  std::vector<std::byte> descriptors() {
    std::vector<std::byte> bytes(map.read_size());
    EXPECT_TRUE(map.read(bytes));
    return bytes;
  }
  std::vector<MemoryRegion> regions() {
    std::vector<MemoryRegion> all;
    for_each_os_region(descriptors(), [&](const MemoryRegion& region) { return all.push_back(region), true; });
    return all;
  }
  std::vector<MemoryRegion> told(std::initializer_list<MemoryRegion> hypervisors) {
    MemoryRegions given, out;
    for (const MemoryRegion& region : hypervisors) EXPECT_TRUE(given.push_back(region));
    tell_memory(descriptors(), given, out);
    return {out.begin(), out.end()};
  }
};

TEST_F(OsMemory, WhatWasEfilitesIsRamAndOneRangeWithItsNeighbours) {
  add(0, 0x1000, MemoryType::BootServicesData);
  add(0x1000, 0x2000, MemoryType::BootServicesCode);
  add(0x2000, 0x3000, MemoryType::LoaderData);
  add(0x3000, 0x4000, MemoryType::Conventional);
  add(0x4000, 0x5000, MemoryType::LoaderCode);
  add(0x6000, 0x7000, MemoryType::Conventional);
  EXPECT_EQ(regions(), (std::vector<MemoryRegion>{{{{0}, {0x5000}}, E820Type::Ram}, {{{0x6000}, {0x7000}}, E820Type::Ram}}));
}

TEST_F(OsMemory, RuntimeServicesAreReserved) {
  add(0x1000, 0x2000, MemoryType::Conventional);
  add(0x2000, 0x3000, MemoryType::RuntimeServicesCode);
  add(0x3000, 0x4000, MemoryType::RuntimeServicesData);
  EXPECT_EQ(regions(), (std::vector<MemoryRegion>{{{{0x1000}, {0x2000}}, E820Type::Ram}, {{{0x2000}, {0x4000}}, E820Type::Reserved}}));
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
  EXPECT_EQ(regions(), expected);
}

TEST_F(OsMemory, WhatEfiKnowsAndE820DoesNotIsReserved) {
  add(0x1000, 0x2000, MemoryType::MemoryMappedIo);
  add(0x2000, 0x3000, MemoryType::PalCode);
  add(0x3000, 0x4000, MemoryType::Unaccepted);
  EXPECT_EQ(regions(), (std::vector<MemoryRegion>{{{{0x1000}, {0x4000}}, E820Type::Reserved}}));
}

TEST_F(OsMemory, AnOsWithoutEfiIsToldWhatTheHypervisorTold) {
  add(0x1000, 0x2000, MemoryType::RuntimeServicesCode);
  add(0x2000, 0x3000, MemoryType::AcpiReclaim);  // tables of efilite's own, which it is not told of
  add(0x3000, 0x4000, MemoryType::BootServicesData);
  add(0x4000, 0x5000, MemoryType::Conventional);
  add(0x5000, 0x6000, MemoryType::AcpiReclaim);
  add(0xFEBFF000, 0xFEC00000, MemoryType::Reserved);  // a page of Xen's, which is back there
  const std::initializer_list<MemoryRegion> hypervisors = {{{{0x1000}, {0x5000}}, E820Type::Ram}, {{{0x5000}, {0x6000}}, E820Type::Acpi},
                                                           {{{0x10000}, {0x11000}}, E820Type::Disabled}};
  EXPECT_EQ(told(hypervisors), std::vector<MemoryRegion>(hypervisors));
}

TEST_F(OsMemory, PagesThatADeviceKeepsAreNoRam) {
  add(0x1000, 0x2000, MemoryType::Reserved);
  add(0x2000, 0x3000, MemoryType::Conventional);
  add(0x3000, 0x5000, MemoryType::Reserved);
  add(0x5000, 0x6000, MemoryType::LoaderData);
  add(0x6000, 0x9000, MemoryType::Reserved);  // of these, the hypervisor told of two itself
  EXPECT_EQ(told({{{{0x1000}, {0x7000}}, E820Type::Ram}, {{{0x7000}, {0x9000}}, E820Type::Reserved}}),
            (std::vector<MemoryRegion>{{{{0x1000}, {0x2000}}, E820Type::Reserved},
                                       {{{0x2000}, {0x3000}}, E820Type::Ram},
                                       {{{0x3000}, {0x5000}}, E820Type::Reserved},
                                       {{{0x5000}, {0x6000}}, E820Type::Ram},
                                       {{{0x6000}, {0x7000}}, E820Type::Reserved},
                                       {{{0x7000}, {0x9000}}, E820Type::Reserved}}));
}

TEST_F(OsMemory, TooManyRangesAreCutOff) {
  MemoryRegions hypervisors, out;
  for (uint64_t at = 0; !hypervisors.full(); at += 0x4000) EXPECT_TRUE(hypervisors.push_back({{{at}, {at + 0x3000}}, E820Type::Ram}));
  add(0x1000, 0x2000, MemoryType::Reserved);
  tell_memory(descriptors(), hypervisors, out);
  EXPECT_EQ(out.size(), kMaxRegions);
  EXPECT_EQ(out[1].type, E820Type::Reserved);
  EXPECT_EQ(out[kMaxRegions - 1], hypervisors[kMaxRegions - 3]);
}

}  // namespace
}  // namespace efilite::boot
