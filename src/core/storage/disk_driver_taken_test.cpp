// SPDX-License-Identifier: BSD-2-Clause-Patent
// Disks that are taken away while somebody is at work with them.
#include "tests/support/disks.hpp"

namespace efilite::core {
namespace {

using namespace testing_disks;

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

}  // namespace
}  // namespace efilite::core
