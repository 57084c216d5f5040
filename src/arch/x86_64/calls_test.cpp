// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "arch/x86_64/calls.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <random>
#include <vector>

namespace efilite::arch {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint32_t kAddress = 0x120000;
constexpr PhysRange kImage = {{0x100000}, {0x150000}};

// What the build does before it packs (cmake/calls.py).
Bytes changed(Bytes code) {
  const auto is_target = [](uint32_t address) { return address >= kImage.begin.value && address < kImage.end.value; };
  for (size_t at = 0; at + 12 <= code.size(); ++at) {
    if (code[at] != 0xE8 && code[at] != 0xE9) continue;
    uint32_t operand, next = kAddress + static_cast<uint32_t>(at) + 5;
    memcpy(&operand, &code[at + 1], 4);
    if (is_target(operand + next)) {
      operand = std::byteswap(operand + next);
    } else {
      while (is_target(std::byteswap(operand))) operand = std::byteswap(operand) - next;
    }
    memcpy(&code[at + 1], &operand, 4);
    at += 4;
  }
  return code;
}

Bytes restored(Bytes code) {
  restore_calls(std::as_writable_bytes(std::span(code)), kAddress, kImage);
  return code;
}

Bytes with_call(size_t at, uint32_t target, size_t size = 64) {
  Bytes code(size, 0x90);
  uint32_t distance = target - (kAddress + static_cast<uint32_t>(at) + 5);
  code[at] = 0xE8;
  memcpy(&code[at + 1], &distance, 4);
  return code;
}

TEST(Calls, ACallNamesItsTarget) {
  Bytes code = with_call(3, 0x101234);
  Bytes packed = changed(code);
  EXPECT_EQ((Bytes(packed.begin() + 3, packed.begin() + 8)), (Bytes{0xE8, 0x00, 0x10, 0x12, 0x34}));
  EXPECT_EQ(restored(packed), code);
}

TEST(Calls, CallsOutOfTheImageStay) {
  for (uint32_t target : {0xFFFFFu, 0x150000u, 0x80000000u}) {
    Bytes code = with_call(3, target);
    EXPECT_EQ(changed(code), code);
    EXPECT_EQ(restored(code), code);
  }
}

TEST(Calls, AnyPlaceIsFoundButTheLastTwelveBytes) {
  for (size_t at = 0; at <= 59; ++at) {
    Bytes code = with_call(at, 0x140000);
    EXPECT_EQ(changed(code) == code, at > 52) << at;
    EXPECT_EQ(restored(changed(code)), code) << at;
  }
  for (size_t size = 0; size < 12; ++size) EXPECT_EQ(restored(Bytes(size, 0xE8)), Bytes(size, 0xE8));
}

TEST(Calls, WhatOnlyLooksLikeAChangedCallComesBack) {
  Bytes code = with_call(3, 0x80000000);
  const uint8_t operand[] = {0x00, 0x10, 0x12, 0x34};  // a target if it had been changed
  memcpy(&code[4], operand, sizeof operand);
  EXPECT_NE(changed(code), code);
  EXPECT_EQ(restored(changed(code)), code);
}

TEST(Calls, AnyCodeComesBack) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    Bytes code(random() % 300);
    // Mostly bytes that calls and targets are made of.
    for (auto& b : code) b = std::array<uint8_t, 8>{0xE8, 0xE9, 0x00, 0x10, 0x14, 0xFF, 0x00, static_cast<uint8_t>(random())}[random() % 8];
    ASSERT_EQ(restored(changed(code)), code) << round;
  }
}

}  // namespace
}  // namespace efilite::arch
