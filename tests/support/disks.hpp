// SPDX-License-Identifier: BSD-2-Clause-Patent
// The driver of disks and the RAM disks in a firmware of their own, with disks of ours and of a program.
#pragma once

#include <gtest/gtest.h>

#include "core/device_path/device_path.hpp"
#include "core/handles/protocol_services.hpp"
#include "core/handles/service_call.hpp"
#include "core/storage/disk_driver.hpp"
#include "core/storage/ram_disk.hpp"
#include "core/storage/storage_call.hpp"
#include "tests/support/block_device.hpp"
#include "tests/support/file_system.hpp"
#include "tests/support/images.hpp"

namespace efilite::core::testing_disks {

using namespace testing_images;

// A disk that begins with 'F' is a volume; one that begins with 'P' has a partition for each pair of bytes (first, count) that follow.
class FakeFormats final : public DiskFormats {
 public:
  test::FakeFileSystems volumes;
  Result<FileSystem*> mount(BlockDevice& device) override { return volumes.mount(device); }
  void unmount(FileSystem& volume) override { volumes.unmount(volume); }
  Result<Found> look(BlockDevice& device, const Partition* self, PartitionVisitor& visitor) override {
    if (self != nullptr) insides.push_back(*self);
    if (volumes.recognises(device)) return Found::Volume;
    std::vector<uint8_t> block(device.block_size());
    TRY(device.read(0, std::as_writable_bytes(std::span(block))));
    if (block[0] != 'P') return Found::Nothing;
    for (size_t i = 1; block[i] != 0; i += 2) {
      efi::HardDriveNode node{};
      node.header = device_path::header(efi::kMediaPath, efi::kMediaHardDrive, sizeof node);
      node.partition_number = static_cast<uint32_t>(i / 2 + 1);
      node.partition_start = block[i];
      TRY(visitor.visit({block[i], block[i + 1], &node.header, &info}));
    }
    return Found::Partitions;
  }
  efi::PartitionInfoProtocol info{efi::PartitionInfoProtocol::kRevision, efi::PartitionKind::Mbr, 0, {}, {}};
  std::vector<Partition> insides;  // the partitions that were looked into
};

// A program's own disk.
struct ForeignDisk : efi::BlockIoProtocol {
  explicit ForeignDisk(test::FakeDisk& disk) : backing(disk) {
    facts.media_id = 7;
    facts.media_present = 1;
    facts.block_size = disk.block_size();
    facts.last_block = disk.block_count() - 1;
    media = &facts;
    read_blocks = [](efi::BlockIoProtocol* self, uint32_t id, uint64_t lba, efi::Uintn size, void* buffer) EFIAPI {
      auto& me = *static_cast<ForeignDisk*>(self);
      EXPECT_EQ(id, 7u);
      if (me.facts.io_align > 1) EXPECT_EQ(reinterpret_cast<uint64_t>(buffer) % me.facts.io_align, 0u);
      if (me.failure != EfiStatus{}) return me.failure;
      return encode(me.backing.read(lba, {static_cast<std::byte*>(buffer), size}));
    };
    write_blocks = [](efi::BlockIoProtocol* self, uint32_t, uint64_t lba, efi::Uintn size, void* buffer) EFIAPI {
      auto& me = *static_cast<ForeignDisk*>(self);
      if (me.facts.io_align > 1) EXPECT_EQ(reinterpret_cast<uint64_t>(buffer) % me.facts.io_align, 0u);
      if (me.failure != EfiStatus{}) return me.failure;
      return encode(me.backing.write(lba, {static_cast<const std::byte*>(buffer), size}));
    };
    flush_blocks = [](efi::BlockIoProtocol* self) EFIAPI { return encode(static_cast<ForeignDisk*>(self)->backing.flush()); };
  }
  test::FakeDisk& backing;
  efi::BlockIoMedia facts{};
  EfiStatus failure{};
};

struct DiskDrivers : ImagesTest {
  StorageHeap heap{memory.pool, events};
  FakeFormats formats;
  DiskDriver driver{handles, events, heap, formats};
  RamDisks ram_disks{handles, events, heap};
  test::FakeDisk disk{200};
  Disk ours{events, heap, &disk, {}};
  device_path::VendorPath path = device_path::vendor_path(efi::kHardwarePath, efi::kHardwareVendor, {1, 2, 3, {4}});
  efi::Handle binding = nullptr;

  DiskDrivers() {
    fill_protocol_services(services);
    EXPECT_TRUE(handles.install(&binding, driver.protocol()));
    driver.set_handle(binding, core_image);
    firmware.ram_disks = &ram_disks;
  }
  efi::Handle install() {
    EXPECT_TRUE(ours.install(handles, &path.vendor.header));
    return ours.handle();
  }
  EfiStatus connect(efi::Handle handle, bool recursive = true) { return services.connect_controller(handle, nullptr, nullptr, recursive); }
  EfiStatus disconnect(efi::Handle handle, efi::Handle child = nullptr) { return services.disconnect_controller(handle, nullptr, child); }
  template <typename P>
  std::vector<efi::Handle> having() {
    auto found = handles.locate_buffer(efi::LocateSearchType::ByProtocol, &P::kGuid, nullptr);
    if (!found) return {};
    std::vector<efi::Handle> out(found->begin(), found->end());
    memory.pool.release(found->data());
    return out;
  }
  void put(const char* text, size_t at = 0) { memcpy(disk.bytes.data() + at, text, strlen(text) + 1); }
};

}  // namespace efilite::core::testing_disks
