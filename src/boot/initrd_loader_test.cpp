// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/initrd_loader.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "boot/payload.hpp"
#include "core/handles/handles.hpp"
#include "tests/support/memory.hpp"

namespace efilite::boot {
namespace {

using efi::encode;

class BrokenSource final : public core::ByteSource {
 public:
  uint64_t size() const override { return 16; }
  Result<> read(uint64_t, MutableByteSpan) override { return Status::DeviceError; }
};

class NoEvents final : public core::EventSignaller {
 public:
  Result<> signal(efi::Event) override { return {}; }
  bool is_valid(efi::Event) override { return false; }
};

class InitrdByLoadFile2 : public testing::Test {
 protected:
  efi::EfiStatus load(efi::Uintn* size, void* buffer, bool boot_policy = false) {
    return protocol->load_file(protocol, &end, boot_policy, size, buffer);
  }

  std::vector<uint8_t> content = std::vector<uint8_t>(3000, 0x5A);
  MemorySource source{std::as_writable_bytes(std::span(content))};
  InitrdLoader loader{source};
  efi::LoadFile2Protocol* protocol = loader.protocol();
  efi::DevicePath end = efi::kEndEntirePath;
};

TEST_F(InitrdByLoadFile2, WithoutABufferTheSizeIsTold) {
  efi::Uintn size = 0;
  EXPECT_EQ(load(&size, nullptr), encode(Status::BufferTooSmall));
  EXPECT_EQ(size, 3000u);
  size = 10000;
  EXPECT_EQ(load(&size, nullptr), encode(Status::BufferTooSmall));
  EXPECT_EQ(size, 3000u);
}

TEST_F(InitrdByLoadFile2, ABufferThatIsTooSmallIsNotTouched) {
  std::vector<uint8_t> buffer(2999);
  efi::Uintn size = buffer.size();
  EXPECT_EQ(load(&size, buffer.data()), encode(Status::BufferTooSmall));
  EXPECT_EQ(size, 3000u);
  EXPECT_EQ(buffer[0], 0);
}

TEST_F(InitrdByLoadFile2, TheBytesAreLoadedAsOftenAsWanted) {
  for (size_t room : {3000u, 4096u}) {
    std::vector<uint8_t> buffer(room);
    efi::Uintn size = room;
    EXPECT_EQ(load(&size, buffer.data()), encode(Status::Success));
    EXPECT_EQ(size, 3000u);
    buffer.resize(size);
    EXPECT_EQ(buffer, content);
  }
}

TEST_F(InitrdByLoadFile2, ParametersAreChecked) {
  efi::Uintn size = 0;
  EXPECT_EQ(protocol->load_file(nullptr, &end, false, &size, nullptr), encode(Status::InvalidParameter));
  EXPECT_EQ(protocol->load_file(protocol, nullptr, false, &size, nullptr), encode(Status::InvalidParameter));
  EXPECT_EQ(load(nullptr, nullptr), encode(Status::InvalidParameter));
  EXPECT_EQ(load(&size, nullptr, true), encode(Status::Unsupported));
  efi::DevicePath other = {efi::kMediaPath, efi::kMediaFilePath, {4, 0}};
  EXPECT_EQ(protocol->load_file(protocol, &other, false, &size, nullptr), encode(Status::NotFound));
}

TEST_F(InitrdByLoadFile2, ASourceThatFailsIsToldAsItIs) {
  BrokenSource broken;
  InitrdLoader other(broken);
  std::vector<uint8_t> buffer(16);
  efi::Uintn size = 16;
  EXPECT_EQ(other.protocol()->load_file(other.protocol(), &end, false, &size, buffer.data()), encode(Status::DeviceError));
}

// [Linux drivers/firmware/efi/libstub/efi-stub-helper.c] this is how the kernel asks.
TEST_F(InitrdByLoadFile2, LinuxFindsItByItsDevicePath) {
  test::Memory memory;
  NoEvents events;
  core::HandleDatabase handles(memory.pool, events);
  struct [[gnu::packed]] {
    efi::VendorNode vendor = {{efi::kMediaPath, efi::kMediaVendor, {20, 0}}, efi::kLinuxInitrdMedia};
    efi::DevicePath end = efi::kEndEntirePath;
  } wanted;
  efi::DevicePath* path = &wanted.vendor.header;
  EXPECT_EQ(handles.locate_device_path(efi::LoadFile2Protocol::kGuid, path).status(), Status::NotFound);
  ASSERT_TRUE(loader.install(handles));
  auto handle = handles.locate_device_path(efi::LoadFile2Protocol::kGuid, path);
  ASSERT_TRUE(handle);
  EXPECT_EQ(path, &wanted.end);
  auto found = handles.get<efi::LoadFile2Protocol>(*handle);
  ASSERT_TRUE(found);
  efi::Uintn size = 0;
  EXPECT_EQ((*found)->load_file(*found, path, false, &size, nullptr), encode(Status::BufferTooSmall));
  EXPECT_EQ(size, 3000u);
  EXPECT_EQ(loader.install(handles).status(), Status::AlreadyStarted) << "one initrd at most";
}

}  // namespace
}  // namespace efilite::boot
