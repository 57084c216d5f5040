// SPDX-License-Identifier: BSD-2-Clause-Patent
// Drivers of the tests' own, for the tests of the driver model.
#pragma once

#include "conformance.hpp"

namespace conformance {

inline EFI_GUID kBindingGuid = EFI_DRIVER_BINDING_PROTOCOL_GUID;
inline EFI_GUID kDeviceGuid = {0x6f840606, 0xa4b1, 0x49fb, {0xb3, 0x5f, 0x44, 0x65, 0x76, 0x69, 0x63, 0x65}};
inline EFI_GUID kChildGuid = {0x70950707, 0xb5c2, 0x4a0c, {0xb4, 0x6f, 0x43, 0x68, 0x69, 0x6c, 0x64, 0x21}};
inline UINTN questions;  // to all drivers whether they support a device of theirs, for their order
inline UINTN starts;     // of all drivers, ditto

// A driver for handles with `manages`. A bus driver makes as many children as `bus_of` says.
struct Driver : EFI_DRIVER_BINDING {
  static constexpr UINTN kMostChildren = 2;
  EFI_HANDLE handle = nullptr;
  EFI_GUID* manages;
  UINTN asked = 0, asked_at = 0, started = 0, stopped = 0, order = 0, children_told = 99;
  UINT8 remaining[16] = {}, supported_remaining[16] = {};  // copies: the firmware may pass a path that is gone afterwards
  EFI_STATUS supported_status = EFI_SUCCESS, start_status = EFI_SUCCESS, stop_status = EFI_SUCCESS;
  UINTN bus_of = 0;
  EFI_GUID* makes = &kChildGuid;
  EFI_HANDLE child[kMostChildren] = {};
  const Driver* after = nullptr;  // supports nothing before that one has started
  Driver* brings = nullptr;       // another driver, which is there as soon as this one starts

  // With `hidden` it is not installed yet.
  explicit Driver(UINT32 version, EFI_GUID* device = &kDeviceGuid, bool hidden = false) : manages(device) {
    Supported = is_supported, Start = start, Stop = stop, Version = version, ImageHandle = self, DriverBindingHandle = nullptr;
    if (!hidden) appear();
  }
  Driver(const Driver&) = delete;
  ~Driver() {
    if (handle) bs->UninstallProtocolInterface(handle, &kBindingGuid, static_cast<EFI_DRIVER_BINDING*>(this));
  }
  void appear() {
    bs->InstallProtocolInterface(&handle, &kBindingGuid, EFI_NATIVE_INTERFACE, static_cast<EFI_DRIVER_BINDING*>(this));
    ImageHandle = DriverBindingHandle = handle;
  }
  bool has_children() const { return child[0] != nullptr || child[1] != nullptr; }

  static Driver& of(EFI_DRIVER_BINDING* binding) { return *static_cast<Driver*>(binding); }
  static EFI_STATUS EFIAPI is_supported(EFI_DRIVER_BINDING* binding, EFI_HANDLE controller, EFI_DEVICE_PATH* path) {
    Driver& driver = of(binding);
    void* interface;
    EFI_STATUS status = bs->OpenProtocol(controller, driver.manages, &interface, driver.handle, controller, EFI_OPEN_PROTOCOL_BY_DRIVER);
    if (status == EFI_UNSUPPORTED) return status;
    if (driver.asked++ == 0) driver.asked_at = ++questions;
    if (path) bs->CopyMem(driver.supported_remaining, path, 10);
    if (!EFI_ERROR(status)) bs->CloseProtocol(controller, driver.manages, driver.handle, controller);
    if (driver.after != nullptr && driver.after->started == 0) return EFI_UNSUPPORTED;
    return EFI_ERROR(status) ? status : driver.supported_status;
  }
  static EFI_STATUS EFIAPI start(EFI_DRIVER_BINDING* binding, EFI_HANDLE controller, EFI_DEVICE_PATH* path) {
    Driver& driver = of(binding);
    ++driver.started;
    driver.order = ++starts;
    if (path) bs->CopyMem(driver.remaining, path, 10);
    if (driver.brings != nullptr && driver.brings->handle == nullptr) driver.brings->appear();
    if (EFI_ERROR(driver.start_status)) return driver.start_status;
    void* interface;
    EFI_STATUS status = bs->OpenProtocol(controller, driver.manages, &interface, driver.handle, controller, EFI_OPEN_PROTOCOL_BY_DRIVER);
    for (UINTN i = 0; i < driver.bus_of && !EFI_ERROR(status); ++i) {
      bs->InstallProtocolInterface(&driver.child[i], driver.makes, EFI_NATIVE_INTERFACE, &driver);
      status = bs->OpenProtocol(controller, driver.manages, &interface, driver.handle, driver.child[i],
                                EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER);
    }
    return status;
  }
  static EFI_STATUS EFIAPI stop(EFI_DRIVER_BINDING* binding, EFI_HANDLE controller, UINTN children, EFI_HANDLE* list) {
    Driver& driver = of(binding);
    ++driver.stopped;
    driver.children_told = children;
    if (EFI_ERROR(driver.stop_status)) return driver.stop_status;
    for (UINTN i = 0; i < children; ++i) {
      bs->CloseProtocol(controller, driver.manages, driver.handle, list[i]);
      bs->UninstallProtocolInterface(list[i], driver.makes, &driver);
      for (EFI_HANDLE& mine : driver.child) {
        if (mine == list[i]) mine = nullptr;
      }
    }
    return children != 0 ? EFI_SUCCESS : bs->CloseProtocol(controller, driver.manages, driver.handle, controller);
  }
};

inline UINT8 kEnd[] = {0x7F, 0xFF, 4, 0};
inline EFI_DEVICE_PATH* end() { return reinterpret_cast<EFI_DEVICE_PATH*>(kEnd); }
inline UINT8 kSomeNode[] = {1, 1, 6, 0, 0, 0, 0x7F, 0xFF, 4, 0};

inline EFI_STATUS connect(EFI_HANDLE controller, EFI_DEVICE_PATH* path = nullptr, bool recursive = false) {
  return bs->ConnectController(controller, nullptr, path, recursive);
}
inline EFI_STATUS disconnect(EFI_HANDLE controller, EFI_HANDLE driver = nullptr, EFI_HANDLE child = nullptr) {
  return bs->DisconnectController(controller, driver, child);
}

}  // namespace conformance
