// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/devices/device_driver.hpp"

#include "core/handles/service_call.hpp"
#include "core/storage/storage_call.hpp"

namespace efilite::boot {

using core::in_database;

// For ourselves alone, which may stop another driver of ours or a program's.
Result<const efi::Guid*> DeviceDriver::open(efi::Handle handle) {
  return in_database([&]() -> Result<const efi::Guid*> {
    const efi::Guid* protocol = TRY(way_to(handle));
    void* interface;
    TRY(handles_.open(handle, *protocol, &interface, edge_.driver_binding_handle, handle, efi::kOpenByDriver));
    return protocol;
  });
}

Result<> DeviceDriver::close(efi::Handle handle, const efi::Guid& protocol) {
  return in_database([&] { return handles_.close(handle, protocol, edge_.driver_binding_handle, handle); });
}

Result<> DeviceDriver::supported(efi::Handle handle) { return close(handle, *TRY(open(handle))); }

// Where the pointer to the device of this handle is, or where the list ends.
DeviceDriver::Device** DeviceDriver::place_of(efi::Handle handle) {
  Device** at = &devices_;
  while (*at != nullptr && (*at)->handle != handle) at = &(*at)->next;
  return at;
}

Result<> DeviceDriver::start(efi::Handle handle) {
  core::StorageLock lock(events_);
  const efi::Guid* protocol = TRY(open(handle));
  auto made = make(handle);
  if (!made) {
    (void)close(handle, *protocol);
    return made.error();
  }
  Device& device = **made;
  in_database([&] { *place_of(nullptr) = &device; });
  Result<> started = device.start();
  if (!started) release(device);
  return started;
}

void DeviceDriver::release(Device& device) {
  in_database([&] {
    Device** at = place_of(device.handle);
    *at = device.next;
  });
  (void)close(device.handle, device.protocol);  // it may have been closed for us
  device.drop(heap_);
}

// Other drivers are called, which may come back to us.
Result<> DeviceDriver::stop(efi::Handle handle, std::span<const efi::Handle> children) {
  if (events_.tpl() > efi::kTplCallback) return Status::DeviceError;  // whom we interrupt may be using it
  core::StorageLock lock(events_);
  Device* device = *place_of(handle);
  if (device == nullptr) return Status::DeviceError;
  TRY(device->stop(children));
  if (children.empty()) release(*device);
  return {};
}

Result<> DeviceDriver::quiesce() {
  for (Device* at = devices_; at != nullptr; at = at->next) at->reset();
  return {};
}

const efi::Char16* DeviceDriver::controller_name(efi::Handle controller, efi::Handle child) {
  return in_database([&]() -> const efi::Char16* {
    Device* device = *place_of(controller);
    return device != nullptr ? device->title(child) : nullptr;
  });
}

Result<> DeviceDriver::install(efi::Handle image) {
  const core::ProtocolPair pairs[] = {{&efi::DriverBindingProtocol::kGuid, &edge_},
                                      {&efi::ComponentName2Protocol::kGuid, names_.protocol()}};
  TRY(handles_.install_multiple(&edge_.driver_binding_handle, pairs));
  edge_.image_handle = image;
  return {};
}

}  // namespace efilite::boot
