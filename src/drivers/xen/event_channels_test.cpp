// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/event_channels.hpp"

#include <gtest/gtest.h>

#include "tests/support/xen.hpp"

namespace efilite::drivers::xen {
namespace {

struct Machine final : test::FakeXen {};

TEST(EventChannels, AnEventIsTakenOnce) {
  Machine xen;
  EventChannels channels(xen);
  channels.use(&xen.shared);
  Result<EventPort> port = channels.open(0);
  ASSERT_TRUE(port);
  EXPECT_FALSE(channels.take(*port));
  xen.raise(*port);
  EXPECT_TRUE(channels.take(*port));
  EXPECT_FALSE(channels.take(*port));
}

TEST(EventChannels, APortThatIsClosedIsNoMore) {
  Machine xen;
  EventChannels channels(xen);
  Result<EventPort> port = channels.open(7);
  ASSERT_TRUE(port);
  EXPECT_EQ(xen.channels.at(*port).remote, 7);
  EXPECT_TRUE(channels.notify(*port));
  EXPECT_EQ(xen.channels.at(*port).sent, 1u);
  EXPECT_TRUE(channels.close(*port));
  EXPECT_EQ(channels.notify(*port).status(), Status::InvalidParameter);
}

TEST(EventChannels, WithoutTheSharedPageNothingIsSeen) {
  Machine xen;
  EventChannels channels(xen);
  xen.raise(5);
  EXPECT_FALSE(channels.take(5));
}

TEST(Hypercalls, FailuresAreTheNearestStatus) {
  Machine xen;
  EXPECT_EQ(xen.checked_call(99, 0).status(), Status::Unsupported);
  EXPECT_EQ(xen.parameter(HVM_PARAM_STORE_PFN).status(), Status::InvalidParameter);
  xen.parameters[HVM_PARAM_STORE_PFN] = 0xFEFFC;
  EXPECT_EQ(*xen.parameter(HVM_PARAM_STORE_PFN), 0xFEFFCu);
}

}  // namespace
}  // namespace efilite::drivers::xen
