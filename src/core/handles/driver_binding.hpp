// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_DRIVER_BINDING_PROTOCOL of our own drivers [UEFI 2.10, 11.1]: the C edge of a class with supported(), start() and stop(). Their
// children come all at once: the one that a remaining path names is among them.
#pragma once

#include <span>

#include "abi/uefi/protocols.hpp"
#include "base/result.hpp"

namespace efilite::core {

template <typename Driver>
class DriverBindingEdge : public efi::DriverBindingProtocol {
 public:
  explicit constexpr DriverBindingEdge(Driver& owner)
      : DriverBindingProtocol{supported_thunk, start_thunk, stop_thunk, kPlatformVersion, nullptr, nullptr}, owner_(owner) {}

 private:
  // [UEFI 2.10, 11.1.1] below 0x10 are the platform's own drivers: any other comes first
  static constexpr uint32_t kPlatformVersion = 1;
  using Self = efi::DriverBindingProtocol;
  static Driver& owner(Self* self) { return static_cast<DriverBindingEdge*>(self)->owner_; }

  static efi::EfiStatus EFIAPI supported_thunk(Self* self, efi::Handle controller, efi::DevicePath*) {
    return efi::encode(owner(self).supported(controller));
  }
  static efi::EfiStatus EFIAPI start_thunk(Self* self, efi::Handle controller, efi::DevicePath*) {
    return efi::encode(owner(self).start(controller));
  }
  static efi::EfiStatus EFIAPI stop_thunk(Self* self, efi::Handle controller, efi::Uintn count, efi::Handle* children) {
    return efi::encode(owner(self).stop(controller, std::span<const efi::Handle>(children, count)));
  }

  Driver& owner_;
};

}  // namespace efilite::core
