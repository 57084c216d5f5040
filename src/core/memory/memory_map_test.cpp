// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/memory/memory_map.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "tests/support/memory.hpp"

namespace efilite::core {
namespace {

using efi::AllocateType;
using efi::MemoryType;

constexpr uint64_t kMiB = 0x100000;
constexpr uint64_t kGiB = 0x40000000;

constexpr PhysRange range(uint64_t begin, uint64_t end) { return {{begin}, {end}}; }

struct Entry {
  MemoryType type;
  uint64_t begin;
  uint64_t end;
  uint64_t attributes = kRamAttributes;
  bool operator==(const Entry&) const = default;
};
void PrintTo(const Entry& e, std::ostream* out) {
  *out << std::hex << "{type " << static_cast<uint32_t>(e.type) << " 0x" << e.begin << "..0x" << e.end << " attr 0x" << e.attributes << "}";
}

std::vector<Entry> entries(const MemoryMap& map) {
  std::vector<std::byte> bytes(map.read_size());
  EXPECT_EQ(map.read(bytes).value(), bytes.size());
  std::vector<Entry> out;
  for (size_t at = 0; at < bytes.size(); at += MemoryMap::kDescriptorSize) {
    efi::MemoryDescriptor d;
    memcpy(&d, bytes.data() + at, sizeof(d));
    out.push_back({d.type, d.physical_start, d.physical_start + d.number_of_pages * kPageSize, d.attribute});
  }
  return out;
}

// 640 KiB of low memory, RAM from 1 MiB to 3 GiB and 2 GiB above 4 GiB: never touched, since the map does not grow here.
class MemoryMapTest : public testing::Test {
 protected:
  MemoryMapTest() {
    EXPECT_TRUE(map.add(range(0, 0xA0000), MemoryType::Conventional, kRamAttributes));
    EXPECT_TRUE(map.add(range(kMiB, 3 * kGiB), MemoryType::Conventional, kRamAttributes));
    EXPECT_TRUE(map.add(range(4 * kGiB, 6 * kGiB), MemoryType::Conventional, kRamAttributes));
  }
  Result<PhysAddr> any(uint64_t pages, MemoryType type = MemoryType::LoaderData, PageOwner owner = PageOwner::Service) {
    return map.allocate(AllocateType::AnyPages, type, {pages}, {}, owner);
  }
  Result<PhysAddr> below(uint64_t address, uint64_t pages) {
    return map.allocate(AllocateType::MaxAddress, MemoryType::LoaderData, {pages}, {address});
  }
  Result<PhysAddr> at(uint64_t address, uint64_t pages, MemoryType type = MemoryType::LoaderData) {
    return map.allocate(AllocateType::Address, type, {pages}, {address});
  }
  MemoryMap map;
};

TEST_F(MemoryMapTest, AnyPagesComeFromTheTopBelowFourGiB) {
  EXPECT_EQ(any(1).value().value, 3 * kGiB - 0x1000);
  EXPECT_EQ(any(2).value().value, 3 * kGiB - 0x3000);
}

TEST_F(MemoryMapTest, WhatWasToldCanBeForgotten) {
  const std::vector<Entry> before = entries(map);
  const uint64_t key = map.key();
  ASSERT_TRUE(map.add(range(0xFEB00000, 0xFEB03000), MemoryType::Reserved, 0));
  ASSERT_TRUE(map.remove(range(0xFEB01000, 0xFEB02000)));
  EXPECT_EQ(map.find({0xFEB01000}), std::nullopt);
  EXPECT_EQ(map.find({0xFEB00000})->number_of_pages, 1u);
  EXPECT_EQ(map.find({0xFEB02000})->number_of_pages, 1u);
  ASSERT_TRUE(map.add(range(0xFEB01000, 0xFEB02000), MemoryType::Reserved, 0));
  ASSERT_TRUE(map.remove(range(0xFEB00000, 0xFEB03000)));
  EXPECT_EQ(entries(map), before);
  EXPECT_NE(map.key(), key);
}

TEST_F(MemoryMapTest, FreeMemoryAndThatOfProgramsCannotBeForgotten) {
  EXPECT_EQ(map.remove(range(kMiB, 2 * kMiB)).status(), Status::NotFound);
  const uint64_t taken = any(1).value().value;
  EXPECT_EQ(map.remove(range(taken, taken + kPageSize)).status(), Status::NotFound);
  EXPECT_EQ(map.remove(range(0xFEB00000, 0xFEB01000)).status(), Status::NotFound) << "nobody has told of it";
  EXPECT_EQ(map.remove(range(kMiB + 1, 2 * kMiB)).status(), Status::InvalidParameter);
}

TEST_F(MemoryMapTest, OnlySetUpPagesCanBecomeAnotherTypes) {
  const uint64_t own = any(4, MemoryType::RuntimeServicesData, PageOwner::SetUp).value().value, program = any(1).value().value;
  ASSERT_TRUE(map.retype(range(own + kPageSize, own + 3 * kPageSize), MemoryType::BootServicesData));
  EXPECT_EQ(map.find({own})->type, MemoryType::RuntimeServicesData);
  EXPECT_EQ(map.find({own + 2 * kPageSize})->type, MemoryType::BootServicesData);
  EXPECT_EQ(map.find({own + 3 * kPageSize})->type, MemoryType::RuntimeServicesData);
  EXPECT_TRUE(map.free({own}, {4}, PageOwner::SetUp)) << "and stay set-up's";
  EXPECT_EQ(map.retype(range(own, own + kPageSize), MemoryType::BootServicesData).status(), Status::NotFound);
  EXPECT_EQ(map.retype(range(program, program + kPageSize), MemoryType::BootServicesData).status(), Status::NotFound);
}

TEST_F(MemoryMapTest, AnyPagesGoAboveFourGiBWhenBelowIsFull) {
  ASSERT_TRUE(map.reserve(range(kMiB, 3 * kGiB), MemoryType::Reserved));
  EXPECT_EQ(any(1).value().value, 6 * kGiB - 0x1000);
}

TEST_F(MemoryMapTest, EfilitesOwnBootMemoryGathersAtTheBottom) {
  EXPECT_EQ(any(2, MemoryType::BootServicesData, PageOwner::SetUp).value().value, kMiB);
  EXPECT_EQ(any(1, MemoryType::BootServicesData, PageOwner::Pool).value().value, kMiB + 0x2000);
  EXPECT_EQ(any(1, MemoryType::BootServicesData).value().value, 3 * kGiB - 0x1000) << "a program's does not";
  EXPECT_EQ(any(1, MemoryType::LoaderData, PageOwner::Pool).value().value, 3 * kGiB - 0x2000);
}

TEST_F(MemoryMapTest, AnyPagesLeaveLowMemoryToTheOs) {
  ASSERT_TRUE(map.reserve(range(kMiB, 3 * kGiB), MemoryType::Reserved));
  ASSERT_TRUE(map.reserve(range(4 * kGiB, 6 * kGiB), MemoryType::Reserved));
  EXPECT_EQ(any(1).status(), Status::OutOfResources);
}

// [UEFI 2.10, 7.2.1] "any available range" below the limit.
TEST_F(MemoryMapTest, MaxAddressTakesLowMemoryRatherThanFail) {
  ASSERT_TRUE(map.reserve(range(kMiB, 2 * kMiB), MemoryType::Reserved));
  EXPECT_EQ(below(3 * kMiB - 1, 1).value().value, 3 * kMiB - 0x1000) << "while there is a choice, it is the OS's";
  EXPECT_EQ(below(2 * kMiB - 1, 1).value().value, 0x9F000u);
  EXPECT_EQ(below(2 * kMiB - 1, 0x9F).status(), Status::OutOfResources);
  EXPECT_EQ(below(2 * kMiB - 1, 0x9E).value().value, 0x1000u) << "never page 0";
}

TEST_F(MemoryMapTest, MaxAddressNamesTheLastByte) {
  EXPECT_EQ(below(0x1FFFFFF, 1).value().value, 0x1FFF000u);
  EXPECT_EQ(below(0x1FFEFFE, 1).value().value, 0x1FFD000u) << "a page that ends after the limit is not used";
  EXPECT_EQ(below(UINT64_MAX, 1).value().value, 3 * kGiB - 0x1000);
}

TEST_F(MemoryMapTest, MaxAddressReachesLowMemoryOnlyWhenNothingElseIsMeant) {
  EXPECT_EQ(below(kMiB, 1).value().value, 0x9F000u);
  EXPECT_EQ(below(0xFFFFF, 1).value().value, 0x9E000u);
}

TEST_F(MemoryMapTest, MaxAddressNeverGivesPageZero) {
  EXPECT_EQ(below(0x1FFF, 1).value().value, 0x1000u);
  EXPECT_EQ(below(0x1FFF, 1).status(), Status::OutOfResources);
  EXPECT_EQ(below(0xFFF, 1).status(), Status::OutOfResources);
  EXPECT_EQ(below(0xFFE, 1).status(), Status::NotFound) << "no page ends there";
}

TEST_F(MemoryMapTest, AlignedPagesTakeNoMoreThanTheyNeed) {
  ASSERT_TRUE(map.reserve(range(3 * kGiB - 0x3000, 3 * kGiB), MemoryType::Reserved));
  const auto aligned = [&](uint64_t alignment, uint64_t pages, PhysAddr limit = {UINT64_MAX}) {
    return map.allocate_aligned(AllocateType::MaxAddress, MemoryType::LoaderData, {pages}, alignment, limit);
  };
  EXPECT_EQ(aligned(2 * kMiB, 3).value().value, 3 * kGiB - 2 * kMiB);
  EXPECT_EQ(map.find({3 * kGiB - 2 * kMiB})->number_of_pages, 3u);
  EXPECT_EQ(map.find({3 * kGiB - 2 * kMiB - 1})->type, MemoryType::Conventional);
  EXPECT_EQ(map.find({3 * kGiB - 2 * kMiB + 0x3000})->type, MemoryType::Conventional);
  EXPECT_EQ(aligned(kPageSize, 1).value().value, 3 * kGiB - 0x4000) << "what was too much is free again";
  EXPECT_EQ(aligned(kGiB, 1, {2 * kGiB}).value().value, kGiB) << "2 GiB would be one page too far";
  EXPECT_EQ(aligned(4 * kGiB, 1, {3 * kGiB}).status(), Status::OutOfResources);
  EXPECT_EQ(aligned(kMiB, 0x100000000).status(), Status::OutOfResources);
}

TEST_F(MemoryMapTest, AddressGivesExactlyThatRange) {
  EXPECT_EQ(at(16 * kMiB, 16).value().value, 16 * kMiB);
  EXPECT_EQ(at(0, 1).value().value, 0u);
  EXPECT_EQ(map.find({16 * kMiB + 5})->type, MemoryType::LoaderData);
}

TEST_F(MemoryMapTest, AddressIsNotFoundWhereMemoryIsNotFree) {
  ASSERT_TRUE(at(16 * kMiB, 16));
  EXPECT_EQ(at(16 * kMiB, 1).status(), Status::NotFound);
  EXPECT_EQ(at(16 * kMiB - 0x1000, 2).status(), Status::NotFound);
  EXPECT_EQ(at(0xA0000, 1).status(), Status::NotFound) << "not in the map";
  EXPECT_EQ(at(0x9F000, 2).status(), Status::NotFound) << "half in the map";
  EXPECT_EQ(at(16 * kMiB + 0x800, 1).status(), Status::NotFound) << "no page begins there";
  EXPECT_EQ(at(16 * kMiB, 0).status(), Status::NotFound);
  EXPECT_EQ(at(~uint64_t{0xFFF}, 2).status(), Status::NotFound);
  EXPECT_EQ(at(kMiB, uint64_t{1} << 60).status(), Status::NotFound);
}

TEST_F(MemoryMapTest, MoreThanThereIsIsOutOfResources) {
  EXPECT_EQ(any(3 * kGiB / kPageSize).status(), Status::OutOfResources);
  EXPECT_EQ(any(UINT64_MAX).status(), Status::OutOfResources);
  EXPECT_EQ(any(0).status(), Status::OutOfResources);
  EXPECT_EQ(below(kGiB, kGiB / kPageSize).status(), Status::OutOfResources);
}

TEST_F(MemoryMapTest, TypesThatCannotBeAllocatedAreInvalid) {
  for (uint32_t type : {7u, 14u, 15u, 16u, 0x6FFFFFFFu}) EXPECT_EQ(any(1, MemoryType{type}).status(), Status::InvalidParameter) << type;
  EXPECT_EQ(map.allocate(AllocateType{3}, MemoryType::LoaderData, {1}).status(), Status::InvalidParameter);
}

TEST_F(MemoryMapTest, AllOtherTypesCanBeAllocatedAndAreShown) {
  for (uint32_t type : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 8u, 9u, 10u, 11u, 12u, 13u, 0x70000000u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu}) {
    auto got = any(1, MemoryType{type});
    ASSERT_TRUE(got) << type;
    EXPECT_EQ(map.find(*got)->type, MemoryType{type});
    EXPECT_TRUE(map.free(*got, {1}));
  }
}

TEST_F(MemoryMapTest, FreedMemoryIsConventionalAndMergesAgain) {
  auto before = entries(map);
  auto a = any(4), b = any(4, MemoryType::BootServicesCode);
  ASSERT_TRUE(a && b);
  EXPECT_TRUE(map.free(*a, {4}));
  EXPECT_TRUE(map.free(*b, {4}));
  EXPECT_EQ(entries(map), before);
}

TEST_F(MemoryMapTest, PartsOfAnAllocationCanBeFreed) {
  ASSERT_TRUE(at(16 * kMiB, 8));
  EXPECT_TRUE(map.free({16 * kMiB + 0x2000}, {2}));
  EXPECT_EQ(map.find({16 * kMiB + 0x1000})->type, MemoryType::LoaderData);
  EXPECT_EQ(map.find({16 * kMiB + 0x2000})->type, MemoryType::Conventional);
  EXPECT_EQ(map.find({16 * kMiB + 0x4000})->type, MemoryType::LoaderData);
}

TEST_F(MemoryMapTest, AdjacentAllocationsOfSeveralTypesAreFreedAtOnce) {
  auto before = entries(map);
  ASSERT_TRUE(at(16 * kMiB, 4));
  ASSERT_TRUE(at(16 * kMiB + 0x4000, 4, MemoryType::LoaderCode));
  EXPECT_TRUE(map.free({16 * kMiB}, {8}));
  EXPECT_EQ(entries(map), before);
}

TEST_F(MemoryMapTest, FreeingTwiceIsNotFound) {
  auto a = any(1);
  EXPECT_TRUE(map.free(*a, {1}));
  EXPECT_EQ(map.free(*a, {1}).status(), Status::NotFound);
}

TEST_F(MemoryMapTest, FreeingWhatWasNotAllocatedIsNotFound) {
  ASSERT_TRUE(map.reserve(range(2 * kMiB, 3 * kMiB), MemoryType::LoaderData));
  ASSERT_TRUE(at(3 * kMiB, 1));
  EXPECT_EQ(map.free({2 * kMiB}, {1}).status(), Status::NotFound) << "the platform's";
  EXPECT_EQ(map.free({3 * kMiB - 0x1000}, {2}).status(), Status::NotFound) << "half the platform's, although of one type";
  EXPECT_EQ(map.free({3 * kMiB}, {2}).status(), Status::NotFound) << "half free";
  EXPECT_EQ(map.free({0xB0000}, {1}).status(), Status::NotFound) << "not in the map";
  EXPECT_EQ(map.find({3 * kMiB})->type, MemoryType::LoaderData);
}

TEST_F(MemoryMapTest, FreeingInvalidRangesIsInvalid) {
  auto a = any(2);
  EXPECT_EQ(map.free({a->value + 1}, {1}).status(), Status::InvalidParameter);
  EXPECT_EQ(map.free(*a, {0}).status(), Status::InvalidParameter);
  EXPECT_EQ(map.free(*a, {UINT64_MAX}).status(), Status::InvalidParameter);
  EXPECT_EQ(map.free(*a, {UINT64_MAX / kPageSize}).status(), Status::InvalidParameter);
}

TEST_F(MemoryMapTest, OwnersAreHiddenButKeptApart) {
  auto a = any(1);
  auto b = map.allocate(AllocateType::AnyPages, MemoryType::LoaderData, {1}, {}, PageOwner::Pool);
  EXPECT_EQ(b->value + kPageSize, a->value);
  EXPECT_EQ(entries(map)[2], (Entry{MemoryType::LoaderData, b->value, a->value + kPageSize}));
  EXPECT_TRUE(map.owned_by(*b, PageOwner::Pool));
  EXPECT_FALSE(map.owned_by(*a, PageOwner::Pool));
  EXPECT_EQ(map.free(*b, {1}).status(), Status::NotFound);
  EXPECT_TRUE(map.free(*b, {1}, PageOwner::Pool));
}

TEST_F(MemoryMapTest, ReservationsCanBeTakenBackAtSetUp) {
  ASSERT_TRUE(map.reserve(range(2 * kMiB, 3 * kMiB), MemoryType::LoaderCode));
  EXPECT_TRUE(map.free({2 * kMiB}, {256}, PageOwner::SetUp));
  EXPECT_EQ(map.find({2 * kMiB})->type, MemoryType::Conventional);
}

TEST_F(MemoryMapTest, ReserveWantsFreeMemory) {
  EXPECT_EQ(map.reserve(range(0x9F000, 0xA1000), MemoryType::Reserved).status(), Status::NotFound);
  ASSERT_TRUE(at(2 * kMiB, 1));
  EXPECT_EQ(map.reserve(range(2 * kMiB, 3 * kMiB), MemoryType::Reserved).status(), Status::NotFound);
  EXPECT_EQ(map.reserve(range(3 * kMiB + 1, 4 * kMiB), MemoryType::Reserved).status(), Status::InvalidParameter);
  EXPECT_EQ(map.reserve(range(4 * kMiB, 3 * kMiB), MemoryType::Reserved).status(), Status::InvalidParameter);
  EXPECT_EQ(map.reserve(range(3 * kMiB, 4 * kMiB), MemoryType::Conventional).status(), Status::InvalidParameter);
}

TEST_F(MemoryMapTest, AddRefusesOverlapsAndNonsense) {
  EXPECT_EQ(map.add(range(0x9F000, 0xA1000), MemoryType::Reserved, 0).status(), Status::AccessDenied);
  EXPECT_EQ(map.add(range(0, 8 * kGiB), MemoryType::Reserved, 0).status(), Status::AccessDenied);
  EXPECT_EQ(map.add(range(0xB0000, 0xB0000), MemoryType::Reserved, 0).status(), Status::InvalidParameter);
  EXPECT_EQ(map.add(range(0xB0800, 0xC0000), MemoryType::Reserved, 0).status(), Status::InvalidParameter);
  EXPECT_EQ(map.add(range(0xB0000, 0xC0000), MemoryType::Max, 0).status(), Status::InvalidParameter);
  EXPECT_TRUE(map.add(range(0xA0000, 0x100000), MemoryType::Reserved, 0)) << "an exact fit between two others";
}

TEST_F(MemoryMapTest, EqualNeighboursAreOneDescriptor) {
  MemoryMap fresh;
  ASSERT_TRUE(fresh.add(range(kMiB, 2 * kMiB), MemoryType::Conventional, kRamAttributes));
  ASSERT_TRUE(fresh.add(range(3 * kMiB, 4 * kMiB), MemoryType::Conventional, kRamAttributes));
  ASSERT_TRUE(fresh.add(range(2 * kMiB, 3 * kMiB), MemoryType::Conventional, kRamAttributes));
  ASSERT_TRUE(fresh.add(range(4 * kMiB, 5 * kMiB), MemoryType::Conventional, efi::kMemoryWb));
  EXPECT_EQ(entries(fresh), (std::vector<Entry>{{MemoryType::Conventional, kMiB, 4 * kMiB},
                                                {MemoryType::Conventional, 4 * kMiB, 5 * kMiB, efi::kMemoryWb}}));
}

TEST_F(MemoryMapTest, AttributesSurviveAllocateAndFree) {
  MemoryMap fresh;
  ASSERT_TRUE(fresh.add(range(kMiB, 2 * kMiB), MemoryType::Conventional, efi::kMemoryWb));
  ASSERT_TRUE(fresh.add(range(2 * kMiB, 3 * kMiB), MemoryType::Conventional, efi::kMemoryWb | efi::kMemoryNv));
  auto before = entries(fresh);
  ASSERT_TRUE(fresh.allocate(AllocateType::Address, MemoryType::LoaderData, {2}, {2 * kMiB - 0x1000})) << "across two descriptors";
  EXPECT_EQ(entries(fresh)[1], (Entry{MemoryType::LoaderData, 2 * kMiB - 0x1000, 2 * kMiB, efi::kMemoryWb}));
  EXPECT_EQ(entries(fresh)[2], (Entry{MemoryType::LoaderData, 2 * kMiB, 2 * kMiB + 0x1000, efi::kMemoryWb | efi::kMemoryNv}));
  EXPECT_TRUE(fresh.free({2 * kMiB - 0x1000}, {2}));
  EXPECT_EQ(entries(fresh), before);
}

TEST_F(MemoryMapTest, RuntimeServicesCarryTheRuntimeAttribute) {
  auto code = any(1, MemoryType::RuntimeServicesCode);
  EXPECT_EQ(map.find(*code)->attribute, kRamAttributes | efi::kMemoryRuntime);
  EXPECT_TRUE(map.free(*code, {1}));
  EXPECT_EQ(map.find(*code)->attribute, kRamAttributes);
  ASSERT_TRUE(map.add(range(0xFFC00000, 0x100000000), MemoryType::MemoryMappedIo, efi::kMemoryUc | efi::kMemoryRuntime));
  EXPECT_EQ(map.find({0xFFC00000})->attribute, efi::kMemoryUc | efi::kMemoryRuntime);
}

TEST_F(MemoryMapTest, TheRuntimeWindowKeepsWhatStaysTogether) {
  ASSERT_TRUE(map.set_runtime_window(range(kGiB, kGiB + 0x10000)));
  EXPECT_EQ(any(1, MemoryType::RuntimeServicesData)->value, kGiB + 0xF000);
  EXPECT_EQ(any(1, MemoryType::AcpiReclaim)->value, kGiB);
  EXPECT_EQ(any(1, MemoryType::AcpiReclaim)->value, kGiB + 0x1000);
  EXPECT_EQ(any(1)->value, 3 * kGiB - 0x1000) << "others stay out";
  EXPECT_EQ(any(64, MemoryType::RuntimeServicesData)->value, 3 * kGiB - 0x41000) << "too large for the window";
  EXPECT_EQ(at(kGiB + 0x4000, 1)->value, kGiB + 0x4000) << "the window is a preference, not a reservation";
  EXPECT_EQ(any(1, MemoryType::AcpiReclaim)->value, kGiB + 0x5000) << "at the bottom of the last range";
}

TEST_F(MemoryMapTest, TheRuntimeWindowIsUsedForAllWhenNothingElseIsLeft) {
  ASSERT_TRUE(map.set_runtime_window(range(3 * kGiB - 0x10000, 3 * kGiB)));
  EXPECT_EQ(any(1)->value, 3 * kGiB - 0x11000);
  ASSERT_TRUE(map.reserve(range(kMiB, 3 * kGiB - 0x11000), MemoryType::Reserved));
  ASSERT_TRUE(map.reserve(range(4 * kGiB, 6 * kGiB), MemoryType::Reserved));
  EXPECT_EQ(any(1)->value, 3 * kGiB - 0x1000);
}

TEST_F(MemoryMapTest, TheRuntimeWindowLiesBetweenOneMiBAndFourGiB) {
  EXPECT_EQ(map.set_runtime_window(range(0x80000, 0x180000)).status(), Status::InvalidParameter);
  EXPECT_EQ(map.set_runtime_window(range(4 * kGiB, 5 * kGiB)).status(), Status::InvalidParameter);
  EXPECT_EQ(map.set_runtime_window(range(kGiB, kGiB)).status(), Status::InvalidParameter);
}

TEST_F(MemoryMapTest, TheKeyChangesWithTheMapAndOnlyThen) {
  uint64_t key = map.key();
  EXPECT_FALSE(at(0xA0000, 1));
  EXPECT_FALSE(any(1, MemoryType::Conventional));
  EXPECT_FALSE(map.free({kMiB}, {1}));
  EXPECT_FALSE(map.reserve(range(0xA0000, 0xB0000), MemoryType::Reserved));
  EXPECT_EQ(map.read_size(), 3 * MemoryMap::kDescriptorSize);
  EXPECT_EQ(map.key(), key);
  auto a = any(1);
  EXPECT_GT(map.key(), key);
  key = map.key();
  EXPECT_TRUE(map.free(*a, {1}));
  EXPECT_GT(map.key(), key) << "an equal map, but not the same";
}

TEST_F(MemoryMapTest, TheListenerHearsOfEachChange) {
  int heard = 0;
  map.set_change_listener([](void* context) { ++*static_cast<int*>(context); }, &heard);
  auto a = any(1);
  EXPECT_FALSE(at(0xA0000, 1));
  EXPECT_TRUE(map.free(*a, {1}));
  EXPECT_EQ(heard, 2);
}

TEST_F(MemoryMapTest, ReadWantsRoomForAll) {
  std::vector<std::byte> bytes(map.read_size() - 1, std::byte{0xAA});
  EXPECT_EQ(map.read(bytes).status(), Status::BufferTooSmall);
  EXPECT_EQ(bytes[0], std::byte{0xAA});
}

// Every other page of a range, so that each allocation is a region more.
class GrowingMap : public testing::Test {
 protected:
  static constexpr uint64_t kPages = 4096;
  uint64_t page(uint64_t n) const { return arena.range().begin.value + n * kPageSize; }
  Result<> take(uint64_t n) {
    auto got = map.allocate(AllocateType::Address, MemoryType::LoaderData, {1}, {page(n)});
    return got ? Result<>() : got.status();
  }
  test::Arena arena{kPages * kPageSize};
  MemoryMap map;
};

TEST_F(GrowingMap, GrowsIntoItsOwnPagesAndLosesNothing) {
  constexpr uint64_t kFirst = 96;  // the map's own pages lie below
  ASSERT_TRUE(map.add(arena.range(), MemoryType::Conventional, kRamAttributes));
  for (uint64_t n = kFirst; n < kPages; n += 2) ASSERT_TRUE(take(n));
  PhysRange storage = map.storage();
  EXPECT_EQ(map.find(storage.begin)->type, MemoryType::BootServicesData);
  EXPECT_EQ(map.free(storage.begin, {1}).status(), Status::NotFound) << "not the program's to free";
  uint64_t data = 0, next = kFirst;
  for (const Entry& e : entries(map)) {
    if (e.type == MemoryType::BootServicesData) data += e.end - e.begin;
    if (e.type != MemoryType::LoaderData) continue;
    ASSERT_EQ(e, (Entry{MemoryType::LoaderData, page(next), page(next + 1)}));
    next += 2;
  }
  EXPECT_EQ(next, kPages);
  EXPECT_EQ(data, storage.size()) << "the storage before this one was given back";
  for (uint64_t n = kFirst; n < kPages; n += 2) ASSERT_TRUE(map.free({page(n)}, {1}));
  EXPECT_LE(entries(map).size(), 3u);
}

TEST_F(GrowingMap, NeverTakesThePagesThatAreAskedFor) {
  ASSERT_TRUE(map.add(arena.range(), MemoryType::Conventional, kRamAttributes));
  for (int n = 0; n < 500; ++n) {
    // The lowest free page is where the map would grow to.
    uint64_t lowest = 0;
    for (const Entry& e : entries(map)) {
      if (e.type == MemoryType::Conventional && lowest == 0) lowest = e.begin;
    }
    ASSERT_TRUE(map.allocate(AllocateType::Address, MemoryType::LoaderData, {1}, {lowest}));
    ASSERT_TRUE(take(kPages - 2 - 2 * n));
  }
}

TEST_F(GrowingMap, WithoutMemoryToGrowItSaysOutOfResourcesAndKeepsAll) {
  // Only single free pages at first, and all below 1 MiB of no use for growth.
  ASSERT_TRUE(map.add(range(0x1000, 0xA0000), MemoryType::Conventional, kRamAttributes));
  uint64_t taken = 0;
  Status status = Status::Success;
  while (status == Status::Success) {
    auto got = map.allocate(AllocateType::Address, MemoryType::LoaderData, {1}, {0x2000 + taken * 0x2000});
    status = got.status();
    taken += got.has_value();
  }
  EXPECT_EQ(status, Status::OutOfResources);
  EXPECT_EQ(taken, 31u);  // 64 regions, one of them kept to grow with
  EXPECT_EQ(map.reserve(range(0x9F000, 0xA0000), MemoryType::Reserved).status(), Status::OutOfResources);
  EXPECT_EQ(map.add(arena.range(), MemoryType::Conventional, kRamAttributes).status(), Status::OutOfResources);
  EXPECT_EQ(entries(map).size(), 2 * taken + 1);
  // What needs no new border always works, and memory to grow into is found as soon as there is some.
  EXPECT_TRUE(map.free({0x2000}, {1}));
  EXPECT_TRUE(map.free({0x4000}, {1}));
  ASSERT_TRUE(map.add(arena.range(), MemoryType::Conventional, kRamAttributes));
  for (uint64_t n = 97; n < kPages; n += 2) ASSERT_TRUE(take(n));
}

TEST_F(GrowingMap, GrowsWithTheLastRegionThatIsFree) {
  ASSERT_TRUE(map.add(range(0x1000, 0xA0000), MemoryType::Conventional, kRamAttributes));
  for (uint64_t n = 0; n < 30; ++n) {
    ASSERT_TRUE(map.allocate(AllocateType::Address, MemoryType::LoaderData, {1}, {0x2000 + n * 0x2000}));
  }
  ASSERT_TRUE(map.reserve(range(0x9F000, 0xA0000), MemoryType::Reserved));
  ASSERT_TRUE(map.add(arena.range(), MemoryType::Conventional, kRamAttributes));  // region 63 of 64
  EXPECT_FALSE(map.storage().empty());
  EXPECT_TRUE(take(99));
}

}  // namespace
}  // namespace efilite::core
