// SPDX-License-Identifier: BSD-2-Clause-Patent
// Protocols that turn something into text or back, and the one that unpacks UEFI's compressed data.
#pragma once

#include "abi/uefi/types.hpp"

namespace efilite::efi {

// [UEFI 2.10, 10.6.2]
struct DevicePathToTextProtocol {
  static constexpr Guid kGuid = {0x8b843e20, 0x8132, 0x4852, {0x90, 0xcc, 0x55, 0x1a, 0x4e, 0x4a, 0x7f, 0x1c}};
  Char16*(EFIAPI* convert_device_node_to_text)(const DevicePath* node, Boolean display_only, Boolean allow_shortcuts);
  Char16*(EFIAPI* convert_device_path_to_text)(const DevicePath* path, Boolean display_only, Boolean allow_shortcuts);
};

// [UEFI 2.10, 10.6.5]
struct DevicePathFromTextProtocol {
  static constexpr Guid kGuid = {0x05c99a21, 0xc70f, 0x4ad2, {0x8a, 0x5f, 0x35, 0xdf, 0x33, 0x43, 0xf5, 0x1e}};
  DevicePath*(EFIAPI* convert_text_to_device_node)(const Char16* text);
  DevicePath*(EFIAPI* convert_text_to_device_path)(const Char16* text);
};

// [UEFI 2.10, 21.1] UnicodeCollation and UnicodeCollation2 differ in the form of supported_languages alone.
struct UnicodeCollationProtocol {
  static constexpr Guid kGuid = {0x1d85cd7f, 0xf43d, 0x11d2, {0x9a, 0x0c, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}};   // ISO 639-2
  static constexpr Guid kGuid2 = {0xa4c751fc, 0x23ae, 0x4c3e, {0x92, 0xe9, 0x49, 0x64, 0xcf, 0x63, 0xf3, 0x49}};  // RFC 4646
  int64_t(EFIAPI* stri_coll)(UnicodeCollationProtocol* self, Char16* a, Char16* b);
  Boolean(EFIAPI* metai_match)(UnicodeCollationProtocol* self, Char16* string, Char16* pattern);
  void(EFIAPI* str_lwr)(UnicodeCollationProtocol* self, Char16* string);
  void(EFIAPI* str_upr)(UnicodeCollationProtocol* self, Char16* string);
  void(EFIAPI* fat_to_str)(UnicodeCollationProtocol* self, Uintn fat_size, Char8* fat, Char16* string);
  Boolean(EFIAPI* str_to_fat)(UnicodeCollationProtocol* self, Char16* string, Uintn fat_size, Char8* fat);
  Char8* supported_languages;
};
static_assert(sizeof(UnicodeCollationProtocol) == 56);

// [UEFI 2.10, 19.5]
struct DecompressProtocol {
  static constexpr Guid kGuid = {0xd8117cfe, 0x94a6, 0x11d4, {0x9a, 0x3a, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}};
  EfiStatus(EFIAPI* get_info)(DecompressProtocol* self, void* source, uint32_t source_size, uint32_t* destination_size,
                              uint32_t* scratch_size);
  EfiStatus(EFIAPI* decompress)(DecompressProtocol* self, void* source, uint32_t source_size, void* destination, uint32_t destination_size,
                                void* scratch, uint32_t scratch_size);
};

}  // namespace efilite::efi
