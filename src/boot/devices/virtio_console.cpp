// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/virtio/console.hpp"

#include "boot/devices/virtio_driver_parts.hpp"
#include "core/heap_objects.hpp"

namespace efilite::boot {

namespace {

// Nothing is installed: core/console makes of it what it makes of a serial line.
class VirtioConsole final : public VirtioDriver::Device {
 public:
  VirtioConsole(VirtioDriver& owner, efi::Handle on, const VirtioDriver::Link& way)
      : Device(owner, on, way, "virtio console "), console_(transport, memory(), clock(), name.view()) {}

  Result<> start() override {
    TRY(open_transport());
    TRY(console_.start());
    set_console(console_);
    return {};
  }
  // The log goes there, and every program has it as ConOut.
  Result<> stop(std::span<const efi::Handle>) override { return Status::AccessDenied; }
  void reset() override {
    console_.drain();
    console_.device().stop();
  }
  const efi::Char16* title(efi::Handle child) override { return child == nullptr ? u"virtio Console" : nullptr; }
  void drop(core::Heap& heap) override { core::drop(heap, this); }

 private:
  drivers::virtio::ConsoleDevice console_;
};

}  // namespace

Result<DeviceDriver::Device*> make_virtio_console(VirtioDriver& driver, efi::Handle handle, const VirtioDriver::Link& link) {
  return TRY(core::make<VirtioConsole>(driver.heap(), driver, handle, link));
}

}  // namespace efilite::boot
