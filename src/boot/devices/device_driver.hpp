// SPDX-License-Identifier: BSD-2-Clause-Patent
// A driver of devices of ours, as the driver model sees it [UEFI 2.10, 11.1]. A device is first touched when its handle is connected, and
// is reset at ExitBootServices, as it is when the driver is stopped.
#pragma once

#include "core/events/events.hpp"
#include "core/handles/driver_binding.hpp"
#include "core/images/images.hpp"
#include "core/protocols/component_name.hpp"

namespace efilite::boot {

// What a device is good for, by what is known without touching it.
enum class DeviceKind : uint8_t { Unknown, Disk, RemovableDisks, Entropy, Console };

class DeviceDriver : public core::Quiescer, public core::ComponentName::Owner {
 public:
  class Device;

  // On a handle of its own, on behalf of `image`. Under TPL_NOTIFY.
  Result<> install(efi::Handle image);

  Result<> supported(efi::Handle handle);
  Result<> start(efi::Handle handle);
  Result<> stop(efi::Handle handle, std::span<const efi::Handle> children);
  Result<> quiesce() override;
  const efi::Char16* controller_name(efi::Handle controller, efi::Handle child) override;

  core::Heap& heap() { return heap_; }

 protected:
  // `heap` may be called below TPL_NOTIFY.
  DeviceDriver(core::HandleDatabase& handles, core::EventQueue& events, core::Heap& heap, const efi::Char16* name)
      : handles_(handles), events_(events), heap_(heap), names_(handles, name, *this) {}
  DeviceDriver(const DeviceDriver&) = delete;
  DeviceDriver& operator=(const DeviceDriver&) = delete;
  ~DeviceDriver() = default;

  // By which protocol the handle's device is reached. UNSUPPORTED: it is none of ours. Under TPL_NOTIFY.
  virtual Result<const efi::Guid*> way_to(efi::Handle handle) const = 0;
  // For one of ours, which has not been touched yet.
  virtual Result<Device*> make(efi::Handle handle) = 0;

  core::HandleDatabase& handles_;
  core::EventQueue& events_;
  core::Heap& heap_;
  core::DriverBindingEdge<DeviceDriver> edge_{*this};

 private:
  Result<const efi::Guid*> open(efi::Handle handle);
  Result<> close(efi::Handle handle, const efi::Guid& protocol);
  Device** place_of(efi::Handle handle);
  void release(Device& device);

  Device* devices_ = nullptr;
  core::ComponentName names_;
};

// A device that is being driven.
class DeviceDriver::Device {
 public:
  Device(DeviceDriver& driver, efi::Handle handle, const efi::Guid& protocol) : handle(handle), protocol(protocol), driver_(driver) {}
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  // Brings the device up, and installs what it has to offer. A device that fails may have been left half done: release() follows.
  virtual Result<> start() = 0;
  // Takes back what start() has installed: the children named, or when none are, all. ACCESS_DENIED while somebody uses it, and then it
  // stays.
  virtual Result<> stop(std::span<const efi::Handle> children) = 0;
  virtual void reset() = 0;
  virtual const efi::Char16* title(efi::Handle child) = 0;
  virtual void drop(core::Heap& heap) = 0;

  Device* next = nullptr;
  const efi::Handle handle;
  const efi::Guid& protocol;  // by which it is reached

 protected:
  ~Device() = default;
  core::HandleDatabase& handles() const { return driver_.handles_; }
  core::EventQueue& events() const { return driver_.events_; }
  core::Heap& heap() const { return driver_.heap_; }
  efi::Handle binding() const { return driver_.edge_.driver_binding_handle; }

 private:
  DeviceDriver& driver_;
};

}  // namespace efilite::boot
