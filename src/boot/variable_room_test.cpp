// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/variable_room.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/memory.hpp"

namespace efilite::boot {
namespace {

constexpr uint32_t kCapacity = 64 << 10;
constexpr uint32_t kOwn = 2 << 10;
constexpr uint32_t kAttributes = efi::kVariableNonVolatile | efi::kVariableBootserviceAccess | efi::kVariableRuntimeAccess;
constexpr efi::Guid kVendor = {0x12345678, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

// As it lies in the runtime's data: something in front, and the area's end in the middle of a page.
struct Block {
  std::byte before[6000];
  runtime::VariableStore store;
  alignas(8) std::byte area[kCapacity];
};

class VariableRoomTest : public testing::Test {
 protected:
  VariableRoomTest() {
    const PageCount pages = PageCount::covering({sizeof(Block)});
    at = memory.map.allocate(efi::AllocateType::AnyPages, efi::MemoryType::RuntimeServicesData, pages, {}, core::PageOwner::SetUp)->value;
    end = at + pages.value * kPageSize;
    block = reinterpret_cast<Block*>(at);
    runtime::start_variables(block->store, block->area, kCapacity);
  }
  Status set(const char16_t* name, size_t size) {
    const std::vector<std::byte> data(size, std::byte{7});
    (void)grow_variables(memory.map, block->store, runtime::largest_growth(block->store, name, size));
    return runtime::set_variable(block->store, runtime::Phase::Boot, name, &kVendor, kAttributes, size, data.data());
  }
  // The runtime's pages are the first ones, and all others boot services'; the store knows the border.
  uint64_t border() {
    uint64_t border = at;
    while (border < end && memory.map.find({border})->type == efi::MemoryType::RuntimeServicesData) border += kPageSize;
    for (uint64_t page = border; page < end; page += kPageSize)
      EXPECT_EQ(memory.map.find({page})->type, efi::MemoryType::BootServicesData);
    EXPECT_EQ(block->store.lasting, std::min<uint64_t>(border - reinterpret_cast<uint64_t>(block->area), kCapacity));
    return border;
  }
  test::Memory memory;
  uint64_t at, end;
  Block* block;
};

TEST_F(VariableRoomTest, NoMoreIsKeptThanIsUsedAndTheOsMayWrite) {
  ASSERT_TRUE(shrink_variables(memory.map, block->store, kOwn));
  EXPECT_LT(border(), end);
  EXPECT_GE(block->store.lasting, kOwn + kVariableRoomAtRuntime);
  EXPECT_LT(block->store.lasting, kOwn + kVariableRoomAtRuntime + kPageSize);
}

TEST_F(VariableRoomTest, WhatIsWrittenTakesPagesAndTheRoomStays) {
  ASSERT_TRUE(shrink_variables(memory.map, block->store, kOwn));
  const uint64_t first = border(), key = memory.map.key();
  EXPECT_EQ(set(u"small", 100), Status::Success);
  EXPECT_EQ(border(), first);
  EXPECT_EQ(memory.map.key(), key) << "the map is as it was";
  EXPECT_EQ(set(u"large", 20'000), Status::Success);
  EXPECT_GT(border(), first);
  EXPECT_GE(block->store.lasting - block->store.used, kVariableRoomAtRuntime);
  EXPECT_EQ(set(u"largest", 30'000), Status::Success);
  EXPECT_EQ(border(), end);
  EXPECT_EQ(set(u"too much", 20'000), Status::OutOfResources);
  EXPECT_EQ(border(), end);
}

TEST_F(VariableRoomTest, WhatCannotSucceedTakesNothing) {
  ASSERT_TRUE(shrink_variables(memory.map, block->store, kOwn));
  const uint64_t first = border();
  EXPECT_EQ(set(u"huge", kCapacity), Status::InvalidParameter);
  EXPECT_EQ(runtime::largest_growth(block->store, nullptr, 1), 0u);
  EXPECT_EQ(border(), first);
}

TEST_F(VariableRoomTest, AtRunTimeTheStoreIsWhatWasKept) {
  ASSERT_TRUE(shrink_variables(memory.map, block->store, kOwn));
  ASSERT_EQ(set(u"mine", 1000), Status::Success);
  runtime::keep_lasting_variables(block->store);
  uint64_t all, left, one;
  EXPECT_EQ(runtime::query_variable_info(block->store, runtime::Phase::Runtime, kAttributes, &all, &left, &one), Status::Success);
  EXPECT_EQ(all, border() - reinterpret_cast<uint64_t>(block->area));
  EXPECT_GE(left, kVariableRoomAtRuntime);
  EXPECT_LE(one, all);
  const std::vector<std::byte> data(left);
  const auto write = [&](uint64_t size) {
    return runtime::set_variable(block->store, runtime::Phase::Runtime, u"os", &kVendor, kAttributes, size, data.data());
  };
  constexpr uint64_t kHead = sizeof(runtime::VariableEntry) + sizeof u"os";
  EXPECT_EQ(write(left - kHead + 1), Status::OutOfResources);
  EXPECT_EQ(write(left - kHead - 7), Status::Success) << "all that is left, in units of 8 bytes";
}

}  // namespace
}  // namespace efilite::boot
