// SPDX-License-Identifier: BSD-2-Clause-Patent
// Xen's virtual block devices: a handle for each that the store tells of, and their driver.
#pragma once

#include "boot/devices/device_driver.hpp"
#include "core/device_path/device_path.hpp"
#include "drivers/xen/grant_table.hpp"
#include "drivers/xen/services.hpp"

namespace efilite::boot {

// Private: no program knows its GUID.
struct XenVbdProtocol {
  static constexpr efi::Guid kGuid = {0x8f0d6b2e, 0x41c7, 0x4f3a, {0xa6, 0x52, 0x17, 0xe9, 0x3d, 0x0b, 0xc4, 0x68}};
  uint32_t id;
  bool is_cd;
};

// As edk2's XenBusDxe writes it, below the root of a guest without PCI. The grant table has no place of its own here that could stand in
// that one's node: it is 0.
struct [[gnu::packed]] XenVbdPath {
  static constexpr efi::Guid kRoot = {0xa732241f, 0x383d, 0x4d9c, {0x8a, 0xe1, 0x8e, 0x09, 0x83, 0x75, 0x89, 0xd7}};
  static constexpr efi::Guid kBus = {0x3d3ca290, 0xb9a5, 0x11e3, {0xb7, 0x5d, 0xb8, 0xac, 0x6f, 0x7d, 0x65, 0xe6}};
  static constexpr uint8_t kVbd = 1;

  explicit XenVbdPath(uint32_t number);

  efi::VendorNode root;
  uint64_t grant_table = 0;
  efi::VendorNode bus;
  uint8_t type = kVbd;
  uint8_t padding = 0;
  uint16_t id;
  efi::DevicePath end = efi::kEndEntirePath;
};

class XenDriver final : public DeviceDriver {
 public:
  XenDriver(core::HandleDatabase& handles, core::EventQueue& events, core::Heap& heap, core::DeviceMemory& memory, core::Clock& clock,
            const drivers::xen::Services& xen)
      : DeviceDriver(handles, events, heap, u"Xen"), memory_(memory), clock_(clock), xen_(xen), grants_(xen.hypercalls, xen.frames) {}

  // Makes the handles, in the order of their numbers. `top` is where memory that may be granted ends.
  Result<> scan(uint64_t top);
  DeviceKind kind_of(efi::Handle handle) const;
  Result<> quiesce() override;

 private:
  friend class XenDisk;

  Result<const efi::Guid*> way_to(efi::Handle handle) const override;
  Result<Device*> make(efi::Handle handle) override;
  Result<> add(uint32_t id);

  core::DeviceMemory& memory_;
  core::Clock& clock_;
  const drivers::xen::Services xen_;
  drivers::xen::GrantTable grants_;
  uint64_t top_ = 0;
};

}  // namespace efilite::boot
