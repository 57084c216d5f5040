// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/serial.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "arch/io.hpp"
#include "drivers/debug_port.hpp"

namespace efilite::drivers {
namespace {

struct FakeUart final : arch::FakeIo {
  uint8_t registers[8] = {};
  uint16_t divisor = 0;
  bool fifo = true;
  int room = 16;           // free places in the FIFO
  int looks_to_drain = 3;  // reads of LSR until a full FIFO is empty again; -1: never
  int until_empty = 0;
  int looks = 0;
  int lost = 0;
  std::string sent;
  std::deque<uint8_t> received;

  FakeUart() { arch::fake_io = this; }
  ~FakeUart() { arch::fake_io = nullptr; }

  uint32_t in(uint16_t port, int bytes) override {
    EXPECT_EQ(bytes, 1);
    if (port < 0x3F8 || port > 0x3FF) return 0xFF;
    switch (port - 0x3F8) {
      case 0: {
        const uint8_t byte = received.front();
        received.pop_front();
        return byte;
      }
      case 2: return fifo && (registers[2] & 1) ? 0xC1 : 0x01;
      case 5: {
        ++looks;
        if (room == 0 && looks_to_drain >= 0 && --until_empty <= 0) room = fifo ? 16 : 1;
        return static_cast<uint32_t>((room != 0 ? 0x60 : 0) | (received.empty() ? 0 : 1));
      }
      default: return registers[port - 0x3F8];
    }
  }
  void out(uint16_t port, uint32_t value, int bytes) override {
    EXPECT_EQ(bytes, 1);
    if (port < 0x3F8 || port > 0x3FF) return;
    const int offset = port - 0x3F8;
    if (offset < 2 && (registers[3] & 0x80)) {
      divisor = static_cast<uint16_t>(offset == 0 ? (divisor & 0xFF00) | value : (divisor & 0xFF) | value << 8);
      return;
    }
    if (offset == 0) {
      if (room == 0) {
        ++lost;
        return;
      }
      sent += static_cast<char>(value);
      room = fifo ? room - 1 : 0;
      if (room == 0) until_empty = looks_to_drain;
      // What was written in one go leaves as one: the line is empty when it is next looked at.
      if (room != 0 && sent.size() % 16 == 0) room = 16;
      return;
    }
    registers[offset] = static_cast<uint8_t>(value);
  }
};

TEST(SerialPort, NobodyAtThePortIsSeen) {
  Serial serial;
  EXPECT_FALSE(serial.open());  // all ones
  serial.write("lost");
  EXPECT_FALSE(serial.read().has_value());
}

TEST(SerialPort, APortThatRemembersNothingIsNoUart) {
  struct Zeros final : arch::FakeIo {
    uint32_t in(uint16_t, int) override { return 0; }
    void out(uint16_t, uint32_t, int) override {}
  } zeros;
  arch::fake_io = &zeros;
  Serial serial;
  EXPECT_FALSE(serial.open());
  arch::fake_io = nullptr;
}

TEST(SerialPort, OpensAt115200EightBitsNoParityOneStopNoInterrupts) {
  FakeUart uart;
  Serial serial;
  ASSERT_TRUE(serial.open());
  EXPECT_EQ(uart.divisor, 1);
  EXPECT_EQ(uart.registers[3], 0x03);
  EXPECT_EQ(uart.registers[1], 0);
  EXPECT_EQ(uart.registers[4] & 0x0B, 0x03);
}

TEST(SerialPort, AFifoIsFilledWithOneLookASixteenBytes) {
  FakeUart uart;
  uart.looks_to_drain = 0;
  Serial serial;
  ASSERT_TRUE(serial.open());
  uart.looks = 0;
  const std::string text(160, 'x');
  serial.write(text);
  EXPECT_EQ(uart.sent, text);
  EXPECT_EQ(uart.lost, 0);
  EXPECT_LE(uart.looks, 10);
}

TEST(SerialPort, ASlowLineLosesNothing) {
  for (bool fifo : {true, false}) {
    FakeUart uart;
    uart.fifo = fifo;
    uart.looks_to_drain = 50;
    Serial serial;
    ASSERT_TRUE(serial.open());
    serial.write("the quick brown fox jumps over the lazy dog");
    EXPECT_EQ(uart.sent, "the quick brown fox jumps over the lazy dog");
    EXPECT_EQ(uart.lost, 0);
  }
}

TEST(SerialPort, ADeadLineIsWaitedForOnceAndTriedAgainCheaply) {
  FakeUart uart;
  Serial serial;
  ASSERT_TRUE(serial.open());
  uart.looks_to_drain = -1;
  uart.room = 0;
  serial.write("lost");
  EXPECT_LE(uart.looks, 300'000);
  uart.looks = 0;
  serial.write("lost too");
  EXPECT_EQ(uart.looks, 1);
  EXPECT_EQ(uart.sent, "");
  uart.looks_to_drain = 3;
  uart.room = 16;
  serial.write("back");
  EXPECT_EQ(uart.sent, "back");
}

TEST(SerialPort, ReadsWhatWasTyped) {
  FakeUart uart;
  Serial serial;
  ASSERT_TRUE(serial.open());
  EXPECT_FALSE(serial.read().has_value());
  uart.received = {'a', 0};
  EXPECT_EQ(serial.read(), 'a');
  EXPECT_EQ(serial.read(), 0);
  EXPECT_FALSE(serial.read().has_value());
}

TEST(DebugPort, IsFoundByItsAnswerAndTakesBytes) {
  EXPECT_FALSE(debug_port_present());
  struct Port final : arch::FakeIo {
    std::string text;
    uint32_t in(uint16_t port, int) override { return port == 0x402 ? 0xE9 : 0xFF; }
    void out(uint16_t port, uint32_t value, int) override {
      if (port == 0x402) text += static_cast<char>(value);
    }
  } port;
  arch::fake_io = &port;
  EXPECT_TRUE(debug_port_present());
  debug_port_write("log line\n");
  EXPECT_EQ(port.text, "log line\n");
  arch::fake_io = nullptr;
}

}  // namespace
}  // namespace efilite::drivers
