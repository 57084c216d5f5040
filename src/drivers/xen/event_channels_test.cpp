// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/event_channels.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "arch/io.hpp"
#include "tests/support/xen.hpp"

namespace efilite::drivers::xen {
namespace {

struct Machine final : test::FakeXen {
  std::optional<evtchn_port_t> raises;  // while somebody waits
  void waited() override {
    if (raises) raise(*raises);
  }
  // 1 ns a tick, 5 ms after the domain's start.
  void start_clock() {
    shared.vcpu_info[0].time = {.version = 2, .pad0 = 0, .tsc_timestamp = arch::fake_timestamp, .system_time = 5'000'000,
                                .tsc_to_system_mul = 0x80000000, .tsc_shift = 1, .flags = 0, .pad1 = {}};
  }
};

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

TEST(EventChannels, WhoeverComesNextIsToldOfTheFirstEvent) {
  Machine xen;
  EventChannels channels(xen);
  channels.use(&xen.shared);
  xen.shared.vcpu_info[0].evtchn_pending_sel = 1;
  xen.shared.vcpu_info[0].evtchn_upcall_pending = 1;
  channels.leave();
  EXPECT_EQ(xen.shared.vcpu_info[0].evtchn_pending_sel, 0u);
  EXPECT_EQ(xen.shared.vcpu_info[0].evtchn_upcall_pending, 0);
  EXPECT_FALSE(channels.take(5));
}

TEST(EventChannels, WithoutTheSharedPageNothingIsSeen) {
  Machine xen;
  EventChannels channels(xen);
  xen.raise(5);
  EXPECT_FALSE(channels.take(5));
}

TEST(EventChannels, AWaitEndsByXensClock) {
  Machine xen;
  EventChannels channels(xen);
  channels.use(&xen.shared);
  xen.start_clock();
  channels.wait(7, 30);
  EXPECT_EQ(xen.polls, 1u);
  EXPECT_EQ(xen.yields, 0u);
  EXPECT_EQ(xen.polled, std::vector<evtchn_port_t>{7});
  EXPECT_EQ(xen.poll_timeout, 5'000'000u + 1000 + 3000);  // reading the TSC takes 1000 ticks
  channels.wait(7, ~uint64_t{0});
  EXPECT_EQ(xen.poll_timeout, 5'000'000u + 2000 + 3600'000'000'000) << "no longer than an hour";
  channels.wait(7, 0);
  EXPECT_EQ(xen.polls, 2u) << "nothing to wait for";
}

TEST(EventChannels, TheEventThatEndsAWaitIsTaken) {
  Machine xen;
  EventChannels channels(xen);
  channels.use(&xen.shared);
  xen.start_clock();
  xen.raise(7);
  channels.wait(7, 30);
  EXPECT_EQ(xen.polls, 0u) << "it had come before";
  xen.raises = 7;
  channels.wait(7, 30);
  EXPECT_EQ(xen.polls, 1u);
  EXPECT_FALSE(channels.take(7));
  xen.raises = 8;
  channels.wait(7, 30);
  EXPECT_TRUE(channels.take(8)) << "another's stays";
}

TEST(EventChannels, WithoutXensClockAWaitLetsOthersRun) {
  Machine xen;
  EventChannels channels(xen);
  channels.wait(7, 30);
  EXPECT_EQ(xen.yields, 1u);
  channels.use(&xen.shared);  // whose clock Xen has not filled in
  channels.wait(7, 30);
  EXPECT_EQ(xen.yields, 2u);
  EXPECT_EQ(xen.polls, 0u);
}

TEST(Hypercalls, FailuresAreTheNearestStatus) {
  Machine xen;
  EXPECT_EQ(xen.checked_call(99, 0).status(), Status::Unsupported);
  EXPECT_EQ(xen.parameter(HVM_PARAM_STORE_PFN).status(), Status::InvalidParameter);
  xen.parameters[HVM_PARAM_STORE_PFN] = 0xFEFFC;
  EXPECT_EQ(*xen.parameter(HVM_PARAM_STORE_PFN), 0xFEFFCu);
  EXPECT_TRUE(xen.set_parameter(HVM_PARAM_CALLBACK_IRQ, 7));
  EXPECT_EQ(xen.parameters[HVM_PARAM_CALLBACK_IRQ], 7u);
}

}  // namespace
}  // namespace efilite::drivers::xen
