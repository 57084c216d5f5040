// SPDX-License-Identifier: BSD-2-Clause-Patent
// A disk of Xen's between its front end and a fake back end.
#pragma once

#include <gtest/gtest.h>

#include "drivers/xen/blkfront.hpp"
#include "tests/support/log.hpp"
#include "tests/support/virtio.hpp"
#include "tests/support/xen_block.hpp"

namespace efilite::drivers::xen::testing_disks {

struct DiskTest : testing::Test {
  static constexpr uint64_t kSectors = 20480;
  struct Machine final : test::XenDiskMachine {};

  Machine xen;
  test::FakeDeviceMemory memory, callers;
  GrantTable grants{xen, xen.grants.frames};
  EventChannels events{xen};
  test::FakeXenDisk& device = xen.add_disk(kSectors);
  Services services{xen, xen.grants.frames, events, xen.store};
  BlkFront disk{services, grants, memory, xen.clock, 51712, "disk 1"};
  test::CapturedLog captured;
  std::string& log = captured.text;

  DiskTest() {
    events.use(&xen.shared);
    EXPECT_TRUE(grants.open(0));
  }
  ~DiskTest() override {
    disk.shutdown();
    EXPECT_TRUE(xen.channels.empty());
    if (xen.store.failure == Status::Success) EXPECT_TRUE(xen.store.watches.empty());
    if (device.lets_go && device.lets_go_of_ring) EXPECT_EQ(xen.grants.active(), 0u);
    if (device.lets_go && device.lets_go_of_ring) EXPECT_EQ(memory.held(), 0u);
    grants.close();
    EXPECT_EQ(xen.grants.frames.mapped(), 0u);
  }
  // As a driver of an OS wants to find it.
  void expect_fresh() {
    EXPECT_EQ(device.front("state"), "1");
    EXPECT_EQ(device.state(), XenbusStateInitWait);
    for (const char* key : {"ring-ref", "ring-ref0", "ring-ref1", "ring-page-order", "event-channel", "protocol", "feature-persistent"})
      EXPECT_FALSE(device.has_front(key)) << key;
  }
  // Where entries of version 1 reach.
  MutableByteSpan buffer(size_t size) { return (*callers.allocate(PageCount::covering({size + 4096}), grants.reach())).first(size); }
  std::vector<std::byte> expected(uint64_t sector, size_t size) const {
    auto from = std::as_bytes(std::span(device.disk)).subspan(sector * 512, size);
    return {from.begin(), from.end()};
  }
  std::vector<std::byte> read(uint64_t block, size_t size) {
    MutableByteSpan bytes = buffer(size);
    EXPECT_TRUE(disk.read(block, bytes));
    return {bytes.begin(), bytes.end()};
  }
  Status read_status(uint64_t block = 0, size_t size = 4096) { return disk.read(block, buffer(size)).status(); }
};

}  // namespace efilite::drivers::xen::testing_disks
