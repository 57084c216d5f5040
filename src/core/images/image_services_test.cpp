// SPDX-License-Identifier: BSD-2-Clause-Patent
// What StartImage does besides starting an image.
#include "tests/support/images.hpp"

namespace efilite::core {
namespace {

using namespace testing_images;

struct StartImageService : ImagesTest {};

// [UEFI 2.10, 7.4.2]
TEST_F(StartImageService, HandlesThatADriverChangesAreConnectedWhenItReturns) {
  static HandleDatabase* all;
  static efi::Handle untouched, made, reinstalled, seen[8];
  static size_t asked;
  all = &handles;
  untouched = made = reinstalled = nullptr;
  asked = 0;
  static int interfaces[2];
  static void *from, *to;
  from = &interfaces[0], to = &interfaces[1];
  efi::DriverBindingProtocol driver{};
  driver.supported = [](efi::DriverBindingProtocol*, efi::Handle controller, efi::DevicePath*) EFIAPI {
    if (asked < 8) seen[asked++] = controller;
    return encode(Status::Unsupported);
  };
  driver.image_handle = core_image;
  efi::Handle driver_handle = nullptr;
  ASSERT_TRUE(handles.install(&driver_handle, &driver).has_value());
  driver.driver_binding_handle = driver_handle;
  ASSERT_TRUE(handles.install(&untouched, efi::kGlobalVariable, nullptr).has_value());
  ASSERT_TRUE(handles.install(&reinstalled, efi::kGlobalVariable, from).has_value());
  auto file = jump_to([](efi::Handle, efi::SystemTable*) EFIAPI {
    EXPECT_TRUE(all->install(&made, efi::kGlobalVariable, nullptr).has_value());
    EXPECT_TRUE(all->reinstall(reinstalled, efi::kGlobalVariable, from, to).has_value());
    asked = 0;  // reinstalling connects by itself
    return EfiStatus{};
  });
  EXPECT_EQ(services.start_image(loaded(file), nullptr, nullptr), EfiStatus{});
  EXPECT_EQ(asked, 0u) << "an application knows what it wants connected";
  made = nullptr;
  file.optional.subsystem = static_cast<uint16_t>(pe::Subsystem::EfiBootServiceDriver);
  std::swap(from, to);
  EXPECT_EQ(services.start_image(loaded(file), nullptr, nullptr), EfiStatus{});
  ASSERT_EQ(asked, 2u);
  EXPECT_EQ(seen[0], reinstalled) << "in the order of their making";
  EXPECT_EQ(seen[1], made);
}

}  // namespace
}  // namespace efilite::core
