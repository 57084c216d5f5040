// SPDX-License-Identifier: BSD-2-Clause-Patent
// Xen's disks as programs and the boot manager find them.
#include "boot/devices/xen_driver.hpp"

#include <gmock/gmock.h>

#include "tests/support/devices.hpp"
#include "tests/support/xen_block.hpp"

namespace efilite::boot {
namespace {

using namespace testing_devices;
using testing::ElementsAre;

struct Machine final : test::XenDiskMachine {};

struct XenDrivers : DevicesTest {
  Machine domain;
  drivers::xen::EventChannels channels{domain};
  drivers::xen::Services services_of_xen{domain, domain.grants.frames, channels, domain.store};

  XenDrivers() {
    domain.grants.version = 2;  // entries of the first do not reach the host's memory
    channels.use(&domain.shared);
    xen = &services_of_xen;
  }
  ~XenDrivers() override {
    if (devices) EXPECT_TRUE(devices->quiesce());
    EXPECT_EQ(domain.grants.active(), 0u);
    EXPECT_EQ(domain.grants.frames.mapped(), 0u);
    EXPECT_TRUE(domain.channels.empty());
    EXPECT_TRUE(domain.store.watches.empty());
    for (auto& each : domain.disks) {
      EXPECT_EQ(each->front("state"), "1");
      EXPECT_EQ(each->state(), XenbusStateInitWait);
    }
  }
  test::FakeXenDisk& add(uint32_t id) {
    test::FakeXenDisk& disk = domain.add_disk(kSectors, id);
    memcpy(disk.disk.data(), "F", 2);
    return disk;
  }
  std::vector<bool> connected() {
    std::vector<bool> all;
    for (auto& each : domain.disks) all.push_back(each->connected());
    return all;
  }
  std::u16string name(efi::Handle controller) {
    for (efi::Handle each : having<efi::DriverBindingProtocol>()) {
      auto names = handles.get<efi::ComponentName2Protocol>(each);
      const efi::Char16* text = nullptr;
      if (names && (*names)->get_controller_name(*names, controller, nullptr, "en", &text) == EfiStatus{}) return text;
    }
    return u"";
  }
};

TEST_F(XenDrivers, TheStoreIsLeftAloneUntilSomebodySearchesForDisks) {
  add(51712);
  begin();
  EXPECT_TRUE(search<efi::SimpleTextOutputProtocol>().empty());
  EXPECT_TRUE(search<efi::PciIoProtocol>().empty());
  EXPECT_EQ(domain.store.reads + domain.store.lists, 0);
  EXPECT_EQ(search<efi::BlockIoProtocol>().size(), 1u);
  EXPECT_EQ(search<efi::SimpleFileSystemProtocol>().size(), 1u);
  EXPECT_THAT(connected(), ElementsAre(true));
  EXPECT_EQ(firmware.device_search, nullptr) << "there is nothing more to find";
}

TEST_F(XenDrivers, ADiskHasItsBlocksOnTheDevicesHandle) {
  add(51712);
  begin();
  auto found = search<efi::BlockIoProtocol>();
  const efi::Handle handle = having<XenVbdProtocol>().at(0);
  EXPECT_THAT(found, ElementsAre(handle));
  auto* io = *handles.get<efi::BlockIoProtocol>(handle);
  EXPECT_EQ(io->media->last_block, kSectors - 1);
  std::vector<uint8_t> block(512, 0x77), back(512);
  EXPECT_EQ(io->write_blocks(io, io->media->media_id, 5, 512, block.data()), EfiStatus{});
  EXPECT_EQ(io->read_blocks(io, io->media->media_id, 5, 512, back.data()), EfiStatus{});
  EXPECT_EQ(block, back);
  EXPECT_EQ(name(handle), u"Xen Disk");
}

TEST_F(XenDrivers, ThePathIsThatOfEdk2) {
  add(51728);
  begin();
  (void)search<efi::BlockIoProtocol>();
  auto* path = static_cast<efi::DevicePath*>(*handles.find(having<XenVbdProtocol>()[0], efi::kDevicePathGuid));
  auto bytes = *core::device_path::measure(path);
  ASSERT_EQ(bytes.size(), 28u + 24 + 4);
  EXPECT_EQ(*read_at<uint32_t>(bytes, 0), 28u << 16 | 4 << 8 | 1);
  EXPECT_EQ(*read_at<efi::Guid>(bytes, 4), XenVbdPath::kRoot);
  EXPECT_EQ(*read_at<uint64_t>(bytes, 20), 0u);
  EXPECT_EQ(*read_at<uint32_t>(bytes, 28), 24u << 16 | 4 << 8 | 1);
  EXPECT_EQ(*read_at<efi::Guid>(bytes, 32), XenVbdPath::kBus);
  EXPECT_EQ(*read_at<uint32_t>(bytes, 48), 51728u << 16 | 1);
}

TEST_F(XenDrivers, DisksAreConnectedOneByOneInTheOrderOfTheirNumbers) {
  add(51744);
  add(51712);
  add(51728);
  Devices& all = begin();
  EXPECT_FALSE(all.connect_next(Discovery::Media::MayBeRemovable));
  XenVbdPath second(51728);
  EXPECT_TRUE(all.connect_path(&second.root.header));
  EXPECT_THAT(connected(), ElementsAre(false, false, true));
  EXPECT_TRUE(all.connect_next(Discovery::Media::Any));
  EXPECT_THAT(connected(), ElementsAre(false, true, true));
  EXPECT_TRUE(all.connect_next(Discovery::Media::Any));
  EXPECT_FALSE(all.connect_next(Discovery::Media::Any));
  EXPECT_THAT(connected(), ElementsAre(true, true, true));
  XenVbdPath nobody(1);
  EXPECT_EQ(all.connect_path(&nobody.root.header).status(), Status::NotFound);
}

TEST_F(XenDrivers, StoppingGivesTheDeviceBack) {
  add(51712);
  begin();
  EXPECT_EQ(connect(binding), encode(Status::NotFound));  // the handles are there
  const std::string before = map_of(efi::MemoryType::BootServicesData);
  EXPECT_THAT(connected(), ElementsAre(false));
  const efi::Handle handle = having<XenVbdProtocol>().at(0);
  EXPECT_EQ(connect(handle), EfiStatus{}) << logged;
  EXPECT_THAT(connected(), ElementsAre(true));
  EXPECT_EQ(disconnect(handle), EfiStatus{});
  EXPECT_THAT(connected(), ElementsAre(false));
  EXPECT_EQ(domain.disks[0]->front("state"), "1");
  EXPECT_TRUE(having<efi::BlockIoProtocol>().empty());
  EXPECT_EQ(domain.grants.active(), 0u);
  EXPECT_EQ(map_of(efi::MemoryType::BootServicesData), before);
  EXPECT_EQ(connect(handle), EfiStatus{}) << logged;
  EXPECT_THAT(connected(), ElementsAre(true));
}

TEST_F(XenDrivers, ADiskThatFailsIsToldAndTheNextOneServes) {
  add(51712).back("sector-size") = "3";
  add(51728);
  Devices& all = begin();
  EXPECT_TRUE(all.connect_next(Discovery::Media::Any));
  EXPECT_TRUE(having<efi::BlockIoProtocol>().empty());
  EXPECT_NE(logged.find("efilite: Xen disk 51712 cannot be used: DEVICE_ERROR"), std::string::npos) << logged;
  EXPECT_TRUE(all.connect_next(Discovery::Media::Any));
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 1u);
}

TEST_F(XenDrivers, AnEmptyDriveIsThereAndMayGetAMedium) {
  test::FakeXenDisk& cd = add(51728);
  cd.front("device-type") = "cdrom";
  cd.back("params") = "aio:";
  Devices& all = begin();
  EXPECT_TRUE(all.connect_next(Discovery::Media::MayBeRemovable));
  const efi::Handle drive = having<efi::BlockIoProtocol>().at(0);
  EXPECT_EQ(name(drive), u"Xen CD-ROM Drive");
  auto* io = *handles.get<efi::BlockIoProtocol>(drive);
  std::vector<uint8_t> block(2048);
  EXPECT_FALSE(io->media->media_present);
  const uint32_t first = io->media->media_id;
  EXPECT_EQ(io->read_blocks(io, first, 0, 2048, block.data()), encode(Status::NoMedia));
  cd.back("params") = "aio:/some.iso";
  EXPECT_EQ(io->read_blocks(io, first, 0, 2048, block.data()), encode(Status::MediaChanged));
  EXPECT_TRUE(io->media->media_present);
  EXPECT_TRUE(io->media->removable_media);
  EXPECT_EQ(io->media->block_size, 2048u);
  EXPECT_EQ(io->media->last_block, kSectors / 4 - 1);
  EXPECT_EQ(io->read_blocks(io, io->media->media_id, 0, 2048, block.data()), EfiStatus{});
  EXPECT_EQ(block[0], 'F');
}

TEST_F(XenDrivers, WithoutAGrantTableThereAreNoDisks) {
  add(51712);
  domain.grants.size_status = GNTST_general_error;
  begin();
  EXPECT_TRUE(search<efi::BlockIoProtocol>().empty());
  EXPECT_NE(logged.find("efilite: Xen's grant table cannot be used: DEVICE_ERROR"), std::string::npos) << logged;
}

TEST_F(XenDrivers, AStoreThatFailsIsTold) {
  add(51712);
  domain.store.failure = Status::DeviceError;
  begin();
  EXPECT_TRUE(search<efi::BlockIoProtocol>().empty());
  EXPECT_NE(logged.find("efilite: not all of Xen's disks can be used: DEVICE_ERROR"), std::string::npos) << logged;
  domain.store.failure = Status::Success;
}

}  // namespace
}  // namespace efilite::boot
