// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/protocols/rng.hpp"

#include <gtest/gtest.h>

#include <array>

namespace efilite::core {
namespace {

using efi::encode;

struct FakeEntropy final : Entropy {
  bool raw_there = true, drbg_there = true;
  int dry = 0;  // how often raw() has nothing before it has something
  uint64_t next = 0x0101010101010101;
  bool has_raw() override { return raw_there; }
  bool has_drbg() override { return drbg_there; }
  std::optional<uint64_t> raw() override { return dry-- > 0 ? std::nullopt : std::optional(next); }
  std::optional<uint64_t> drbg() override { return 0x0202020202020202; }
};

struct RngTest : testing::Test {
  FakeEntropy entropy;
  Rng rng{entropy};
  efi::RngProtocol* p = rng.protocol();
};

TEST_F(RngTest, InfoListsTheDefaultFirstAndTellsTheSize) {
  efi::Uintn size = 0;
  EXPECT_EQ(p->get_info(p, &size, nullptr), encode(Status::BufferTooSmall));
  EXPECT_EQ(size, 32u);
  std::array<efi::Guid, 2> list;
  EXPECT_EQ(p->get_info(p, &size, list.data()), encode(Status::Success));
  EXPECT_EQ(list[0], efi::kRngAlgorithmSp80090Ctr256);
  EXPECT_EQ(list[1], efi::kRngAlgorithmRaw);
}

TEST_F(RngTest, FillsExactlyWhatIsAsked) {
  std::array<uint8_t, 12> out{};
  efi::Guid raw = efi::kRngAlgorithmRaw;
  EXPECT_EQ(p->get_rng(p, &raw, 11, out.data()), encode(Status::Success));
  EXPECT_EQ(out[10], 1);
  EXPECT_EQ(out[11], 0);
  EXPECT_EQ(p->get_rng(p, nullptr, 1, out.data()), encode(Status::Success));
  EXPECT_EQ(out[0], 2);
}

TEST_F(RngTest, TheFirmwareIsServedByTheDefault) {
  std::array<std::byte, 3> out{};
  EXPECT_TRUE(rng.fill(out));
  EXPECT_EQ(out[2], std::byte{2});
  entropy.drbg_there = false;
  EXPECT_TRUE(rng.fill(out));
  EXPECT_EQ(out[2], std::byte{1});
}

TEST_F(RngTest, AGeneratorThatIsDryForAWhileIsAskedAgain) {
  std::array<uint8_t, 8> out{};
  efi::Guid raw = efi::kRngAlgorithmRaw;
  entropy.dry = 5;
  EXPECT_EQ(p->get_rng(p, &raw, 8, out.data()), encode(Status::Success));
  entropy.dry = 1 << 20;
  EXPECT_EQ(p->get_rng(p, &raw, 8, out.data()), encode(Status::NotReady));
}

TEST_F(RngTest, WhatIsNotThereIsUnsupported) {
  std::array<uint8_t, 8> out{};
  efi::Guid raw = efi::kRngAlgorithmRaw, other = {1, 2, 3, {}};
  entropy.raw_there = false;
  EXPECT_EQ(p->get_rng(p, &raw, 8, out.data()), encode(Status::Unsupported));
  EXPECT_EQ(p->get_rng(p, &other, 8, out.data()), encode(Status::Unsupported));
  EXPECT_EQ(p->get_rng(p, nullptr, 0, out.data()), encode(Status::InvalidParameter));
  EXPECT_EQ(p->get_rng(p, nullptr, 8, nullptr), encode(Status::InvalidParameter));
  entropy.drbg_there = false;
  EXPECT_FALSE(rng.available());
}

}  // namespace
}  // namespace efilite::core
