// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/fixed_loader.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "boot/identity_memory.hpp"
#include "boot/payload.hpp"
#include "tests/support/log.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/physical_memory.hpp"

namespace efilite::boot {
namespace {

using efi::MemoryType;

struct FixedLoading : testing::Test {
  static constexpr uint64_t kEnd = 0x800000;
  core::MemoryMap map;
  test::FakePhysicalMemory physical;
  FixedLoader loader{map, physical};
  test::CapturedLog log;
  std::vector<std::byte> file = std::vector<std::byte>(0x10000);
  MemorySource image;

  FixedLoading() {
    for (size_t i = 0; i < file.size(); ++i) file[i] = std::byte(i * 7 + i / 251);
    image = MemorySource(file);
    physical.map(0x1000, kEnd - 0x1000, 0xEE);
    add(0x1000, 0xA0000, MemoryType::Conventional);
    add(0xA0000, 0x100000, MemoryType::Reserved);
    add(0x100000, 0x180000, MemoryType::BootServicesCode);
    add(0x180000, kEnd, MemoryType::Conventional);
  }
  void add(uint64_t begin, uint64_t end, MemoryType type) { ASSERT_TRUE(map.add({{begin}, {end}}, type, core::kRamAttributes)); }
  Result<> load(std::initializer_list<FixedLoader::Segment> segments) {
    for (const auto& segment : segments) TRY(loader.add(segment));
    TRY(loader.claim());
    return loader.load(image);
  }
  // What protected_mode.S does.
  void finish() {
    for (const arch::LastCopy& copy : loader.last_copies()) {
      auto to = physical.window({copy.to}, uint64_t{copy.bytes} + copy.zero_bytes).value();
      if (copy.bytes != 0) memcpy(to.data(), physical.window({copy.from}, copy.bytes).value().data(), copy.bytes);
      memset(to.data() + copy.bytes, 0, copy.zero_bytes);
    }
  }
  void expect_loaded(const FixedLoader::Segment& segment) {
    const auto bytes = physical.window({segment.address}, segment.size).value();
    EXPECT_EQ(memcmp(bytes.data(), &file[segment.offset], segment.file_size), 0);
    for (uint64_t i = segment.file_size; i < segment.size; ++i) ASSERT_EQ(bytes[i], std::byte{0}) << i;
  }
  MemoryType type_at(uint64_t address) { return map.find({address})->type; }
};

TEST_F(FixedLoading, FreeMemoryIsReadToAtOnceAndTaken) {
  const FixedLoader::Segment segment{0x200010, 0x3000, 0x123, 0x2345};
  ASSERT_TRUE(load({segment}));
  expect_loaded(segment);
  EXPECT_TRUE(loader.last_copies().empty());
  EXPECT_EQ(type_at(0x200000), MemoryType::LoaderData);
  EXPECT_EQ(type_at(0x203000), MemoryType::LoaderData);
  EXPECT_EQ(type_at(0x204000), MemoryType::Conventional);
  EXPECT_EQ(loader.bytes_read(), 0x2345u);
}

TEST_F(FixedLoading, WhereEfiliteIsBytesAreCopiedLast) {
  const FixedLoader::Segment segment{0x17F000, 0x4000, 0x400, 0x3800};  // half of it behind efilite
  const auto efilite = physical.window({0x100000}, 0x80000).value();
  const std::vector<std::byte> before(efilite.begin(), efilite.end());
  ASSERT_TRUE(load({segment}));
  EXPECT_EQ(memcmp(before.data(), efilite.data(), before.size()), 0) << "efilite was written to while it runs";
  ASSERT_EQ(loader.last_copies().size(), 1u);
  EXPECT_EQ(loader.last_copies()[0].bytes, 0x1000u);
  EXPECT_FALSE(loader.wants({{loader.last_copies()[0].from}, {loader.last_copies()[0].from + 0x1000}}));
  finish();
  expect_loaded(segment);
}

TEST_F(FixedLoading, ZerosAreNotStaged) {
  const FixedLoader::Segment segment{0x150000, 0x50000, 0, 0x10000};
  ASSERT_TRUE(load({segment}));
  ASSERT_EQ(loader.last_copies().size(), 1u);
  EXPECT_EQ(loader.last_copies()[0].zero_bytes, 0x20000u);
  finish();
  expect_loaded(segment);
}

TEST_F(FixedLoading, SegmentsMayShareAPageAndComeInAnyOrder) {
  const FixedLoader::Segment above{0x200800, 0x1800, 0x1000, 0x800}, below{0x1FF000, 0x1800, 0x3000, 0x1800};
  ASSERT_TRUE(load({above, below}));
  expect_loaded(above);
  expect_loaded(below);
}

TEST_F(FixedLoading, SegmentsMustNotOverlap) {
  ASSERT_TRUE(loader.add({0x200000, 0x1000, 0, 0}));
  ASSERT_TRUE(loader.add({0x202000, 0x1000, 0, 0}));
  EXPECT_EQ(loader.add({0x200FFF, 0x1, 0, 0}).status(), Status::LoadError);
  EXPECT_EQ(loader.add({0x200FFF, 0x1002, 0, 0}).status(), Status::LoadError);
  EXPECT_EQ(loader.add({0x1FFFFF, 0x2, 0, 0}).status(), Status::LoadError);
  EXPECT_EQ(loader.add({0x1FFFFF, 0x10000, 0, 0}).status(), Status::LoadError);
  EXPECT_TRUE(loader.add({0x201000, 0x1000, 0, 0}));
  EXPECT_TRUE(loader.add({0x1FF000, 0x1000, 0, 0}));
  EXPECT_NE(log.text.find("the segment at 0x200fff overlaps with that at 0x200000"), std::string::npos) << log.text;
}

TEST_F(FixedLoading, WhatIsNoMemoryIsRefusedByNameAndPlace) {
  log::Subject subject("module 0");
  EXPECT_EQ(load({{0x9F000, 0x2000, 0, 0x1000}}).status(), Status::Unsupported);
  EXPECT_EQ(log.text, "efilite: module 0: the segment at 0x9f000 wants 0xa0000, where there is no memory for it\n");
}

TEST_F(FixedLoading, BeyondTheEndOfMemoryIsRefused) {
  EXPECT_EQ(load({{kEnd - 0x1000, 0x1001, 0, 0}}).status(), Status::Unsupported);
}

TEST_F(FixedLoading, TablesThatTheKernelNeedsAreNotOverwritten) {
  add(kEnd, kEnd + 0x1000, MemoryType::AcpiReclaim);
  EXPECT_EQ(load({{kEnd, 0x10, 0, 0}}).status(), Status::Unsupported);
}

TEST_F(FixedLoading, AboveFourGibNothingIsLoaded) {
  EXPECT_EQ(loader.add({0xFFFFF000, 0x1001, 0, 0}).status(), Status::Unsupported);
  EXPECT_EQ(loader.add({0x100000001, 0, 0, 0}).status(), Status::Unsupported);
  EXPECT_EQ(loader.add({0xFFFFFFFFFFFFF000, 0xFFFFFFFFFFFFF000, 0, 0}).status(), Status::Unsupported);
  EXPECT_TRUE(loader.add({0xFFFFF000, 0x1000, 0, 0}));
}

TEST_F(FixedLoading, WhatIsFreedLaterIsTakenByAnotherClaim) {
  ASSERT_TRUE(map.reserve({{0x300000}, {0x302000}}, MemoryType::BootServicesData));
  const FixedLoader::Segment segment{0x2FF000, 0x4000, 0, 0x4000};
  ASSERT_TRUE(loader.add(segment));
  ASSERT_TRUE(loader.claim());
  ASSERT_TRUE(map.free({0x300000}, {2}, core::PageOwner::SetUp));
  ASSERT_TRUE(loader.claim());
  ASSERT_TRUE(loader.load(image));
  EXPECT_TRUE(loader.last_copies().empty());
  expect_loaded(segment);
}

TEST_F(FixedLoading, PagesForOthersLieWhereNoSegmentGoes) {
  // Free again after the claim: nobody may be given it.
  ASSERT_TRUE(map.reserve({{kEnd - 0x2000}, {kEnd}}, MemoryType::BootServicesData));
  ASSERT_TRUE(loader.add({kEnd - 0x2000, 0x2000, 0, 0x2000}));
  ASSERT_TRUE(loader.claim());
  ASSERT_TRUE(map.free({kEnd - 0x2000}, {2}, core::PageOwner::SetUp));
  for (int i = 0; i < 8; ++i) {
    const auto pages = loader.allocate(0x800);
    ASSERT_TRUE(pages);
    EXPECT_FALSE(loader.wants(*pages));
    EXPECT_EQ(pages->size(), 0x800u);
  }
}

TEST_F(FixedLoading, WithoutMemoryToStageInItIsTold) {
  ASSERT_TRUE(map.reserve({{0x180000}, {kEnd}}, MemoryType::LoaderData));
  ASSERT_TRUE(map.reserve({{0x1000}, {0xA0000}}, MemoryType::LoaderData));
  EXPECT_EQ(load({{0x100000, 0x10000, 0, 0x10000}}).status(), Status::OutOfResources);
  EXPECT_NE(log.text.find("cannot be loaded: OUT_OF_RESOURCES"), std::string::npos) << log.text;
}

// Memory of the test's own process, so that the map can grow into it.
TEST(FixedLoadingWithLargeMap, MemoryInTooManyPiecesIsRefused) {
  test::CapturedLog log;
  test::Memory memory(8 << 20);
  IdentityMemory physical{PhysAddr{uint64_t{1} << 32}};
  FixedLoader loader(memory.map, physical);
  const uint64_t begin = memory.arena.range().begin.value + 0x200000;
  for (uint64_t at = begin; at < begin + 70 * 0x2000; at += 0x2000)
    ASSERT_TRUE(memory.map.reserve({{at}, {at + 0x1000}}, MemoryType::BootServicesData));
  ASSERT_TRUE(loader.add({begin, 70 * 0x2000, 0, 0x1000}));
  EXPECT_EQ(loader.claim().status(), Status::OutOfResources);
  EXPECT_NE(log.text.find("too fragmented"), std::string::npos) << log.text;
}

TEST(FixedLoadingWithLargeMap, WhereTheMapLayNothingElseIsPut) {
  test::Memory memory(8 << 20);
  IdentityMemory physical{PhysAddr{uint64_t{1} << 32}};
  FixedLoader loader(memory.map, physical);
  uint64_t next = memory.arena.range().begin.value + 0x10000;
  const auto fragment = [&] {
    ASSERT_TRUE(memory.map.reserve({{next}, {next + 0x1000}}, MemoryType::BootServicesData));
    next += 0x2000;
  };
  while (memory.map.storage().empty()) fragment();
  const PhysRange storage = memory.map.storage();
  ASSERT_TRUE(loader.add({storage.begin.value, storage.size(), 0, 0}));
  ASSERT_TRUE(loader.claim());
  while (memory.map.storage() == storage) fragment();
  ASSERT_EQ(memory.map.find(storage.begin)->type, MemoryType::Conventional);
  while (const auto pages = loader.allocate(kPageSize)) ASSERT_FALSE(pages->overlaps(storage));
  EXPECT_NE(memory.map.find(storage.begin)->type, MemoryType::Conventional) << "it was never asked for";
}

TEST_F(FixedLoading, AFileThatCannotBeReadIsToldOnce) {
  EXPECT_EQ(load({{0x200000, 0x2000, file.size() - 1, 2}}).status(), Status::InvalidParameter);
  EXPECT_EQ(std::ranges::count(log.text, '\n'), 1);
}

}  // namespace
}  // namespace efilite::boot
