// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/console.hpp"

#include <gtest/gtest.h>

#include "tests/support/clock.hpp"
#include "tests/support/log.hpp"
#include "tests/support/physical_memory.hpp"
#include "tests/support/xen.hpp"

namespace efilite::drivers::xen {
namespace {

constexpr uint64_t kSecond = 10'000'000;
constexpr uint64_t kFrame = 0xFEFFF;
constexpr EventPort kPort = 4;

// The daemon at the other side: it takes what is written as soon as it is told of it, if anybody reads it at all.
struct XenConsole : testing::Test, test::FakeXen {
  XenConsole() {
    parameters = {{HVM_PARAM_CONSOLE_PFN, kFrame}, {HVM_PARAM_CONSOLE_EVTCHN, kPort}};
    channels[kPort] = {};
    page.out_cons = page.out_prod = 0xFFFFFFFD;  // indexes go round
    page.in_cons = page.in_prod = 0xFFFFFFFE;
  }
  void notified(evtchn_port_t port) override {
    EXPECT_EQ(port, kPort);
    if (reads) take();
    type("");
  }
  void waited() override {
    clock.advance(kSecond / 100);
    if (reads_late) take();
  }
  void take() {
    while (page.out_cons != page.out_prod) screen += page.out[MASK_XENCONS_IDX(page.out_cons++, page.out)];
  }
  void type(std::string_view text) {
    keys += text;
    for (; !keys.empty() && page.in_prod - page.in_cons < sizeof page.in; keys.erase(0, 1))
      page.in[MASK_XENCONS_IDX(page.in_prod++, page.in)] = keys[0];
  }
  std::string read() {
    std::string text;
    while (auto byte = console.read()) text += static_cast<char>(*byte);
    return text;
  }
  void start() { ASSERT_TRUE(console.start(memory)); }

  test::FakePhysicalMemory memory;
  xencons_interface& page = *reinterpret_cast<xencons_interface*>(memory.map(kFrame << 12, kPageSize).data());
  std::string screen, keys;
  bool reads = true, reads_late = false;
  test::FakeClock clock;
  test::CapturedLog log;
  EventChannels events{*this};
  Console console{*this, events, clock};
};

TEST_F(XenConsole, WhatIsWrittenIsRead) {
  start();
  console.write("Hello");
  console.write("");
  console.write(", world");
  EXPECT_EQ(screen, "Hello, world");
  const std::string much(10000, 'x');
  console.write(much);
  EXPECT_EQ(screen, "Hello, world" + much);
  EXPECT_EQ(clock.time, 0u);
}

TEST_F(XenConsole, KeysComeInTheirOrder) {
  start();
  EXPECT_EQ(console.read(), std::nullopt);
  type("keys");
  EXPECT_EQ(read(), "keys");
  EXPECT_EQ(channels[kPort].sent, 0u) << "nobody waits for room";
  std::string much;
  for (int i = 0; i < 5000; ++i) much += static_cast<char>('a' + i % 26);
  type(much);
  EXPECT_EQ(read(), much);
}

TEST_F(XenConsole, ADomainMayHaveNone) {
  parameters.clear();
  EXPECT_EQ(console.start(memory).status(), Status::NotFound);
  parameters = {{HVM_PARAM_CONSOLE_PFN, 0}, {HVM_PARAM_CONSOLE_EVTCHN, 0}};
  EXPECT_EQ(console.start(memory).status(), Status::NotFound);
  parameters = {{HVM_PARAM_CONSOLE_PFN, kFrame + 1}, {HVM_PARAM_CONSOLE_EVTCHN, kPort}};
  EXPECT_EQ(console.start(memory).status(), Status::NoMapping);
}

TEST_F(XenConsole, SomebodySlowIsWaitedFor) {
  start();
  reads = false;
  reads_late = true;
  const std::string much(10000, 'x');
  console.write(much);
  console.drain();
  EXPECT_EQ(screen, much);
}

TEST_F(XenConsole, NobodyCostsPatienceOnce) {
  start();
  reads = false;
  console.write(std::string(2048, 'x'));
  EXPECT_EQ(clock.time, 0u);
  console.write("lost");
  EXPECT_GE(clock.time, kSecond / 2);
  const uint64_t then = clock.time;
  console.write(std::string(5000, 'y'));
  console.drain();
  EXPECT_EQ(clock.time, then);
  take();
  EXPECT_EQ(screen, std::string(2048, 'x'));
  reads = true;
  console.write("here again");
  EXPECT_EQ(screen, std::string(2048, 'x') + "here again");
}

TEST_F(XenConsole, IsASerialLineWhoseFormatDoesNotMatter) {
  start();
  const core::SerialFormat format = {9600, 7, efi::Parity::Even, efi::StopBits::Two};
  EXPECT_EQ(*console.set_format(format), format);
  EXPECT_TRUE(console.reset());
  EXPECT_EQ(console.receive_depth(), 1024u);
  EXPECT_EQ(*console.control(), efi::kSerialInputBufferEmpty | efi::kSerialOutputBufferEmpty);
  type("ab");
  EXPECT_EQ(*console.control(), efi::kSerialOutputBufferEmpty);
  EXPECT_EQ(*console.receive(), std::byte{'a'});
  EXPECT_EQ(*console.receive(), std::byte{'b'});
  EXPECT_EQ(console.receive().status(), Status::NotReady);
  reads = false;
  EXPECT_EQ(*console.send(std::vector<std::byte>(5000)), 2048u) << "for so much there is room";
  EXPECT_EQ(*console.send(std::vector<std::byte>(1)), 0u);
  EXPECT_EQ(*console.control(), efi::kSerialInputBufferEmpty);
  EXPECT_TRUE(console.set_control(0));
  EXPECT_EQ(console.set_control(efi::kSerialRequestToSend).status(), Status::Unsupported);
}

TEST_F(XenConsole, WhoComesNextGoesOnWhereWeStopped) {
  start();
  type("for the OS");
  console.write("bye");
  console.drain();
  EXPECT_EQ(page.out_cons, page.out_prod);
  EXPECT_EQ(page.in_prod - page.in_cons, 10u);
}

TEST_F(XenConsole, IndexesThatMakeNoSenseEndIt) {
  start();
  type("x");
  page.out_cons = page.out_prod + 1;
  console.write("one");
  console.write("two");
  console.drain();
  EXPECT_EQ(console.read(), std::nullopt);
  EXPECT_EQ(console.receive().status(), Status::DeviceError);
  EXPECT_EQ(console.send(std::vector<std::byte>(1)).status(), Status::DeviceError);
  EXPECT_EQ(console.control().status(), Status::DeviceError);
  EXPECT_EQ(console.reset().status(), Status::DeviceError);
  page.out_cons = page.out_prod;
  EXPECT_EQ(console.control().status(), Status::DeviceError) << "it is not looked at again";
  EXPECT_EQ(log.text, "efilite: Xen's console: there is more in its ring than there is room for; it is left alone\n");
}

TEST_F(XenConsole, TheSameForKeys) {
  start();
  page.in_prod = page.in_cons + 1025;
  EXPECT_EQ(console.read(), std::nullopt);
  EXPECT_EQ(console.receive().status(), Status::DeviceError);
  EXPECT_EQ(std::ranges::count(log.text, '\n'), 1) << log.text;
}

TEST_F(XenConsole, AChannelThatIsGoneIsAnError) {
  start();
  channels.clear();
  EXPECT_EQ(console.send(std::vector<std::byte>(1)).status(), Status::DeviceError);
  console.write("lost");
}

}  // namespace
}  // namespace efilite::drivers::xen
