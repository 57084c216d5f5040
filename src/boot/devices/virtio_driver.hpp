// SPDX-License-Identifier: BSD-2-Clause-Patent
// The driver of virtio devices on PCI and MMIO [UEFI 2.10, 11.1]. A device is first touched when its handle is connected, and is reset at
// ExitBootServices, as it is when the driver is stopped.
#pragma once

#include <optional>

#include "core/events/events.hpp"
#include "core/handles/driver_binding.hpp"
#include "core/images/images.hpp"
#include "core/protocols/component_name.hpp"
#include "drivers/virtio/transport.hpp"

namespace efilite::drivers::virtio {
class ConsoleDevice;
}

namespace efilite::boot {

class VirtioDriver final : public core::Quiescer, public core::ComponentName::Owner {
 public:
  // `heap` may be called below TPL_NOTIFY.
  VirtioDriver(core::HandleDatabase& handles, core::EventQueue& events, core::Heap& heap, core::DeviceMemory& memory, core::Clock& clock,
               core::Registers& registers);
  VirtioDriver(const VirtioDriver&) = delete;
  VirtioDriver& operator=(const VirtioDriver&) = delete;

  // On a handle of its own, on behalf of `image`. Under TPL_NOTIFY.
  Result<> install(efi::Handle image);

  // What kind of virtio device the handle is, by what is known without touching it. nullopt: none, or not one of ours.
  std::optional<drivers::virtio::DeviceType> type_of(efi::Handle handle) const;

  Result<> supported(efi::Handle handle);
  Result<> start(efi::Handle handle);
  Result<> stop(efi::Handle handle, std::span<const efi::Handle> children);
  Result<> quiesce() override;
  const efi::Char16* controller_name(efi::Handle controller, efi::Handle child) override;

  // Consoles are driven while efilite looks for one, and otherwise left to programs. The one that was found, or nullptr.
  void look_for_console(bool looking) { looking_for_console_ = looking; }
  drivers::virtio::ConsoleDevice* console() const { return console_; }

  struct Link;
  class Device;
  core::Heap& heap() { return heap_; }

 private:

  Result<Link> link_of(efi::Handle handle) const;
  using Maker = Result<Device*> (*)(VirtioDriver& driver, efi::Handle handle, const Link& link);
  Maker maker_of(drivers::virtio::DeviceType type) const;
  Result<Link> open(efi::Handle handle);
  Result<> close(efi::Handle handle, const Link& link);
  Device** place_of(efi::Handle handle);
  void release(Device& device);

  core::HandleDatabase& handles_;
  core::EventQueue& events_;
  core::Heap& heap_;
  core::DeviceMemory& memory_;
  core::Clock& clock_;
  core::Registers& registers_;
  Device* devices_ = nullptr;
  drivers::virtio::ConsoleDevice* console_ = nullptr;
  bool looking_for_console_ = false;
  core::DriverBindingEdge<VirtioDriver> edge_{*this};
  core::ComponentName names_;
};

}  // namespace efilite::boot
