// SPDX-License-Identifier: BSD-2-Clause-Patent
// When devices are looked for, and which of them are touched.
#include "tests/support/devices.hpp"

#include <gmock/gmock.h>

namespace efilite::boot {
namespace {

using namespace testing_devices;
using testing::ElementsAre;

TEST_F(DevicesTest, NothingIsTouchedUntilSomebodySearches) {
  registers.pci.add(1);
  add_disk();
  begin();
  EXPECT_TRUE(search<efi::SimpleTextOutputProtocol>().empty());
  EXPECT_TRUE(search<efi::LoadFile2Protocol>().empty());
  EXPECT_EQ(registers.accesses, 0);
  EXPECT_EQ(registers.pci.config_reads, 0);
}

TEST_F(DevicesTest, ASearchForPciLooksThroughThatBusAlone) {
  registers.pci.add(1);
  registers.pci.add(2);
  add_disk();
  begin();
  EXPECT_EQ(search<efi::PciIoProtocol>().size(), 2u);
  EXPECT_EQ(search<efi::PciRootBridgeIoProtocol>().size(), 1u);
  EXPECT_EQ(registers.accesses, 0);
  EXPECT_EQ(registers.pci.bus.behind.at(8)->command(), 0) << "nobody has started it";
  const int reads = registers.pci.config_reads;
  (void)search<efi::PciIoProtocol>();
  EXPECT_EQ(registers.pci.config_reads, reads) << "once is enough";
}

TEST_F(DevicesTest, ASearchForDisksConnectsThemAll) {
  add_disk();
  add_disk();
  begin();
  EXPECT_EQ(search<efi::BlockIoProtocol>().size(), 2u);
  EXPECT_EQ(search<efi::SimpleFileSystemProtocol>().size(), 2u);
  EXPECT_THAT(started(), ElementsAre(true, true));
  EXPECT_EQ(firmware.device_search, nullptr) << "there is nothing more to find";
}

TEST_F(DevicesTest, ASearchForAllHandlesFindsThoseOfDevices) {
  add_disk();
  begin();
  efi::Uintn size = 0;
  EXPECT_EQ(services.locate_handle(efi::LocateSearchType::AllHandles, nullptr, nullptr, &size, nullptr), encode(Status::BufferTooSmall));
  EXPECT_EQ(search<VirtioMmioProtocol>().size(), 1u);
  EXPECT_THAT(started(), ElementsAre(true));
}

TEST_F(DevicesTest, ConnectingMakesTheHandlesAndTouchesNoDevice) {
  add_disk();
  begin();
  EXPECT_EQ(connect(binding), encode(Status::NotFound));
  EXPECT_EQ(having<VirtioMmioProtocol>().size(), 1u);
  EXPECT_THAT(started(), ElementsAre(false));
}

TEST_F(DevicesTest, AboveCallbackNothingIsLookedFor) {
  add_disk();
  begin();
  efi::Tpl old = events.raise_tpl(efi::kTplNotify);
  EXPECT_TRUE(search<efi::BlockIoProtocol>().empty());
  EXPECT_EQ(registers.accesses, 0);
  events.restore_tpl(old);
  EXPECT_EQ(search<efi::BlockIoProtocol>().size(), 1u) << "it is made up for";
}

// A driver that is asked about a device searches itself.
TEST_F(DevicesTest, ASearchDuringASearchFindsWhatThereIs) {
  static DevicesTest* self;
  static std::vector<size_t> found;
  self = this;
  found.clear();
  efi::DriverBindingProtocol driver{};
  driver.supported = [](efi::DriverBindingProtocol*, efi::Handle, efi::DevicePath*) EFIAPI {
    found.push_back(self->search<efi::BlockIoProtocol>().size());
    return encode(Status::Unsupported);
  };
  driver.version = 0x10;
  driver.image_handle = core_image;
  efi::Handle handle = nullptr;
  ASSERT_TRUE(handles.install(&handle, &driver));
  add_disk();
  add_disk();
  begin();
  EXPECT_EQ(search<efi::BlockIoProtocol>().size(), 2u);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0], 0u);
}

TEST_F(DevicesTest, ASearchInTheMiddleOfAScanLosesNoDevice) {
  static DevicesTest* self;
  static size_t found;
  self = this;
  found = ~size_t{0};
  const auto search_now = [](efi::Event, void*) EFIAPI {
    if (found == ~size_t{0}) found = self->search<efi::BlockIoProtocol>().size();
  };
  auto event = events.create(efi::kEvtNotifySignal, efi::kTplCallback, search_now, nullptr);
  ASSERT_TRUE(event);
  ASSERT_TRUE(handles.register_notify(VirtioMmioProtocol::kGuid, *event));
  add_disk();
  add_disk();
  begin();
  EXPECT_EQ(connect(binding), encode(Status::NotFound));
  EXPECT_EQ(found, 0u);
  EXPECT_EQ(search<efi::BlockIoProtocol>().size(), 2u);
  EXPECT_THAT(started(), ElementsAre(true, true));
}

TEST_F(DevicesTest, WhatAProgramHasDisconnectedStaysSo) {
  add_disk();
  add_disk();
  begin();
  EXPECT_EQ(connect(binding), encode(Status::NotFound));  // the handles are there
  efi::Handle first = having<VirtioMmioProtocol>()[0];
  EXPECT_EQ(connect(first), EfiStatus{});
  EXPECT_EQ(disconnect(first), EfiStatus{});
  EXPECT_THAT(started(), ElementsAre(false, true)) << "the others are connected before anything is disconnected";
  EXPECT_EQ(search<efi::BlockIoProtocol>().size(), 1u);
  EXPECT_THAT(started(), ElementsAre(false, true));
  EXPECT_EQ(connect(first), EfiStatus{});
  EXPECT_EQ(search<efi::BlockIoProtocol>().size(), 2u);
}

TEST_F(DevicesTest, APathConnectsItsDiskAlone) {
  for (int i = 0; i < 3; ++i) add_disk();
  Devices& all = begin();
  VirtioMmioPath second = path_of(1);
  EXPECT_TRUE(all.connect_path(as_path(second)));
  EXPECT_THAT(started(), ElementsAre(false, true, false));
  EXPECT_EQ(having<efi::SimpleFileSystemProtocol>().size(), 1u);
  const int reads = disks[1]->reads;
  EXPECT_TRUE(all.connect_path(as_path(second)));
  EXPECT_EQ(disks[1]->reads, reads);
  VirtioMmioPath nobody = path_of(7);
  EXPECT_EQ(all.connect_path(as_path(nobody)).status(), Status::NotFound);
  EXPECT_THAT(started(), ElementsAre(false, true, false));
}

TEST_F(DevicesTest, APathConnectsAgainWhatAProgramHasDisconnected) {
  add_disk();
  Devices& all = begin();
  VirtioMmioPath first = path_of(0);
  EXPECT_TRUE(all.connect_path(as_path(first)));
  EXPECT_EQ(disconnect(having<VirtioMmioProtocol>()[0]), EfiStatus{});
  EXPECT_THAT(started(), ElementsAre(false));
  EXPECT_TRUE(all.connect_path(as_path(first)));
  EXPECT_THAT(started(), ElementsAre(true));
  EXPECT_EQ(having<efi::SimpleFileSystemProtocol>().size(), 1u);
}

TEST_F(DevicesTest, DisksAreConnectedOneByOneInOrder) {
  for (int i = 0; i < 3; ++i) add_disk();
  Devices& all = begin();
  EXPECT_FALSE(all.connect_next(Discovery::Media::MayBeRemovable)) << "none of them is";
  EXPECT_THAT(started(), ElementsAre(false, false, false));
  VirtioMmioPath second = path_of(1);
  EXPECT_TRUE(all.connect_path(as_path(second)));
  EXPECT_TRUE(all.connect_next(Discovery::Media::Any));
  EXPECT_THAT(started(), ElementsAre(true, true, false));
  EXPECT_TRUE(all.connect_next(Discovery::Media::Any));
  EXPECT_FALSE(all.connect_next(Discovery::Media::Any));
  EXPECT_THAT(started(), ElementsAre(true, true, true));
}

TEST_F(DevicesTest, ADeviceThatFailsIsToldAndTheNextOneServes) {
  add_disk().refuses_features = true;
  add_disk();
  Devices& all = begin();
  EXPECT_TRUE(all.connect_next(Discovery::Media::Any));
  EXPECT_TRUE(having<efi::BlockIoProtocol>().empty());
  EXPECT_NE(logged.find("virtio disk 0xfeb00000: "), std::string::npos) << logged;
  EXPECT_TRUE(all.connect_next(Discovery::Media::Any));
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 1u);
}

TEST_F(DevicesTest, AtTheEndEveryStartedDeviceIsReset) {
  add_disk();
  add_disk();
  Devices& all = begin();
  EXPECT_TRUE(all.connect_next(Discovery::Media::Any));
  const int touched = registers.accesses;
  EXPECT_TRUE(all.quiesce());
  EXPECT_EQ(disks[0]->status(), 0);
  EXPECT_GT(registers.accesses, touched);
  auto* io = *handles.get<efi::BlockIoProtocol>(having<efi::BlockIoProtocol>()[0]);
  std::vector<uint8_t> block(512);
  EXPECT_EQ(io->read_blocks(io, io->media->media_id, 0, 512, block.data()), encode(Status::DeviceError));
}

TEST_F(DevicesTest, MicrovmsSlotsAreTriedWhereNothingElseIsTold) {
  registers.pci.has_ports = false;
  add_disk();
  command_line.clear();
  begin(true);
  EXPECT_EQ(search<efi::BlockIoProtocol>().size(), 1u);
}

TEST_F(DevicesTest, WithPciThereAreNoSuchSlots) {
  registers.pci.add(1);
  add_disk();
  command_line.clear();
  begin(true);
  EXPECT_TRUE(search<efi::BlockIoProtocol>().empty());
  EXPECT_EQ(registers.accesses, 0);
}

TEST_F(DevicesTest, WithoutABusThereIsNothing) {
  registers.pci.has_ports = false;
  Devices& all = begin();
  EXPECT_TRUE(search<efi::BlockIoProtocol>().empty());
  EXPECT_TRUE(search<efi::PciRootBridgeIoProtocol>().empty());
  EXPECT_FALSE(all.connect_next(Discovery::Media::Any));
  EXPECT_EQ(logged, "");
}

TEST_F(DevicesTest, MemoryForDevicesIsZeroedAndLiesWhereItIsReached) {
  DevicePages pages(memory.map, events);
  const uint64_t below = memory.arena.range().begin.value + (1 << 20);
  auto got = pages.allocate({2}, below);
  ASSERT_TRUE(got);
  EXPECT_LE(reinterpret_cast<uint64_t>(got->data()) + got->size(), below);
  EXPECT_EQ(memory.map.find({reinterpret_cast<uint64_t>(got->data())})->type, efi::MemoryType::BootServicesData);
  memset(got->data(), 0xA5, got->size());
  pages.release(*got);
  auto again = pages.allocate({2}, below);
  ASSERT_TRUE(again);
  for (std::byte b : *again) ASSERT_EQ(b, std::byte{0});
  pages.release(*again);
  EXPECT_EQ(pages.allocate({1}, 0).status(), Status::OutOfResources);
  EXPECT_EQ(pages.allocate({1 << 30}, ~uint64_t{0}).status(), Status::OutOfResources);
}

TEST(DeviceNames, SayWhereADeviceIs) {
  EXPECT_EQ(DeviceName("disk ", core::PciAddress{0, 0, 4, 0}).view(), "disk 00:04.0");
  EXPECT_EQ(DeviceName("disk ", core::PciAddress{0x1A, 0xFE, 31, 7}).view(), "disk 001a:fe:1f.7");
  EXPECT_EQ(DeviceName("disk ", 0xFEB00200).view(), "disk 0xfeb00200");
  EXPECT_EQ(DeviceName("disk ", 0x12'FEB00200).view(), "disk 0x12feb00200");
}

}  // namespace
}  // namespace efilite::boot
