// SPDX-License-Identifier: BSD-2-Clause-Patent
// Images whose protocols somebody watches or holds while they come and go: notifications may unload what they are told of.
#include "tests/support/images.hpp"

namespace efilite::core {
namespace {

using namespace testing_images;

struct WatchedImages : ImagesTest {};

// Unloads whatever image is loaded.
struct Policy {
  WatchedImages& test;
  void* key = nullptr;
  efi::Handle seen = nullptr;
  EfiStatus unloaded{};

  static void EFIAPI refuse(efi::Event, void* context) {
    auto& p = *static_cast<Policy*>(context);
    uint64_t size = sizeof p.seen;
    p.test.services.locate_handle(efi::LocateSearchType::ByRegisterNotify, nullptr, p.key, &size, &p.seen);
    p.unloaded = p.test.services.unload_image(p.seen);
  }
};

TEST_F(WatchedImages, LoadImageReturnsTheHandleOfAnImageThatANotificationUnloads) {
  Policy policy{*this};
  auto event = events.create(efi::kEvtNotifySignal, efi::kTplCallback, Policy::refuse, &policy);
  ASSERT_TRUE(event);
  policy.key = handles.register_notify(efi::LoadedImageProtocol::kGuid, *event).value();
  // The images that are there already are no news here.
  for (efi::Handle old = nullptr;;) {
    uint64_t size = sizeof old;
    if (efi::is_error(services.locate_handle(efi::LocateSearchType::ByRegisterNotify, nullptr, policy.key, &size, &old))) break;
  }
  const efi::Handle image = loaded(jump_to(succeed));
  EXPECT_EQ(policy.unloaded, encode(Status::Success));
  EXPECT_NE(image, nullptr);
  EXPECT_EQ(image, policy.seen);
  EXPECT_EQ(services.start_image(image, nullptr, nullptr), encode(Status::InvalidParameter)) << "it is gone";
}

}  // namespace
}  // namespace efilite::core
