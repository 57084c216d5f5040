// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/protocols/memory_protection.hpp"

#include <gtest/gtest.h>

#include "base/poison.hpp"
#include "core/events/events.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/page_protection.hpp"

namespace efilite::core {
namespace {

using efi::EfiStatus;
using efi::MemoryType;

constexpr EfiStatus kOk = efi::encode(Status::Success);
constexpr EfiStatus kInvalid = efi::encode(Status::InvalidParameter);
constexpr EfiStatus kUnsupported = efi::encode(Status::Unsupported);
constexpr EfiStatus kNoMapping = efi::encode(Status::NoMapping);
constexpr EfiStatus kDenied = efi::encode(Status::AccessDenied);
constexpr EfiStatus kOutOfResources = efi::encode(Status::OutOfResources);
constexpr uint64_t kRo = efi::kMemoryRo, kXp = efi::kMemoryXp, kRp = efi::kMemoryRp;

class MemoryProtectionTest : public testing::Test {
 protected:
  MemoryProtectionTest() {
    events.restore_tpl(efi::kTplApplication);
    auto hook = [](void* self, PhysRange range) { return static_cast<MemoryProtection*>(self)->release(range); };
    memory.map.set_release_hook(hook, &protection);
  }

  uint64_t pages(uint64_t count, PageOwner owner = PageOwner::Service) {
    return memory.map.allocate(efi::AllocateType::AnyPages, MemoryType::LoaderData, {count}, {}, owner).value().value;
  }
  EfiStatus set(uint64_t at, uint64_t length, uint64_t attributes) { return p->set_memory_attributes(p, at, length, attributes); }
  EfiStatus clear(uint64_t at, uint64_t length, uint64_t attributes) { return p->clear_memory_attributes(p, at, length, attributes); }
  EfiStatus get(uint64_t at, uint64_t length, uint64_t* attributes) { return p->get_memory_attributes(p, at, length, attributes); }
  uint64_t of(uint64_t at) {
    uint64_t attributes = ~uint64_t{0};
    EXPECT_EQ(get(at, 1, &attributes), kOk);
    return attributes;
  }

  test::Memory memory;
  test::FakeClock clock;
  test::FakeInterrupts interrupts{clock};
  EventQueue events{memory.pool, interrupts, clock};
  test::FakeProtection tables;
  MemoryProtection protection{memory.map, tables, events};
  efi::MemoryAttributeProtocol* p = protection.protocol();
};

TEST_F(MemoryProtectionTest, AttributesAreSetAndClearedOneByOne) {
  const uint64_t at = pages(2);
  EXPECT_EQ(of(at), 0u);
  EXPECT_EQ(set(at, kPageSize, kRo | kXp), kOk);
  EXPECT_EQ(of(at), kRo | kXp);
  EXPECT_EQ(of(at + kPageSize), 0u);
  EXPECT_EQ(clear(at, kPageSize, kXp | kRp), kOk);
  EXPECT_EQ(of(at), kRo);
  EXPECT_EQ(set(at, kPageSize, kRp), kOk);
  EXPECT_EQ(of(at), kRo | kRp);
  EXPECT_EQ(set(at, kPageSize, 0), kOk);
  EXPECT_EQ(clear(at, kPageSize, 0), kOk);
  EXPECT_EQ(of(at), kRo | kRp);
}

TEST_F(MemoryProtectionTest, GetNamesEachFault) {
  const uint64_t at = pages(2);
  uint64_t attributes = 77;
  EXPECT_EQ(p->get_memory_attributes(nullptr, at, kPageSize, &attributes), kInvalid);
  EXPECT_EQ(get(at, 0, &attributes), kInvalid);
  EXPECT_EQ(get(at, kPageSize, nullptr), kInvalid);
  EXPECT_EQ(get(at, UINT64_MAX, &attributes), kUnsupported);
  EXPECT_EQ(get(UINT64_MAX, 1, &attributes), kUnsupported);
  EXPECT_EQ(set(at, kPageSize, kRo), kOk);
  EXPECT_EQ(get(at, 2 * kPageSize, &attributes), kNoMapping);
  EXPECT_EQ(get(at + kPageSize - 1, 2, &attributes), kNoMapping) << "the bytes lie in both pages";
  tables.mapped_end = at + kPageSize;
  EXPECT_EQ(get(at + kPageSize, kPageSize, &attributes), kNoMapping);
  EXPECT_EQ(attributes, 77u);
}

TEST_F(MemoryProtectionTest, SetAndClearNameEachFault) {
  const uint64_t at = pages(2);
  for (auto change : {p->set_memory_attributes, p->clear_memory_attributes}) {
    EXPECT_EQ(change(nullptr, at, kPageSize, kRo), kInvalid);
    EXPECT_EQ(change(p, at, 0, kRo), kInvalid);
    EXPECT_EQ(change(p, at + 1, kPageSize, kRo), kUnsupported);
    EXPECT_EQ(change(p, at, kPageSize - 1, kRo), kUnsupported);
    EXPECT_EQ(change(p, at, kPageSize, kRo | efi::kMemoryWb), kUnsupported);
    EXPECT_EQ(change(p, at, kPageSize, efi::kMemoryWp), kUnsupported);
    EXPECT_EQ(change(p, at, ~kPageMask, kRo), kUnsupported);
  }
  EXPECT_EQ(tables.changes, 0);
  tables.fails = true;
  EXPECT_EQ(set(at, kPageSize, kRo), kOutOfResources);
  tables.fails = false;
  tables.mapped_end = at + kPageSize;
  EXPECT_EQ(set(at + kPageSize, kPageSize, kRo), kUnsupported);
}

TEST_F(MemoryProtectionTest, OnlyProgramsOwnPagesChange) {
  const uint64_t end = memory.arena.range().end.value;
  EXPECT_EQ(set(pages(1, PageOwner::Image), kPageSize, kRo), kOk);
  const uint64_t own = pages(1), firmwares = pages(1, PageOwner::SetUp), pool = pages(1, PageOwner::Pool);
  const uint64_t both = pages(2);
  ASSERT_TRUE(memory.map.free({both}, {1}).has_value());
  EXPECT_EQ(set(firmwares, kPageSize, kXp), kDenied);
  EXPECT_EQ(set(pool, kPageSize, kRo), kDenied);
  EXPECT_EQ(set(both, kPageSize, kRo), kDenied) << "free";
  EXPECT_EQ(set(both, 2 * kPageSize, kRo), kDenied);
  EXPECT_EQ(set(firmwares, own + kPageSize - firmwares, kRo), kDenied) << "the first page alone";
  EXPECT_EQ(set(own, end + kPageSize - own, kRo), kUnsupported) << "beyond memory";
  EXPECT_EQ(set(end, kPageSize, kRo), kUnsupported) << "no memory that the map knows";
  ASSERT_TRUE(memory.map.add({{end}, {end + kPageSize}}, MemoryType::MemoryMappedIo, 0).has_value());
  EXPECT_EQ(set(end, kPageSize, kRo), kUnsupported);
  ASSERT_TRUE(tables.set({{firmwares}, {firmwares + kPageSize}}, kRo).has_value());
  EXPECT_EQ(clear(firmwares, kPageSize, kRo), kDenied);
  EXPECT_EQ(of(firmwares), kRo);
}

TEST_F(MemoryProtectionTest, WhatIsSoAlreadyMayBeAskedForAnywhere) {
  const uint64_t firmwares = pages(1, PageOwner::SetUp);
  ASSERT_TRUE(tables.set({{firmwares}, {firmwares + kPageSize}}, kXp).has_value());
  const int changes = tables.changes;
  EXPECT_EQ(set(firmwares, kPageSize, kXp), kOk);
  EXPECT_EQ(clear(firmwares, kPageSize, kRo | kRp), kOk);
  EXPECT_EQ(clear(memory.arena.range().end.value, kPageSize, kXp), kOk);
  EXPECT_EQ(tables.changes, changes);
}

TEST_F(MemoryProtectionTest, FreedPagesAreOpenAgain) {
  const uint64_t at = pages(3);
  ASSERT_EQ(set(at, 3 * kPageSize, kRo | kXp | kRp), kOk);
  ASSERT_TRUE(memory.map.free({at + kPageSize}, {1}).has_value());
  EXPECT_EQ(of(at), kRo | kXp | kRp);
  EXPECT_EQ(of(at + kPageSize), 0u);
  ASSERT_TRUE(memory.map.free({at}, {1}).has_value());
  ASSERT_TRUE(memory.map.free({at + 2 * kPageSize}, {1}).has_value());
  EXPECT_TRUE(tables.pages.empty());
}

TEST_F(MemoryProtectionTest, FreeingWhatIsNotOnesOwnOpensNothing) {
  const uint64_t at = pages(1);
  ASSERT_EQ(set(at, kPageSize, kRo), kOk);
  EXPECT_EQ(memory.map.free({at}, {2}).status(), Status::NotFound);
  EXPECT_EQ(memory.map.free({at}, {1}, PageOwner::Pool).status(), Status::NotFound);
  EXPECT_EQ(of(at), kRo);
}

TEST_F(MemoryProtectionTest, FreeingLooksAtTheTablesOnlyNearWhatWasRestricted) {
  const uint64_t at = pages(1), other = pages(1);
  ASSERT_TRUE(memory.map.free({pages(1)}, {1}).has_value());
  EXPECT_EQ(tables.changes, 0);
  ASSERT_EQ(set(at, kPageSize, kRo), kOk);
  tables.changes = 0;
  ASSERT_TRUE(memory.map.free({other}, {1}).has_value());
  EXPECT_EQ(tables.changes, 0);
  ASSERT_TRUE(memory.map.free({at}, {1}).has_value());
  EXPECT_EQ(tables.changes, 1);
}

TEST_F(MemoryProtectionTest, PagesThatCannotBeOpenedAreNotFreed) {
  const uint64_t at = pages(1);
  ASSERT_EQ(set(at, kPageSize, kRo), kOk);
  tables.fails = true;
  EXPECT_EQ(memory.map.free({at}, {1}).status(), Status::OutOfResources);
  tables.fails = false;
  EXPECT_TRUE(memory.map.free({at}, {1}).has_value());
}

TEST_F(MemoryProtectionTest, FreedPagesArePoisonedAndSetUpOnesAreNot) {
  static_assert(kPoison);
  const uint64_t at = pages(1), module = pages(1, PageOwner::SetUp);
  memset(reinterpret_cast<void*>(at), 1, kPageSize);
  memset(reinterpret_cast<void*>(module), 1, kPageSize);
  ASSERT_TRUE(memory.map.free({at}, {1}).has_value());
  ASSERT_TRUE(memory.map.free({module}, {1}, PageOwner::SetUp).has_value());
  for (uint64_t i = 0; i < kPageSize; ++i) {
    ASSERT_EQ(reinterpret_cast<uint8_t*>(at)[i], kFreedByte);
    ASSERT_EQ(reinterpret_cast<uint8_t*>(module)[i], 1);
  }
}

TEST_F(MemoryProtectionTest, LargePoolBlocksArePoisonedWithTheirPages) {
  auto* block = static_cast<uint8_t*>(memory.pool.allocate(MemoryType::LoaderData, 100'000).value());
  EXPECT_EQ(block[0], kFreshByte);
  EXPECT_EQ(block[99'999], kFreshByte);
  ASSERT_TRUE(memory.pool.free(block).has_value());
  EXPECT_EQ(block[0], kFreedByte);
  EXPECT_EQ(block[99'999], kFreedByte);
}

}  // namespace
}  // namespace efilite::core
