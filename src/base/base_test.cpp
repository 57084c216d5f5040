// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/byte_sum.hpp"
#include "base/bytes.hpp"
#include "base/crc32.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/static_vector.hpp"
#include "base/units.hpp"

namespace efilite {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Status::InvalidParameter;
  return n / 2;
}
Result<int> quarter(int n) {
  int once = TRY(half(n));
  return TRY(half(once));
}

TEST(Result, TryHandsTheFirstFailureOn) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).status(), Status::InvalidParameter);
}

TEST(ByteSum, IsTheSumOfEveryByte) {
  std::array<uint8_t, 41> numbers;
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<uint8_t>(i * 89 + 200);
  auto bytes = std::as_writable_bytes(std::span(numbers));
  for (size_t first = 0; first < 9; ++first) {
    for (size_t length = 0; length <= numbers.size() - first; ++length) {
      uint8_t sum = 0;
      for (size_t i = 0; i < length; ++i) sum = static_cast<uint8_t>(sum + numbers[first + i]);
      EXPECT_EQ(byte_sum(bytes.subspan(first, length)), sum);
    }
  }
  set_byte_sum(bytes, 17);
  EXPECT_EQ(byte_sum(bytes), 0);
}

TEST(ByteSum, HasNoRoomToOverflow) {
  std::array<uint8_t, 8 * 300> full;
  full.fill(0xFF);
  EXPECT_EQ(byte_sum(std::as_bytes(std::span(full))), static_cast<uint8_t>(0xFF * full.size()));
}

TEST(Crc32, MatchesTheStandardCheckValue) {
  std::string digits = "123456789";
  EXPECT_EQ(crc32(std::as_bytes(std::span(digits))), 0xCBF43926u);
}

TEST(Crc32, PiecesGiveTheSameAsTheWhole) {
  std::string text = "hello, world";
  auto bytes = std::as_bytes(std::span(text));
  uint32_t state = crc32_feed(crc32_feed(kCrc32Start, bytes.first(5)), bytes.subspan(5));
  EXPECT_EQ(crc32_finish(state), crc32(bytes));
}

TEST(Bytes, SliceRefusesWhatOverflows) {
  std::array<std::byte, 8> data{};
  EXPECT_FALSE(slice(data, 4, std::numeric_limits<uint64_t>::max()));
  EXPECT_FALSE(slice(data, 9, 0));
  EXPECT_TRUE(slice(data, 8, 0));
  EXPECT_FALSE(read_at<uint64_t>(data, 1));
}

TEST(Units, PageCountCoversPartialPagesAndOverflowIsSeen) {
  EXPECT_EQ(PageCount::covering(Bytes{1}).value, 1u);
  EXPECT_EQ(PageCount::covering(Bytes{4096}).value, 1u);
  EXPECT_EQ(PageCount::covering(Bytes{std::numeric_limits<uint64_t>::max()}).value, uint64_t{1} << 52);
  EXPECT_FALSE(PageCount{uint64_t{1} << 52}.bytes());
}

TEST(StaticVector, InsertKeepsOrderAndSaysWhenItIsFull) {
  StaticVector<int, 3> v;
  EXPECT_TRUE(v.push_back(1));
  EXPECT_TRUE(v.push_back(3));
  EXPECT_TRUE(v.insert(1, 2));
  EXPECT_FALSE(v.push_back(4));
  v.erase(0);
  EXPECT_EQ(v[0], 2);
  EXPECT_EQ(v[1], 3);
}

std::string captured;

TEST(Log, PrintsNumbersOfEveryKind) {
  captured.clear();
  log::set_sink([](std::string_view text) { captured += text; });
  log::line("a ", 0u, " b ", std::numeric_limits<int64_t>::min(), " c ", log::Hex{0xfee1}, " ", Status::NotFound);
  log::set_sink(nullptr);
  EXPECT_EQ(captured, "a 0 b -9223372036854775808 c 0xfee1 NOT_FOUND\n");
}

TEST(Log, TakesPartsByTheDozen) {
  captured.clear();
  log::set_sink([](std::string_view text) { captured += text; });
  const std::string_view view = std::string_view("views are no C strings").substr(0, 5);
  log::print(view, 1u, view, 2u, view, 3u, view, PhysAddr{4}, view, int8_t{-5}, view, true);
  log::line();
  log::set_sink(nullptr);
  log::line("nobody hears");
  EXPECT_EQ(captured, "views1views2views3views0x4views-5views1\n");
}

TEST(Log, ASubjectLastsAsLongAsItsScope) {
  EXPECT_EQ(log::subject(), "");
  {
    log::Subject outer("module");
    {
      log::Subject inner("disk");
      EXPECT_EQ(log::subject(), "disk");
    }
    EXPECT_EQ(log::subject(), "module");
  }
  EXPECT_EQ(log::subject(), "");
}

}  // namespace
}  // namespace efilite
