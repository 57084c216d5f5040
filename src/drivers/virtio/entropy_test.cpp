// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/virtio/entropy.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/log.hpp"
#include "tests/support/virtio_entropy.hpp"

namespace efilite::drivers::virtio {
namespace {

struct VirtioEntropy : testing::Test {
  test::FakeDeviceMemory memory;
  test::FakeClock clock;
  test::FakeVirtioEntropy device;
  EntropyDevice source{device, memory, clock, "source 1"};
  test::CapturedLog captured;
  std::string& log = captured.text;

  VirtioEntropy() {
    clock.step = kSecond;
  }
};

TEST_F(VirtioEntropy, EachWordComesOnce) {
  ASSERT_TRUE(source.start());
  std::set<uint64_t> words;
  for (int i = 0; i < 100; ++i) {
    auto word = source.word();
    ASSERT_TRUE(word);
    EXPECT_TRUE(words.insert(*word).second);
  }
  EXPECT_EQ(*words.rbegin(), 104u);
  EXPECT_EQ(device.requests, 13) << "eight words at once";
}

TEST_F(VirtioEntropy, LittleIsTakenAsWell) {
  device.most = 11;
  ASSERT_TRUE(source.start());
  EXPECT_TRUE(source.word());
  EXPECT_TRUE(source.word());
  EXPECT_EQ(device.requests, 2) << "three bytes are no word";
  device.most = 7;
  EXPECT_EQ(source.word(), std::nullopt);
  device.most = 0;
  EXPECT_EQ(source.word(), std::nullopt);
  device.most = 64;
  EXPECT_TRUE(source.word());
  EXPECT_TRUE(log.empty()) << log;
}

TEST_F(VirtioEntropy, ADeviceThatSaysTooMuchIsNotBelieved) {
  ASSERT_TRUE(source.start());
  device.answer_change = [](uint32_t&, uint32_t& length) { length = 1000; };
  EXPECT_EQ(source.word(), std::nullopt);
  EXPECT_NE(log.find("source 1: it wrote more than there was room for"), std::string::npos) << log;
  device.answer_change = nullptr;
  EXPECT_EQ(source.word(), std::nullopt) << "not even when it behaves again";
}

TEST_F(VirtioEntropy, ADeviceThatNeverAnswersIsGivenUp) {
  ASSERT_TRUE(source.start());
  device.never_answers = true;
  EXPECT_EQ(source.word(), std::nullopt);
  EXPECT_EQ(device.status(), 0);
  const int notifies = device.notifies;
  EXPECT_EQ(source.word(), std::nullopt);
  EXPECT_EQ(device.notifies, notifies);
}

TEST_F(VirtioEntropy, WithoutAQueueOrMemoryItDoesNotStart) {
  device.queues[0].limit = 0;
  EXPECT_EQ(source.start().status(), Status::DeviceError);
  EXPECT_NE(log.find("source 1: it has no queue for requests"), std::string::npos) << log;
  device.queues[0].limit = 8;
  memory.allowed = 1;
  EXPECT_EQ(source.start().status(), Status::OutOfResources);
  EXPECT_EQ(memory.held(), 0u);
}

}  // namespace
}  // namespace efilite::drivers::virtio
