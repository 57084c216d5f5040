// SPDX-License-Identifier: BSD-2-Clause-Patent
// Page permissions, the timestamp counter, and the announcement of a reset.
#pragma once

#include "abi/uefi/types.hpp"

namespace efilite::efi {

// [UEFI 2.10, 37.7]
struct MemoryAttributeProtocol {
  static constexpr Guid kGuid = {0xf4560cf6, 0x40ec, 0x4b4a, {0xa1, 0x92, 0xbf, 0x1d, 0x57, 0xd0, 0xb1, 0x89}};
  EfiStatus(EFIAPI* get_memory_attributes)(MemoryAttributeProtocol* self, PhysicalAddress base, uint64_t length, uint64_t* attributes);
  EfiStatus(EFIAPI* set_memory_attributes)(MemoryAttributeProtocol* self, PhysicalAddress base, uint64_t length, uint64_t attributes);
  EfiStatus(EFIAPI* clear_memory_attributes)(MemoryAttributeProtocol* self, PhysicalAddress base, uint64_t length, uint64_t attributes);
};

// [UEFI 2.10, 39.1]
struct TimestampProperties {
  uint64_t frequency;  // Hz
  uint64_t end_value;  // the last before the counter begins again at 0
};
struct TimestampProtocol {
  static constexpr Guid kGuid = {0xafbfde41, 0x2e6e, 0x4262, {0xba, 0x65, 0x62, 0xb9, 0x23, 0x6e, 0x54, 0x95}};
  uint64_t(EFIAPI* get_timestamp)();
  EfiStatus(EFIAPI* get_properties)(TimestampProperties* properties);
};

// [UEFI 2.10, 8.5.1] EFI_RESET_SYSTEM: the shape of ResetSystem, and of those who hear of it
using ResetSystemFunction = void(EFIAPI*)(ResetType type, EfiStatus status, Uintn data_size, void* data);

// [UEFI 2.10, 39.2]
struct ResetNotificationProtocol {
  static constexpr Guid kGuid = {0x9da34ae0, 0xeaf9, 0x4bbf, {0x8e, 0xc3, 0xfd, 0x60, 0x22, 0x6c, 0x44, 0xbe}};
  EfiStatus(EFIAPI* register_reset_notify)(ResetNotificationProtocol* self, ResetSystemFunction function);
  EfiStatus(EFIAPI* unregister_reset_notify)(ResetNotificationProtocol* self, ResetSystemFunction function);
};

}  // namespace efilite::efi
