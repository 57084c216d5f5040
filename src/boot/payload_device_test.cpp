// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/payload_device.hpp"

#include "core/device_path/device_path.hpp"
#include "core/device_path/device_path_text.hpp"
#include "core/handles/protocol_services.hpp"
#include "tests/support/fat_disk.hpp"
#include "tests/support/fw_cfg.hpp"
#include "tests/support/images.hpp"

namespace efilite::boot {
namespace {

const std::string kFwCfg = "AcpiEx(QEMU0002,,)";

struct PayloadDeviceTest : core::testing_images::ImagesTest {
  PayloadDeviceTest() { EXPECT_TRUE(fw_cfg.detect()); }

  static test::Bytes8 program() { return jump_to(&succeed).build(); }
  static std::string text_of(const efi::DevicePath* path) {
    efi::Char16* text = core::device_path::to_text_protocol().convert_device_path_to_text(path, 1, 1);
    std::string out;
    for (auto* at = text; *at != 0; ++at) out += static_cast<char>(*at);
    return out;
  }
  // As the firmware does: the device first, then the program from it.
  efi::Handle start() {
    auto installed = device.install(handles);
    EXPECT_TRUE(installed);
    handle = *installed;
    auto image = images.load(*payload.image, nullptr, handle, device.image_path());
    EXPECT_TRUE(image) << logged;
    return *image;
  }
  efi::EfiStatus load_again(efi::Handle image, efi::Handle* again, efi::Boolean boot_policy = 0) {
    auto* path = static_cast<efi::DevicePath*>(handles.find(image, efi::kLoadedImageDevicePathGuid).value());
    return services.load_image(boot_policy, core_image, path, nullptr, 0, again);
  }

  test::FakeFwCfg qemu;
  drivers::FwCfg fw_cfg;
  test::HostHeap heap;
  test::FatClock clock;
  DiskFormats formats{heap, clock};
  BootInfo boot_info;
  Options options;
  test::Bytes8 bytes = program();
  Payload payload;
  PayloadDevice device{payload};
  efi::Handle handle = nullptr;
};

TEST_F(PayloadDeviceTest, AFileOfFwCfgIsLoadedAgainByItsPath) {
  qemu.add_file("opt/efilite/kernel", bytes);
  struct NoMemory final : core::PhysicalMemory {
    std::optional<MutableByteSpan> window(PhysRange) override { return std::nullopt; }
  } none;
  ASSERT_TRUE(choose_payload(boot_info, none, &fw_cfg, formats, options, payload));
  efi::Handle image = start();
  auto& first = info(image);
  EXPECT_EQ(first.device_handle, handle);
  EXPECT_EQ(text_of(first.file_path), "\\opt\\efilite\\kernel");
  auto* path = static_cast<efi::DevicePath*>(handles.find(image, efi::kLoadedImageDevicePathGuid).value());
  EXPECT_EQ(text_of(path), kFwCfg + "/\\opt\\efilite\\kernel");
  EXPECT_EQ(text_of(static_cast<efi::DevicePath*>(handles.find(handle, efi::kDevicePathGuid).value())),
            kFwCfg);

  efi::Handle again = nullptr;
  ASSERT_EQ(load_again(image, &again), efi::encode(Status::Success)) << logged;
  EXPECT_EQ(info(again).device_handle, handle);
  EXPECT_EQ(info(again).image_size, first.image_size);
  EXPECT_EQ(services.start_image(again, nullptr, nullptr), efi::encode(Status::Success));
  EXPECT_EQ(load_again(image, &again, 1), efi::encode(Status::NotFound)) << "it is nobody's boot option";
}

TEST_F(PayloadDeviceTest, AnotherNameBehindTheDeviceIsNotFound) {
  qemu.add_file("opt/efilite/kernel", bytes);
  payload.image_file = *fw_cfg.open("opt/efilite/kernel");
  payload.image = &payload.image_file;
  payload.file = "opt/efilite/kernel";
  ASSERT_TRUE(device.install(handles));
  std::array<std::byte, 128> other;
  const auto* own = static_cast<efi::DevicePath*>(handles.find(handles.locate_buffer(efi::LocateSearchType::ByProtocol,
      &efi::LoadFile2Protocol::kGuid, nullptr)->front(), efi::kDevicePathGuid).value());
  auto nodes = core::device_path::without_end(*core::device_path::measure(own));
  for (std::u16string_view name : {u"\\opt\\efilite\\initrd", u"\\opt\\efilite\\kernel2", u"\\"}) {
    auto path = core::device_path::Builder(other).raw(nodes).file_path(name).finish();
    efi::Handle image = nullptr;
    EXPECT_EQ(services.load_image(0, core_image, const_cast<efi::DevicePath*>(*path), nullptr, 0, &image), efi::encode(Status::NotFound));
  }
}

TEST_F(PayloadDeviceTest, AModuleTellsWhereItLayAndCannotBeLoadedAgain) {
  payload.image_module = MemorySource(std::as_writable_bytes(std::span(bytes)));
  payload.image = &payload.image_module;
  payload.file = "module";
  ASSERT_TRUE(device.install(handles));
  const auto begin = reinterpret_cast<uint64_t>(bytes.data());
  char expected[100];
  snprintf(expected, sizeof expected, "MemoryMapped(0x1,0x%lX,0x%lX)/\\module", begin, begin + bytes.size() - 1);
  EXPECT_EQ(text_of(device.image_path()), expected);
  efi::Handle again = nullptr;
  EXPECT_EQ(services.load_image(0, core_image, const_cast<efi::DevicePath*>(device.image_path()), nullptr, 0, &again),
            efi::encode(Status::NotFound));
}

TEST_F(PayloadDeviceTest, ANameThatIsTooLongIsCutNotOverrun) {
  payload.image_file = {};
  payload.image = &payload.image_file;
  payload.file = "a/name/that/is/much/longer/than/there/is/room/for";
  ASSERT_TRUE(device.install(handles));
  EXPECT_EQ(text_of(device.image_path()), kFwCfg + "/\\a\\name\\that\\is\\much\\longer\\than");
}

}  // namespace
}  // namespace efilite::boot
