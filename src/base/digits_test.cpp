// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "base/digits.hpp"

#include <gtest/gtest.h>

namespace efilite {
namespace {

TEST(Digits, EveryNumberHasRoom) {
  EXPECT_EQ(Digits(0).view(), "0");
  EXPECT_EQ(Digits(51712).view(), "51712");
  EXPECT_EQ(Digits(UINT64_MAX).view(), "18446744073709551615");
  EXPECT_EQ(Digits(UINT64_MAX, 16).view(), "ffffffffffffffff");
  EXPECT_EQ(Digits(0xFEB02E00, 16).view(), "feb02e00");
}

}  // namespace
}  // namespace efilite
