// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/device_path/device_path.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "core/handles/handles_testing.hpp"

namespace efilite::core::device_path {
namespace {

using Bytes = std::vector<uint8_t>;

// The tests' paths lie in blocks of exactly their size, so that reading one byte too many is found.
struct Path {
  explicit Path(const Bytes& bytes) : block(bytes.data(), bytes.data() + bytes.size()) { block.shrink_to_fit(); }
  operator const efi::DevicePath*() const { return reinterpret_cast<const efi::DevicePath*>(block.data()); }
  Bytes block;
};

const Bytes kEnd = {0x7F, 0xFF, 4, 0};
const Bytes kNextInstance = {0x7F, 0x01, 4, 0};
Bytes node(uint8_t tag, uint16_t length = 6) {
  Bytes out(length, tag);
  out[0] = 1;
  out[1] = 2;
  out[2] = static_cast<uint8_t>(length);
  out[3] = static_cast<uint8_t>(length >> 8);
  return out;
}
template <typename... More>
Bytes path(const Bytes& first, const More&... more) {
  Bytes out = first;
  (out.insert(out.end(), more.begin(), more.end()), ...);
  return out;
}

class DevicePathTest : public ::testing::Test {
 protected:
  Bytes take(Result<efi::DevicePath*> made) {
    if (!made) return {};
    auto whole = measure(*made);
    EXPECT_TRUE(whole);
    auto* bytes = reinterpret_cast<const uint8_t*>(whole->data());
    Bytes out(bytes, bytes + whole->size());
    heap.release(*made);
    return out;
  }
  core::testing::CountingHeap heap;
};

TEST_F(DevicePathTest, MeasuresUpToTheEndNode) {
  EXPECT_EQ(measure(Path(path(node(1), node(2, 300), kEnd)))->size(), 6u + 300 + 4);
  EXPECT_EQ(measure(Path(path(node(1), kNextInstance, node(2), kEnd)))->size(), 6u + 4 + 6 + 4);
  EXPECT_EQ(measure(nullptr).status(), Status::InvalidParameter);
}

TEST_F(DevicePathTest, ANodeShorterThanItsHeaderIsMalformed) {
  for (uint8_t length = 0; length < 4; ++length) {
    EXPECT_EQ(measure(Path({1, 2, length, 0})).status(), Status::InvalidParameter);
    EXPECT_EQ(measure(Path({0x7F, 0xFF, length, 0})).status(), Status::InvalidParameter);
  }
}

TEST_F(DevicePathTest, AnEndNodeIsABareHeader) {
  EXPECT_EQ(measure(Path({0x7F, 0xFF, 5, 0, 0})).status(), Status::InvalidParameter);
  EXPECT_EQ(measure(Path({0x7F, 0x01, 5, 0, 0})).status(), Status::InvalidParameter);
}

TEST_F(DevicePathTest, APathWithoutEndStopsAtTheCap) {
  Bytes endless, one = node(1, 16);
  while (endless.size() < kMaxSize) endless.insert(endless.end(), one.begin(), one.end());
  EXPECT_EQ(measure(Path(endless)).status(), Status::InvalidParameter);
}

TEST_F(DevicePathTest, ParsingStaysInsideTheBytes) {
  Path whole(path(node(1), node(2), kEnd));
  ByteSpan bytes = std::as_bytes(std::span(whole.block));
  EXPECT_EQ(parse(bytes)->size(), bytes.size());
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(parse(bytes.first(size)));
}

TEST_F(DevicePathTest, ParsingIgnoresWhatFollowsTheEnd) {
  Path whole(path(node(1), kEnd, node(2)));
  EXPECT_EQ(parse(std::as_bytes(std::span(whole.block)))->size(), 10u);
}

TEST_F(DevicePathTest, DuplicateIsEqualAndApart) {
  Path original(path(node(1), kNextInstance, node(2), kEnd));
  efi::DevicePath* copy = *duplicate(heap, original);
  EXPECT_NE(copy, static_cast<const efi::DevicePath*>(original));
  EXPECT_TRUE(equal(copy, original));
  heap.release(copy);
}

TEST_F(DevicePathTest, EqualLooksAtEveryByte) {
  EXPECT_FALSE(equal(Path(path(node(1), kEnd)), Path(path(node(2), kEnd))));
  EXPECT_FALSE(equal(Path(path(node(1), kEnd)), Path(kEnd)));
  EXPECT_FALSE(equal(nullptr, nullptr));
}

TEST_F(DevicePathTest, AppendPathTakesNothingForNoNodes) {
  Path a(path(node(1), kEnd)), b(path(node(2), kEnd));
  EXPECT_EQ(take(append_path(heap, a, b)), path(node(1), node(2), kEnd));
  EXPECT_EQ(take(append_path(heap, nullptr, b)), b.block);
  EXPECT_EQ(take(append_path(heap, a, nullptr)), a.block);
  EXPECT_EQ(take(append_path(heap, nullptr, nullptr)), kEnd);
}

TEST_F(DevicePathTest, AppendNodeTakesNothingForNoNode) {
  Path a(path(node(1), kEnd)), n(node(7));
  EXPECT_EQ(take(append_node(heap, a, n)), path(node(1), node(7), kEnd));
  EXPECT_EQ(take(append_node(heap, nullptr, n)), path(node(7), kEnd));
  EXPECT_EQ(take(append_node(heap, a, nullptr)), a.block);
  EXPECT_EQ(take(append_node(heap, nullptr, nullptr)), kEnd);
  EXPECT_EQ(append_node(heap, a, Path(kEnd)).status(), Status::InvalidParameter);
}

TEST_F(DevicePathTest, AppendInstanceSeparatesTheInstances) {
  Path a(path(node(1), kEnd)), b(path(node(2), kEnd));
  EXPECT_EQ(take(append_instance(heap, a, b)), path(node(1), kNextInstance, node(2), kEnd));
  EXPECT_EQ(take(append_instance(heap, nullptr, b)), b.block);
  EXPECT_EQ(append_instance(heap, a, nullptr).status(), Status::InvalidParameter);
}

TEST_F(DevicePathTest, InstancesComeOneAfterTheOther) {
  Path both(path(node(1), kNextInstance, node(2), node(3), kEnd));
  const efi::DevicePath* cursor = both;
  size_t size = 0;
  EXPECT_EQ(take(next_instance(heap, cursor, size)), path(node(1), kEnd));
  EXPECT_EQ(size, 10u);
  EXPECT_EQ(take(next_instance(heap, cursor, size)), path(node(2), node(3), kEnd));
  EXPECT_EQ(size, 16u);
  EXPECT_EQ(cursor, nullptr);
  EXPECT_EQ(next_instance(heap, cursor, size).status(), Status::InvalidParameter);
}

TEST_F(DevicePathTest, OutOfMemoryLeavesTheCursorWhereItWas) {
  Path both(path(node(1), kNextInstance, node(2), kEnd));
  const efi::DevicePath* cursor = both;
  size_t size = 0;
  heap.left = 0;
  EXPECT_EQ(next_instance(heap, cursor, size).status(), Status::OutOfResources);
  EXPECT_EQ(cursor, static_cast<const efi::DevicePath*>(both));
  EXPECT_EQ(duplicate(heap, both).status(), Status::OutOfResources);
  EXPECT_EQ(create_node(heap, 1, 2, 4).status(), Status::OutOfResources);
}

TEST_F(DevicePathTest, KnowsEndsAndMultipleInstances) {
  EXPECT_TRUE(is_end(Path(kEnd)));
  EXPECT_FALSE(is_end(Path(path(node(1), kEnd))));
  EXPECT_FALSE(is_end(nullptr));
  EXPECT_TRUE(is_multi_instance(Path(path(node(1), kNextInstance, node(2), kEnd))));
  EXPECT_FALSE(is_multi_instance(Path(path(node(1), kEnd))));
  EXPECT_FALSE(is_multi_instance(nullptr));
}

TEST_F(DevicePathTest, CreatedNodesAreZeroed) {
  efi::DevicePath* made = *create_node(heap, 3, 4, 300);
  auto* bytes = reinterpret_cast<uint8_t*>(made);
  EXPECT_EQ(Bytes(bytes, bytes + 4), (Bytes{3, 4, 0x2C, 1}));
  EXPECT_EQ(Bytes(bytes + 4, bytes + 300), Bytes(296, 0));
  heap.release(made);
  EXPECT_EQ(create_node(heap, 3, 4, 3).status(), Status::InvalidParameter);
}

TEST_F(DevicePathTest, BuilderMakesTheSpecificationsNodes) {
  alignas(8) std::byte buffer[128];
  efi::Guid vendor = {0x04030201, 0x0605, 0x0807, {9, 10, 11, 12, 13, 14, 15, 16}};
  auto made = Builder(buffer)
                  .vendor(efi::kMediaPath, efi::kMediaVendor, vendor)
                  .memory_mapped(efi::MemoryType::LoaderData, {{0x1000}, {0x3000}})
                  .file_path(u"\\a")
                  .finish();
  ASSERT_TRUE(made);
  auto* bytes = reinterpret_cast<const uint8_t*>(*made);
  Bytes expected = path(Bytes{4, 3, 20, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
                        Bytes{1, 3, 24, 0, 2, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0xFF, 0x2F, 0, 0, 0, 0, 0, 0},
                        Bytes{4, 4, 10, 0, '\\', 0, 'a', 0, 0, 0}, kEnd);
  EXPECT_EQ(Bytes(bytes, bytes + measure(*made)->size()), expected);
}

TEST_F(DevicePathTest, BuilderSaysWhenThereIsNoRoom) {
  std::byte buffer[27];
  Bytes four = node(1, 4);
  EXPECT_EQ(Builder(buffer).vendor(1, 4, {}).finish().status(), Status::Success);
  EXPECT_EQ(Builder(buffer).vendor(1, 4, {}).raw(std::as_bytes(std::span(four))).finish().status(), Status::BufferTooSmall);
  EXPECT_EQ(Builder(buffer).node(Path({1, 2, 3, 0})).finish().status(), Status::InvalidParameter);
  EXPECT_EQ(Builder(buffer).file_path(std::u16string(40000, u'x')).finish().status(), Status::InvalidParameter);
}

TEST_F(DevicePathTest, ReadyMadePathsMatchTheBuilder) {
  constexpr VendorPath kInitrd = vendor_path(efi::kMediaPath, efi::kMediaVendor, {1, 2, 3, {}});
  alignas(8) std::byte buffer[64];
  EXPECT_TRUE(equal(&kInitrd.vendor.header, *Builder(buffer).vendor(efi::kMediaPath, efi::kMediaVendor, {1, 2, 3, {}}).finish()));
  MemoryMappedPath mapped = memory_mapped_path(efi::MemoryType::LoaderCode, {{0x5000}, {0x6000}});
  EXPECT_TRUE(equal(&mapped.memory.header, *Builder(buffer).memory_mapped(efi::MemoryType::LoaderCode, {{0x5000}, {0x6000}}).finish()));
}

}  // namespace
}  // namespace efilite::core::device_path
