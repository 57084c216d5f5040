// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/scsi/scan.hpp"

#include <gtest/gtest.h>

#include "tests/support/memory.hpp"
#include "tests/support/scsi_target.hpp"

namespace efilite::drivers::scsi {
namespace {

struct Found final : UnitSink {
  std::vector<std::pair<int, int>> units;
  size_t most = SIZE_MAX;
  bool found(Address address) override {
    units.push_back({address.target, address.lun});
    return units.size() < most;
  }
};

struct ScanTest : testing::Test {
  Result<> run(Bounds bounds = {255, 16383}) {
    found.units.clear();
    return scan(bus, heap, bounds, found);
  }
  using Units = std::vector<std::pair<int, int>>;
  void list(std::vector<uint8_t> bytes) {
    bus.lun_list.assign(reinterpret_cast<std::byte*>(bytes.data()), reinterpret_cast<std::byte*>(bytes.data()) + bytes.size());
  }

  test::FakeBus bus;
  test::HostHeap heap;
  Found found;
};

TEST_F(ScanTest, NothingIsThere) {
  EXPECT_TRUE(run());
  EXPECT_EQ(found.units, Units{});
  EXPECT_EQ(bus.requests, 256u);
  EXPECT_EQ(bus.runs, 16u) << "as many at once as the adapter can have";
}

TEST_F(ScanTest, AllAreFoundInOrder) {
  const Units there = {{0, 0}, {0, 7}, {17, 0}, {17, 255}, {17, 256}, {17, 16383}, {255, 3}};
  for (auto [target, lun] : there) bus.add(target, lun);
  EXPECT_TRUE(run());
  EXPECT_EQ(found.units, there);
}

TEST_F(ScanTest, TheBoundsOfTheAdapterAreKept) {
  for (auto [target, lun] : Units{{0, 0}, {0, 8}, {6, 1}, {7, 0}}) bus.add(target, lun);
  EXPECT_TRUE(run({6, 7}));
  EXPECT_EQ(found.units, (Units{{0, 0}, {6, 1}}));
  EXPECT_EQ(bus.requests, 7u + 2u);
  EXPECT_TRUE(run({65535, ~uint32_t{0}}));
  EXPECT_EQ(found.units.size(), 4u);
}

TEST_F(ScanTest, ATargetThatCannotListHasOneUnit) {
  bus.knows_report_luns = false;
  bus.add(4, 0);
  EXPECT_TRUE(run());
  EXPECT_EQ(found.units, (Units{{4, 0}}));
}

TEST_F(ScanTest, ATargetThatIsResetMeanwhileIsThere) {
  bool told = false;
  bus.add(4, 0).before = [&](Request& request) {
    if (!told) request.delivery = Status::Aborted;
    told = true;
  };
  EXPECT_TRUE(run());
  EXPECT_EQ(found.units, (Units{{4, 0}}));
}

TEST_F(ScanTest, ALongListIsReadAsAWhole) {
  for (int lun = 0; lun < 1000; ++lun) bus.add(2, lun);
  EXPECT_TRUE(run());
  EXPECT_EQ(found.units.size(), 1000u);
  EXPECT_EQ(found.units.back(), (std::pair{2, 999}));
  EXPECT_EQ(heap.live(), 0u);
  heap.failures_after = 0;
  EXPECT_EQ(run().status(), Status::OutOfResources);
}

TEST_F(ScanTest, TheSinkMayHaveSeenEnough) {
  for (auto [target, lun] : Units{{0, 0}, {0, 8}, {6, 1}}) bus.add(target, lun);
  found.most = 2;
  EXPECT_TRUE(run());
  EXPECT_EQ(found.units.size(), 2u);
  EXPECT_EQ(bus.requests, 256u + 1);
}

TEST_F(ScanTest, AListThatMakesNoSenseNamesWhatItCan) {
  bus.add(0, 0);
  list({0, 0, 0, 40, 0, 0, 0, 0,          //
        0, 5, 0, 0, 0, 0, 0, 0,           // twice
        0, 5, 0, 0, 0, 0, 0, 0,           //
        0xC1, 1, 0, 0, 0, 0, 0, 0,        // a well-known unit
        0, 1, 0, 2, 0, 0, 0, 0,           // of two levels
        0x40, 9, 0, 0, 0, 0, 0, 0});
  EXPECT_TRUE(run());
  EXPECT_EQ(found.units, (Units{{0, 5}, {0, 9}}));
  list({0, 0, 0, 0xFF, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 6, 0});
  EXPECT_TRUE(run());
  EXPECT_EQ(found.units, (Units{{0, 5}})) << "shorter than it says";
  list({0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0});
  EXPECT_TRUE(run());
  EXPECT_EQ(found.units, (Units{{0, 5}})) << "longer than there are units";
  list({0, 0, 0});
  EXPECT_TRUE(run());
  EXPECT_EQ(found.units, (Units{{0, 0}})) << "no list at all";
}

}  // namespace
}  // namespace efilite::drivers::scsi
