// SPDX-License-Identifier: BSD-2-Clause-Patent
// LoadImage by device path: file systems, LoadFile2 and LoadFile as programs may provide them.
#include <deque>

#include "core/device_path/device_path.hpp"
#include "core/handles/protocol_services.hpp"
#include "tests/support/images.hpp"

namespace efilite::core {
namespace {

using namespace testing_images;

constexpr efi::Guid kDisk = {0x11, 0x22, 0x33, {4}};

// A volume with \EFI\BOOT\BOOTX64.EFI; everything else is not there.
struct FakeVolume : efi::SimpleFileSystemProtocol {
  struct File : efi::FileProtocol {
    FakeVolume* volume;
    std::u16string name;
    uint64_t position = 0;
    bool is_directory() const { return name != u"\\EFI\\BOOT\\BOOTX64.EFI"; }
  };
  explicit FakeVolume(Bytes8 content) : bytes(std::move(content)) {
    revision = 0x10000;
    open_volume = [](efi::SimpleFileSystemProtocol* self, efi::FileProtocol** root) EFIAPI {
      auto& volume = *static_cast<FakeVolume*>(self);
      if (volume.open_status != EfiStatus{}) return volume.open_status;
      *root = volume.make(u"");
      return EfiStatus{};
    };
  }
  File* make(std::u16string name) {
    ++open_files;
    File& f = files.emplace_back();
    f.volume = this;
    f.name = std::move(name);
    f.open = [](efi::FileProtocol* self, efi::FileProtocol** opened, efi::Char16* name, uint64_t mode, uint64_t) EFIAPI {
      EXPECT_EQ(mode, 1u);
      EXPECT_EQ(reinterpret_cast<uint64_t>(name) % 2, 0u);
      auto& from = *static_cast<File*>(self);
      std::u16string whole = name[0] == u'\\' ? name : from.name + u"\\" + name;
      if (from.volume->known.find(whole) == std::u16string::npos) return encode(Status::NotFound);
      *opened = from.volume->make(whole);
      return EfiStatus{};
    };
    f.close = [](efi::FileProtocol* self) EFIAPI {
      --static_cast<File*>(self)->volume->open_files;
      return EfiStatus{};
    };
    f.set_position = [](efi::FileProtocol* self, uint64_t position) EFIAPI {
      auto& file = *static_cast<File*>(self);
      if (file.is_directory() && position != 0) return encode(Status::Unsupported);
      file.position = position == UINT64_MAX ? file.volume->bytes.size() : position;
      return EfiStatus{};
    };
    f.get_position = [](efi::FileProtocol* self, uint64_t* position) EFIAPI {
      *position = static_cast<File*>(self)->position;
      return EfiStatus{};
    };
    f.read = [](efi::FileProtocol* self, efi::Uintn* size, void* buffer) EFIAPI {
      auto& file = *static_cast<File*>(self);
      if (file.volume->read_fails) return encode(Status::VolumeCorrupted);
      EXPECT_EQ(file.volume->test->events.tpl(), efi::kTplApplication);
      *size = std::min({*size, file.volume->bytes.size() - file.position, size_t{1000}});  // short reads are allowed
      memcpy(buffer, file.volume->bytes.data() + file.position, *size);
      file.position += *size;
      return EfiStatus{};
    };
    return &f;
  }

  ImagesTest* test = nullptr;
  Bytes8 bytes;
  std::u16string known = u"\\EFI \\EFI\\BOOT \\EFI\\BOOT\\BOOTX64.EFI";
  EfiStatus open_status{};
  bool read_fails = false;
  int open_files = 0;
  std::deque<File> files;
};

template <typename Protocol>
struct FakeLoadFile : Protocol {
  explicit FakeLoadFile(Bytes8 content) : bytes(std::move(content)) { this->load_file = give; }
  static EfiStatus EFIAPI give(Protocol* self, efi::DevicePath* path, efi::Boolean policy, efi::Uintn* size, void* buffer) {
    auto& me = *static_cast<FakeLoadFile*>(self);
    EXPECT_TRUE(device_path::is_end(path)) << "the path behind the device";
    me.policy = policy;
    ++me.calls;
    if (me.status != EfiStatus{}) return me.status;
    bool fits = buffer != nullptr && *size >= me.bytes.size();
    *size = me.bytes.size();
    if (!fits) return encode(Status::BufferTooSmall);
    if (me.breaks) return encode(Status::NoResponse);
    memcpy(buffer, me.bytes.data(), me.bytes.size());
    return EfiStatus{};
  }
  Bytes8 bytes;
  EfiStatus status{};
  bool breaks = false;
  int calls = 0;
  int policy = -1;
};

struct ImagesByPath : ImagesTest {
  ImagesByPath() {
    volume.test = this;
    device_path::Builder disk(std::as_writable_bytes(std::span(disk_storage)));
    disk.vendor(efi::kHardwarePath, efi::kHardwareVendor, kDisk);
    disk_path = const_cast<efi::DevicePath*>(disk.finish().value());
    EXPECT_TRUE(handles.install(&device, efi::kDevicePathGuid, disk_path).has_value());
  }
  // The path of a file on the disk; each name becomes a node.
  efi::DevicePath* path_to(std::initializer_list<std::u16string_view> names) {
    device_path::Builder b(std::as_writable_bytes(std::span(storage)));
    b.vendor(efi::kHardwarePath, efi::kHardwareVendor, kDisk);
    for (auto name : names) b.file_path(name);
    return const_cast<efi::DevicePath*>(b.finish().value());
  }
  EfiStatus load(efi::DevicePath* path, bool policy = false) {
    image = nullptr;
    return services.load_image(policy, core_image, path, nullptr, 0, &image);
  }

  Bytes8 program = jump_to(succeed).build();
  FakeVolume volume{program};
  FakeLoadFile<efi::LoadFileProtocol> load_file{program};
  FakeLoadFile<efi::LoadFile2Protocol> load_file2{program};
  efi::Handle device = nullptr;
  efi::DevicePath* disk_path = nullptr;
  efi::Handle image = nullptr;
  std::array<uint8_t, 256> storage{}, disk_storage{};
};

TEST_F(ImagesByPath, AFileIsReadStraightIntoTheImage) {
  ASSERT_TRUE(handles.install(&device, static_cast<efi::SimpleFileSystemProtocol*>(&volume)).has_value());
  auto* path = path_to({u"\\EFI\\BOOT\\BOOTX64.EFI"});
  ASSERT_EQ(load(path), EfiStatus{}) << logged;
  auto& p = info(image);
  EXPECT_EQ(p.device_handle, device);
  // The path behind the device, and the whole path, are copies.
  EXPECT_TRUE(device_path::equal(reinterpret_cast<efi::DevicePath*>(storage.data() + 20), p.file_path));
  auto whole = handles.find(image, efi::kLoadedImageDevicePathGuid);
  EXPECT_NE(*whole, path);
  EXPECT_TRUE(device_path::equal(static_cast<efi::DevicePath*>(*whole), path));
  EXPECT_EQ(images.find(image)->title(), "BOOTX64.EFI");
  EXPECT_EQ(volume.open_files, 0);
  EXPECT_EQ(services.start_image(image, nullptr, nullptr), EfiStatus{});
}

TEST_F(ImagesByPath, EachFilePathNodeIsOpenedFromTheOneBefore) {
  ASSERT_TRUE(handles.install(&device, static_cast<efi::SimpleFileSystemProtocol*>(&volume)).has_value());
  ASSERT_EQ(load(path_to({u"\\EFI", u"BOOT", u"BOOTX64.EFI"})), EfiStatus{}) << logged;
  EXPECT_EQ(volume.open_files, 0);
}

TEST_F(ImagesByPath, WhatTheFileSystemCannotGiveIsTold) {
  ASSERT_TRUE(handles.install(&device, static_cast<efi::SimpleFileSystemProtocol*>(&volume)).has_value());
  EXPECT_EQ(load(path_to({u"\\EFI\\BOOT\\NONE.EFI"})), encode(Status::NotFound));
  EXPECT_EQ(load(path_to({u"\\EFI", u"NONE", u"BOOTX64.EFI"})), encode(Status::NotFound));
  EXPECT_EQ(load(path_to({u"\\EFI\\BOOT"})), encode(Status::LoadError)) << "a directory";
  volume.read_fails = true;
  EXPECT_EQ(load(path_to({u"\\EFI\\BOOT\\BOOTX64.EFI"})), encode(Status::DeviceError));
  volume.open_status = encode(Status::AccessDenied);
  EXPECT_EQ(load(path_to({u"\\EFI\\BOOT\\BOOTX64.EFI"})), encode(Status::AccessDenied));
  volume.open_status = encode(Status::NoMedia);
  EXPECT_EQ(load(path_to({u"\\EFI\\BOOT\\BOOTX64.EFI"})), encode(Status::DeviceError));
  EXPECT_EQ(volume.open_files, 0);
  EXPECT_EQ(image, nullptr);
}

TEST_F(ImagesByPath, APathThatNobodyServesIsNotFound) {
  EXPECT_EQ(load(path_to({u"\\EFI\\BOOT\\BOOTX64.EFI"})), encode(Status::NotFound));
  ASSERT_TRUE(handles.install(&device, static_cast<efi::SimpleFileSystemProtocol*>(&volume)).has_value());
  EXPECT_EQ(load(path_to({})), encode(Status::NotFound)) << "a volume without a file's name";
}

TEST_F(ImagesByPath, LoadFile2ServesThoseWhoAreNoBootManager) {
  ASSERT_TRUE(handles.install<efi::LoadFileProtocol>(&device, &load_file).has_value());
  ASSERT_TRUE(handles.install<efi::LoadFile2Protocol>(&device, &load_file2).has_value());
  auto before = map_of(efi::MemoryType::BootServicesData);
  ASSERT_EQ(load(path_to({})), EfiStatus{}) << logged;
  EXPECT_EQ(load_file2.calls, 2);
  EXPECT_EQ(load_file2.policy, 0);
  EXPECT_EQ(load_file.calls, 0);
  EXPECT_EQ(info(image).device_handle, device);
  EXPECT_EQ(map_of(efi::MemoryType::BootServicesData), before) << "the buffer is freed";

  ASSERT_EQ(load(path_to({}), true), EfiStatus{}) << logged;
  EXPECT_EQ(load_file2.calls, 2);
  EXPECT_EQ(load_file.calls, 2);
  EXPECT_EQ(load_file.policy, 1);
}

TEST_F(ImagesByPath, WhatLoadFileCannotGiveIsTold) {
  ASSERT_TRUE(handles.install<efi::LoadFileProtocol>(&device, &load_file).has_value());
  load_file.status = encode(Status::NotFound);
  EXPECT_EQ(load(path_to({})), encode(Status::NotFound));
  load_file.status = encode(Status::NoMedia);
  EXPECT_EQ(load(path_to({})), encode(Status::DeviceError));
  load_file.status = EfiStatus{};
  load_file.breaks = true;
  EXPECT_EQ(load(path_to({})), encode(Status::DeviceError));
  load_file.breaks = false;
  load_file.bytes.clear();
  EXPECT_EQ(load(path_to({})), encode(Status::LoadError));
  EXPECT_EQ(load_file.policy, 0);
}

TEST_F(ImagesByPath, ABufferWithAPathIsSaidToComeFromItsDevice) {
  auto* path = path_to({u"\\EFI\\SYSTEMD.EFI"});
  ASSERT_EQ(services.load_image(1, core_image, path, program.data(), program.size(), &image), EfiStatus{}) << logged;
  EXPECT_EQ(info(image).device_handle, device);
  EXPECT_EQ(images.find(image)->title(), "SYSTEMD.EFI");

  auto memory_path = device_path::memory_mapped_path(efi::MemoryType::LoaderData, {{0x1000}, {0x2000}});
  auto* bytes = reinterpret_cast<efi::DevicePath*>(&memory_path);
  ASSERT_EQ(services.load_image(0, core_image, bytes, program.data(), program.size(), &image), EfiStatus{});
  EXPECT_EQ(info(image).device_handle, nullptr);
  EXPECT_TRUE(device_path::equal(info(image).file_path, bytes));
  EXPECT_EQ(images.find(image)->title(), "buffer");
}

// A platform that wants one driver, which is still a file.
struct FakePlatform : efi::PlatformDriverOverrideProtocol {
  explicit FakePlatform(efi::DevicePath* of_driver) : path(of_driver) {
    using Protocol = efi::PlatformDriverOverrideProtocol;
    get_driver = [](Protocol* self, efi::Handle, efi::Handle* image) EFIAPI {
      if (*image != nullptr || static_cast<FakePlatform*>(self)->driver == nullptr) return encode(Status::NotFound);
      *image = static_cast<FakePlatform*>(self)->driver;
      return EfiStatus{};
    };
    get_driver_path = [](Protocol* self, efi::Handle, efi::DevicePath** image_path) EFIAPI {
      if (*image_path != nullptr) return encode(Status::NotFound);
      *image_path = static_cast<FakePlatform*>(self)->path;
      return EfiStatus{};
    };
    driver_loaded = [](Protocol* self, efi::Handle, efi::DevicePath*, efi::Handle image) EFIAPI {
      static_cast<FakePlatform*>(self)->driver = image;
      return EfiStatus{};
    };
  }
  efi::DevicePath* path;
  efi::Handle driver = nullptr;
};

TEST_F(ImagesByPath, ConnectControllerLoadsAndStartsADriverThatThePlatformNames) {
  static ImagesByPath* bench;
  static efi::DriverBindingProtocol binding;
  bench = this;
  order.clear();
  auto yes = [](efi::DriverBindingProtocol*, efi::Handle, efi::DevicePath*) EFIAPI { return EfiStatus{}; };
  auto start = [](efi::DriverBindingProtocol*, efi::Handle, efi::DevicePath*) EFIAPI {
    order += "connected ";
    return EfiStatus{};
  };
  binding = {yes, start, nullptr, 1, nullptr, nullptr};
  auto driver = jump_to([](efi::Handle self, efi::SystemTable*) EFIAPI {
    order += "entered at " + std::to_string(bench->events.tpl()) + " ";
    binding.image_handle = binding.driver_binding_handle = self;
    return encode(bench->handles.install(&self, &binding));
  });
  driver.optional.subsystem = 11;
  volume.bytes = driver.build();
  FakePlatform platform(path_to({u"\\EFI\\BOOT\\BOOTX64.EFI"}));
  efi::Handle handle = nullptr, controller = nullptr;
  ASSERT_TRUE(handles.install(&device, static_cast<efi::SimpleFileSystemProtocol*>(&volume)).has_value());
  ASSERT_TRUE(handles.install<efi::PlatformDriverOverrideProtocol>(&handle, &platform).has_value());
  ASSERT_TRUE(handles.install(&controller, kDisk, nullptr).has_value());
  fill_protocol_services(services);
  EXPECT_EQ(services.connect_controller(controller, nullptr, nullptr, 0), EfiStatus{}) << logged;
  EXPECT_EQ(order, "entered at 4 connected ");
  EXPECT_EQ(platform.driver, binding.image_handle);
  EXPECT_EQ(images.find(platform.driver)->state, ImageRecord::State::Resident);
  EXPECT_EQ(events.tpl(), efi::kTplApplication);
  // It is there now, and not loaded once more.
  EXPECT_EQ(services.connect_controller(controller, nullptr, nullptr, 0), EfiStatus{});
  EXPECT_EQ(order, "entered at 4 connected connected ");
}

}  // namespace
}  // namespace efilite::core
