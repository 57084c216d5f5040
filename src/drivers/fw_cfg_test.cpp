// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/fw_cfg.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/fw_cfg.hpp"

namespace efilite::drivers {
namespace {

using test::FakeFwCfg;

class FwCfgDevice : public testing::Test {
 protected:
  std::vector<uint8_t> read(FwCfgFile& file, uint64_t offset, size_t size) {
    std::vector<uint8_t> bytes(size);
    EXPECT_TRUE(file.read(offset, std::as_writable_bytes(std::span(bytes))));
    return bytes;
  }
  FakeFwCfg device;
  FwCfg driver;
};

TEST_F(FwCfgDevice, IsFoundByItsSignatureAndItsDmaBit) {
  EXPECT_TRUE(driver.detect());
  EXPECT_TRUE(driver.present());
  device.items[0x01] = {1, 0, 0, 0};
  EXPECT_EQ(driver.detect().status(), Status::Unsupported);
  EXPECT_FALSE(driver.present());
  device.items[0x00] = FakeFwCfg::bytes("QEMX");
  EXPECT_EQ(driver.detect().status(), Status::NotFound);
  arch::fake_io = nullptr;
  EXPECT_EQ(driver.detect().status(), Status::NotFound);
}

TEST_F(FwCfgDevice, IsNotTouchedUnlessFound) {
  device.items[0x00].clear();
  (void)driver.detect();
  EXPECT_EQ(driver.open("etc/e820").status(), Status::NotReady);
  EXPECT_EQ(device.transfers, 0u);
}

TEST_F(FwCfgDevice, FilesAreFoundByTheirWholeName) {
  for (int i = 0; i < 40; ++i) device.add_file("etc/some-file-" + std::to_string(i), FakeFwCfg::Item(i));
  device.add_file("opt/efilite/kernel", {1, 2, 3, 4, 5});
  ASSERT_TRUE(driver.detect());
  EXPECT_EQ(driver.open("etc/some-file-0")->size(), 0u);
  EXPECT_EQ(driver.open("etc/some-file-39")->size(), 39u);
  auto file = driver.open("opt/efilite/kernel");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), 5u);
  EXPECT_EQ(read(*file, 0, 5), (std::vector<uint8_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(driver.open("opt/efilite/kerne").status(), Status::NotFound);
  EXPECT_EQ(driver.open("opt/efilite/kernels").status(), Status::NotFound);
  EXPECT_EQ(driver.open("").status(), Status::NotFound);
  EXPECT_EQ(driver.open(std::string(56, 'a')).status(), Status::NotFound);
}

TEST_F(FwCfgDevice, ReadsAtAnOffsetAreASkipAndARead) {
  device.add_file("f", {1, 2, 3, 4, 5, 6});
  ASSERT_TRUE(driver.detect());
  auto file = driver.open("f");
  ASSERT_TRUE(file);
  device.transfers = 0;
  EXPECT_EQ(read(*file, 0, 6), (std::vector<uint8_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(device.transfers, 1u) << "a whole file is one operation";
  EXPECT_EQ(read(*file, 4, 2), (std::vector<uint8_t>{5, 6}));
  EXPECT_EQ(device.transfers, 3u);
  EXPECT_EQ(read(*file, 6, 0), std::vector<uint8_t>{});
  EXPECT_EQ(device.transfers, 3u) << "nothing to read";
}

TEST_F(FwCfgDevice, ReadsBeyondTheEndAreRefused) {
  device.add_file("f", {1, 2, 3});
  ASSERT_TRUE(driver.detect());
  auto file = driver.open("f");
  std::array<std::byte, 2> out;
  EXPECT_EQ(file->read(2, out).status(), Status::InvalidParameter);
  EXPECT_EQ(file->read(4, {}).status(), Status::InvalidParameter);
  EXPECT_EQ(file->read(~uint64_t{0}, out).status(), Status::InvalidParameter);
  FwCfgFile empty;
  EXPECT_EQ(empty.read(0, out).status(), Status::InvalidParameter);
}

TEST_F(FwCfgDevice, TheInitrdItemHasItsSizeElsewhere) {
  ASSERT_TRUE(driver.detect());
  EXPECT_EQ(driver.open_initrd().status(), Status::NotFound);
  device.set_initrd(FakeFwCfg::Item(70000, 7));
  auto item = driver.open_initrd();
  ASSERT_TRUE(item);
  EXPECT_EQ(item->size(), 70000u);
  EXPECT_EQ(read(*item, 69999, 1), std::vector<uint8_t>{7});
}

TEST_F(FwCfgDevice, AnErrorBitIsADeviceError) {
  ASSERT_TRUE(driver.detect());
  device.signals_error = true;
  EXPECT_EQ(driver.open("f").status(), Status::DeviceError);
  EXPECT_EQ(driver.open_initrd().status(), Status::DeviceError);
  EXPECT_TRUE(driver.present());
}

TEST_F(FwCfgDevice, OneThatNeverAnswersIsGivenUp) {
  device.add_file("f", {1, 2, 3});
  ASSERT_TRUE(driver.detect());
  auto file = driver.open("f");
  device.never_completes = true;
  std::array<std::byte, 2> out;
  EXPECT_EQ(file->read(0, out).status(), Status::Timeout);
  EXPECT_FALSE(driver.present());
  device.transfers = 0;
  EXPECT_EQ(file->read(0, out).status(), Status::NotReady);
  EXPECT_EQ(device.transfers, 0u);
}

TEST_F(FwCfgDevice, ADirectoryThatMakesNoSenseIsRefused) {
  ASSERT_TRUE(driver.detect());
  device.items[0x19] = {0xFF, 0xFF, 0xFF, 0xFF};
  EXPECT_EQ(driver.open("f").status(), Status::CompromisedData);
  // Shorter than its count: QEMU gives zeros there, and a name of nothing is no name.
  device.items[0x19] = {0, 0, 0, 200};
  EXPECT_EQ(driver.open("f").status(), Status::NotFound);
  // A file that claims the number of a fixed item.
  FakeFwCfg::Item entry = {0, 0, 0, 1, 0, 0, 0, 4, 0, 5, 0, 0, 'f'};
  entry.resize(4 + 64);
  device.items[0x19] = entry;
  EXPECT_EQ(driver.open("f").status(), Status::CompromisedData);
  // A name without an end.
  std::fill(entry.begin() + 12, entry.end(), 'f');
  device.items[0x19] = entry;
  EXPECT_EQ(driver.open(std::string(55, 'f')).status(), Status::NotFound);
}

}  // namespace
}  // namespace efilite::drivers
