// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "formats/sbat.hpp"

#include <gtest/gtest.h>

namespace efilite::formats {
namespace {

TEST(Sbat, EachLineIsAComponent) {
  constexpr char kText[] = "sbat,1,SBAT Version,sbat,1,https://x/SBAT.md\nshim,3,UEFI shim,shim,15.8,https://x\0\0\0junk";
  SbatReader reader(std::string_view(kText, sizeof kText), 0x1000);
  auto first = reader.next();
  ASSERT_TRUE(first && first->has_value());
  EXPECT_EQ((*first)->component, "sbat");
  EXPECT_EQ((*first)->url, "https://x/SBAT.md");
  auto second = reader.next();
  ASSERT_TRUE(second && second->has_value());
  EXPECT_EQ((*second)->generation, 3u);
  EXPECT_EQ((*second)->vendor, "UEFI shim");
  EXPECT_EQ((*second)->version, "15.8");
  EXPECT_FALSE(reader.next());
}

TEST(Sbat, FieldsBehindTheGenerationMayBeMissing) {
  SbatReader reader("grub,4\r\n\n", 0);
  auto entry = reader.next();
  ASSERT_TRUE(entry && entry->has_value());
  EXPECT_EQ((*entry)->generation, 4u);
  EXPECT_EQ((*entry)->vendor, "");
  EXPECT_FALSE(reader.next());
}

TEST(Sbat, AWrongGenerationIsAProblemAtItsPlaceAndTheNextLineIsRead) {
  for (const char* line : {"shim,x", "shim,", "shim,0", "shim", "shim,99999999999", "shim,-1", "shim,1 "}) {
    const std::string text = std::string(line) + "\nok,1";
    SbatReader reader(text, 0x100);
    auto entry = reader.next();
    ASSERT_TRUE(entry && !entry->has_value()) << line;
    EXPECT_EQ(entry->error().offset, 0x105u);
    entry = reader.next();
    ASSERT_TRUE(entry && entry->has_value());
    EXPECT_EQ((*entry)->component, "ok");
  }
  SbatReader nameless(",1", 0x100);
  EXPECT_EQ(nameless.next()->error().offset, 0x100u);
}

}  // namespace
}  // namespace efilite::formats
