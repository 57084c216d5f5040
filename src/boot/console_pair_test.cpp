// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/console_pair.hpp"

#include <gtest/gtest.h>

#include "tests/support/serial_port.hpp"

namespace efilite::boot {
namespace {

struct ConsolePairTest : testing::Test {
  test::FakeSerialPort first, second;
  ConsolePair pair{first, second};
};

TEST_F(ConsolePairTest, WhatIsWrittenGoesToBoth) {
  pair.write("abc");
  EXPECT_EQ(first.sent, "abc");
  EXPECT_EQ(second.sent, "abc");
}

TEST_F(ConsolePairTest, KeysComeFromEither) {
  EXPECT_EQ(pair.read(), std::nullopt);
  second.received = {'x'};
  EXPECT_EQ(pair.read(), 'x');
  second.received = {'y'};
  first.received = {'z'};
  EXPECT_EQ(pair.read(), 'z');
  EXPECT_EQ(pair.read(), 'y');
}

TEST_F(ConsolePairTest, AsASerialLineItIsTheFirst) {
  second.received = {'x'};
  EXPECT_EQ(pair.receive().status(), Status::NotReady);
  EXPECT_TRUE(pair.send(std::as_bytes(std::span("q", 1))));
  EXPECT_TRUE(pair.reset());
  EXPECT_TRUE(pair.set_format({9600, 8, efi::Parity::None, efi::StopBits::One}));
  EXPECT_TRUE(pair.set_control(3));
  EXPECT_EQ(*pair.control(), *first.control());
  EXPECT_EQ(pair.control_mask(), first.control_mask());
  EXPECT_EQ(pair.receive_depth(), 16u);
  EXPECT_EQ(first.sent, "q");
  EXPECT_EQ(first.resets, 1);
  EXPECT_EQ(first.control_bits, 3u);
  EXPECT_EQ(first.format.baud_rate, 9600u);
  EXPECT_EQ(second.sent, "");
  EXPECT_EQ(second.calls, 0) << "beside the key that was not asked for";
}

}  // namespace
}  // namespace efilite::boot
