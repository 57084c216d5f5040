// SPDX-License-Identifier: BSD-2-Clause-Patent
// The protocols by which a platform, a family of drivers or a bus has a say in which driver ConnectController tries first [UEFI 2.10, 11].
// efilite consumes them; programs produce them.
#pragma once

#include "abi/uefi/tables.hpp"

namespace efilite::efi {

// [UEFI 2.10, 11.2] EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL
struct PlatformDriverOverrideProtocol {
  static constexpr Guid kGuid = {0x6b30c738, 0xa391, 0x11d4, {0x9a, 0x3b, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}};
  // Both lists are told one by one: the item before goes in, nullptr for the first, and the next one comes out.
  EfiStatus(EFIAPI* get_driver)(PlatformDriverOverrideProtocol* self, Handle controller, Handle* driver_image);
  EfiStatus(EFIAPI* get_driver_path)(PlatformDriverOverrideProtocol* self, Handle controller, DevicePath** driver_image_path);
  EfiStatus(EFIAPI* driver_loaded)(PlatformDriverOverrideProtocol* self, Handle controller, DevicePath* driver_image_path,
                                   Handle driver_image);
};
static_assert(sizeof(PlatformDriverOverrideProtocol) == 24);

// [UEFI 2.10, 11.3] EFI_BUS_SPECIFIC_DRIVER_OVERRIDE_PROTOCOL, on the controller's handle
struct BusSpecificDriverOverrideProtocol {
  static constexpr Guid kGuid = {0x3bc1b285, 0x8a15, 0x4a82, {0xaa, 0xbf, 0x4d, 0x7d, 0x13, 0xfb, 0x32, 0x65}};
  EfiStatus(EFIAPI* get_driver)(BusSpecificDriverOverrideProtocol* self, Handle* driver_image);
};

// [UEFI 2.10, 11.9] EFI_DRIVER_FAMILY_OVERRIDE_PROTOCOL, on the driver's image handle
struct DriverFamilyOverrideProtocol {
  static constexpr Guid kGuid = {0xb1ee129e, 0xda36, 0x4181, {0x91, 0xf8, 0x04, 0xa4, 0x92, 0x37, 0x66, 0xa7}};
  uint32_t(EFIAPI* get_version)(DriverFamilyOverrideProtocol* self);
};

}  // namespace efilite::efi
