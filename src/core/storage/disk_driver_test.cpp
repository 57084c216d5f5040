// SPDX-License-Identifier: BSD-2-Clause-Patent
// The driver of disks and the RAM disks, in a firmware of their own: partitions, volumes, programs' own disks, and all of it going away.
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

namespace efilite::core {
namespace {

using namespace testing_images;

// A disk that begins with 'F' is a volume; one that begins with 'P' has a partition for each pair of bytes (first, count) that follow.
class FakeFormats final : public DiskFormats {
 public:
  test::FakeFileSystems volumes;
  bool recognises(BlockDevice& device) override { return volumes.recognises(device); }
  Result<FileSystem*> mount(BlockDevice& device) override { return volumes.mount(device); }
  void unmount(FileSystem& volume) override { volumes.unmount(volume); }
  Result<> partitions(BlockDevice& device, PartitionVisitor& visitor) override {
    std::vector<uint8_t> block(device.block_size());
    TRY(device.read(0, std::as_writable_bytes(std::span(block))));
    for (size_t i = 1; block[0] == 'P' && block[i] != 0; i += 2) {
      efi::HardDriveNode node{};
      node.header = device_path::header(efi::kMediaPath, efi::kMediaHardDrive, sizeof node);
      node.partition_number = static_cast<uint32_t>(i / 2 + 1);
      node.partition_start = block[i];
      TRY(visitor.visit({block[i], block[i + 1], &node.header}));
    }
    return {};
  }
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

TEST_F(DiskDrivers, ADiskHasAllItsProtocolsAndIsNotLookedAt) {
  efi::Handle handle = install();
  for (const efi::Guid& guid : {efi::kDevicePathGuid, efi::BlockIoProtocol::kGuid, efi::BlockIo2Protocol::kGuid, efi::DiskIoProtocol::kGuid,
                                efi::DiskIo2Protocol::kGuid})
    EXPECT_TRUE(handles.find(handle, guid));
  EXPECT_EQ(disk.reads, 0);
  EXPECT_TRUE(ours.uninstall(handles));
  EXPECT_FALSE(handles.is_valid(handle));
}

TEST_F(DiskDrivers, AVolumeGetsItsFileSystemAndIsNotMounted) {
  put("F");
  efi::Handle handle = install();
  ASSERT_EQ(connect(handle), EfiStatus{});
  EXPECT_TRUE(handles.get<efi::SimpleFileSystemProtocol>(handle));
  EXPECT_EQ(formats.volumes.mounts, 0);
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 1u);
  EXPECT_EQ(connect(handle), encode(Status::NotFound)) << "no driver is left to start";
  ASSERT_EQ(disconnect(handle), EfiStatus{});
  EXPECT_FALSE(handles.get<efi::SimpleFileSystemProtocol>(handle));
  EXPECT_EQ(connect(handle), EfiStatus{});
}

TEST_F(DiskDrivers, NothingKnownIsNotManaged) {
  efi::Handle handle = install();
  EXPECT_EQ(connect(handle), encode(Status::NotFound));
  disk.failure = Status::DeviceError;
  EXPECT_EQ(connect(handle), encode(Status::NotFound));
  disk.failure = Status::Success;
  put("F");
  EXPECT_EQ(connect(handle), EfiStatus{}) << "the next time it is looked at again";
}

TEST_F(DiskDrivers, PartitionsAreHandlesOfTheirOwn) {
  put("P\x0A\x14\x64\x0A");
  put("F", 100 * 512);
  efi::Handle handle = install();
  ASSERT_EQ(connect(handle, false), EfiStatus{});
  auto disks = having<efi::BlockIoProtocol>();
  ASSERT_EQ(disks.size(), 3u);
  EXPECT_TRUE(having<efi::SimpleFileSystemProtocol>().empty());
  EXPECT_EQ(connect(handle, true), encode(Status::NotFound)) << "of the disk itself; its partitions are connected";
  ASSERT_EQ(having<efi::SimpleFileSystemProtocol>(), std::vector{disks[2]});

  auto& io = **handles.get<efi::BlockIoProtocol>(disks[1]);
  EXPECT_TRUE(io.media->logical_partition);
  EXPECT_EQ(io.media->last_block, 19u);
  std::vector<uint8_t> block(512);
  EXPECT_EQ(io.read_blocks(&io, io.media->media_id, 19, 512, block.data()), EfiStatus{});
  EXPECT_EQ(memcmp(block.data(), disk.bytes.data() + 29 * 512, 512), 0);
  EXPECT_EQ(io.read_blocks(&io, io.media->media_id, 20, 512, block.data()), encode(Status::InvalidParameter));
  auto bytes = *device_path::measure(static_cast<efi::DevicePath*>(*handles.find(disks[1], efi::kDevicePathGuid)));
  auto node = *device_path::node_at(bytes, sizeof(efi::VendorNode));
  EXPECT_EQ(node.sub_type, efi::kMediaHardDrive);
  EXPECT_EQ(bytes.size(), sizeof(efi::VendorNode) + sizeof(efi::HardDriveNode) + 4);
}

TEST_F(DiskDrivers, ChildrenGoOneByOneOrAllTogether) {
  put("P\x0A\x14\x64\x0A");
  put("F", 100 * 512);
  efi::Handle handle = install();
  ASSERT_EQ(connect(handle), EfiStatus{});
  auto disks = having<efi::BlockIoProtocol>();
  ASSERT_EQ(disks.size(), 3u);
  EXPECT_EQ(disconnect(handle, disks[1]), EfiStatus{});
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 2u);
  EXPECT_EQ(having<efi::SimpleFileSystemProtocol>().size(), 1u);
  EXPECT_EQ(disconnect(handle), EfiStatus{});
  EXPECT_EQ(having<efi::BlockIoProtocol>(), std::vector{handle});
  EXPECT_TRUE(having<efi::SimpleFileSystemProtocol>().empty());
  EXPECT_TRUE(ours.uninstall(handles));
}

TEST_F(DiskDrivers, WhoeverWantsADiskForHimselfGetsIt) {
  put("P\x0A\x14");
  put("F", 10 * 512);
  efi::Handle handle = install();
  ASSERT_EQ(connect(handle), EfiStatus{});
  efi::Handle agent = nullptr;
  efi::Guid any{1, 2, 3, {}};
  ASSERT_TRUE(handles.install(&agent, any, nullptr));
  void* interface;
  efi::Guid block_io = efi::BlockIoProtocol::kGuid;
  ASSERT_EQ(services.open_protocol(handle, &block_io, &interface, agent, nullptr, efi::kOpenExclusive), EfiStatus{});
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 1u);
  EXPECT_EQ(connect(handle), encode(Status::NotFound));
  ASSERT_EQ(services.close_protocol(handle, &block_io, agent, nullptr), EfiStatus{});
  EXPECT_EQ(connect(handle), EfiStatus{});
}

TEST_F(DiskDrivers, OpenFilesLoseTheirMediumWithTheDisk) {
  put("P\x0A\x14");
  put("F", 10 * 512);
  efi::Handle handle = install();
  ASSERT_EQ(connect(handle), EfiStatus{});
  auto& volume = **handles.locate<efi::SimpleFileSystemProtocol>();
  efi::FileProtocol* root;
  ASSERT_EQ(volume.open_volume(&volume, &root), EfiStatus{});
  EXPECT_TRUE(formats.volumes.is_mounted);
  {
    ServiceCall call;
    EXPECT_TRUE(ours.uninstall(handles));
  }
  EXPECT_FALSE(formats.volumes.is_mounted);
  EXPECT_EQ(root->set_position(root, 0), encode(Status::NoMedia));
  EXPECT_EQ(root->close(root), EfiStatus{});
  EXPECT_TRUE(having<efi::BlockIoProtocol>().empty());
}

TEST_F(DiskDrivers, AProgramsDiskGetsDiskIoVolumesAndPartitions) {
  put("F");
  ForeignDisk foreign(disk);
  foreign.facts.io_align = 64;
  efi::Handle handle = nullptr;
  ASSERT_TRUE(handles.install<efi::BlockIoProtocol>(&handle, &foreign));
  ASSERT_EQ(connect(handle), EfiStatus{});
  auto& io = **handles.get<efi::DiskIoProtocol>(handle);
  std::vector<uint8_t> room(1100, 0xEE);
  EXPECT_EQ(io.read_disk(&io, 7, 513, 1090, room.data() + 1), EfiStatus{});
  EXPECT_EQ(memcmp(room.data() + 1, disk.bytes.data() + 513, 1090), 0);
  std::ranges::fill(room, 0xEE);
  EXPECT_EQ(io.write_disk(&io, 7, 511, 1090, room.data() + 1), EfiStatus{});
  EXPECT_EQ(memcmp(room.data(), disk.bytes.data() + 511, 1090), 0);
  EXPECT_EQ(io.read_disk(&io, 8, 0, 1, room.data()), encode(Status::MediaChanged));
  foreign.failure = encode(Status::NoMedia);
  EXPECT_EQ(io.read_disk(&io, 7, 0, 1, room.data()), encode(Status::NoMedia));
  foreign.failure = encode(Status::CrcError);
  EXPECT_EQ(io.read_disk(&io, 7, 0, 1, room.data()), encode(Status::DeviceError));
  foreign.failure = EfiStatus{};
  foreign.facts.read_only = 1;
  EXPECT_EQ(io.write_disk(&io, 7, 0, 1, room.data()), encode(Status::WriteProtected));
  foreign.facts.media_present = 0;
  EXPECT_EQ(io.read_disk(&io, 7, 0, 1, room.data()), encode(Status::NoMedia));
  EXPECT_TRUE(handles.get<efi::SimpleFileSystemProtocol>(handle));

  EXPECT_EQ(disconnect(handle), EfiStatus{});
  EXPECT_FALSE(handles.get<efi::DiskIoProtocol>(handle));
  put("P\x0A\x14");
  foreign.facts.media_present = 1;
  ASSERT_EQ(connect(handle), EfiStatus{});
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 1u) << "HD() alone would name a partition on any disk";
  EXPECT_EQ(disconnect(handle), EfiStatus{});
  ASSERT_TRUE(handles.install(&handle, efi::kDevicePathGuid, &path.vendor.header));
  ASSERT_EQ(connect(handle), EfiStatus{});
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 2u);
  {
    ServiceCall call;
    EXPECT_TRUE(handles.uninstall<efi::BlockIoProtocol>(handle, &foreign));
  }
  EXPECT_TRUE(having<efi::DiskIoProtocol>().empty());
}

TEST_F(DiskDrivers, WhatIsNoBlockIoAtAllIsLeftAlone) {
  efi::Handle handle = nullptr;
  efi::BlockIoProtocol bare{};
  ASSERT_TRUE(handles.install<efi::BlockIoProtocol>(&handle, &bare));
  EXPECT_EQ(connect(handle), encode(Status::NotFound));
  efi::Handle other = nullptr;
  ASSERT_TRUE(handles.install<efi::BlockIoProtocol>(&other, nullptr));
  EXPECT_EQ(connect(other), encode(Status::NotFound));
}

TEST_F(DiskDrivers, AProgramsDiskOfNoPossibleShapeIsNotRead) {
  put("F");
  ForeignDisk foreign(disk);
  efi::Handle handle = nullptr;
  ASSERT_TRUE(handles.install<efi::BlockIoProtocol>(&handle, &foreign));
  for (uint32_t size : {0u, 1u, 256u, 513u, 1u << 17}) {
    foreign.facts.block_size = size;
    ASSERT_EQ(connect(handle), EfiStatus{}) << "it has DISK_IO";
    EXPECT_FALSE(handles.get<efi::SimpleFileSystemProtocol>(handle));
    auto& io = **handles.get<efi::DiskIoProtocol>(handle);
    EXPECT_EQ(io.read_disk(&io, 7, 0, 0, nullptr), encode(Status::NoMedia));
    EXPECT_EQ(disconnect(handle), EfiStatus{});
  }
  foreign.facts.block_size = 512;
  foreign.facts.last_block = UINT64_MAX;
  ASSERT_EQ(connect(handle), EfiStatus{});
  EXPECT_EQ(disk.reads, 0);
}

TEST_F(DiskDrivers, WhatWasWrittenIsFlushedWhenBootServicesEnd) {
  put("F");
  efi::Handle handle = install();
  ASSERT_EQ(connect(handle), EfiStatus{});
  EXPECT_TRUE(driver.quiesce());
  EXPECT_EQ(formats.volumes.volume.flushes, 0);
  auto& volume = **handles.locate<efi::SimpleFileSystemProtocol>();
  efi::FileProtocol* root;
  ASSERT_EQ(volume.open_volume(&volume, &root), EfiStatus{});
  EXPECT_TRUE(driver.quiesce());
  EXPECT_EQ(formats.volumes.volume.flushes, 1);
}

TEST_F(DiskDrivers, AProgramsDiskIsNotFlushedWhenBootServicesHaveEnded) {
  put("P\x0A\x14");
  put("F", 10 * 512);
  ForeignDisk foreign(disk);
  efi::Handle handle = nullptr;
  ASSERT_TRUE(handles.install<efi::BlockIoProtocol>(&handle, &foreign));
  ASSERT_TRUE(handles.install(&handle, efi::kDevicePathGuid, &path.vendor.header));
  ASSERT_EQ(connect(handle), EfiStatus{});
  auto& volume = **handles.locate<efi::SimpleFileSystemProtocol>();
  efi::FileProtocol* root;
  ASSERT_EQ(volume.open_volume(&volume, &root), EfiStatus{});
  EXPECT_TRUE(driver.quiesce());
  EXPECT_EQ(formats.volumes.volume.flushes, 0) << "nor is a partition of it";
  EXPECT_EQ(root->close(root), EfiStatus{});
}

TEST_F(DiskDrivers, AProgramsDiskThatTakesAnotherShapeHasAnotherMedium) {
  ForeignDisk foreign(disk);
  ForeignBlocks blocks(foreign, heap);
  std::array<std::byte, 512> block;
  EXPECT_TRUE(blocks.read(0, block));
  foreign.facts.last_block = UINT64_MAX;
  EXPECT_EQ(blocks.read(0, block).status(), Status::MediaChanged);
  foreign.facts.last_block = 199;
  foreign.facts.io_align = 1u << 31;
  EXPECT_EQ(blocks.write(0, block).status(), Status::MediaChanged);
  foreign.facts.io_align = 0;
  foreign.facts.block_size = 1024;
  EXPECT_EQ(blocks.read(0, block).status(), Status::MediaChanged);
}

// A notification of a volume's installation that wants the disk for itself.
struct DiskTaken : DiskDrivers {
  test::HostHeap small;  // tells when what was freed is used
  DiskDriver other{handles, events, small, formats};
  efi::Handle target = nullptr, agent = nullptr;
  EfiStatus got = encode(Status::NotReady);
  DiskTaken() {
    EXPECT_TRUE(handles.uninstall(binding, driver.protocol()));
    binding = nullptr;
    EXPECT_TRUE(handles.install(&binding, other.protocol()));
    other.set_handle(binding, core_image);
    efi::Guid any{1, 2, 3, {}};
    EXPECT_TRUE(handles.install(&agent, any, nullptr));
  }
  efi::Event event(efi::Tpl tpl, efi::EventNotify notify) { return *events.create(efi::kEvtNotifySignal, tpl, notify, this); }
};

TEST_F(DiskTaken, ByANotificationOfWhatStartInstalls) {
  put("F");
  target = install();
  auto take = event(efi::kTplCallback, [](efi::Event, void* context) EFIAPI {
    auto& me = *static_cast<DiskTaken*>(context);
    efi::Guid block_io = efi::BlockIoProtocol::kGuid;
    void* interface;
    me.got = me.services.open_protocol(me.target, &block_io, &interface, me.agent, nullptr, efi::kOpenExclusive);
  });
  ASSERT_TRUE(handles.register_notify(efi::SimpleFileSystemProtocol::kGuid, take));
  (void)connect(target);
  EXPECT_EQ(got, EfiStatus{});
  EXPECT_TRUE(having<efi::SimpleFileSystemProtocol>().empty());
  EXPECT_EQ(small.live(), 0u);
}

TEST_F(DiskTaken, NotFromARequestThatWasInterrupted) {
  static DiskTaken* me;
  static efi::Event interrupt;
  static decltype(efi::BlockIoProtocol::read_blocks) read;
  me = this;
  ForeignDisk foreign(disk);
  ASSERT_TRUE(handles.install<efi::BlockIoProtocol>(&target, &foreign));
  ASSERT_EQ(connect(target), EfiStatus{});
  interrupt = event(efi::kTplNotify, [](efi::Event, void*) EFIAPI { me->got = me->disconnect(me->target); });
  read = foreign.read_blocks;
  foreign.read_blocks = [](efi::BlockIoProtocol* self, uint32_t id, uint64_t lba, efi::Uintn size, void* buffer) EFIAPI {
    (void)me->events.signal(interrupt);  // as a timer would
    return read(self, id, lba, size, buffer);
  };
  auto& io = **handles.get<efi::DiskIoProtocol>(target);
  std::vector<uint8_t> room(1100);
  EXPECT_EQ(io.read_disk(&io, 7, 513, 1090, room.data()), EfiStatus{});
  EXPECT_EQ(got, encode(Status::DeviceError));
  EXPECT_EQ(disconnect(target), EfiStatus{});
  EXPECT_EQ(small.live(), 0u);
}

// A driver of our partitions or of DISK_IO that does `on_stop` once when it has to go.
struct Follower : efi::DriverBindingProtocol {
  explicit Follower(DiskTaken& me, const efi::Guid& guid) : test(me), what(guid) {
    version = 0x10;
    EXPECT_TRUE(me.handles.install<efi::DriverBindingProtocol>(&handle, this));
    driver_binding_handle = image_handle = handle;
    stop = [](efi::DriverBindingProtocol* self, efi::Handle controller, efi::Uintn, efi::Handle*) EFIAPI {
      auto& me = *static_cast<Follower*>(self);
      if (auto once = std::exchange(me.on_stop, nullptr)) {
        if (EfiStatus status = once(); efi::is_error(status)) return status;
      }
      return me.test.services.close_protocol(controller, &me.what, me.handle, controller);
    };
  }
  void follow(efi::Handle controller) {
    void* interface;
    EXPECT_EQ(test.services.open_protocol(controller, &what, &interface, handle, controller, efi::kOpenByDriver), EfiStatus{});
  }
  DiskTaken& test;
  efi::Guid what;
  efi::Handle handle = nullptr;
  std::function<EfiStatus()> on_stop;
};

TEST_F(DiskTaken, OnlyAsAWhole) {
  put("F");
  ForeignDisk foreign(disk);
  ASSERT_TRUE(handles.install<efi::BlockIoProtocol>(&target, &foreign));
  ASSERT_EQ(connect(target), EfiStatus{});
  Follower follower(*this, efi::DiskIoProtocol::kGuid);
  follower.follow(target);
  follower.on_stop = [] { return encode(Status::DeviceError); };
  EXPECT_EQ(other.stop(target, {}).status(), Status::InvalidParameter);
  EXPECT_TRUE(handles.get<efi::SimpleFileSystemProtocol>(target)) << "a failed stop leaves all there was";
  EXPECT_EQ(disconnect(target), EfiStatus{});
  EXPECT_EQ(small.live(), 0u);
}

TEST_F(DiskTaken, ByTheDriverOfAPartitionThatRemovesTheOneBefore) {
  put("P\x0A\x14\x64\x0A");
  target = install();
  ASSERT_EQ(connect(target), EfiStatus{});
  auto disks = having<efi::BlockIoProtocol>();
  ASSERT_EQ(disks.size(), 3u);
  Follower follower(*this, efi::BlockIoProtocol::kGuid);
  ASSERT_EQ(disconnect(disks[2]), EfiStatus{});
  follower.follow(disks[2]);
  follower.on_stop = [&] {
    EXPECT_EQ(disconnect(target, disks[1]), encode(Status::DeviceError)) << "the last but the one that is going takes the disk with it";
    return EfiStatus{};
  };
  EXPECT_EQ(disconnect(target, disks[2]), EfiStatus{});
  EXPECT_EQ(having<efi::BlockIoProtocol>(), std::vector{target});
  EXPECT_EQ(disconnect(target), EfiStatus{});
  EXPECT_EQ(small.live(), 0u);
}

TEST_F(DiskDrivers, ARunOutOfMemoryLeavesNothingHalf) {
  put("P\x0A\x14");
  put("F", 10 * 512);
  test::HostHeap small;
  HandleDatabase& database = handles;
  DiskDriver other(database, events, small, formats);
  ASSERT_TRUE(handles.uninstall(binding, driver.protocol()));
  binding = nullptr;
  ASSERT_TRUE(handles.install(&binding, other.protocol()));
  other.set_handle(binding, core_image);
  efi::Handle handle = install();
  for (int64_t after = 0; after < 20; ++after) {
    small.failures_after = after;
    EfiStatus status = connect(handle);
    small.failures_after = -1;
    if (status == EfiStatus{} && having<efi::SimpleFileSystemProtocol>().size() == 1) break;
    EXPECT_LT(after, 19);
    EXPECT_EQ(disconnect(handle), EfiStatus{});
    EXPECT_EQ(small.live(), 0u);
    EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 1u);
  }
  EXPECT_EQ(disconnect(handle), EfiStatus{});
  EXPECT_EQ(small.live(), 0u);
}

struct RamDiskTest : DiskDrivers {
  efi::RamDiskProtocol& protocol = RamDisks::protocol();
  std::vector<uint8_t> ram = std::vector<uint8_t>(10000, 'x');
  uint64_t base = reinterpret_cast<uint64_t>(ram.data());
  efi::Guid type = efi::kVirtualDisk;
  efi::DevicePath* made = nullptr;
  ~RamDiskTest() override {
    if (made != nullptr) memory.pool.release(made);
  }
};

TEST_F(RamDiskTest, MemoryBecomesADisk) {
  ram[0] = 'F';
  ASSERT_EQ(protocol.register_disk(base, ram.size(), &type, nullptr, &made), EfiStatus{});
  auto bytes = *device_path::measure(made);
  auto node = *read_at<efi::RamDiskNode>(bytes, 0);
  EXPECT_EQ(bytes.size(), 42u);
  EXPECT_EQ(uint64_t{node.starting_address}, base);
  EXPECT_EQ(uint64_t{node.ending_address}, base + 9999);
  EXPECT_EQ(node.type, type);
  auto disks = having<efi::BlockIoProtocol>();
  ASSERT_EQ(disks.size(), 1u);
  EXPECT_NE(*handles.find(disks[0], efi::kDevicePathGuid), made) << "the caller's is a copy";
  EXPECT_TRUE(handles.get<efi::SimpleFileSystemProtocol>(disks[0])) << "it is connected";
  auto& io = **handles.get<efi::BlockIoProtocol>(disks[0]);
  EXPECT_EQ(io.media->last_block, 18u) << "what is no whole block is no part of it";
  EXPECT_FALSE(io.media->removable_media || io.media->read_only);
  std::array<uint8_t, 512> block;
  block.fill('y');
  EXPECT_EQ(io.write_blocks(&io, io.media->media_id, 18, 512, block.data()), EfiStatus{});
  EXPECT_EQ(ram[18 * 512], 'y');
  EXPECT_EQ(ram[19 * 512], 'x');

  EXPECT_EQ(protocol.unregister_disk(made), EfiStatus{});
  EXPECT_TRUE(having<efi::BlockIoProtocol>().empty());
  EXPECT_EQ(protocol.unregister_disk(made), encode(Status::NotFound));
}

TEST_F(RamDiskTest, ItLiesBehindItsParent) {
  ASSERT_EQ(protocol.register_disk(base, ram.size(), &type, &path.vendor.header, &made), EfiStatus{});
  EXPECT_EQ(device_path::measure(made)->size(), 62u);
  EXPECT_EQ(protocol.unregister_disk(made), EfiStatus{});
}

TEST_F(RamDiskTest, ACdHasItsBlocksAndCannotBeWritten) {
  type = efi::kVirtualCd;
  ASSERT_EQ(protocol.register_disk(base, ram.size(), &type, nullptr, &made), EfiStatus{});
  auto& io = **handles.locate<efi::BlockIoProtocol>();
  EXPECT_EQ(io.media->block_size, 2048u);
  EXPECT_TRUE(io.media->read_only);
  EXPECT_EQ(protocol.unregister_disk(made), EfiStatus{});
}

TEST_F(RamDiskTest, WhatCannotBeIsRefused) {
  EXPECT_EQ(protocol.register_disk(base, 0, &type, nullptr, &made), encode(Status::InvalidParameter));
  EXPECT_EQ(protocol.register_disk(base, 511, &type, nullptr, &made), encode(Status::InvalidParameter));
  EXPECT_EQ(protocol.register_disk(UINT64_MAX - 511, 1024, &type, nullptr, &made), encode(Status::InvalidParameter));
  EXPECT_EQ(protocol.register_disk(base, 1024, nullptr, nullptr, &made), encode(Status::InvalidParameter));
  EXPECT_EQ(protocol.register_disk(base, 1024, &type, nullptr, nullptr), encode(Status::InvalidParameter));
  EXPECT_EQ(protocol.unregister_disk(nullptr), encode(Status::InvalidParameter));
  EXPECT_EQ(protocol.unregister_disk(&path.vendor.header), encode(Status::Unsupported));
  ASSERT_EQ(protocol.register_disk(base, 1024, &type, nullptr, &made), EfiStatus{});
  efi::DevicePath* again = nullptr;
  EXPECT_EQ(protocol.register_disk(base, 1024, &type, nullptr, &again), encode(Status::AlreadyStarted));
  type = {1, 2, 3, {4}};
  ASSERT_EQ(protocol.register_disk(base, 1024, &type, nullptr, &again), EfiStatus{}) << "of another type";
  EXPECT_EQ(protocol.unregister_disk(again), EfiStatus{});
  EXPECT_EQ(protocol.unregister_disk(made), EfiStatus{});
  memory.pool.release(again);
}

TEST_F(RamDiskTest, ItStaysWhileSomebodyKeepsIt) {
  ASSERT_EQ(protocol.register_disk(base, 1024, &type, nullptr, &made), EfiStatus{});
  efi::Handle disk_handle = having<efi::BlockIoProtocol>().at(0);
  void* interface;
  efi::Guid block_io = efi::BlockIoProtocol::kGuid;
  ASSERT_EQ(services.open_protocol(disk_handle, &block_io, &interface, core_image, nullptr, efi::kOpenExclusive), EfiStatus{});
  EXPECT_EQ(protocol.unregister_disk(made), encode(Status::AccessDenied));
  ASSERT_EQ(services.close_protocol(disk_handle, &block_io, core_image, nullptr), EfiStatus{});
  EXPECT_EQ(protocol.unregister_disk(made), EfiStatus{});
}

TEST_F(RamDiskTest, ItStaysWhereARequestMayHaveBeenInterrupted) {
  ASSERT_EQ(protocol.register_disk(base, 1024, &type, nullptr, &made), EfiStatus{});
  {
    TplGuard guard(events, efi::kTplNotify);
    EXPECT_EQ(protocol.unregister_disk(made), encode(Status::AccessDenied));
  }
  EXPECT_EQ(having<efi::BlockIoProtocol>().size(), 1u);
  EXPECT_EQ(protocol.unregister_disk(made), EfiStatus{});
}

}  // namespace
}  // namespace efilite::core
