// SPDX-License-Identifier: BSD-2-Clause-Patent
// ConnectController with drivers that are test objects, and with everybody who has a say in their order.
#include <gmock/gmock.h>

#include "core/device_path/device_path.hpp"
#include "core/handles/handles_drivers_testing.hpp"

namespace efilite::core {
namespace {

using testing::Driver;
using testing::DriverModel;
using testing::guid;
using testing::kDevice;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kSuccess = efi::encode(Status::Success), kNotFound = efi::encode(Status::NotFound),
               kInvalid = efi::encode(Status::InvalidParameter);

TEST_F(DriverModel, WithoutDriversThereIsNothingToConnect) {
  efi::DevicePath end = efi::kEndEntirePath;
  EXPECT_EQ(db.connect(nullptr, nullptr, nullptr, true).status(), Status::InvalidParameter);
  EXPECT_EQ(db.connect(controller, nullptr, nullptr, true).status(), Status::NotFound);
  EXPECT_EQ(db.connect(controller, nullptr, &end, false).status(), Status::NotFound);
}

TEST_F(DriverModel, NobodyForAChildThatAnEndNodeNamesIsNoFailure) {
  efi::DevicePath end = efi::kEndEntirePath;
  Driver other(world, log, "other", 1);
  other.wants = 7;
  EXPECT_EQ(db.connect(controller, nullptr, nullptr, false).status(), Status::NotFound);
  EXPECT_EQ(db.connect(controller, nullptr, &end, false).status(), Status::Success);
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
  EXPECT_EQ(gate.passes, 2);  // Supported() and Start()
  EXPECT_EQ(db.exchange_gate(nullptr), &gate);
}

TEST_F(DriverModel, ABindingWithoutInterfaceIsPassedOver) {
  efi::Handle empty = nullptr;
  ASSERT_TRUE(db.install(&empty, efi::DriverBindingProtocol::kGuid, nullptr));
  EXPECT_EQ(db.connect(controller, nullptr, nullptr, false).status(), Status::NotFound);
  EXPECT_EQ(db.disconnect(controller, empty, nullptr).status(), Status::InvalidParameter);
}

TEST_F(DriverModel, GrandchildrenFollowTheirParentInTheOrderOfMaking) {
  Driver hub(world, log, "hub", 1), port(world, log, "port", 1), leaf(world, log, "leaf", 1);
  hub.makes = port.wants = 2;
  port.makes = leaf.wants = 3;
  hub.children = port.children = 2;
  EXPECT_TRUE(db.connect(controller, nullptr, nullptr, true));
  EXPECT_THAT(log, ElementsAre("start hub", "start port", "start leaf", "start leaf", "start port", "start leaf", "start leaf"));
}

TEST_F(DriverModel, ALongLineOfChildrenIsNoTroubleToTheStack) {
  Driver some(world, log, "some", 1), leaf(world, log, "leaf", 1);
  leaf.wants = 9;
  efi::Handle parent = controller;
  for (int i = 0; i < 3000; ++i) {
    efi::Handle child = world.make_handle(i == 2999 ? 9 : kDevice + 4);
    ASSERT_TRUE(db.open(parent, guid(i == 0 ? kDevice : kDevice + 4), &interface, some.handle, child, efi::kOpenByChildController));
    parent = child;
  }
  EXPECT_TRUE(db.connect(controller, nullptr, nullptr, true));
  EXPECT_THAT(log, ElementsAre("start some", "start leaf"));
}

TEST_F(DriverModel, AControllerWithManyParentsIsConnectedOnce) {
  Driver some(world, log, "some", 1), leaf(world, log, "leaf", 1);
  leaf.wants = 9;
  leaf.refuses_start = true;
  // Thirty layers of two, each a child of both above: more paths than anybody could walk.
  std::vector<efi::Handle> above{controller};
  for (int i = 0; i < 30; ++i) {
    std::vector<efi::Handle> layer{world.make_handle(i == 29 ? 9 : 5), world.make_handle(5)};
    for (efi::Handle parent : above) {
      for (efi::Handle child : layer) {
        ASSERT_TRUE(db.open(parent, guid(i == 0 ? kDevice : 5), &interface, some.handle, child, efi::kOpenByChildController) ||
                    db.open(parent, guid(9), &interface, some.handle, child, efi::kOpenByChildController));
      }
    }
    above = layer;
  }
  EXPECT_TRUE(db.connect(controller, nullptr, nullptr, true));
  EXPECT_THAT(log, ElementsAre("start some", "start leaf"));
}

TEST_F(DriverModel, ADriverThatBringsAnotherGivesItAChance) {
  Driver one(world, log, "one", 1);
  std::unique_ptr<Driver> brought;
  one.refuses_start = true;
  one.when_started = [&] { brought = std::make_unique<Driver>(world, log, "brought", 0); };
  EXPECT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_THAT(log, ElementsAre("start one", "start brought"));
}

TEST_F(DriverModel, ADriverIsTriedOnceHoweverTheListChanges) {
  Driver one(world, log, "one", 1);
  one.refuses_start = true;
  one.when_started = [&] {
    ASSERT_TRUE(db.uninstall(one.handle, &one.binding));
    one.handle = world.make_handle(8);
    ASSERT_TRUE(db.reinstall(one.handle, guid(8), nullptr, nullptr));
  };
  Driver two(world, log, "two", 2);
  two.refuses_start = true;
  two.when_started = [&] { ASSERT_TRUE(db.reinstall(two.handle, efi::DriverBindingProtocol::kGuid, &two.binding, &two.binding)); };
  EXPECT_EQ(db.connect(controller, nullptr, nullptr, false).status(), Status::NotFound);
  EXPECT_THAT(log, ElementsAre("start two", "start one"));
}

TEST_F(DriverModel, ADriverThatGoesWhenAskedIsNotStarted) {
  Driver one(world, log, "one", 1);
  one.when_asked = [&] { ASSERT_TRUE(db.uninstall(one.handle, &one.binding)); };
  EXPECT_EQ(db.connect(controller, nullptr, nullptr, false).status(), Status::NotFound);
  EXPECT_THAT(log, IsEmpty());
}

TEST_F(DriverModel, AControllerThatGoesMeanwhileEndsIt) {
  Driver one(world, log, "one", 2), two(world, log, "two", 1);
  one.says_when_asked = two.says_when_asked = true;
  one.when_asked = [&] { ASSERT_TRUE(db.uninstall(controller, guid(kDevice), nullptr)); };
  EXPECT_EQ(db.connect(controller, nullptr, nullptr, true).status(), Status::NotFound);
  EXPECT_THAT(log, ElementsAre("ask one"));
}

TEST_F(DriverModel, WithoutMemoryNobodyIsStarted) {
  Driver one(world, log, "one", 1);
  one.when_started = [&] { world.heap.left = SIZE_MAX; };
  size_t blocks = 0;
  for (; log.empty() && blocks < 20; ++blocks) {
    world.heap.left = blocks;
    auto status = db.connect(controller, nullptr, nullptr, true).status();
    // Supported() needs memory, too, and says so to nobody.
    if (log.empty()) EXPECT_TRUE(status == Status::OutOfResources || status == Status::NotFound);
  }
  EXPECT_THAT(log, ElementsAre("start one"));
  EXPECT_GT(blocks, 3u);
}

// Who has a say in the order, as a list of image handles.
template <typename Protocol>
struct Overrides : Protocol {
  std::vector<efi::Handle> images;
  int questions = 0;
  bool goes_round = false;

  efi::EfiStatus next(efi::Handle* image) {
    ++questions;
    if (images.empty()) return kNotFound;
    if (*image == nullptr) {
      *image = images[0];
      return kSuccess;
    }
    auto at = std::find(images.begin(), images.end(), *image);
    if (at == images.end()) return kInvalid;
    if (++at == images.end()) {
      if (!goes_round) return kNotFound;
      at = images.begin();
    }
    *image = *at;
    return kSuccess;
  }
};

struct Bus : Overrides<efi::BusSpecificDriverOverrideProtocol> {
  Bus(testing::World& world, efi::Handle controller) {
    using Protocol = efi::BusSpecificDriverOverrideProtocol;
    get_driver = [](Protocol* self, efi::Handle* image) EFIAPI { return static_cast<Bus*>(self)->next(image); };
    EXPECT_TRUE(world.db.install<Protocol>(&controller, this));
  }
};

struct Family : efi::DriverFamilyOverrideProtocol {
  uint32_t version;
  Family(Driver& driver, uint32_t v) : version(v) {
    get_version = [](efi::DriverFamilyOverrideProtocol* self) EFIAPI { return static_cast<Family*>(self)->version; };
    EXPECT_TRUE(driver.world->db.install<efi::DriverFamilyOverrideProtocol>(&driver.binding.image_handle, this));
  }
};

// Paths are vendor nodes with a number; the gate loads the driver that the test has for it.
struct Platform : Overrides<efi::PlatformDriverOverrideProtocol> {
  using Path = device_path::VendorPath;
  testing::World* world;
  std::vector<Path> paths;
  bool repeats_a_path = false;
  std::vector<std::pair<efi::DevicePath*, efi::Handle>> told;
  efi::Handle controller = nullptr;

  explicit Platform(testing::World& w) : world(&w) {
    using Protocol = efi::PlatformDriverOverrideProtocol;
    get_driver = [](Protocol* self, efi::Handle asked_for, efi::Handle* image) EFIAPI {
      static_cast<Platform*>(self)->controller = asked_for;
      return static_cast<Platform*>(self)->next(image);
    };
    get_driver_path = [](Protocol* self, efi::Handle, efi::DevicePath** path) EFIAPI {
      return static_cast<Platform*>(self)->next_path(path);
    };
    driver_loaded = [](Protocol* self, efi::Handle, efi::DevicePath* path, efi::Handle image) EFIAPI {
      auto& me = *static_cast<Platform*>(self);
      me.told.emplace_back(path, image);
      me.images.push_back(image);
      return kSuccess;
    };
    efi::Handle handle = nullptr;
    EXPECT_TRUE(world->db.install<efi::PlatformDriverOverrideProtocol>(&handle, this));
  }
  efi::EfiStatus next_path(efi::DevicePath** path) {
    size_t n = 0;
    while (*path != nullptr && n < paths.size() && *path != &paths[n].vendor.header) ++n;
    if (*path != nullptr && !repeats_a_path) ++n;
    if (n >= paths.size()) return kNotFound;
    *path = &paths[n].vendor.header;
    return kSuccess;
  }
};
Platform::Path path_of(uint32_t n) { return device_path::vendor_path(efi::kMediaPath, efi::kMediaVendor, guid(n)); }

struct LoadingGate final : DriverGate {
  std::function<Result<efi::Handle>(efi::DevicePath*)> load;
  void leave() override {}
  void enter() override {}
  Result<efi::Handle> load_driver(efi::DevicePath* path) override { return load(path); }
};

TEST_F(DriverModel, TheFiveRulesInTheirOrder) {
  Driver plain(world, log, "plain", 0x90), young(world, log, "young", 0x91), listed(world, log, "listed", 1),
      platform2(world, log, "platform2", 2), platform1(world, log, "platform1", 3), old_family(world, log, "old family", 0x80),
      new_family(world, log, "new family", 4), bus1(world, log, "bus1", 5), bus2(world, log, "bus2", 6);
  for (Driver* each : {&plain, &young, &listed, &platform1, &platform2, &old_family, &new_family, &bus1, &bus2}) {
    each->says_when_asked = true;
    each->wants = 7;  // nobody can
  }
  Bus bus(world, controller);
  Platform platform(world);
  Family of_old(old_family, 1), of_new(new_family, 2), of_platform(platform2, 3), of_listed(listed, 4);
  // Whom an earlier rule has named a later one does not name again.
  bus.images = {listed.handle, bus1.handle, new_family.handle, bus2.handle};
  platform.images = {platform1.handle, listed.handle, platform2.handle};
  efi::Handle list[] = {listed.handle, nullptr};
  EXPECT_EQ(db.connect(controller, list, nullptr, false).status(), Status::NotFound);
  EXPECT_THAT(log, ElementsAre("ask listed", "ask platform1", "ask platform2", "ask new family", "ask old family", "ask bus1", "ask bus2",
                               "ask young", "ask plain"));
  EXPECT_EQ(platform.controller, controller);
}

TEST_F(DriverModel, EveryBindingOfAnOverridingImageIsMeant) {
  efi::Handle image = world.make_handle(8);
  Driver plain(world, log, "plain", 0x90), small(world, log, "small", 1, image), large(world, log, "large", 2, image);
  for (Driver* each : {&plain, &small, &large}) {
    each->says_when_asked = true;
    each->wants = 7;
  }
  Bus bus(world, controller);
  bus.images = {image};
  EXPECT_EQ(db.connect(controller, nullptr, nullptr, false).status(), Status::NotFound);
  EXPECT_THAT(log, ElementsAre("ask large", "ask small", "ask plain"));
}

TEST_F(DriverModel, OverridesOfImagesWithoutABindingMeanNobody) {
  Driver plain(world, log, "plain", 1);
  Bus bus(world, controller);
  bus.images = {world.make_handle(8), reinterpret_cast<efi::Handle>(0x1234)};
  EXPECT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_THAT(log, ElementsAre("start plain"));
}

TEST_F(DriverModel, OverridesThatRepeatThemselvesAreAskedNoMore) {
  Driver one(world, log, "one", 1), two(world, log, "two", 2);
  Bus bus(world, controller);
  Platform platform(world);
  bus.images = platform.images = {one.handle, two.handle};
  bus.goes_round = platform.goes_round = true;
  platform.paths = {path_of(1)};
  platform.repeats_a_path = true;
  LoadingGate gate;
  int loads = 0;
  gate.load = [&](efi::DevicePath*) -> Result<efi::Handle> { return ++loads, Status::NotFound; };
  db.exchange_gate(&gate);
  EXPECT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_THAT(log, ElementsAre("start one"));
  EXPECT_EQ(bus.questions, 3);
  EXPECT_EQ(loads, 1);
}

TEST_F(DriverModel, OverridesWithoutInterfaceArePassedOver) {
  efi::Handle handle = controller, other = nullptr;
  ASSERT_TRUE(db.install(&handle, efi::BusSpecificDriverOverrideProtocol::kGuid, nullptr));
  ASSERT_TRUE(db.install(&other, efi::PlatformDriverOverrideProtocol::kGuid, nullptr));
  ASSERT_TRUE(db.install(&other, efi::DriverFamilyOverrideProtocol::kGuid, nullptr));
  Driver one(world, log, "one", 1);
  EXPECT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_THAT(log, ElementsAre("start one"));
}

TEST_F(DriverModel, DriversThatThePlatformNamesByPathAreLoadedAndTold) {
  Driver plain(world, log, "plain", 0x90);
  Platform platform(world);
  platform.paths = {path_of(1), path_of(2), path_of(3)};
  std::unique_ptr<Driver> loaded;
  std::vector<efi::DevicePath*> asked;
  LoadingGate gate;
  gate.load = [&](efi::DevicePath* path) -> Result<efi::Handle> {
    asked.push_back(path);
    if (!device_path::equal(path, &platform.paths[1].vendor.header)) return Status::NotFound;
    loaded = std::make_unique<Driver>(world, log, "loaded", 1);
    EXPECT_TRUE(db.install(&loaded->handle, efi::kLoadedImageDevicePathGuid, &platform.paths[1]));
    return loaded->handle;
  };
  db.exchange_gate(&gate);
  EXPECT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_THAT(log, ElementsAre("start loaded"));
  EXPECT_EQ(asked.size(), 3u);
  ASSERT_EQ(platform.told.size(), 1u);
  EXPECT_EQ(platform.told[0], std::pair(&platform.paths[1].vendor.header, loaded->handle));
  // It is not loaded once more for the next controller, but the platform learns that it serves that one, too.
  EXPECT_TRUE(db.connect(world.make_handle(kDevice), nullptr, nullptr, false));
  EXPECT_THAT(log, ElementsAre("start loaded", "start loaded"));
  EXPECT_EQ(asked.size(), 5u);
  EXPECT_EQ(platform.told.size(), 2u);
  db.exchange_gate(nullptr);
}

TEST_F(DriverModel, ThePlatformCanBringTheVeryFirstDriver) {
  Platform platform(world);
  platform.paths = {path_of(1)};
  std::unique_ptr<Driver> loaded;
  LoadingGate gate;
  gate.load = [&](efi::DevicePath*) -> Result<efi::Handle> {
    loaded = std::make_unique<Driver>(world, log, "loaded", 1);
    return loaded->handle;
  };
  db.exchange_gate(&gate);
  EXPECT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_THAT(log, ElementsAre("start loaded"));
  db.exchange_gate(nullptr);
}

TEST_F(DriverModel, APlatformThatGoesWhileItsDriverIsLoadedIsNotTold) {
  Driver plain(world, log, "plain", 1);
  auto platform = std::make_unique<Platform>(world);
  platform->paths = {path_of(1)};
  LoadingGate gate;
  gate.load = [&](efi::DevicePath*) -> Result<efi::Handle> {
    for (efi::Handle each : world.all()) static_cast<void>(db.uninstall<efi::PlatformDriverOverrideProtocol>(each, platform.get()));
    platform.reset();
    return plain.handle;
  };
  db.exchange_gate(&gate);
  EXPECT_TRUE(db.connect(controller, nullptr, nullptr, false));
  EXPECT_THAT(log, ElementsAre("start plain"));
  db.exchange_gate(nullptr);
}

}  // namespace
}  // namespace efilite::core
