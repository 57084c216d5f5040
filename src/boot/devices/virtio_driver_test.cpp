// SPDX-License-Identifier: BSD-2-Clause-Patent
// The driver of virtio devices as the driver model sees it, and what it makes of SCSI units.
#include <gmock/gmock.h>

#include "tests/support/devices.hpp"

namespace efilite::boot {
namespace {

using namespace testing_devices;
using testing::ElementsAre;

struct VirtioDrivers : DevicesTest {
  efi::Handle device() { return having<VirtioMmioProtocol>().at(0); }
  // The binding that is not the one of disks.
  efi::Handle virtio() {
    for (efi::Handle each : having<efi::DriverBindingProtocol>())
      if (each != binding) return each;
    return nullptr;
  }
  std::u16string name(efi::Handle controller, efi::Handle child = nullptr) {
    auto* names = *handles.get<efi::ComponentName2Protocol>(virtio());
    const efi::Char16* text = nullptr;
    const EfiStatus told = names->get_controller_name(names, controller, child, "en", &text);
    return told == EfiStatus{} ? std::u16string(text) : u"";
  }
  std::string path_text(efi::Handle handle) {
    std::string out;
    auto bytes = *core::device_path::measure(static_cast<efi::DevicePath*>(*handles.find(handle, efi::kDevicePathGuid)));
    for (size_t at = sizeof(efi::VendorNode) + 8; at < bytes.size() - 4; at += 8) {
      auto node = *core::device_path::node_at(bytes, at);
      EXPECT_EQ(node.type, efi::kMessagingPath);
      EXPECT_EQ(node.sub_type, efi::kMessagingScsi);
      out += std::to_string(*read_at<uint16_t>(node.data(), 0)) + "," + std::to_string(*read_at<uint16_t>(node.data(), 2));
    }
    return out;
  }
};

TEST_F(VirtioDrivers, ADiskHasItsBlocksOnTheDevicesHandle) {
  add_disk();
  begin();
  auto found = search<efi::BlockIoProtocol>();
  EXPECT_THAT(found, ElementsAre(device()));
  auto* io = *handles.get<efi::BlockIoProtocol>(device());
  EXPECT_EQ(io->media->last_block, kSectors - 1);
  EXPECT_TRUE(io->media->write_caching);
  std::vector<uint8_t> block(512, 0x77), back(512);
  EXPECT_EQ(io->write_blocks(io, io->media->media_id, 5, 512, block.data()), EfiStatus{});
  EXPECT_EQ(io->read_blocks(io, io->media->media_id, 5, 512, back.data()), EfiStatus{});
  EXPECT_EQ(block, back);
  EXPECT_EQ(name(device()), u"virtio Disk");
}

TEST_F(VirtioDrivers, StoppingResetsTheDeviceAndTakesAllBack) {
  add_disk();
  begin();
  (void)search<efi::BlockIoProtocol>();
  const std::string before = map_of(efi::MemoryType::BootServicesData);
  EXPECT_EQ(disconnect(device()), EfiStatus{});
  EXPECT_EQ(disks[0]->status(), 0);
  EXPECT_TRUE(having<efi::BlockIoProtocol>().empty());
  EXPECT_TRUE(having<efi::SimpleFileSystemProtocol>().empty());
  EXPECT_NE(map_of(efi::MemoryType::BootServicesData), before);
  EXPECT_EQ(connect(device()), EfiStatus{});
  EXPECT_EQ(map_of(efi::MemoryType::BootServicesData), before);
  EXPECT_EQ(having<efi::SimpleFileSystemProtocol>().size(), 1u);
}

TEST_F(VirtioDrivers, ADiskInUseStays) {
  add_disk();
  begin();
  (void)search<efi::BlockIoProtocol>();
  void* interface = nullptr;
  efi::Guid guid = efi::BlockIoProtocol::kGuid;
  // A child that nobody lets go of.
  ASSERT_EQ(services.open_protocol(device(), &guid, &interface, core_image, binding, efi::kOpenByChildController), EfiStatus{});
  EXPECT_NE(disconnect(device(), nullptr), EfiStatus{});
  EXPECT_TRUE(is_started(*disks[0]));
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 1u);
}

TEST_F(VirtioDrivers, AnOldDiskWorks) {
  test::FakeVirtioBlk& disk = add_disk();
  disk.is_legacy = true;
  disk.offered = 0;
  begin();
  EXPECT_EQ(search<efi::SimpleFileSystemProtocol>().size(), 1u);
}

TEST_F(VirtioDrivers, OtherDevicesAreNotSupported) {
  add_disk();
  registers.slots[0]->type = static_cast<uint32_t>(drivers::virtio::DeviceType::Network);
  begin();
  EXPECT_TRUE(search<efi::BlockIoProtocol>().empty());
  EXPECT_EQ(having<VirtioMmioProtocol>().size(), 1u);
  EXPECT_EQ(connect(device()), encode(Status::NotFound));
  EXPECT_EQ(disks[0]->status(), 0);
}

TEST_F(VirtioDrivers, NamesAreToldInEnglish) {
  add_disk();
  begin();
  (void)search<efi::BlockIoProtocol>();
  auto* names = *handles.get<efi::ComponentName2Protocol>(virtio());
  const efi::Char16* text = nullptr;
  EXPECT_STREQ(names->supported_languages, "en");
  EXPECT_EQ(names->get_driver_name(names, "en", &text), EfiStatus{});
  EXPECT_EQ(std::u16string(text), u"virtio");
  const EfiStatus invalid = encode(Status::InvalidParameter), unsupported = encode(Status::Unsupported);
  EXPECT_EQ(names->get_driver_name(names, nullptr, &text), invalid);
  EXPECT_EQ(names->get_driver_name(names, "en", nullptr), invalid);
  EXPECT_EQ(names->get_driver_name(names, "de", &text), unsupported);
  auto controller_name = [&](efi::Handle controller, efi::Handle child, const char* language) {
    return names->get_controller_name(names, controller, child, language, &text);
  };
  EXPECT_EQ(controller_name(device(), nullptr, "en"), EfiStatus{});
  EXPECT_EQ(controller_name(device(), nullptr, "de"), unsupported);
  EXPECT_EQ(controller_name(device(), nullptr, nullptr), invalid);
  EXPECT_EQ(controller_name(nullptr, nullptr, "en"), invalid);
  EXPECT_EQ(controller_name(device(), &text, "en"), invalid);
  EXPECT_EQ(controller_name(device(), binding, "en"), unsupported);
  EXPECT_EQ(controller_name(binding, nullptr, "en"), unsupported);
  EXPECT_EQ(names->get_controller_name(names, device(), nullptr, "en", nullptr), invalid);
}

TEST_F(VirtioDrivers, ScsiUnitsAreHandlesOfTheirOwn) {
  add_scsi();
  scsi->bus.add(0, 0).bytes[0] = 'F';
  test::FakeUnit cd(100, 2048);
  cd.type = 5;
  cd.removable = true;
  scsi->bus.add(3, 0, cd);
  test::FakeUnit tape;
  tape.type = 1;
  scsi->bus.add(4, 0, tape);
  begin();
  auto units = search<efi::BlockIoProtocol>();
  ASSERT_EQ(units.size(), 2u);
  EXPECT_EQ(path_text(units[0]), "0,0");
  EXPECT_EQ(path_text(units[1]), "3,0");
  EXPECT_EQ(name(device()), u"virtio SCSI Adapter");
  EXPECT_EQ(name(device(), units[0]), u"SCSI Disk");
  EXPECT_EQ(name(device(), units[1]), u"CD-ROM Drive");
  EXPECT_EQ(name(device(), device()), u"");
  auto* io = *handles.get<efi::BlockIoProtocol>(units[1]);
  EXPECT_EQ(io->media->block_size, 2048u);
  EXPECT_TRUE(io->media->removable_media);
  EXPECT_TRUE(io->media->read_only);

  EXPECT_EQ(disconnect(device(), units[0]), EfiStatus{});
  EXPECT_THAT(having<efi::BlockIoProtocol>(), ElementsAre(units[1]));
  EXPECT_TRUE(is_started(*scsi));
  EXPECT_EQ(disconnect(device()), EfiStatus{});
  EXPECT_TRUE(having<efi::BlockIoProtocol>().empty());
  EXPECT_EQ(scsi->status(), 0);
  EXPECT_EQ(connect(device()), EfiStatus{});
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 2u);
}

TEST_F(VirtioDrivers, AMediumMayComeAndGo) {
  add_scsi();
  test::FakeUnit drive(100, 2048);
  drive.type = 5;
  drive.removable = true;
  drive.medium = false;
  test::FakeUnit& cd = scsi->bus.add(0, 0, drive);
  begin();
  auto units = search<efi::BlockIoProtocol>();
  ASSERT_EQ(units.size(), 1u);
  auto* io = *handles.get<efi::BlockIoProtocol>(units[0]);
  std::vector<uint8_t> block(2048);
  EXPECT_FALSE(io->media->media_present);
  const uint32_t first = io->media->media_id;
  EXPECT_EQ(io->read_blocks(io, first, 0, 2048, block.data()), encode(Status::NoMedia));
  cd.medium = true;
  EXPECT_EQ(io->read_blocks(io, first, 0, 2048, block.data()), encode(Status::MediaChanged));
  EXPECT_TRUE(io->media->media_present);
  EXPECT_EQ(io->media->last_block, 99u);
  const uint32_t second = io->media->media_id;
  EXPECT_NE(first, second);
  EXPECT_EQ(io->read_blocks(io, second, 0, 2048, block.data()), EfiStatus{});
  cd.medium = false;
  EXPECT_EQ(io->read_blocks(io, second, 0, 2048, block.data()), encode(Status::NoMedia));
  EXPECT_FALSE(io->media->media_present);
}

}  // namespace
}  // namespace efilite::boot
