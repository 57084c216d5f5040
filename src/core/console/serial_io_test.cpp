// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/console/serial_io.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/clock.hpp"
#include "tests/support/serial_port.hpp"

namespace efilite::core {
namespace {

using efi::encode;
using efi::Parity;
using efi::StopBits;

constexpr auto kOk = encode(Status::Success);
constexpr auto kInvalid = encode(Status::InvalidParameter);
constexpr auto kDeviceError = encode(Status::DeviceError);
constexpr auto kTimeout = encode(Status::Timeout);

struct SerialIoTest : testing::Test, SerialIo::Observer {
  SerialIoTest() { events.restore_tpl(efi::kTplApplication); }
  void format_changed(const SerialFormat& format) override {
    EXPECT_EQ(events.tpl(), efi::kTplApplication);
    changes.push_back(format);
  }
  efi::EfiStatus set(uint64_t rate, uint32_t depth, uint32_t timeout, Parity parity, uint8_t data, StopBits stop) {
    return io->set_attributes(io, rate, depth, timeout, parity, data, stop);
  }
  efi::EfiStatus write(std::string text, efi::Uintn& size) {
    size = text.size();
    return io->write(io, &size, text.data());
  }
  // What was read, whatever the status.
  std::string read(size_t size, efi::EfiStatus wanted) {
    std::string text(size, '.');
    efi::Uintn count = size;
    EXPECT_EQ(io->read(io, &count, text.data()), wanted);
    return text.substr(0, count);
  }

  test::ListHeap heap;
  test::FakeClock clock;
  test::FakeInterrupts interrupts{clock};
  EventQueue events{heap, interrupts, clock};
  test::FakeSerialPort port;
  SerialIo serial{port, events, clock, *this};
  efi::SerialIoProtocol* io = serial.protocol();
  std::vector<SerialFormat> changes;
};

TEST_F(SerialIoTest, BeginsWithTheDefaultsAndTouchesNothing) {
  EXPECT_EQ(io->revision, 0x10001u);
  EXPECT_EQ(io->mode->baud_rate, 115200u);
  EXPECT_EQ(io->mode->receive_fifo_depth, 1u);
  EXPECT_EQ(io->mode->timeout, 1'000'000u);
  EXPECT_EQ(io->mode->data_bits, 8u);
  EXPECT_EQ(io->mode->parity, Parity::None);
  EXPECT_EQ(io->mode->stop_bits, StopBits::One);
  EXPECT_NE(io->mode->control_mask & efi::kSerialInputBufferEmpty, 0u);
  EXPECT_EQ(*io->device_type, efi::kSerialTerminal);
  EXPECT_EQ(port.calls, 0);
}

TEST_F(SerialIoTest, AttributesThatAreZeroAreTheDefaults) {
  ASSERT_EQ(set(9600, 16, 5, Parity::Odd, 7, StopBits::Two), kOk);
  EXPECT_EQ(port.format, (SerialFormat{9600, 7, Parity::Odd, StopBits::Two}));
  EXPECT_EQ(io->mode->baud_rate, 9600u);
  EXPECT_EQ(io->mode->receive_fifo_depth, 16u);
  EXPECT_EQ(io->mode->timeout, 5u);
  EXPECT_EQ(io->mode->data_bits, 7u);
  EXPECT_EQ(io->mode->parity, Parity::Odd);
  EXPECT_EQ(io->mode->stop_bits, StopBits::Two);
  ASSERT_EQ(set(0, 0, 0, Parity::Default, 0, StopBits::Default), kOk);
  EXPECT_EQ(port.format, kDefaultSerialFormat);
  EXPECT_EQ(io->mode->receive_fifo_depth, 1u);
  EXPECT_EQ(io->mode->timeout, 1'000'000u);
}

TEST_F(SerialIoTest, TheFifoIsTheNearestThatIsNotDeeper) {
  for (auto [asked, told] : {std::pair{1u, 1u}, {15u, 1u}, {16u, 16u}, {17u, 16u}, {~0u, 16u}}) {
    ASSERT_EQ(set(0, asked, 0, Parity::Default, 0, StopBits::Default), kOk);
    EXPECT_EQ(io->mode->receive_fifo_depth, told);
  }
  port.depth = 1;
  ASSERT_EQ(set(0, 16, 0, Parity::Default, 0, StopBits::Default), kOk);
  EXPECT_EQ(io->mode->receive_fifo_depth, 1u);
}

TEST_F(SerialIoTest, ARefusedFormatChangesNothing) {
  port.answer = Status::InvalidParameter;
  EXPECT_EQ(set(9600, 16, 5, Parity::Odd, 9, StopBits::Two), kInvalid);
  port.answer = Status::DeviceError;
  EXPECT_EQ(set(9600, 16, 5, Parity::Odd, 7, StopBits::Two), kDeviceError);
  EXPECT_EQ(io->mode->baud_rate, 115200u);
  EXPECT_EQ(io->mode->timeout, 1'000'000u);
  EXPECT_TRUE(changes.empty());
}

TEST_F(SerialIoTest, AChangedFormatIsToldOnceAndAsTheLineHasIt) {
  ASSERT_EQ(set(10000, 0, 0, Parity::Default, 0, StopBits::Default), kOk);
  ASSERT_EQ(set(10000, 16, 7, Parity::Default, 0, StopBits::Default), kOk);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].baud_rate, 9600u);
  EXPECT_EQ(io->mode->baud_rate, 9600u);
}

TEST_F(SerialIoTest, ResetKeepsTheAttributes) {
  ASSERT_EQ(set(9600, 0, 0, Parity::Even, 7, StopBits::Two), kOk);
  port.format = kDefaultSerialFormat;
  EXPECT_EQ(io->reset(io), kOk);
  EXPECT_EQ(port.resets, 1);
  EXPECT_EQ(port.format, (SerialFormat{9600, 7, Parity::Even, StopBits::Two}));
  port.answer = Status::DeviceError;
  EXPECT_EQ(io->reset(io), kDeviceError);
}

TEST_F(SerialIoTest, ControlPassesThrough) {
  uint32_t control = 0;
  EXPECT_EQ(io->set_control(io, efi::kSerialDataTerminalReady), kOk);
  EXPECT_EQ(io->get_control(io, &control), kOk);
  EXPECT_EQ(control, efi::kSerialDataTerminalReady);
  EXPECT_EQ(io->get_control(io, nullptr), kInvalid);
  EXPECT_EQ(io->set_control(io, efi::kSerialSoftwareLoopback), encode(Status::Unsupported));
  port.answer = Status::DeviceError;
  control = 77;
  EXPECT_EQ(io->set_control(io, 0), kDeviceError);
  EXPECT_EQ(io->get_control(io, &control), kDeviceError);
  EXPECT_EQ(control, 77u);
}

TEST_F(SerialIoTest, WriteWaitsForTheLine) {
  port.room_at = clock.time + 3 * test::FakeClock::kMillisecond;
  port.clock = &clock;
  efi::Uintn size = 0;
  EXPECT_EQ(write("hello", size), kOk);
  EXPECT_EQ(size, 5u);
  EXPECT_EQ(port.sent, "hello");
}

TEST_F(SerialIoTest, WriteThatGetsNoFurtherTimesOutWithItsCount) {
  ASSERT_EQ(set(0, 0, 2000, Parity::Default, 0, StopBits::Default), kOk);
  port.clock = &clock;
  port.room_for = 3;
  efi::Uintn size = 0;
  const uint64_t before = clock.time;
  EXPECT_EQ(write("hello", size), kTimeout);
  EXPECT_EQ(size, 3u);
  EXPECT_EQ(port.sent, "hel");
  EXPECT_GE(clock.time - before, 2 * test::FakeClock::kMillisecond);
  EXPECT_LE(clock.time - before, 3 * test::FakeClock::kMillisecond);
}

TEST_F(SerialIoTest, TheTimeoutIsForEachCharacter) {
  ASSERT_EQ(set(0, 0, 2000, Parity::Default, 0, StopBits::Default), kOk);
  port.clock = &clock;
  port.byte_every = 1500 * 10;
  port.received = {'a', 'b', 'c', 'd'};
  EXPECT_EQ(read(4, kOk), "abcd");
  EXPECT_GE(clock.time, 4u * 15000);
}

TEST_F(SerialIoTest, ReadTimesOutWithWhatHasCome) {
  port.clock = &clock;
  port.received = {'a', 'b'};
  EXPECT_EQ(read(4, kTimeout), "ab");
  EXPECT_EQ(read(1, kTimeout), "");
  EXPECT_EQ(read(0, kOk), "");
}

TEST_F(SerialIoTest, ReadWithEverythingThereNeverLooksAtTheClock) {
  port.received = {'a', 'b'};
  EXPECT_EQ(read(2, kOk), "ab");
  EXPECT_EQ(clock.looks, 0);
}

TEST_F(SerialIoTest, AFailureOfTheLineEndsTheTransferAtOnce) {
  port.received = {'a', 'b', 'c'};
  port.fail_after = 1;
  port.failure = Status::DeviceError;
  EXPECT_EQ(read(3, kDeviceError), "a");
  port.failure = Status::Timeout;  // overrun
  EXPECT_EQ(read(2, kTimeout), "");
  port.answer = Status::DeviceError;
  efi::Uintn size = 0;
  EXPECT_EQ(write("x", size), kDeviceError);
  EXPECT_EQ(size, 0u);
  EXPECT_EQ(clock.looks, 0);
}

TEST_F(SerialIoTest, WithoutSizeOrBufferNothingMoves) {
  char byte = 'x';
  efi::Uintn one = 1, none = 0;
  EXPECT_EQ(io->read(io, nullptr, &byte), kInvalid);
  EXPECT_EQ(io->read(io, &one, nullptr), kInvalid);
  EXPECT_EQ(io->write(io, nullptr, &byte), kInvalid);
  EXPECT_EQ(io->write(io, &one, nullptr), kInvalid);
  EXPECT_EQ(io->write(io, &none, nullptr), kOk);
  EXPECT_EQ(io->read(io, &none, nullptr), kOk);
  EXPECT_EQ(port.sent, "");
}

}  // namespace
}  // namespace efilite::core
