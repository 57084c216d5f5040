// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/bios_area.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace efilite::platform {
namespace {

TEST(BiosArea, AnAnchorIsFoundOnEachBorderAndOnNoOther) {
  constexpr size_t kSize = 37 * 16;
  for (size_t place = 0; place + 2 <= kSize; ++place) {
    std::vector<std::byte> area(kSize);
    memcpy(area.data() + place, "_S", 2);
    for (size_t from : {size_t{0}, size_t{16}, size_t{20 * 16}, kSize})
      EXPECT_EQ(next_anchor(area, from, "_S"), place % 16 == 0 && place >= from ? place : kSize) << place << " from " << from;
  }
}

TEST(BiosArea, OneAfterTheOther) {
  std::vector<std::byte> area(100 * 16);
  for (size_t place : {3, 9, 10, 99}) memcpy(area.data() + place * 16, "RSD", 3);
  std::vector<size_t> found;
  for (size_t at = next_anchor(area, 0, "RS"); at < area.size(); at = next_anchor(area, at + 16, "RS")) found.push_back(at / 16);
  EXPECT_EQ(found, (std::vector<size_t>{3, 9, 10, 99}));
}

}  // namespace
}  // namespace efilite::platform
