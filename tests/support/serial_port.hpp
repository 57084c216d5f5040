// SPDX-License-Identifier: BSD-2-Clause-Patent
// A serial line whose other end is the test.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <string>

#include "core/ports.hpp"
#include "tests/support/clock.hpp"

namespace efilite::test {

class FakeSerialPort final : public core::SerialPort {
 public:
  int calls = 0;
  int resets = 0;
  Status answer = Status::Success;  // a failure is that of every call
  core::SerialFormat format{115200, 8, efi::Parity::None, efi::StopBits::One};
  uint32_t depth = 16;
  uint32_t control_bits = 0;
  std::string sent;
  std::deque<char> received;
  std::optional<size_t> room_for;  // bytes, until nothing is taken any more
  FakeClock* clock = nullptr;      // each look at a busy line takes 10 us of it
  uint64_t room_at = 0;            // when the line has room
  uint64_t byte_every = 0;         // how long a byte takes to arrive
  size_t fail_after = SIZE_MAX;    // bytes that are received well
  Status failure = Status::Success;

  void write(std::string_view bytes) override { sent += bytes; }
  std::optional<uint8_t> read() override {
    auto byte = receive();
    return byte ? std::optional(static_cast<uint8_t>(*byte)) : std::nullopt;
  }

  Result<> reset() override { return ++resets, done(); }
  Result<core::SerialFormat> set_format(const core::SerialFormat& wanted) override {
    if (Result<> result = done(); !result) return result.error();
    format = wanted;
    if (format.baud_rate < 115200) format.baud_rate -= format.baud_rate % 9600;
    return format;
  }
  uint32_t receive_depth() const override { return depth; }
  uint32_t control_mask() const override { return 0x5FFF; }
  Result<> set_control(uint32_t control) override {
    if ((control & efi::kSerialSoftwareLoopback) != 0) return Status::Unsupported;
    control_bits = control;
    return done();
  }
  Result<uint32_t> control() override {
    if (Result<> result = done(); !result) return result.error();
    return control_bits;
  }
  Result<size_t> send(ByteSpan bytes) override {
    if (Result<> result = done(); !result) return result.error();
    size_t count = std::min<size_t>({bytes.size(), 2, room_for.value_or(SIZE_MAX)});
    if (clock != nullptr && clock->time < room_at) count = 0;
    if (count == 0) look();
    for (std::byte byte : bytes.first(count)) sent += static_cast<char>(byte);
    if (room_for) *room_for -= count;
    return count;
  }
  Result<std::byte> receive() override {
    if (Result<> result = done(); !result) return result.error();
    if (clock != nullptr && clock->time < arrival_) return look(), Status::NotReady;
    if (received.empty()) return look(), Status::NotReady;
    if (byte_every != 0 && arrival_ == 0) return arrival_ = clock->time + byte_every, Status::NotReady;
    const char byte = received.front();
    received.pop_front();
    arrival_ = 0;
    if (fail_after == 0) return failure;
    --fail_after;
    return static_cast<std::byte>(byte);
  }

 private:
  Result<> done() { return ++calls, answer == Status::Success ? Result<>() : Result<>(answer); }
  void look() {
    if (clock != nullptr) clock->advance(100);
  }
  uint64_t arrival_ = 0;
};

}  // namespace efilite::test
