// SPDX-License-Identifier: BSD-2-Clause-Patent
// Drivers that are test objects: what the tests of connecting and disconnecting share.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "core/handles/handles_testing.hpp"

namespace efilite::core::testing {

inline constexpr uint32_t kDevice = 1;  // the protocol that the drivers look for

// A driver of controllers that carry its protocol. A bus makes `children` handles that carry its child protocol.
struct Driver {
  efi::DriverBindingProtocol binding{};
  World* world;
  std::vector<std::string>* log;
  std::string name;
  uint32_t wants = kDevice;
  uint32_t makes = 0;
  int children = 0;
  bool says_when_asked = false;
  bool refuses_start = false;
  Status stop_says = Status::Success;
  bool stop_lies = false;
  std::function<void()> when_asked, when_started, when_stopped;
  efi::Handle handle = nullptr;
  std::vector<efi::Handle> made;

  Driver(World& w, std::vector<std::string>& l, std::string n, uint32_t version, efi::Handle image = nullptr)
      : world(&w), log(&l), name(std::move(n)) {
    binding = {supported, start, stop, version, nullptr, nullptr};
    EXPECT_TRUE(w.db.install(&handle, &binding));
    binding.driver_binding_handle = handle;
    binding.image_handle = image != nullptr ? image : handle;
  }
  static Driver& of(efi::DriverBindingProtocol* self) { return *reinterpret_cast<Driver*>(self); }

  static efi::EfiStatus EFIAPI supported(efi::DriverBindingProtocol* self, efi::Handle controller, efi::DevicePath*) {
    Driver& me = of(self);
    if (me.says_when_asked) me.log->push_back("ask " + me.name);
    if (me.when_asked) me.when_asked();
    void* interface;
    auto opened = me.world->db.open(controller, guid(me.wants), &interface, me.handle, controller, efi::kOpenByDriver);
    if (opened) EXPECT_TRUE(me.world->db.close(controller, guid(me.wants), me.handle, controller));
    return efi::encode(opened);
  }
  static efi::EfiStatus EFIAPI start(efi::DriverBindingProtocol* self, efi::Handle controller, efi::DevicePath*) {
    Driver& me = of(self);
    me.log->push_back("start " + me.name);
    if (me.when_started) me.when_started();
    if (me.refuses_start) return efi::encode(Status::DeviceError);
    void* interface;
    EXPECT_TRUE(me.world->db.open(controller, guid(me.wants), &interface, me.handle, controller, efi::kOpenByDriver));
    for (int i = 0; i < me.children; ++i) {
      me.made.push_back(me.world->make_handle(me.makes));
      EXPECT_TRUE(me.world->db.open(controller, guid(me.wants), &interface, me.handle, me.made.back(), efi::kOpenByChildController));
    }
    return efi::encode(Status::Success);
  }
  static efi::EfiStatus EFIAPI stop(efi::DriverBindingProtocol* self, efi::Handle controller, efi::Uintn count, efi::Handle* children) {
    Driver& me = of(self);
    me.log->push_back("stop " + me.name + " " + std::to_string(count));
    if (me.stop_says != Status::Success) return efi::encode(me.stop_says);
    if (me.stop_lies) return efi::encode(Status::Success);
    for (size_t i = 0; i < count; ++i) {
      EXPECT_TRUE(me.world->db.close(controller, guid(me.wants), me.handle, children[i]));
      EXPECT_TRUE(me.world->db.uninstall(children[i], guid(me.makes), nullptr));
      std::erase(me.made, children[i]);
    }
    if (count == 0) EXPECT_TRUE(me.world->db.close(controller, guid(me.wants), me.handle, controller));
    if (me.when_stopped) me.when_stopped();
    return efi::encode(Status::Success);
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

}  // namespace efilite::core::testing
