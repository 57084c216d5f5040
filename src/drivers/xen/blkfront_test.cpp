// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/blkfront.hpp"

#include <gtest/gtest.h>

#include "tests/support/log.hpp"
#include "tests/support/virtio.hpp"
#include "tests/support/xen_block.hpp"

namespace efilite::drivers::xen {
namespace {

struct Machine final : test::XenDiskMachine {};

struct XenDisk : testing::Test {
  static constexpr uint64_t kSectors = 20480;
  Machine xen;
  test::FakeDeviceMemory memory;
  GrantTable grants{xen, xen.grants.frames};
  EventChannels events{xen};
  test::FakeXenDisk& device = xen.add_disk(kSectors);
  Services services{xen, xen.grants.frames, events, xen.store};
  BlkFront disk{services, grants, memory, xen.clock, 51712, "disk 1"};
  test::CapturedLog captured;
  std::string& log = captured.text;

  XenDisk() {
    events.use(&xen.shared);
    EXPECT_TRUE(grants.open(0));
  }
  // Where entries of version 1 reach.
  MutableByteSpan buffer(size_t size) { return (*memory.allocate(PageCount::covering({size}), grants.reach())).first(size); }
  std::vector<std::byte> expected(uint64_t sector, size_t size) const {
    auto from = std::as_bytes(std::span(device.disk)).subspan(sector * 512, size);
    return {from.begin(), from.end()};
  }
  std::vector<std::byte> read(uint64_t block, size_t size) {
    MutableByteSpan bytes = buffer(size);
    EXPECT_TRUE(disk.read(block, bytes));
    std::vector<std::byte> out(bytes.begin(), bytes.end());
    return out;
  }
};

TEST_F(XenDisk, IsAsLargeAsItsBackEndSays) {
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(disk.block_size(), 512u);
  EXPECT_EQ(disk.block_count(), kSectors);
  EXPECT_FALSE(disk.read_only());
  EXPECT_FALSE(disk.removable());
  EXPECT_EQ(device.front("state"), "4");
  EXPECT_TRUE(log.empty()) << log;
}

TEST_F(XenDisk, ReadsAndWritesWhatIsAskedFor) {
  ASSERT_TRUE(disk.start());
  EXPECT_EQ(read(7, 512), expected(7, 512));
  EXPECT_EQ(read(0, kSectors * 512), expected(0, kSectors * 512));
  MutableByteSpan bytes = buffer(1024);
  std::ranges::fill(bytes, std::byte{0x5A});
  ASSERT_TRUE(disk.write(kSectors - 2, bytes));
  EXPECT_EQ(expected(kSectors - 2, 1024), std::vector(bytes.begin(), bytes.end()));
}

}  // namespace
}  // namespace efilite::drivers::xen
