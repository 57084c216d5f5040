// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/memory/pool.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <vector>

#include "base/poison.hpp"
#include "tests/support/memory.hpp"

namespace efilite::core {
namespace {

using efi::AllocateType;
using efi::MemoryType;

class PoolTest : public testing::Test {
 protected:
  void* get(uint64_t size, MemoryType type = MemoryType::LoaderData) {
    auto block = pool.allocate(type, size);
    return block ? *block : nullptr;
  }
  std::vector<std::byte> view() const {
    std::vector<std::byte> bytes(map.read_size());
    EXPECT_TRUE(map.read(bytes));
    return bytes;
  }
  MemoryType type_at(void* block) const { return map.find({reinterpret_cast<uintptr_t>(block)})->type; }

  test::Memory memory;
  MemoryMap& map = memory.map;
  Pool& pool = memory.pool;
};

TEST_F(PoolTest, BlocksAreAlignedAndDoNotOverlap) {
  std::vector<std::pair<unsigned char*, size_t>> blocks;
  for (size_t size = 0; size < 6000; size += 37) {
    auto* block = static_cast<unsigned char*>(get(size));
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 16, 0u);
    memset(block, static_cast<int>(size), size);
    blocks.emplace_back(block, size);
  }
  for (auto [block, size] : blocks) {
    for (size_t i = 0; i < size; ++i) ASSERT_EQ(block[i], static_cast<unsigned char>(size));
  }
  for (auto [block, size] : blocks) EXPECT_TRUE(pool.free(block));
}

TEST_F(PoolTest, SmallBlocksShareAPage) {
  void* first = get(100, MemoryType::RuntimeServicesData);
  auto before = map.key();
  for (int i = 0; i < 20; ++i) ASSERT_NE(get(100, MemoryType::RuntimeServicesData), nullptr);
  EXPECT_EQ(map.key(), before) << "the map does not change for a small block";
  EXPECT_EQ(map.find({reinterpret_cast<uintptr_t>(first)})->number_of_pages, 1u);
}

TEST_F(PoolTest, EachTypeHasItsOwnPages) {
  for (uint32_t type : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 8u, 9u, 10u, 11u, 12u, 13u, 0x70000000u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu}) {
    void* small = get(24, MemoryType{type});
    void* large = get(40000, MemoryType{type});
    ASSERT_TRUE(small && large) << type;
    EXPECT_EQ(type_at(small), MemoryType{type});
    EXPECT_EQ(type_at(large), MemoryType{type});
  }
}

TEST_F(PoolTest, TypesThatCannotBeAllocatedAreInvalid) {
  for (uint32_t type : {7u, 14u, 15u, 16u, 0x6FFFFFFFu}) {
    EXPECT_EQ(pool.allocate(MemoryType{type}, 16).status(), Status::InvalidParameter) << type;
  }
}

TEST_F(PoolTest, EmptyChunksGoBackToTheMap) {
  auto before = view();
  std::vector<void*> blocks;
  for (size_t i = 0; i < 500; ++i) blocks.push_back(get(16 + i * 7 % 900, i % 2 ? MemoryType::LoaderData : MemoryType::AcpiReclaim));
  blocks.push_back(get(1 << 20));
  for (size_t i = 0; i < blocks.size(); i += 2) EXPECT_TRUE(pool.free(blocks[i]));
  for (size_t i = 1; i < blocks.size(); i += 2) EXPECT_TRUE(pool.free(blocks[i]));
  EXPECT_EQ(view(), before);
}

TEST_F(PoolTest, FreedMemoryIsUsedAgain) {
  void* keep = get(64);
  void* a = get(64);
  void* b = get(64);
  EXPECT_TRUE(pool.free(a));
  EXPECT_TRUE(pool.free(b));
  EXPECT_EQ(get(144), a) << "two neighbours, and a header less";
  EXPECT_TRUE(pool.free(keep));
}

TEST_F(PoolTest, LargeBlocksPinNothing) {
  auto before = view();
  void* large = get(3 << 20);
  void* small = get(8);
  EXPECT_TRUE(pool.free(large));
  EXPECT_EQ(map.find({reinterpret_cast<uintptr_t>(large)})->type, MemoryType::Conventional);
  EXPECT_TRUE(pool.free(small));
  EXPECT_EQ(view(), before);
}

TEST_F(PoolTest, MoreThanThereIsIsOutOfResources) {
  for (uint64_t size : {uint64_t{16} << 20, uint64_t{1} << 40, uint64_t{1} << 60, UINT64_MAX - 15, UINT64_MAX}) {
    EXPECT_EQ(pool.allocate(MemoryType::LoaderData, size).status(), Status::OutOfResources) << size;
  }
}

TEST_F(PoolTest, TheLastPageServesSmallBlocks) {
  auto pages = memory.arena.range().size() / kPageSize;
  ASSERT_TRUE(map.allocate(AllocateType::Address, MemoryType::LoaderCode, {pages - 1}, memory.arena.range().begin));
  void* block = get(100);
  ASSERT_NE(block, nullptr) << "no room for a whole chunk is no reason to fail";
  EXPECT_EQ(get(8000), nullptr);
  EXPECT_TRUE(pool.free(block));
}

TEST_F(PoolTest, FreeingTwiceIsInvalid) {
  for (uint64_t size : {8, 1000, 50000}) {
    void* pin = get(size);
    void* block = get(size);
    EXPECT_TRUE(pool.free(block));
    EXPECT_EQ(pool.free(block).status(), Status::InvalidParameter);
    EXPECT_TRUE(pool.free(pin));
    EXPECT_EQ(pool.free(pin).status(), Status::InvalidParameter) << "its chunk is gone as well";
  }
}

TEST_F(PoolTest, WildPointersAreInvalidAndNotReadThrough) {
  auto* block = static_cast<char*>(get(4096));
  memset(block, 0xFF, 4096);
  for (int i = 1; i < 4096; ++i) ASSERT_EQ(pool.free(block + i).status(), Status::InvalidParameter) << i;
  int on_the_stack;
  EXPECT_EQ(pool.free(&on_the_stack).status(), Status::InvalidParameter);
  for (uint64_t wild : {uint64_t{0}, uint64_t{16}, uint64_t{0x1000}, uint64_t{0xDEADBEEF00}, ~uint64_t{15}, ~uint64_t{0}}) {
    EXPECT_EQ(pool.free(reinterpret_cast<void*>(wild)).status(), Status::InvalidParameter) << wild;
  }
  auto pages = map.allocate(AllocateType::AnyPages, MemoryType::LoaderData, {1});
  memcpy(reinterpret_cast<void*>(pages->value), block - 16, 16);
  EXPECT_EQ(pool.free(reinterpret_cast<void*>(pages->value + 16)).status(), Status::InvalidParameter) << "pages are no pool";
  EXPECT_TRUE(pool.free(block));
}

TEST_F(PoolTest, ACopiedHeaderIsNoBlock) {
  auto* block = static_cast<char*>(get(256));
  memcpy(block + 64, block - 16, 16);
  EXPECT_EQ(pool.free(block + 80).status(), Status::InvalidParameter);
}

TEST_F(PoolTest, AnOverrunBlockIsLeftAlone) {
  auto* block = static_cast<char*>(get(32));
  auto* next = static_cast<char*>(get(32));
  char header[16];
  memcpy(header, next - 16, 16);
  memset(block, 'x', 48);
  EXPECT_EQ(pool.free(block).status(), Status::InvalidParameter);
  EXPECT_EQ(pool.free(next).status(), Status::InvalidParameter);
  memcpy(next - 16, header, 16);
  EXPECT_TRUE(pool.free(block));
  EXPECT_TRUE(pool.free(next));
}

TEST_F(PoolTest, PoolPagesAreNotFreePagesBusiness) {
  void* large = get(8192 - 32);
  EXPECT_EQ(map.free({align_down(reinterpret_cast<uintptr_t>(large), kPageSize)}, {2}).status(), Status::NotFound);
  EXPECT_TRUE(pool.free(large));
}

TEST_F(PoolTest, FreshAndFreedMemoryIsPoisoned) {
  static_assert(kPoison);
  auto* block = static_cast<uint8_t*>(get(100));
  get(16);  // keeps the chunk
  for (size_t i = 0; i < 100; ++i) ASSERT_EQ(block[i], kFreshByte);
  memset(block, 1, 100);
  ASSERT_TRUE(pool.free(block));
  constexpr size_t kLinks = 16;  // the free list's
  for (size_t i = kLinks; i < 100; ++i) ASSERT_EQ(block[i], kFreedByte);
  EXPECT_EQ(get(100), block);
  for (size_t i = 0; i < 100; ++i) ASSERT_EQ(block[i], kFreshByte);
}

TEST_F(PoolTest, APointerOutOfPoisonIsTold) {
  uint64_t pointer;
  memset(&pointer, kFreedByte, sizeof pointer);
  EXPECT_STREQ(poison_of(pointer), "freed memory");
  EXPECT_STREQ(poison_of(pointer + 0x28), "freed memory");
  memset(&pointer, kFreshByte, sizeof pointer);
  EXPECT_STREQ(poison_of(pointer - 8), "memory that was never written");
  EXPECT_EQ(poison_of(0), nullptr);
  EXPECT_EQ(poison_of(reinterpret_cast<uint64_t>(&pointer)), nullptr);
}

TEST_F(PoolTest, AsHeapItServesBootServicesData) {
  Heap& heap = pool;
  void* block = heap.allocate(100);
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(type_at(block), MemoryType::BootServicesData);
  heap.release(block);
  heap.release(nullptr);
  EXPECT_EQ(heap.allocate(SIZE_MAX), nullptr);
}

}  // namespace
}  // namespace efilite::core
