// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "abi/uefi.hpp"

#include <gtest/gtest.h>

namespace efilite::efi {
namespace {

TEST(Encode, ErrorsHaveTheHighBitAndWarningsNot) {
  EXPECT_EQ(static_cast<uint64_t>(encode(Status::NotFound)), 0x800000000000000Eu);
  EXPECT_EQ(static_cast<uint64_t>(encode(Status::WarnUnknownGlyph)), 1u);
  EXPECT_EQ(static_cast<uint64_t>(encode(Status::Success)), 0u);
}

}  // namespace
}  // namespace efilite::efi
