// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/virtio/console.hpp"

#include <gtest/gtest.h>

#include "tests/support/log.hpp"
#include "tests/support/virtio_console.hpp"

namespace efilite::drivers::virtio {
namespace {

struct VirtioConsole : testing::Test {
  explicit VirtioConsole(uint32_t ports = 1, uint16_t queue = 64) : device(ports, queue) {
    clock.step = kSecond / 100;
  }
  ~VirtioConsole() override {
    console.device().shutdown();
    if (!device.never_resets) EXPECT_EQ(memory.held(), 0u);
  }
  std::string read() {
    std::string text;
    while (auto byte = console.read()) text += static_cast<char>(*byte);
    return text;
  }

  test::FakeDeviceMemory memory;
  test::FakeClock clock;
  test::FakeVirtioConsole device;
  ConsoleDevice console{device, memory, clock, "console 1"};
  test::CapturedLog captured;
  std::string& log = captured.text;
};

TEST_F(VirtioConsole, WritesAndReads) {
  ASSERT_TRUE(console.start());
  EXPECT_EQ(console.port(), 0u);
  console.write("Hello");
  console.write("");
  console.write(" World\n");
  EXPECT_EQ(device.sent[0], "Hello World\n");
  EXPECT_EQ(read(), "");
  EXPECT_EQ(device.press(0, "keys"), 4u);
  EXPECT_EQ(read(), "keys");
  EXPECT_EQ(read(), "");
  EXPECT_TRUE(log.empty()) << log;
}

TEST_F(VirtioConsole, LongTextsFindTheirWayBothWays) {
  ASSERT_TRUE(console.start());
  std::string text;
  for (int i = 0; i < 10000; ++i) text += static_cast<char>(i * 7 % 251);
  console.write(text);
  EXPECT_EQ(device.sent[0], text);
  std::string typed;
  for (size_t at = 0; at < text.size();) {
    at += device.press(0, std::string_view(text).substr(at));
    typed += read();
  }
  EXPECT_EQ(typed, text);
}

TEST_F(VirtioConsole, WhatNobodyReadsCostsPatienceOnce) {
  ASSERT_TRUE(console.start());
  device.reads = false;
  const std::string text(5000, 'x');
  console.write(text);
  const int looks = clock.looks;
  EXPECT_GT(looks, 0);
  console.write(text);
  EXPECT_EQ(clock.looks, looks);
  device.reads = true;
  device.answer(1);
  EXPECT_EQ(device.sent[0].size(), 2048u) << "what there were buffers for";
  console.write("again");
  EXPECT_TRUE(device.sent[0].ends_with("again"));
  EXPECT_TRUE(log.empty()) << log;
}

TEST_F(VirtioConsole, DrainWaitsForTheReader) {
  ASSERT_TRUE(console.start());
  device.reads = false;
  console.write("bye");
  console.drain();
  EXPECT_GT(clock.time, kSecond / 4) << "but not for ever";
  const uint64_t before = clock.time;
  console.drain();
  EXPECT_EQ(clock.time, before);
}

TEST_F(VirtioConsole, IsASerialLineWhoseFormatDoesNotMatter) {
  ASSERT_TRUE(console.start());
  const core::SerialFormat format = {9600, 7, efi::Parity::Even, efi::StopBits::Two};
  auto set = console.set_format(format);
  ASSERT_TRUE(set);
  EXPECT_EQ(*set, format);
  EXPECT_EQ(console.set_format({9600, 9, efi::Parity::Even, efi::StopBits::Two}).status(), Status::InvalidParameter) << "but it is one";
  EXPECT_TRUE(console.reset());
  EXPECT_EQ(console.control_mask(), efi::kSerialInputBufferEmpty | efi::kSerialOutputBufferEmpty);
  EXPECT_EQ(*console.control(), efi::kSerialInputBufferEmpty | efi::kSerialOutputBufferEmpty);
  device.press(0, "ab");
  EXPECT_EQ(*console.control(), efi::kSerialOutputBufferEmpty);
  EXPECT_EQ(*console.receive(), std::byte{'a'});
  EXPECT_EQ(*console.receive(), std::byte{'b'});
  EXPECT_EQ(console.receive().status(), Status::NotReady);
  device.reads = false;
  EXPECT_EQ(*console.send(std::as_bytes(std::span("12", 2))), 2u);
  EXPECT_EQ(*console.control(), efi::kSerialInputBufferEmpty);
  EXPECT_EQ(*console.send(std::vector<std::byte>(5000)), 7u * 256) << "for so much there is room";
  EXPECT_EQ(*console.send(std::vector<std::byte>(1)), 0u);
  EXPECT_TRUE(console.set_control(0));
  EXPECT_EQ(console.set_control(efi::kSerialRequestToSend).status(), Status::Unsupported);
}

TEST_F(VirtioConsole, ADeviceThatBreaksTheRulesIsSilentAfterwards) {
  ASSERT_TRUE(console.start());
  device.answer_change = [](uint32_t& id, uint32_t&) { id = 63; };
  console.write("one");
  console.write("two");
  EXPECT_NE(log.find("console 1: it is done with a request that it was not given"), std::string::npos) << log;
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
  EXPECT_EQ(read(), "");
  EXPECT_EQ(console.receive().status(), Status::DeviceError);
  EXPECT_EQ(console.send(std::vector<std::byte>(1)).status(), Status::DeviceError);
  EXPECT_EQ(console.control().status(), Status::DeviceError);
  EXPECT_EQ(console.reset().status(), Status::DeviceError);
  console.drain();
  EXPECT_EQ(device.status(), 0);
}

// The log itself leaves by the console.
ConsoleDevice* log_console = nullptr;
std::string* heard = nullptr;
TEST_F(VirtioConsole, WhatTheLogSaysOfTheConsoleDoesNotGoRoundInCircles) {
  ASSERT_TRUE(console.start());
  log_console = &console;
  heard = &log;
  log::set_sink([](std::string_view text) {
    heard->append(text);
    log_console->write(text);
  });
  device.answer_change = [](uint32_t& id, uint32_t&) { id = 63; };
  device.press(0, "x");
  EXPECT_EQ(console.read(), std::nullopt);
  console.write("x");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
  log::set_sink(nullptr);
}

TEST_F(VirtioConsole, LyingAboutLengthsDoesNotReadElsewhere) {
  ASSERT_TRUE(console.start());
  device.answer_change = [](uint32_t&, uint32_t& length) { length = 65; };
  device.press(0, "x");
  EXPECT_EQ(console.read(), std::nullopt);
  EXPECT_NE(log.find("console 1: it wrote more than there was room for: 0x41"), std::string::npos) << log;
}

TEST_F(VirtioConsole, WithoutItsQueuesItDoesNotStart) {
  device.queues[1].limit = 0;
  EXPECT_EQ(console.start().status(), Status::DeviceError);
  EXPECT_NE(log.find("console 1: it lacks a queue: 0x1"), std::string::npos) << log;
  device.queues[1].limit = 64;
  memory.allowed = 2;
  EXPECT_EQ(console.start().status(), Status::OutOfResources);
  EXPECT_EQ(memory.held(), 0u);
}

struct ShortQueues : VirtioConsole {
  ShortQueues() : VirtioConsole(1, 2) {}
};
TEST_F(ShortQueues, AreEnough) {
  ASSERT_TRUE(console.start());
  const std::string text(3000, 'y');
  console.write(text);
  EXPECT_EQ(device.sent[0], text);
  EXPECT_EQ(device.press(0, text), 128u);
  EXPECT_EQ(read(), text.substr(0, 128));
}

struct ManyPorts : VirtioConsole {
  ManyPorts() : VirtioConsole(8) {}
};

TEST_F(ManyPorts, TheFirstIsOpenedWhenItIsAConsole) {
  ASSERT_TRUE(console.start());
  EXPECT_EQ(console.port(), 0u);
  EXPECT_EQ(device.opened, std::set<uint32_t>{0});
  EXPECT_EQ(device.resets, 1);
  console.write("Hello");
  EXPECT_EQ(device.sent[0], "Hello");
  device.press(0, "keys");
  EXPECT_EQ(read(), "keys");
}

TEST_F(ManyPorts, AnotherIsFoundAndOpened) {
  device.consoles = {5, 6};
  ASSERT_TRUE(console.start());
  EXPECT_EQ(console.port(), 5u);
  EXPECT_EQ(device.opened, std::set<uint32_t>{5});
  console.write("Hello");
  EXPECT_EQ(device.sent[5], "Hello");
  device.press(5, "keys");
  EXPECT_EQ(read(), "keys");
  EXPECT_TRUE(log.empty()) << log;
}

TEST_F(ManyPorts, NoneMayBeAConsole) {
  device.consoles = {};
  EXPECT_EQ(console.start().status(), Status::NotFound);
  EXPECT_EQ(memory.held(), 0u);
  device.silent = true;
  EXPECT_EQ(console.start().status(), Status::NotFound);
  EXPECT_TRUE(log.empty()) << log;
}

TEST_F(ManyPorts, MessagesThatMakeNoSenseArePassedOver) {
  device.extra = {{0, VIRTIO_CONSOLE_PORT_NAME, 1}, {~0u, VIRTIO_CONSOLE_CONSOLE_PORT, 1}, {70000, VIRTIO_CONSOLE_PORT_ADD, 1},
                  {3, 999, 7}, {2, VIRTIO_CONSOLE_PORT_REMOVE, 1}};
  device.extra_bytes = 100;
  device.consoles = {3};
  ASSERT_TRUE(console.start());
  EXPECT_EQ(console.port(), 3u);
}

TEST_F(ManyPorts, AShortMessageIsNoMessage) {
  device.consoles = {};
  device.answer_change = [](uint32_t&, uint32_t& length) { length = std::min(length, 7u); };
  EXPECT_EQ(console.start().status(), Status::NotFound);
}

TEST_F(ManyPorts, ADeviceThatNeverEndsIsStopped) {
  device.silent = true;
  device.babbles = true;
  EXPECT_EQ(console.start().status(), Status::DeviceError);
  EXPECT_NE(log.find("console 1: it talks of its ports without end"), std::string::npos) << log;
  EXPECT_EQ(memory.held(), 0u);
}

TEST_F(ManyPorts, APortWithoutQueuesIsNoPort) {
  device.consoles = {100};
  device.extra = {{100, VIRTIO_CONSOLE_CONSOLE_PORT, 1}};
  EXPECT_EQ(console.start().status(), Status::DeviceError);
  EXPECT_NE(log.find("console 1: it lacks a queue: 0xca"), std::string::npos) << log;
}

TEST_F(ManyPorts, ADeviceThatNeverAnswersIsGivenUp) {
  clock.step = kSecond;
  device.never_answers = true;
  EXPECT_EQ(console.start().status(), Status::DeviceError);
  EXPECT_EQ(memory.held(), 0u);
}

}  // namespace
}  // namespace efilite::drivers::virtio
