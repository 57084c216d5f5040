// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/load_option.hpp"

#include "tests/support/boot_disks.hpp"

namespace efilite::boot {
namespace {

using namespace testing_boot;

struct ALoadOption : testing::Test {
  test::HostHeap heap;
  Bytes8 bytes = load_option(heap, efi::kLoadOptionActive | efi::kLoadOptionCategoryApp, u"a name",
                             {u"PciRoot(0)/\\a.efi", u"\\b.efi"}, "xyz");
  Result<LoadOption> parse() { return parse_load_option(std::as_bytes(std::span(bytes))); }
  static std::string text(ByteSpan span) { return {reinterpret_cast<const char*>(span.data()), span.size()}; }
};

TEST_F(ALoadOption, EveryFieldIsFound) {
  auto option = parse();
  ASSERT_TRUE(option);
  EXPECT_TRUE(option->active());
  EXPECT_FALSE(option->hidden());
  EXPECT_EQ(option->category(), efi::kLoadOptionCategoryApp);
  EXPECT_EQ(text(option->description), std::string("a\0 \0n\0a\0m\0e\0", 12));
  EXPECT_EQ(option->first_path.size(), 12u + 4 + 14 + 4);
  EXPECT_EQ(option->paths.size(), option->first_path.size() + 4 + 14 + 4);
  EXPECT_EQ(text(option->optional_data), "xyz");
}

TEST_F(ALoadOption, DescriptionAndDataMayBeEmpty) {
  bytes = load_option(heap, 0, u"", {u"\\b.efi"});
  auto option = parse();
  ASSERT_TRUE(option);
  EXPECT_TRUE(option->description.empty());
  EXPECT_TRUE(option->optional_data.empty());
  EXPECT_EQ(option->paths.data(), option->first_path.data());
}

TEST_F(ALoadOption, WhatIsCutOffIsRefused) {
  const size_t data = 3;
  for (size_t size = 0; size + data < bytes.size(); ++size) {
    Bytes8 cut(bytes.begin(), bytes.begin() + static_cast<long>(size));
    EXPECT_EQ(parse_load_option(std::as_bytes(std::span(cut))).status(), Status::InvalidParameter) << size;
  }
}

TEST_F(ALoadOption, AListWithoutAPathOrWithHalfAOneIsRefused) {
  const auto with_length = [&](int length) {
    Bytes8 changed = bytes;
    changed[4] = static_cast<uint8_t>(length), changed[5] = static_cast<uint8_t>(length >> 8);
    return parse_load_option(std::as_bytes(std::span(changed))).status();
  };
  const int whole = 12 + 4 + 14 + 4, both = whole + 4 + 14 + 4;
  for (int length = 0; length <= both + 4; ++length) {
    EXPECT_EQ(with_length(length), length == whole || length == both ? Status::Success : Status::InvalidParameter) << length;
  }
  EXPECT_EQ(with_length(0xFFFF), Status::InvalidParameter);
}

TEST_F(ALoadOption, ANodeThatReachesOutOfTheListIsRefused) {
  bytes[6 + 14 + 2] = 200;
  EXPECT_EQ(parse().status(), Status::InvalidParameter);
  bytes[6 + 14 + 2] = 3;
  EXPECT_EQ(parse().status(), Status::InvalidParameter);
}

}  // namespace
}  // namespace efilite::boot
