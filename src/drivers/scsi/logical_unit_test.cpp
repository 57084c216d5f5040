// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/scsi/logical_unit.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/clock.hpp"
#include "tests/support/log.hpp"
#include "tests/support/scsi_target.hpp"

namespace efilite::drivers::scsi {
namespace {

using test::FakeUnit;

struct LogicalUnitTest : testing::Test {
  FakeUnit& disk(FakeUnit fake = FakeUnit()) { return bus.add(3, 1, std::move(fake)); }
  FakeUnit& cd(uint64_t blocks = 40) {
    FakeUnit fake(blocks, 2048);
    fake.type = 5;
    fake.removable = true;
    return disk(std::move(fake));
  }
  static bool same(const std::vector<std::byte>& bytes, const FakeUnit& fake, size_t offset) {
    return memcmp(bytes.data(), fake.bytes.data() + offset, bytes.size()) == 0;
  }
  static size_t count(const FakeUnit& fake, uint8_t code) { return std::count(fake.log.begin(), fake.log.end(), code); }
  std::vector<std::byte> buffer(size_t size) { return std::vector<std::byte>(size); }

  test::CapturedLog captured;
  std::string& told = captured.text;
  test::FakeClock clock;
  test::FakeBus bus;
  LogicalUnit unit{bus, clock, {3, 1}};
};

TEST_F(LogicalUnitTest, ADiskHasItsBlocks) {
  FakeUnit& fake = disk();
  ASSERT_TRUE(unit.open());
  EXPECT_EQ(unit.kind(), UnitKind::Disk);
  EXPECT_TRUE(unit.has_medium());
  EXPECT_EQ(unit.block_size(), 512u);
  EXPECT_EQ(unit.block_count(), 64u);
  EXPECT_FALSE(unit.read_only());
  EXPECT_FALSE(unit.removable());
  auto some = buffer(3 * 512);
  ASSERT_TRUE(unit.read(61, some));
  EXPECT_TRUE(same(some, fake, 61 * 512));
  std::fill(some.begin(), some.end(), std::byte{0xA5});
  ASSERT_TRUE(unit.write(2, some));
  EXPECT_TRUE(same(some, fake, 2 * 512));
  EXPECT_TRUE(unit.flush());
  EXPECT_EQ(count(fake, 0x35), 1u);
  EXPECT_EQ(told, "");
}

TEST_F(LogicalUnitTest, WhatReachesBehindTheEndIsRefusedHere) {
  FakeUnit& fake = disk();
  ASSERT_TRUE(unit.open());
  auto two = buffer(1024);
  fake.log.clear();
  EXPECT_EQ(unit.read(63, two).status(), Status::InvalidParameter);
  EXPECT_EQ(unit.read(64, two).status(), Status::InvalidParameter);
  EXPECT_EQ(unit.read(~uint64_t{0}, two).status(), Status::InvalidParameter);
  EXPECT_EQ(unit.write(63, two).status(), Status::InvalidParameter);
  EXPECT_TRUE(fake.log.empty());
}

TEST_F(LogicalUnitTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(unit.open().status(), Status::NotFound) << "no target";
  bus.add(3, 0);
  EXPECT_EQ(unit.open().status(), Status::NotFound) << "no unit";
  disk().type = 0x20;
  EXPECT_EQ(unit.open().status(), Status::NotFound) << "not connected";
  EXPECT_EQ(told, "");
}

TEST_F(LogicalUnitTest, OtherKindsOfDevicesAreUnsupported) {
  for (uint8_t type : {1, 3, 7, 8, 12, 13, 31}) {
    disk().type = type;
    EXPECT_EQ(unit.open().status(), Status::Unsupported) << int{type};
  }
}

TEST_F(LogicalUnitTest, ACdIsReadOnlyAndCanBeTaken) {
  FakeUnit& fake = cd();
  ASSERT_TRUE(unit.open());
  EXPECT_EQ(unit.kind(), UnitKind::Cd);
  EXPECT_EQ(unit.block_size(), 2048u);
  EXPECT_EQ(unit.block_count(), 40u);
  EXPECT_TRUE(unit.read_only());
  EXPECT_TRUE(unit.removable());
  auto block = buffer(2048);
  ASSERT_TRUE(unit.read(16, block));
  EXPECT_TRUE(same(block, fake, 16 * 2048));
  EXPECT_EQ(unit.write(16, block).status(), Status::WriteProtected);
  EXPECT_TRUE(unit.flush());
  EXPECT_EQ(count(fake, 0x35), 0u);
}

TEST_F(LogicalUnitTest, AnEmptyDriveOpens) {
  FakeUnit& fake = cd();
  fake.medium = false;
  ASSERT_TRUE(unit.open());
  EXPECT_FALSE(unit.has_medium());
  auto block = buffer(2048);
  EXPECT_EQ(unit.read(0, block).status(), Status::NoMedia);
  EXPECT_EQ(unit.flush().status(), Status::NoMedia);
  EXPECT_EQ(unit.check_medium().status(), Status::NoMedia);
  fake.medium = true;
  EXPECT_EQ(unit.check_medium().status(), Status::MediaChanged);
  EXPECT_TRUE(unit.check_medium());
  EXPECT_EQ(unit.block_count(), 40u);
  EXPECT_TRUE(unit.read(0, block));
  EXPECT_EQ(told, "");
}

TEST_F(LogicalUnitTest, AMediumThatIsTakenOutIsMissed) {
  FakeUnit& fake = cd();
  ASSERT_TRUE(unit.open());
  fake.medium = false;
  auto block = buffer(2048);
  EXPECT_EQ(unit.read(0, block).status(), Status::NoMedia);
  EXPECT_FALSE(unit.has_medium());
}

TEST_F(LogicalUnitTest, AnotherMediumIsToldOnce) {
  FakeUnit& fake = cd();
  ASSERT_TRUE(unit.open());
  fake.count = 30;
  fake.attentions = {{SenseKey::UnitAttention, 0x28, 0}};
  auto block = buffer(2048);
  EXPECT_EQ(unit.read(0, block).status(), Status::MediaChanged);
  EXPECT_EQ(unit.block_count(), 30u);
  EXPECT_TRUE(unit.read(0, block));
  fake.attentions = {{SenseKey::UnitAttention, 0x28, 0}};
  EXPECT_EQ(unit.check_medium().status(), Status::MediaChanged);
  fake.attentions = {{SenseKey::UnitAttention, 0x28, 0}};
  fake.medium = false;
  EXPECT_EQ(unit.read(0, block).status(), Status::NoMedia);
}

TEST_F(LogicalUnitTest, NothingIsWrittenToAnotherMedium) {
  FakeUnit& fake = disk();
  fake.removable = true;
  bus.transfer_limit = 512;
  ASSERT_TRUE(unit.open());
  const auto before = fake.bytes;
  fake.attentions = {{SenseKey::UnitAttention, 0x28, 0}};
  EXPECT_EQ(unit.write(0, buffer(4 * 512)).status(), Status::MediaChanged);
  EXPECT_EQ(fake.bytes, before);
  fake.attentions = {{SenseKey::UnitAttention, 0x28, 0}};
  EXPECT_TRUE(unit.flush());
  EXPECT_EQ(unit.write(0, buffer(512)).status(), Status::MediaChanged) << "what flush was told is not forgotten";
  EXPECT_TRUE(unit.write(0, buffer(512)));
}

TEST_F(LogicalUnitTest, AttentionsAreTakenNoteOf) {
  FakeUnit& fake = disk();
  fake.attentions = {{SenseKey::UnitAttention, 0x29, 0}, {SenseKey::UnitAttention, 0x3F, 0x0E}, {SenseKey::UnitAttention, 0x2A, 9}};
  ASSERT_TRUE(unit.open());
  fake.attentions = {{SenseKey::UnitAttention, 0x28, 0}, {SenseKey::UnitAttention, 0x29, 2}};
  auto block = buffer(512);
  EXPECT_TRUE(unit.read(5, block)) << "a disk that cannot be taken has no other medium";
  EXPECT_TRUE(same(block, fake, 5 * 512));
  EXPECT_EQ(told, "");
}

TEST_F(LogicalUnitTest, AttentionsWithoutEndFail) {
  FakeUnit& fake = disk();
  ASSERT_TRUE(unit.open());
  fake.failures[0x28] = {SenseKey::UnitAttention, 0x29, 0};
  auto block = buffer(512);
  EXPECT_EQ(unit.read(5, block).status(), Status::DeviceError);
  EXPECT_EQ(told, "efilite: SCSI unit 3,1: READ: unit attention without end (sense 0x62900)\n");
}

TEST_F(LogicalUnitTest, ABusyUnitIsWaitedForButNotForEver) {
  FakeUnit& fake = disk();
  ASSERT_TRUE(unit.open());
  fake.statuses = {kBusy, kTaskSetFull};
  auto block = buffer(512);
  const uint64_t start = clock.time;
  EXPECT_TRUE(unit.read(5, block));
  EXPECT_EQ(clock.time - start, 200 * test::FakeClock::kMillisecond);
  fake.statuses.assign(1000, kBusy);
  EXPECT_EQ(unit.read(5, block).status(), Status::DeviceError);
  EXPECT_EQ(told, "efilite: SCSI unit 3,1: READ: busy all the time\n");
  EXPECT_LT(clock.time - start, 10 * 1000 * test::FakeClock::kMillisecond);
}

TEST_F(LogicalUnitTest, ManyBusyUnitsAreNotWaitedForEach) {
  FakeUnit& fake = disk();
  ASSERT_TRUE(unit.open());
  fake.statuses.assign(100000, kBusy);
  auto block = buffer(512);
  const uint64_t start = clock.time;
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(unit.read(5, block));
  EXPECT_EQ(clock.time - start, 60 * 1000 * test::FakeClock::kMillisecond);
}

TEST_F(LogicalUnitTest, AUnitThatBecomesReadyIsWaitedFor) {
  FakeUnit& fake = cd();
  fake.attentions = {{SenseKey::NotReady, 4, 1}, {SenseKey::NotReady, 4, 1}};
  ASSERT_TRUE(unit.open());
  EXPECT_TRUE(unit.has_medium());
  fake.failures[0x28] = {SenseKey::NotReady, 4, 2};
  auto block = buffer(2048);
  EXPECT_EQ(unit.read(0, block).status(), Status::DeviceError);
  EXPECT_EQ(told, "efilite: SCSI unit 3,1: READ: not ready (sense 0x20402)\n");
}

TEST_F(LogicalUnitTest, EverySenseKeyIsAStatusWithWords) {
  FakeUnit& fake = disk();
  ASSERT_TRUE(unit.open());
  auto block = buffer(512);
  const struct {
    Sense sense;
    Status status;
    const char* words;
  } cases[] = {
      {{SenseKey::NoSense}, Status::DeviceError, "error without a reason"},
      {{SenseKey::RecoveredError, 0x17, 1}, Status::Success, ""},
      {{SenseKey::NotReady, 0x3A, 0}, Status::NoMedia, ""},
      {{SenseKey::NotReady, 4, 1}, Status::DeviceError, "does not become ready"},
      {{SenseKey::MediumError, 0x11, 0}, Status::DeviceError, "medium error"},
      {{SenseKey::HardwareError, 0x44, 0}, Status::DeviceError, "hardware error"},
      {{SenseKey::IllegalRequest, 0x20, 0}, Status::Unsupported, "does not know the command"},
      {{SenseKey::IllegalRequest, 0x21, 0}, Status::InvalidParameter, "block behind the end"},
      {{SenseKey::IllegalRequest, 0x24, 0}, Status::Unsupported, "invalid field in the command"},
      {{SenseKey::IllegalRequest, 0x25, 0}, Status::NoResponse, "the unit has gone"},
      {{SenseKey::IllegalRequest, 0x2C, 0}, Status::DeviceError, "illegal request"},
      {{SenseKey::UnitAttention, 0x29, 0}, Status::DeviceError, "unit attention without end"},
      {{SenseKey::DataProtect, 0x27, 0}, Status::WriteProtected, "write protected"},
      {{SenseKey::BlankCheck}, Status::DeviceError, "blank medium"},
      {{SenseKey::VendorSpecific}, Status::DeviceError, "vendor specific error"},
      {{SenseKey::CopyAborted}, Status::DeviceError, "copy aborted"},
      {{SenseKey::AbortedCommand}, Status::DeviceError, "command aborted"},
      {{SenseKey::Reserved}, Status::DeviceError, "unknown sense key"},
      {{SenseKey::VolumeOverflow}, Status::DeviceError, "volume overflow"},
      {{SenseKey::Miscompare}, Status::DeviceError, "miscompare"},
      {{SenseKey::Completed}, Status::Success, ""},
  };
  for (const auto& it : cases) {
    told.clear();
    fake.medium = true;
    ASSERT_TRUE(unit.open());
    fake.before = [&](Request& request) { request.moved = request.in.size(); };
    fake.failures[0x28] = it.sense;
    Request request({3, 1}, {0x28, 0, 0, 0, 0, 0, 0, 0, 1}, block);
    bus.run({&request, 1});
    EXPECT_EQ(judge(request).status, it.status) << it.words;
    const bool failure = it.status == Status::Unsupported || it.status == Status::NoResponse;
    if (it.status != Status::Success) {
      EXPECT_EQ(unit.read(0, block).status(), failure ? Status::DeviceError : it.status) << it.words;
    }
    if (*it.words != 0) {
      EXPECT_NE(told.find(it.words), std::string::npos) << told;
    } else {
      EXPECT_EQ(told, "");
    }
  }
}

TEST_F(LogicalUnitTest, OtherStatusesAreFailures) {
  FakeUnit& fake = disk();
  ASSERT_TRUE(unit.open());
  auto block = buffer(512);
  fake.statuses = {kReservationConflict};
  EXPECT_EQ(unit.read(0, block).status(), Status::DeviceError);
  EXPECT_NE(told.find("READ: reserved by another\n"), std::string::npos) << told;
  fake.statuses = {0x77};
  EXPECT_EQ(unit.read(0, block).status(), Status::DeviceError);
  EXPECT_NE(told.find("READ: unknown status\n"), std::string::npos) << told;
  fake.statuses.assign(20, kCheckCondition);
  EXPECT_EQ(unit.read(0, block).status(), Status::DeviceError);
  EXPECT_NE(told.find("READ: error without sense data\n"), std::string::npos) << told;
}

TEST_F(LogicalUnitTest, TroubleOfTheAdapterIsTold) {
  disk();
  ASSERT_TRUE(unit.open());
  bus.broken = Status::DeviceError;
  auto block = buffer(512);
  EXPECT_EQ(unit.read(0, block).status(), Status::DeviceError);
  EXPECT_EQ(told, "efilite: SCSI unit 3,1: READ: broken\n");
  told.clear();
  bus.broken = Status::Aborted;
  EXPECT_EQ(unit.flush().status(), Status::DeviceError);
  EXPECT_EQ(told, "efilite: SCSI unit 3,1: SYNCHRONIZE CACHE: reset while it worked\n");
}

TEST_F(LogicalUnitTest, LargeRequestsAreSplitAndUnderWayTogether) {
  FakeUnit& fake = disk(FakeUnit(1000));
  bus.transfer_limit = 16 * 512;
  ASSERT_TRUE(unit.open());
  bus.runs = bus.requests = 0;
  auto all = buffer(1000 * 512);
  ASSERT_TRUE(unit.read(0, all));
  EXPECT_TRUE(same(all, fake, 0));
  EXPECT_EQ(bus.requests, 63u);
  EXPECT_EQ(bus.runs, 8u);
  EXPECT_EQ(bus.most_at_once, 8u);
  bus.unit_limit = 3;
  bus.runs = 0;
  bus.most_at_once = 0;
  ASSERT_TRUE(unit.write(0, all));
  EXPECT_EQ(bus.most_at_once, 3u);
}

TEST_F(LogicalUnitTest, OneOfSeveralMayHaveToBeRepeated) {
  FakeUnit& fake = disk(FakeUnit(64));
  bus.transfer_limit = 16 * 512;
  ASSERT_TRUE(unit.open());
  fake.attentions = {{SenseKey::UnitAttention, 0x29, 0}, {SenseKey::AbortedCommand, 0, 0}};
  auto all = buffer(64 * 512);
  ASSERT_TRUE(unit.read(0, all));
  EXPECT_TRUE(same(all, fake, 0));
}

TEST_F(LogicalUnitTest, TheLimitOfTheUnitIsKept) {
  FakeUnit& fake = disk(FakeUnit(64));
  fake.limit = 7;
  ASSERT_TRUE(unit.open());
  auto all = buffer(64 * 512);
  ASSERT_TRUE(unit.read(0, all));
  EXPECT_TRUE(same(all, fake, 0));
}

TEST_F(LogicalUnitTest, ABlockThatIsLargerThanTheAdapterLikesIsOneRequest) {
  disk(FakeUnit(4, 65536));
  bus.transfer_limit = 4096;
  ASSERT_TRUE(unit.open());
  auto two = buffer(2 * 65536);
  EXPECT_TRUE(unit.read(1, two));
}

TEST_F(LogicalUnitTest, LargeDisksAreAddressedBy64Bits) {
  FakeUnit& fake = disk(FakeUnit((uint64_t{1} << 32) + 4096));
  ASSERT_TRUE(unit.open());
  EXPECT_EQ(unit.block_count(), (uint64_t{1} << 32) + 4096);
  EXPECT_EQ(count(fake, 0x9E), 1u);
  auto two = buffer(1024);
  fake.log.clear();
  ASSERT_TRUE(unit.read((uint64_t{1} << 32) - 2, two));
  EXPECT_EQ(count(fake, 0x28), 1u);
  ASSERT_TRUE(unit.read((uint64_t{1} << 32) + 5, two));
  EXPECT_EQ(count(fake, 0x88), 1u);
  ASSERT_TRUE(unit.write((uint64_t{1} << 32) + 5, two));
  EXPECT_EQ(count(fake, 0x8A), 1u);
}

TEST_F(LogicalUnitTest, ImpossibleSizesAreRefused) {
  for (uint32_t size : {0u, 1u, 256u, 520u, 2352u, 131072u}) {
    FakeUnit fake;
    fake.block = size;
    disk(std::move(fake));
    EXPECT_EQ(unit.open().status(), Status::Unsupported) << size;
    EXPECT_NE(told.find("READ CAPACITY: blocks of this size cannot be used (0x"), std::string::npos) << told;
  }
  FakeUnit fake;
  fake.count = ~uint64_t{0};
  disk(std::move(fake));
  EXPECT_EQ(unit.open().status(), Status::DeviceError);
  EXPECT_NE(told.find("READ CAPACITY: more blocks than there can be (0xfffffffffffffffe)"), std::string::npos) << told;
}

TEST_F(LogicalUnitTest, ShortAnswersAreNotBelieved) {
  for (auto [code, least] : {std::pair{0x12, 5}, {0x25, 8}}) {
    FakeUnit& fake = disk();
    fake.short_answers[static_cast<uint8_t>(code)] = least - 1;
    EXPECT_EQ(unit.open().status(), Status::DeviceError);
    EXPECT_NE(told.find("the answer is too short"), std::string::npos) << told;
    told.clear();
  }
  FakeUnit& fake = disk();
  fake.write_protected = true;
  fake.limit = 2;
  fake.short_answers[0x1A] = 2;
  ASSERT_TRUE(unit.open());
  EXPECT_FALSE(unit.read_only());
  fake.short_answers[0x28] = 511;
  auto block = buffer(512);
  EXPECT_EQ(unit.read(0, block).status(), Status::DeviceError);
  EXPECT_NE(told.find("READ: fewer bytes moved than asked for"), std::string::npos) << told;
}

TEST_F(LogicalUnitTest, WriteProtectionIsSeenBeforeAndFoundOut) {
  FakeUnit& fake = disk();
  fake.write_protected = true;
  ASSERT_TRUE(unit.open());
  EXPECT_TRUE(unit.read_only());
  EXPECT_EQ(unit.write(0, buffer(512)).status(), Status::WriteProtected);
  EXPECT_EQ(count(fake, 0x2A), 0u);
  fake.knows_mode_sense = false;
  ASSERT_TRUE(unit.open());
  EXPECT_FALSE(unit.read_only());
  EXPECT_EQ(unit.write(0, buffer(512)).status(), Status::WriteProtected);
}

TEST_F(LogicalUnitTest, WithoutACacheThereIsNothingToFlush) {
  FakeUnit& fake = disk();
  fake.knows_cache = false;
  ASSERT_TRUE(unit.open());
  EXPECT_TRUE(unit.flush());
  EXPECT_EQ(told, "");
  fake.failures[0x35] = {SenseKey::MediumError, 0x0C, 0};
  EXPECT_EQ(unit.flush().status(), Status::DeviceError);
  EXPECT_EQ(told, "efilite: SCSI unit 3,1: SYNCHRONIZE CACHE: medium error (sense 0x30c00)\n");
}

TEST(ScsiSense, BothFormatsAreRead) {
  const auto decode = [](std::vector<uint8_t> bytes) { return decode_sense(std::as_bytes(std::span(bytes))); };
  auto fixed = decode({0xF0, 0, 0x25, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x20, 0x03, 0, 0, 0, 0});
  ASSERT_TRUE(fixed);
  EXPECT_EQ(fixed->key, SenseKey::IllegalRequest);
  EXPECT_EQ(fixed->code, 0x20);
  EXPECT_EQ(fixed->qualifier, 3);
  auto descriptor = decode({0x72, 0x06, 0x29, 0x01, 0, 0, 0, 0});
  ASSERT_TRUE(descriptor);
  EXPECT_EQ(descriptor->key, SenseKey::UnitAttention);
  EXPECT_EQ(descriptor->code, 0x29);
  EXPECT_EQ(descriptor->qualifier, 1);
  auto short_one = decode({0x70, 0, 3, 0, 0, 0, 0, 2});
  ASSERT_TRUE(short_one);
  EXPECT_EQ(short_one->key, SenseKey::MediumError);
  EXPECT_EQ(short_one->code, 0);
  EXPECT_TRUE(decode({0x70, 0, 3, 0, 0, 0, 0, 10})) << "said to be longer than it is";
  EXPECT_FALSE(decode({0x70, 0}));
  EXPECT_FALSE(decode({0x7F, 0, 3, 0}));
  EXPECT_FALSE(decode({}));
}

}  // namespace
}  // namespace efilite::drivers::scsi
