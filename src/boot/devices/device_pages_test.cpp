// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/devices/device_pages.hpp"

#include "tests/support/devices.hpp"

namespace efilite::boot {
namespace {

using DevicePagesTest = testing_devices::DevicesTest;

TEST_F(DevicePagesTest, WhatADeviceKeepsIsReservedUntilItIsReleased) {
  DevicePages pages(firmware.memory, firmware.events);
  const std::string reserved = map_of(efi::MemoryType::Reserved), data = map_of(efi::MemoryType::BootServicesData);
  MutableByteSpan two = *pages.allocate({2}, ~uint64_t{0});
  EXPECT_NE(map_of(efi::MemoryType::BootServicesData), data);
  for (int i = 0; i < 2; ++i) {
    pages.keep(two);
    EXPECT_EQ(map_of(efi::MemoryType::BootServicesData), data);
    EXPECT_EQ(firmware.memory.find({reinterpret_cast<uint64_t>(two.data())})->type, efi::MemoryType::Reserved);
  }
  pages.release(two);
  EXPECT_EQ(map_of(efi::MemoryType::Reserved), reserved);
}

}  // namespace
}  // namespace efilite::boot
