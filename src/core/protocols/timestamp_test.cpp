// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/protocols/timestamp.hpp"

#include <gtest/gtest.h>

#include "core/firmware.hpp"
#include "tests/support/images.hpp"

namespace efilite::core {
namespace {

class TimestampTest : public testing_images::ImagesTest {
 protected:
  efi::TimestampProtocol& timestamp = timestamp_protocol();
};

TEST_F(TimestampTest, TheCounterCountsUpAtTheFrequencyThatItTells) {
  efi::TimestampProperties properties{};
  ASSERT_EQ(timestamp.get_properties(&properties), efi::encode(Status::Success));
  EXPECT_EQ(properties.end_value, UINT64_MAX);
  const uint64_t first = timestamp.get_timestamp();
  clock.advance(1000 * test::FakeClock::kMillisecond);
  EXPECT_EQ(timestamp.get_timestamp() - first, properties.frequency);
}

TEST_F(TimestampTest, NoPlaceForThePropertiesIsInvalid) {
  EXPECT_EQ(timestamp.get_properties(nullptr), efi::encode(Status::InvalidParameter));
}

TEST_F(TimestampTest, ReadingTheCounterAsksNobodyForTheTime) {
  timestamp.get_timestamp();
  EXPECT_EQ(clock.looks, 0);
}

}  // namespace
}  // namespace efilite::core
