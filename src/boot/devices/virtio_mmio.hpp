// SPDX-License-Identifier: BSD-2-Clause-Patent
// A virtio device on MMIO in the handle database: its device path, and where it is for our own driver.
#pragma once

#include "core/device_path/device_path.hpp"
#include "drivers/virtio/transport.hpp"
#include "platform/buses.hpp"

namespace efilite::boot {

// Private: no program knows its GUID.
struct VirtioMmioProtocol {
  static constexpr efi::Guid kGuid = {0x5c1b3f7e, 0x0a54, 0x4be2, {0x9d, 0x1f, 0x6e, 0x27, 0x4c, 0x88, 0x13, 0xd5}};
  platform::MmioPlace place;
  drivers::virtio::DeviceType type;
};

// VenHw() with the address of the registers, as edk2 writes it, so that boot options are the same under both.
inline constexpr efi::Guid kVirtioMmioPath = {0x837dca9e, 0xe874, 0x4d82, {0xb2, 0x9a, 0x23, 0xfe, 0x0e, 0x23, 0xd1, 0xe2}};
struct [[gnu::packed]] VirtioMmioPath {
  efi::VendorNode vendor;
  uint64_t base;
  efi::DevicePath end;
};

struct VirtioMmioDevice {
  explicit VirtioMmioDevice(const platform::MmioPlace& place, drivers::virtio::DeviceType type)
      : protocol{place, type},
        path{{core::device_path::header(efi::kHardwarePath, efi::kHardwareVendor, offsetof(VirtioMmioPath, end)), kVirtioMmioPath},
             place.base, efi::kEndEntirePath} {}
  VirtioMmioProtocol protocol;
  VirtioMmioPath path;
};

}  // namespace efilite::boot
