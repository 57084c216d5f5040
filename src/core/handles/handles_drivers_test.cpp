// SPDX-License-Identifier: BSD-2-Clause-Patent
// The driver model, with drivers that are test objects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/device_path/device_path.hpp"
#include "core/handles/handles_testing.hpp"

namespace efilite::core {
namespace {

using testing::guid;
using testing::World;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint32_t kDevice = 1;  // the protocol that the drivers look for
constexpr efi::EfiStatus kOk = efi::encode(Status::Success);

// A driver of controllers that carry its protocol. A bus makes `children` handles that carry its child protocol.
struct Driver {
  efi::DriverBindingProtocol binding{};
  World* world;
  std::vector<std::string>* log;
  std::string name;
  uint32_t wants = kDevice;
  uint32_t makes = 0;
  int children = 0;
  bool refuses_start = false;
  Status stop_says = Status::Success;
  bool stop_lies = false;
  efi::Handle handle = nullptr;
  std::vector<efi::Handle> made;

  Driver(World& w, std::vector<std::string>& l, std::string n, uint32_t version) : world(&w), log(&l), name(std::move(n)) {
    binding = {supported, start, stop, version, nullptr, nullptr};
    EXPECT_TRUE(w.db.install(&handle, &binding));
    binding.driver_binding_handle = handle;
  }
  static Driver& of(efi::DriverBindingProtocol* self) { return *reinterpret_cast<Driver*>(self); }

  static efi::EfiStatus EFIAPI supported(efi::DriverBindingProtocol* self, efi::Handle controller, efi::DevicePath*) {
    Driver& me = of(self);
    void* interface;
    auto opened = me.world->db.open(controller, guid(me.wants), &interface, me.handle, controller, efi::kOpenByDriver);
    if (opened) EXPECT_TRUE(me.world->db.close(controller, guid(me.wants), me.handle, controller));
    return efi::encode(opened);
  }
  static efi::EfiStatus EFIAPI start(efi::DriverBindingProtocol* self, efi::Handle controller, efi::DevicePath*) {
    Driver& me = of(self);
    me.log->push_back("start " + me.name);
    if (me.refuses_start) return efi::encode(Status::DeviceError);
    void* interface;
    EXPECT_TRUE(me.world->db.open(controller, guid(me.wants), &interface, me.handle, controller, efi::kOpenByDriver));
    for (int i = 0; i < me.children; ++i) {
      me.made.push_back(me.world->make_handle(me.makes));
      EXPECT_TRUE(me.world->db.open(controller, guid(me.wants), &interface, me.handle, me.made.back(), efi::kOpenByChildController));
    }
    return kOk;
  }
  static efi::EfiStatus EFIAPI stop(efi::DriverBindingProtocol* self, efi::Handle controller, efi::Uintn count, efi::Handle* children) {
    Driver& me = of(self);
    me.log->push_back("stop " + me.name + " " + std::to_string(count));
    if (me.stop_says != Status::Success) return efi::encode(me.stop_says);
    if (me.stop_lies) return kOk;
    for (size_t i = 0; i < count; ++i) {
      EXPECT_TRUE(me.world->db.close(controller, guid(me.wants), me.handle, children[i]));
      EXPECT_TRUE(me.world->db.uninstall(children[i], guid(me.makes), nullptr));
      std::erase(me.made, children[i]);
    }
    if (count == 0) EXPECT_TRUE(me.world->db.close(controller, guid(me.wants), me.handle, controller));
    return kOk;
  }
};
static_assert(offsetof(Driver, binding) == 0);

class DriverModel : public ::testing::Test {
 protected:
  World world;
  HandleDatabase& db = world.db;
  std::vector<std::string> log;
  efi::Handle controller = world.make_handle(kDevice);
  void* interface = nullptr;
};

TEST_F(DriverModel, WithoutDriversThereIsNothingToConnect) {
  efi::DevicePath end = efi::kEndEntirePath;
  EXPECT_EQ(db.connect(nullptr, nullptr, nullptr, true).status(), Status::InvalidParameter);
  EXPECT_EQ(db.connect(controller, nullptr, nullptr, true).status(), Status::NotFound);
  EXPECT_EQ(db.connect(controller, nullptr, &end, false).status(), Status::Success);
}

TEST_F(DriverModel, WithoutDriversDisconnectingSucceeds) {
  auto wild = reinterpret_cast<efi::Handle>(0x1234);
  efi::Handle no_driver = world.make_handle(5);
  EXPECT_EQ(db.disconnect(controller, nullptr, nullptr).status(), Status::Success);
  EXPECT_EQ(db.disconnect(wild, nullptr, nullptr).status(), Status::InvalidParameter);
  EXPECT_EQ(db.disconnect(controller, wild, nullptr).status(), Status::InvalidParameter);
  EXPECT_EQ(db.disconnect(controller, no_driver, nullptr).status(), Status::InvalidParameter);
  EXPECT_EQ(db.disconnect(controller, nullptr, wild).status(), Status::InvalidParameter);
}

TEST_F(DriverModel, TheHighestVersionIsStartedFirst) {
  Driver low(world, log, "low", 1), high(world, log, "high", 0x20), middle(world, log, "middle", 0x10);
  EXPECT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_THAT(log, ElementsAre("start high"));
  EXPECT_EQ(db.connect(controller, nullptr, nullptr, false).status(), Status::NotFound);
}

TEST_F(DriverModel, TheCallersListGoesBeforeVersions) {
  Driver low(world, log, "low", 1), high(world, log, "high", 0x20);
  efi::Handle list[] = {low.handle, nullptr};
  EXPECT_TRUE(db.connect(controller, list, nullptr, false));
  EXPECT_THAT(log, ElementsAre("start low"));
}

TEST_F(DriverModel, ADriverThatFailsToStartMakesRoomForTheNext) {
  Driver low(world, log, "low", 1), high(world, log, "high", 2);
  high.refuses_start = true;
  EXPECT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_THAT(log, ElementsAre("start high", "start low"));
}

TEST_F(DriverModel, ConnectingRecursivelyReachesTheChildren) {
  Driver bus(world, log, "bus", 1), leaf(world, log, "leaf", 1);
  bus.makes = leaf.wants = 2;
  bus.children = 2;
  EXPECT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_THAT(log, ElementsAre("start bus"));
  EXPECT_EQ(db.connect(controller, nullptr, nullptr, true).status(), Status::NotFound);  // nothing new on the controller itself
  EXPECT_THAT(log, ElementsAre("start bus", "start leaf", "start leaf"));
}

TEST_F(DriverModel, ChildrenOfEachOtherEndSomewhere) {
  Driver some(world, log, "some", 1);
  efi::Handle other = world.make_handle(5);
  ASSERT_TRUE(db.open(controller, guid(kDevice), &interface, some.handle, other, efi::kOpenByChildController));
  ASSERT_TRUE(db.open(other, guid(5), &interface, some.handle, controller, efi::kOpenByChildController));
  EXPECT_TRUE(db.connect(controller, nullptr, nullptr, true));
}

TEST_F(DriverModel, DisconnectingStopsChildrenThenTheController) {
  Driver bus(world, log, "bus", 1);
  bus.makes = 2;
  bus.children = 3;
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_TRUE(db.disconnect(controller, nullptr, nullptr));
  EXPECT_THAT(log, ElementsAre("start bus", "stop bus 3", "stop bus 0"));
  EXPECT_THAT(world.having(2), IsEmpty());
  EXPECT_TRUE(world.opens(controller, kDevice).empty());
}

TEST_F(DriverModel, OneChildStopsAloneAndTheLastTakesTheBusDriverAlong) {
  Driver bus(world, log, "bus", 1);
  bus.makes = 2;
  bus.children = 2;
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  efi::Handle first = bus.made[0], second = bus.made[1];
  EXPECT_TRUE(db.disconnect(controller, bus.handle, first));
  EXPECT_THAT(log, ElementsAre("start bus", "stop bus 1"));
  EXPECT_EQ(db.disconnect(controller, nullptr, world.make_handle(5)).status(), Status::NotFound);
  EXPECT_TRUE(db.disconnect(controller, nullptr, second));
  EXPECT_THAT(log, ElementsAre("start bus", "stop bus 1", "stop bus 1", "stop bus 0"));
}

TEST_F(DriverModel, ADriverNotManagingTheControllerIsLeftAlone) {
  Driver one(world, log, "one", 2), two(world, log, "two", 1);
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_TRUE(db.disconnect(controller, two.handle, nullptr));
  EXPECT_THAT(log, ElementsAre("start one"));
}

TEST_F(DriverModel, AFailingStopIsADeviceError) {
  Driver one(world, log, "one", 2);
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  one.stop_says = Status::Timeout;
  EXPECT_EQ(db.disconnect(controller, nullptr, nullptr).status(), Status::DeviceError);
  EXPECT_EQ(db.uninstall(controller, guid(kDevice), nullptr).status(), Status::AccessDenied);
  EXPECT_TRUE(db.is_valid(controller));
}

TEST_F(DriverModel, ADriverThatSaysItStoppedButHoldsOnIsAccessDenied) {
  Driver one(world, log, "one", 2);
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  one.stop_lies = true;
  EXPECT_EQ(db.uninstall(controller, guid(kDevice), nullptr).status(), Status::AccessDenied);
}

TEST_F(DriverModel, UninstallingDisconnectsTheDriver) {
  Driver one(world, log, "one", 2);
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_TRUE(db.uninstall(controller, guid(kDevice), nullptr));
  EXPECT_THAT(log, ElementsAre("start one", "stop one 0"));
  EXPECT_FALSE(db.is_valid(controller));
}

TEST_F(DriverModel, AFailedUninstallReconnectsWhatItDisconnected) {
  Driver one(world, log, "one", 2);
  efi::Handle user = world.make_handle(5), child = world.make_handle(6);
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  ASSERT_TRUE(db.open(controller, guid(kDevice), &interface, user, child, efi::kOpenByChildController));
  EXPECT_EQ(db.uninstall(controller, guid(kDevice), nullptr).status(), Status::AccessDenied);
  EXPECT_THAT(log, ElementsAre("start one", "stop one 0", "start one"));
}

TEST_F(DriverModel, ReinstallingRestartsTheDriver) {
  Driver one(world, log, "one", 2);
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_TRUE(db.reinstall(controller, guid(kDevice), nullptr, world.objects));
  EXPECT_THAT(log, ElementsAre("start one", "stop one 0", "start one"));
}

TEST_F(DriverModel, ExclusiveUseSendsTheDriverAway) {
  Driver one(world, log, "one", 2);
  efi::Handle user = world.make_handle(5);
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_TRUE(db.open(controller, guid(kDevice), &interface, user, nullptr, efi::kOpenExclusive));
  EXPECT_THAT(log, ElementsAre("start one", "stop one 0"));
  EXPECT_EQ(world.opens(controller, kDevice).size(), 1u);
}

TEST_F(DriverModel, NoDriverIsSentAwayForAnother) {
  Driver one(world, log, "one", 2), two(world, log, "two", 1);
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_EQ(db.open(controller, guid(kDevice), &interface, two.handle, controller, efi::kOpenByDriver).status(), Status::AccessDenied);
  EXPECT_THAT(log, ElementsAre("start one"));
  EXPECT_TRUE(db.open(controller, guid(kDevice), &interface, two.handle, controller, efi::kOpenByDriver | efi::kOpenExclusive));
  EXPECT_THAT(log, ElementsAre("start one", "stop one 0"));
  EXPECT_EQ(db.open(controller, guid(kDevice), &interface, one.handle, controller, efi::kOpenExclusive).status(), Status::AccessDenied);
  EXPECT_EQ(log.size(), 2u);
}

TEST_F(DriverModel, ExclusiveUseIsDeniedWhenTheDriverStays) {
  Driver one(world, log, "one", 2);
  one.stop_says = Status::DeviceError;
  efi::Handle user = world.make_handle(5);
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_EQ(db.open(controller, guid(kDevice), &interface, user, nullptr, efi::kOpenExclusive).status(), Status::AccessDenied);
  EXPECT_EQ(interface, nullptr);
}

TEST_F(DriverModel, DriversRunOutsideTheGate) {
  struct Gate final : DriverGate {
    void leave() override { ++depth; }
    void enter() override { --depth; ++passes; }
    int depth = 0, passes = 0;
  } gate;
  Driver one(world, log, "one", 2);
  db.exchange_gate(&gate);
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_EQ(gate.depth, 0);
  EXPECT_EQ(gate.passes, 1);
  EXPECT_EQ(db.exchange_gate(nullptr), &gate);
}

TEST_F(DriverModel, ABindingWithoutInterfaceIsPassedOver) {
  efi::Handle empty = nullptr;
  ASSERT_TRUE(db.install(&empty, efi::DriverBindingProtocol::kGuid, nullptr));
  EXPECT_EQ(db.connect(controller, nullptr, nullptr, false).status(), Status::NotFound);
  EXPECT_EQ(db.disconnect(controller, empty, nullptr).status(), Status::InvalidParameter);
}

TEST_F(DriverModel, WithoutMemoryNobodyIsDisconnected) {
  Driver one(world, log, "one", 2);
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  world.heap.left = 0;
  EXPECT_EQ(db.disconnect(controller, nullptr, nullptr).status(), Status::OutOfResources);
  EXPECT_EQ(db.connect(controller, nullptr, nullptr, false).status(), Status::OutOfResources);
  EXPECT_THAT(log, ElementsAre("start one"));
}

}  // namespace
}  // namespace efilite::core
