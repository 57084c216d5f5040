// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/boot_info.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/log.hpp"

namespace efilite::boot {
namespace {

constexpr uint32_t kRam = 1, kReserved = 2, kAcpi = 3, kNvs = 4, kUnusable = 5, kDisabled = 6, kPmem = 7, kSoft = 0xEFFFFFFF;

struct Entry {
  uint64_t begin, end;
  uint32_t type;
};
std::vector<MemoryRegion> canonical(std::initializer_list<Entry> entries) {
  MemoryRegions regions;
  for (auto e : entries) EXPECT_TRUE(add_region(regions, e.begin, e.end - e.begin, e.type));
  EXPECT_TRUE(normalise(regions));
  return {regions.begin(), regions.end()};
}
MemoryRegion region(uint64_t begin, uint64_t end, E820Type type) { return {{{begin}, {end}}, type}; }
using Regions = std::vector<MemoryRegion>;

TEST(MemoryMap, IsSortedAndMerged) {
  EXPECT_EQ(canonical({{0x200000, 0x300000, kRam}, {0x1000, 0x2000, kRam}, {0x100000, 0x200000, kRam}}),
            (Regions{region(0x1000, 0x2000, E820Type::Ram), region(0x100000, 0x300000, E820Type::Ram)}));
}

TEST(MemoryMap, TheStricterTypeWinsAnOverlap) {
  EXPECT_EQ(canonical({{0, 0x10000, kRam}, {0x4000, 0x6000, kReserved}}),
            (Regions{region(0, 0x4000, E820Type::Ram), region(0x4000, 0x6000, E820Type::Reserved),
                     region(0x6000, 0x10000, E820Type::Ram)}));
  const uint32_t loosest_first[] = {kRam, kSoft, kPmem, kAcpi, kNvs, kReserved, kDisabled, kUnusable};
  for (size_t i = 0; i < std::size(loosest_first); ++i) {
    for (size_t j = 0; j < std::size(loosest_first); ++j) {
      auto got = canonical({{0x1000, 0x2000, loosest_first[i]}, {0x1000, 0x2000, loosest_first[j]}});
      EXPECT_EQ(got, Regions{region(0x1000, 0x2000, decode_e820_type(loosest_first[std::max(i, j)]))});
    }
  }
}

TEST(MemoryMap, RamShrinksAndReservationsGrowToWholePages) {
  EXPECT_EQ(canonical({{0, 0x9FC00, kRam}, {0x9FC00, 0xA0000, kReserved}}),
            (Regions{region(0, 0x9F000, E820Type::Ram), region(0x9F000, 0xA0000, E820Type::Reserved)}));
  EXPECT_EQ(canonical({{0x1800, 0x4800, kRam}}), Regions{region(0x2000, 0x4000, E820Type::Ram)});
  EXPECT_EQ(canonical({{0x1800, 0x1900, kRam}}), Regions{});
  EXPECT_EQ(canonical({{0x1800, 0x1801, kNvs}}), Regions{region(0x1000, 0x2000, E820Type::Nvs)});
}

TEST(MemoryMap, RamThatMeetsInsideAPageLosesNothing) {
  EXPECT_EQ(canonical({{0x1000, 0x2800, kRam}, {0x2800, 0x4000, kRam}}), Regions{region(0x1000, 0x4000, E820Type::Ram)});
}

TEST(MemoryMap, EmptyEntriesAreLeftOut) { EXPECT_EQ(canonical({{0x1000, 0x1000, kReserved}}), Regions{}); }

TEST(MemoryMap, ImpossibleEntriesAreRefusedByName) {
  MemoryRegions regions;
  auto wrap = add_region(regions, ~uint64_t{0} - 0xFFF, 0x2000, kRam);
  ASSERT_FALSE(wrap);
  EXPECT_EQ(wrap.error().value, 0x2000);
  auto high = add_region(regions, kPhysicalLimit - 0x1000, 0x2000, kReserved);
  ASSERT_FALSE(high);
  EXPECT_EQ(high.error().value, kPhysicalLimit + 0x1000);
  EXPECT_TRUE(add_region(regions, kPhysicalLimit - 0x1000, 0x1000, kReserved));
  EXPECT_EQ(regions.size(), 1u);
}

TEST(MemoryMap, MoreRangesThanThereIsRoomForAreAFailure) {
  MemoryRegions regions;
  for (size_t i = 0; i < kMaxRegions; ++i) ASSERT_TRUE(add_region(regions, i * 0x3000, 0x1000, kRam));
  EXPECT_TRUE(normalise(regions));
  EXPECT_FALSE(add_region(regions, 0x10000000, 0x1000, kRam));
  // Holes punched into one large range make more pieces than there were entries.
  MemoryRegions punched;
  ASSERT_TRUE(add_region(punched, 0, 0x10000000, kRam));
  for (size_t i = 0; i < kMaxRegions - 1; ++i) ASSERT_TRUE(add_region(punched, 0x1000 + i * 0x3000, 0x1000, kReserved));
  EXPECT_FALSE(normalise(punched));
}

TEST(MemoryMap, EveryTypeReachesTheEfiMap) {
  using efi::MemoryType;
  auto type = [](uint32_t raw) { return efi_type(decode_e820_type(raw)).type; };
  auto attributes = [](uint32_t raw) { return efi_type(decode_e820_type(raw)).attributes; };
  EXPECT_EQ(type(kRam), MemoryType::Conventional);
  EXPECT_EQ(type(kReserved), MemoryType::Reserved);
  EXPECT_EQ(type(kAcpi), MemoryType::AcpiReclaim);
  EXPECT_EQ(type(kNvs), MemoryType::AcpiNvs);
  EXPECT_EQ(type(kUnusable), MemoryType::Unusable);
  EXPECT_EQ(type(kDisabled), MemoryType::Reserved);
  EXPECT_EQ(type(kPmem), MemoryType::Persistent);
  EXPECT_EQ(type(12), MemoryType::Persistent);
  EXPECT_EQ(type(kSoft), MemoryType::Conventional);
  EXPECT_EQ(attributes(kSoft) & efi::kMemorySp, efi::kMemorySp);
  EXPECT_EQ(attributes(kRam) & efi::kMemorySp, 0);
  EXPECT_EQ(attributes(kRam) & efi::kMemoryWb, efi::kMemoryWb);
  EXPECT_EQ(attributes(kPmem) & efi::kMemoryNv, efi::kMemoryNv);
  for (uint32_t unknown : {0u, 8u, 11u, 128u, 0xFFFFFFFFu}) EXPECT_EQ(type(unknown), MemoryType::Reserved);
}

TEST(MakeRam, TakesPagesOutOfOneReservedRegionAboveOneMiB) {
  const MemoryRegions before = [] {
    MemoryRegions regions;
    for (auto [at, size, type] : {std::tuple{0x0, 0x9F000, kRam}, {0x9F000, 0x61000, kReserved}, {0x100000, 0xF00000, kRam},
                                  {0x1000000, 0x20000, kReserved}, {0x1020000, 0x10000, kNvs}})
      EXPECT_TRUE(add_region(regions, static_cast<uint64_t>(at), static_cast<uint64_t>(size), type));
    return regions;
  }();
  const auto after = [&](uint64_t begin, uint64_t end) {
    MemoryRegions regions = before;
    make_ram(regions, {{begin}, {end}});
    return std::vector(regions.begin() + 3, regions.end());
  };
  const MemoryRegion nvs = before[4];
  constexpr auto kTypeRam = E820Type::Ram, kTypeReserved = E820Type::Reserved;
  const auto region = [](uint64_t begin, uint64_t end, E820Type type) { return MemoryRegion{{{begin}, {end}}, type}; };
  EXPECT_EQ(after(0x1003000, 0x1020000),
            (Regions{region(0x1000000, 0x1003000, kTypeReserved), region(0x1003000, 0x1020000, kTypeRam), nvs}));
  EXPECT_EQ(after(0x1000000, 0x1020000), (Regions{region(0x1000000, 0x1020000, kTypeRam), nvs}));
  EXPECT_EQ(after(0x1003000, 0x1010000), (Regions{region(0x1000000, 0x1003000, kTypeReserved), region(0x1003000, 0x1010000, kTypeRam),
                                                  region(0x1010000, 0x1020000, kTypeReserved), nvs}));
  const Regions same{before[3], nvs};
  EXPECT_EQ(after(0x1003000, 0x1021000), same) << "not of one region";
  EXPECT_EQ(after(0x1020000, 0x1021000), same) << "not reserved";
  EXPECT_EQ(after(0xF0000, 0xF1000), same) << "below 1 MiB";
  EXPECT_EQ(after(0, 0), same) << "nothing";
}

std::string told;
TEST(BootError, IsOneLineThatNamesTheField) {
  told.clear();
  log::set_sink([](std::string_view text) { told += text; });
  print_boot_error({"start_info.nr_modules", 0x1000, "at most 16 are taken"});
  log::set_sink(nullptr);
  EXPECT_EQ(told, "efilite: start_info.nr_modules is 0x1000: at most 16 are taken\n");
}

}  // namespace
}  // namespace efilite::boot
