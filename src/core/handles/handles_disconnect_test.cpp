// SPDX-License-Identifier: BSD-2-Clause-Patent
// DisconnectController, and the services that send drivers away, with drivers that are test objects.
#include <gmock/gmock.h>

#include "core/handles/handles_drivers_testing.hpp"

namespace efilite::core {
namespace {

using testing::Driver;
using testing::DriverModel;
using testing::guid;
using testing::kDevice;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(DriverModel, WithoutDriversDisconnectingSucceeds) {
  auto wild = reinterpret_cast<efi::Handle>(0x1234);
  efi::Handle no_driver = world.make_handle(5);
  EXPECT_EQ(db.disconnect(controller, nullptr, nullptr).status(), Status::Success);
  EXPECT_EQ(db.disconnect(wild, nullptr, nullptr).status(), Status::InvalidParameter);
  EXPECT_EQ(db.disconnect(controller, wild, nullptr).status(), Status::InvalidParameter);
  EXPECT_EQ(db.disconnect(controller, no_driver, nullptr).status(), Status::InvalidParameter);
  EXPECT_EQ(db.disconnect(controller, nullptr, wild).status(), Status::InvalidParameter);
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

TEST_F(DriverModel, WithoutMemoryNobodyIsDisconnected) {
  Driver one(world, log, "one", 2);
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  world.heap.left = 0;
  EXPECT_EQ(db.disconnect(controller, nullptr, nullptr).status(), Status::OutOfResources);
  EXPECT_EQ(db.connect(controller, nullptr, nullptr, false).status(), Status::OutOfResources);
  EXPECT_THAT(log, ElementsAre("start one"));
}

TEST_F(DriverModel, ADriverThatDoesNotStopKeepsNoOther) {
  Driver one(world, log, "one", 2), two(world, log, "two", 1);
  efi::Handle same = controller;
  ASSERT_TRUE(db.install(&same, guid(2), nullptr));
  two.wants = 2;
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  one.stop_says = two.stop_says = Status::Timeout;
  EXPECT_EQ(db.disconnect(controller, nullptr, nullptr).status(), Status::DeviceError);
  EXPECT_THAT(log, ElementsAre("start one", "start two", "stop two 0", "stop one 0"));
}

TEST_F(DriverModel, ADriverThatWentWithAnotherIsNotStoppedAgain) {
  Driver bus(world, log, "bus", 2);
  bus.makes = 2;
  bus.children = 1;
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  bus.when_stopped = [&] { ASSERT_TRUE(db.uninstall(bus.handle, &bus.binding)); };
  EXPECT_TRUE(db.disconnect(controller, nullptr, nullptr));
  EXPECT_THAT(log, ElementsAre("start bus", "stop bus 1"));
}

TEST_F(DriverModel, UsersWithoutASayAreClosedEvenWhenTheInterfaceStays) {
  efi::Handle user = world.make_handle(5), child = world.make_handle(6);
  ASSERT_TRUE(db.open(controller, guid(kDevice), &interface, user, nullptr, efi::kOpenGetProtocol));
  ASSERT_TRUE(db.open(controller, guid(kDevice), &interface, user, child, efi::kOpenByChildController));
  EXPECT_EQ(db.uninstall(controller, guid(kDevice), nullptr).status(), Status::AccessDenied);
  ASSERT_EQ(world.opens(controller, kDevice).size(), 1u);
  EXPECT_EQ(world.opens(controller, kDevice)[0].attributes, efi::kOpenByChildController);
}

TEST_F(DriverModel, UsersWithoutASayStayWhenTheDriverDoes) {
  Driver one(world, log, "one", 2);
  efi::Handle user = world.make_handle(5);
  ASSERT_TRUE(db.connect(controller, nullptr, nullptr, false));
  ASSERT_TRUE(db.open(controller, guid(kDevice), &interface, user, nullptr, efi::kOpenGetProtocol));
  one.stop_says = Status::DeviceError;
  EXPECT_EQ(db.uninstall(controller, guid(kDevice), nullptr).status(), Status::AccessDenied);
  EXPECT_EQ(world.opens(controller, kDevice).size(), 2u);
}

}  // namespace
}  // namespace efilite::core
