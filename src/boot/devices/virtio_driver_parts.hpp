// SPDX-License-Identifier: BSD-2-Clause-Patent
// What the driver of virtio devices makes of them, kind by kind.
#pragma once

#include "abi/uefi/pci_io.hpp"
#include "boot/devices/device_name.hpp"
#include "boot/devices/virtio_driver.hpp"
#include "boot/devices/virtio_mmio.hpp"
#include "drivers/virtio/register_transport.hpp"

namespace efilite::boot {

// How a handle's device is reached: one of the two.
struct VirtioDriver::Link {
  core::PciFunction* function = nullptr;
  const VirtioMmioProtocol* mmio = nullptr;
  drivers::virtio::DeviceType type{};

  const efi::Guid& protocol() const { return function != nullptr ? efi::PciIoProtocol::kGuid : VirtioMmioProtocol::kGuid; }
  DeviceName name(std::string_view kind) const {
    return function != nullptr ? DeviceName(kind, function->address()) : DeviceName(kind, mmio->place.base);
  }
};

// A device that is being driven.
class VirtioDriver::Device : public DeviceDriver::Device {
 public:
  Device(VirtioDriver& driver, efi::Handle handle, const Link& link, std::string_view kind)
      : DeviceDriver::Device(driver, handle, link.protocol()), link(link), name(link.name(kind)), driver(driver),
        transport(driver.clock_) {}

  const Link link;
  const DeviceName name;

 protected:
  ~Device() = default;
  Result<> open_transport() {
    return link.function != nullptr ? transport.open_pci(*link.function)
                                    : transport.open_mmio(driver.registers_, link.mmio->place.base, link.mmio->place.size);
  }
  core::DeviceMemory& memory() const { return driver.memory_; }
  core::Clock& clock() const { return driver.clock_; }
  void set_console(drivers::virtio::ConsoleDevice& console) { driver.console_ = &console; }

  VirtioDriver& driver;
  drivers::virtio::RegisterTransport transport;
};

// virtio-blk: BLOCK_IO on the device's own handle, as edk2 has it.
Result<DeviceDriver::Device*> make_virtio_disk(VirtioDriver& driver, efi::Handle handle, const VirtioDriver::Link& link);
// virtio-scsi: a handle for each unit that is a disk or a CD-ROM drive.
Result<DeviceDriver::Device*> make_virtio_scsi(VirtioDriver& driver, efi::Handle handle, const VirtioDriver::Link& link);
// virtio-rng: RNG on the device's own handle, as edk2 has it.
Result<DeviceDriver::Device*> make_virtio_entropy(VirtioDriver& driver, efi::Handle handle, const VirtioDriver::Link& link);
// virtio-console: for efilite's own console.
Result<DeviceDriver::Device*> make_virtio_console(VirtioDriver& driver, efi::Handle handle, const VirtioDriver::Link& link);

}  // namespace efilite::boot
