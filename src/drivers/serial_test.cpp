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
  bool gone = false;           // unplugged: the bus floats
  uint8_t errors = 0;          // LSR bits that the next look sees, and takes away
  uint8_t modem_status = 0;
  std::vector<uint8_t> modem_controls;  // all that were set
  std::string sent;
  std::deque<uint8_t> received;

  FakeUart() { arch::fake_io = this; }
  ~FakeUart() { arch::fake_io = nullptr; }

  uint32_t in(uint16_t port, int bytes) override {
    EXPECT_EQ(bytes, 1);
    if (gone || port < 0x3F8 || port > 0x3FF) return 0xFF;
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
        return static_cast<uint32_t>((room != 0 ? 0x60 : 0) | (received.empty() ? 0 : 1) | std::exchange(errors, 0));
      }
      case 6: return modem_status;
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
    if (offset == 4) modem_controls.push_back(static_cast<uint8_t>(value));
    if (offset == 0 && (registers[4] & 0x10)) {
      received.push_back(static_cast<uint8_t>(value));
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

constexpr core::SerialFormat k9600 = {9600, 7, efi::Parity::Even, efi::StopBits::Two};

struct OpenSerialPort : testing::Test {
  FakeUart uart;
  Serial serial;
  OpenSerialPort() { EXPECT_TRUE(serial.open()); }
  static ByteSpan bytes(std::string_view text) { return std::as_bytes(std::span(text)); }
};

TEST_F(OpenSerialPort, AFormatIsSetByDivisorAndLineControl) {
  auto set = serial.set_format(k9600);
  ASSERT_TRUE(set);
  EXPECT_EQ(*set, k9600);
  EXPECT_EQ(uart.divisor, 12);
  EXPECT_EQ(uart.registers[3], 0x02 | 0x04 | 0x18);
  EXPECT_EQ(uart.registers[1], 0);
}

TEST_F(OpenSerialPort, EveryParityHasItsBits) {
  const std::pair<efi::Parity, int> all[] = {{efi::Parity::None, 0x03}, {efi::Parity::Odd, 0x0B}, {efi::Parity::Even, 0x1B},
                                             {efi::Parity::Mark, 0x2B}, {efi::Parity::Space, 0x3B}};
  for (auto [parity, line] : all) {
    EXPECT_TRUE(serial.set_format({115200, 8, parity, efi::StopBits::One}));
    EXPECT_EQ(uart.registers[3], line);
  }
}

TEST_F(OpenSerialPort, StopBitsGoWithTheDataBits) {
  for (uint8_t bits : {5, 6, 7, 8}) {
    using efi::StopBits;
    EXPECT_TRUE(serial.set_format({115200, bits, efi::Parity::None, StopBits::One}));
    EXPECT_EQ(serial.set_format({115200, bits, efi::Parity::None, StopBits::OneFive}).has_value(), bits == 5);
    EXPECT_EQ(serial.set_format({115200, bits, efi::Parity::None, StopBits::Two}).has_value(), bits != 5);
  }
}

TEST_F(OpenSerialPort, TheRateIsTheNearestThatIsNotAbove) {
  auto rate = [&](uint64_t wanted) { return serial.set_format({wanted, 8, efi::Parity::None, efi::StopBits::One}); };
  EXPECT_EQ(rate(~uint64_t{0})->baud_rate, 115200u);
  EXPECT_EQ(rate(115199)->baud_rate, 57600u);
  EXPECT_EQ(rate(50)->baud_rate, 50u);
  EXPECT_EQ(rate(993)->baud_rate, 993u);  // and a tenth
  for (uint64_t wanted = 50; wanted < 130'000; wanted += 7) {
    const uint64_t got = rate(wanted)->baud_rate;
    EXPECT_LE(got, wanted);
    EXPECT_EQ(rate(got)->baud_rate, got) << "what is told can be set again";
  }
}

TEST_F(OpenSerialPort, WhatNo16550CanDoIsInvalidAndChangesNothing) {
  using efi::Parity, efi::StopBits;
  const core::SerialFormat odd[] = {{49, 8, Parity::None, StopBits::One},         {0, 8, Parity::None, StopBits::One},
                                    {115200, 4, Parity::None, StopBits::One},     {115200, 9, Parity::None, StopBits::One},
                                    {115200, 8, Parity::Default, StopBits::One},  {115200, 8, static_cast<Parity>(6), StopBits::One},
                                    {115200, 8, Parity::None, StopBits::Default}, {115200, 8, Parity::None, static_cast<StopBits>(4)}};
  for (const auto& format : odd) EXPECT_EQ(serial.set_format(format).status(), Status::InvalidParameter);
  EXPECT_EQ(uart.divisor, 1);
  EXPECT_EQ(uart.registers[3], 0x03);
}

TEST_F(OpenSerialPort, ADeviceThatIsGoneIsADeviceError) {
  uart.gone = true;
  EXPECT_EQ(serial.reset().status(), Status::DeviceError);
  EXPECT_EQ(serial.set_format(k9600).status(), Status::DeviceError);
  EXPECT_EQ(serial.set_control(0).status(), Status::DeviceError);
  EXPECT_EQ(serial.control().status(), Status::DeviceError);
  EXPECT_EQ(serial.send(bytes("x")).status(), Status::DeviceError);
  EXPECT_EQ(serial.receive().status(), Status::DeviceError);
}

TEST_F(OpenSerialPort, ControlBitsAreThoseOfTheModemRegisters) {
  EXPECT_EQ(*serial.control(), efi::kSerialDataTerminalReady | efi::kSerialRequestToSend | efi::kSerialInputBufferEmpty |
                                   efi::kSerialOutputBufferEmpty);
  uart.modem_status = 0xF0;
  uart.received = {'a'};
  uart.room = 0;
  uart.looks_to_drain = -1;
  ASSERT_TRUE(serial.set_control(0));
  EXPECT_EQ(uart.registers[4], 0);
  EXPECT_EQ(*serial.control(), efi::kSerialClearToSend | efi::kSerialDataSetReady | efi::kSerialRingIndicate | efi::kSerialCarrierDetect);
  for (uint32_t bit : {efi::kSerialDataTerminalReady, efi::kSerialRequestToSend, efi::kSerialHardwareLoopback,
                       efi::kSerialHardwareFlowControl}) {
    ASSERT_TRUE(serial.set_control(bit));
    EXPECT_EQ(*serial.control() & ~0x3F0u, bit);
  }
}

TEST_F(OpenSerialPort, BitsThatCannotBeSetAreUnsupported) {
  for (uint32_t bit : {0x10u, 0x20u, 0x40u, 0x80u, 0x100u, 0x200u, 0x2000u, 0x8000u, 0x80000000u})
    EXPECT_EQ(serial.set_control(bit | efi::kSerialDataTerminalReady).status(), Status::Unsupported);
  EXPECT_EQ(uart.registers[4], 0x03);
}

TEST_F(OpenSerialPort, SendTakesWhatThereIsRoomFor) {
  EXPECT_EQ(*serial.send(bytes("0123456789abcdefXYZ")), 16u);
  EXPECT_EQ(uart.sent, "0123456789abcdef");
  uart.room = 0;
  uart.looks_to_drain = -1;
  EXPECT_EQ(*serial.send(bytes("x")), 0u);
  EXPECT_EQ(uart.sent.size(), 16u);
}

TEST_F(OpenSerialPort, ReceiveTellsWhatBecameOfEachByte) {
  EXPECT_EQ(serial.receive().status(), Status::NotReady);
  uart.received = {'a', 'b', 'c', 'd'};
  EXPECT_EQ(*serial.receive(), std::byte{'a'});
  uart.errors = 0x04;  // parity
  EXPECT_EQ(serial.receive().status(), Status::DeviceError);
  uart.errors = 0x02;  // overrun
  EXPECT_EQ(serial.receive().status(), Status::Timeout);
  EXPECT_EQ(*serial.receive(), std::byte{'c'});
  uart.errors = 0x18;  // framing and break: another look, for room, sees them first
  EXPECT_TRUE(serial.send(bytes("x")));
  EXPECT_EQ(serial.receive().status(), Status::DeviceError);
  EXPECT_EQ(serial.receive().status(), Status::NotReady);
}

TEST_F(OpenSerialPort, WithFlowControlNothingLeavesUntilTheOtherEndIsReady) {
  ASSERT_TRUE(serial.set_control(efi::kSerialHardwareFlowControl | efi::kSerialRequestToSend));
  EXPECT_EQ(*serial.send(bytes("x")), 0u);
  uart.modem_status = 0x10;
  EXPECT_EQ(*serial.send(bytes("x")), 1u);
  EXPECT_EQ(uart.sent, "x");
}

TEST_F(OpenSerialPort, WithFlowControlTheOtherEndIsStoppedWhileThereIsSomethingToRead) {
  ASSERT_TRUE(serial.set_control(efi::kSerialHardwareFlowControl));
  uart.modem_controls.clear();
  EXPECT_EQ(serial.read(), std::nullopt);
  uart.received = {'a', 'b'};
  EXPECT_EQ(serial.read(), 'a');
  EXPECT_EQ(serial.read(), 'b');
  EXPECT_EQ(serial.read(), std::nullopt);
  EXPECT_EQ(serial.read(), std::nullopt);
  EXPECT_EQ(uart.modem_controls, (std::vector<uint8_t>{0x02, 0x00, 0x02}));
}

TEST_F(OpenSerialPort, ResetEndsLoopAndFlowControlAndKeepsTheFormat) {
  ASSERT_TRUE(serial.set_format(k9600));
  ASSERT_TRUE(serial.set_control(efi::kSerialHardwareFlowControl | efi::kSerialHardwareLoopback));
  ASSERT_TRUE(serial.reset());
  EXPECT_EQ(uart.registers[4], 0x03);
  EXPECT_EQ(uart.registers[2], 0x07);
  EXPECT_EQ(uart.divisor, 12);
  EXPECT_EQ(*serial.control() & (efi::kSerialHardwareFlowControl | efi::kSerialHardwareLoopback), 0u);
}

TEST_F(OpenSerialPort, InLoopbackWhatIsSentIsReceived) {
  ASSERT_TRUE(serial.set_control(efi::kSerialHardwareLoopback));
  EXPECT_EQ(*serial.send(bytes("ab")), 2u);
  EXPECT_EQ(*serial.receive(), std::byte{'a'});
  EXPECT_EQ(*serial.receive(), std::byte{'b'});
  EXPECT_EQ(uart.sent, "");
}

TEST(SerialPort, OthersOfTheFourLieWhereTheyAlwaysDid) {
  struct Ports final : arch::FakeIo {
    std::vector<uint16_t> seen;
    uint32_t in(uint16_t port, int) override { return seen.push_back(port), 0xFF; }
    void out(uint16_t, uint32_t, int) override {}
  } ports;
  arch::fake_io = &ports;
  for (uint8_t number = 0; number < 4; ++number) {
    Serial serial(number);
    EXPECT_FALSE(serial.open());
    EXPECT_EQ(serial.number(), number);
  }
  EXPECT_EQ(ports.seen, (std::vector<uint16_t>{0x3FD, 0x2FD, 0x3ED, 0x2ED}));
  arch::fake_io = nullptr;
}

TEST(DebugPort, IsFoundByItsAnswerAndTakesBytes) {
  EXPECT_EQ(find_debug_port(), 0);
  struct Port final : arch::FakeIo {
    std::string text;
    uint32_t in(uint16_t port, int) override { return port == 0x402 ? 0xE9 : 0xFF; }
    void out(uint16_t port, uint32_t value, int) override {
      if (port == 0x402) text += static_cast<char>(value);
    }
  } port;
  arch::fake_io = &port;
  EXPECT_EQ(find_debug_port(), 0x402);
  write_debug_port(0x402, "log line\n");
  EXPECT_EQ(port.text, "log line\n");
  arch::fake_io = nullptr;
}

}  // namespace
}  // namespace efilite::drivers
