// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL [UEFI 2.10, 12.2].
#pragma once

#include "abi/uefi/protocols.hpp"

namespace efilite::efi {

// [UEFI 2.10, 12.2.3] KeyShiftState and KeyToggleState mean something only with their highest bit set.
inline constexpr uint32_t kShiftStateValid = 0x80000000;
inline constexpr uint32_t kRightShiftPressed = 0x01;
inline constexpr uint32_t kLeftShiftPressed = 0x02;
inline constexpr uint32_t kRightControlPressed = 0x04;
inline constexpr uint32_t kLeftControlPressed = 0x08;
inline constexpr uint32_t kRightAltPressed = 0x10;
inline constexpr uint32_t kLeftAltPressed = 0x20;
inline constexpr uint8_t kToggleStateValid = 0x80;
inline constexpr uint8_t kKeyStateExposed = 0x40;
inline constexpr uint8_t kScrollLockActive = 0x01;
inline constexpr uint8_t kNumLockActive = 0x02;
inline constexpr uint8_t kCapsLockActive = 0x04;

struct KeyState {
  uint32_t key_shift_state;
  uint8_t key_toggle_state;
};
struct KeyData {
  InputKey key;
  KeyState key_state;
};
static_assert(sizeof(KeyData) == 12);
using KeyNotifyFunction = EfiStatus(EFIAPI*)(KeyData* key_data);

struct SimpleTextInputExProtocol {
  static constexpr Guid kGuid = {0xdd9e7534, 0x7762, 0x4698, {0x8c, 0x14, 0xf5, 0x85, 0x17, 0xa6, 0x25, 0xaa}};
  EfiStatus(EFIAPI* reset)(SimpleTextInputExProtocol* self, Boolean extended_verification);
  EfiStatus(EFIAPI* read_key_stroke_ex)(SimpleTextInputExProtocol* self, KeyData* key_data);
  Event wait_for_key_ex;
  EfiStatus(EFIAPI* set_state)(SimpleTextInputExProtocol* self, uint8_t* key_toggle_state);
  EfiStatus(EFIAPI* register_key_notify)(SimpleTextInputExProtocol* self, KeyData* key_data, KeyNotifyFunction function,
                                         void** notify_handle);
  EfiStatus(EFIAPI* unregister_key_notify)(SimpleTextInputExProtocol* self, void* notification_handle);
};
static_assert(sizeof(SimpleTextInputExProtocol) == 48);

}  // namespace efilite::efi
