// SPDX-License-Identifier: BSD-2-Clause-Patent
// The driver of virtio devices on PCI and MMIO.
#pragma once

#include <optional>

#include "boot/devices/device_driver.hpp"
#include "core/device_ports.hpp"
#include "drivers/virtio/transport.hpp"

namespace efilite::drivers::virtio {
class ConsoleDevice;
}

namespace efilite::boot {

class VirtioDriver final : public DeviceDriver {
 public:
  VirtioDriver(core::HandleDatabase& handles, core::EventQueue& events, core::Heap& heap, core::DeviceMemory& memory, core::Clock& clock,
               core::Registers& registers)
      : DeviceDriver(handles, events, heap, u"virtio"), memory_(memory), clock_(clock), registers_(registers) {}

  DeviceKind kind_of(efi::Handle handle) const;

  // Consoles are driven while efilite looks for one, and otherwise left to programs. The one that was found, or nullptr.
  void look_for_console(bool looking) { looking_for_console_ = looking; }
  drivers::virtio::ConsoleDevice* console() const { return console_; }

  struct Link;
  class Device;

 private:
  Result<const efi::Guid*> way_to(efi::Handle handle) const override;
  Result<DeviceDriver::Device*> make(efi::Handle handle) override;

  Result<Link> link_of(efi::Handle handle) const;
  using Maker = Result<DeviceDriver::Device*> (*)(VirtioDriver& driver, efi::Handle handle, const Link& link);
  Maker maker_of(drivers::virtio::DeviceType type) const;

  core::DeviceMemory& memory_;
  core::Clock& clock_;
  core::Registers& registers_;
  drivers::virtio::ConsoleDevice* console_ = nullptr;
  bool looking_for_console_ = false;
};

}  // namespace efilite::boot
