// SPDX-License-Identifier: BSD-2-Clause-Patent
// Human Interface Infrastructure: package formats [UEFI 2.10, 33.3] and protocols [UEFI 2.10, 34 and 35].
#pragma once

#include "abi/uefi/protocols.hpp"

namespace efilite::efi {

using HiiHandle = void*;
using StringId = uint16_t;

// [UEFI 2.10, 33.3.1] package headers: 24 bits of length, 8 bits of type
enum class HiiPackageType : uint8_t {
  All = 0x00,
  Guid = 0x01,
  Forms = 0x02,
  Strings = 0x04,
  Fonts = 0x05,
  Images = 0x06,
  SimpleFonts = 0x07,
  DevicePath = 0x08,
  KeyboardLayout = 0x09,
  Animations = 0x0A,
  End = 0xDF,
};
struct HiiPackageListHeader {
  Guid package_list_guid;
  uint32_t package_length;  // with this header
};
static_assert(sizeof(HiiPackageListHeader) == 20);
// [UEFI 2.10, 7.4.1] EFI_HII_PACKAGE_LIST_PROTOCOL: on the handle of an image that has one among its resources
inline constexpr Guid kHiiPackageListGuid = {0x6a1ee763, 0xd47a, 0x43b4, {0xaa, 0xbe, 0xef, 0x1d, 0xe2, 0xab, 0x56, 0xfc}};

// [UEFI 2.10, 33.3.6] string packages
struct HiiStringPackageHeader {
  uint32_t length_and_type;
  uint32_t header_size;
  uint32_t string_info_offset;
  Char16 language_window[16];
  StringId language_name;
  // then the language, a NUL-terminated string
};
static_assert(sizeof(HiiStringPackageHeader) == 48);
inline constexpr size_t kHiiLanguageOffset = 46;

enum class HiiStringBlock : uint8_t {
  End = 0x00,
  StringScsu = 0x10,
  StringScsuFont = 0x11,
  StringsScsu = 0x12,
  StringsScsuFont = 0x13,
  StringUcs2 = 0x14,
  StringUcs2Font = 0x15,
  StringsUcs2 = 0x16,
  StringsUcs2Font = 0x17,
  Duplicate = 0x20,
  Skip2 = 0x21,
  Skip1 = 0x22,
  Ext1 = 0x30,
  Ext2 = 0x31,
  Ext4 = 0x32,
};
inline constexpr uint8_t kHiiStringBlockFont = 0x40;  // the second type of an Ext2 block

// [UEFI 2.10, 34.8.1] registered notifications
inline constexpr Uintn kHiiNewPack = 0x1;
inline constexpr Uintn kHiiRemovePack = 0x2;
inline constexpr Uintn kHiiExportPack = 0x4;
inline constexpr Uintn kHiiAddPack = 0x8;
using HiiPackageNotify = EfiStatus(EFIAPI*)(uint8_t type, const Guid* guid, const void* package, HiiHandle handle, Uintn notify_type);

// [UEFI 2.10, 34.8] EFI_HII_DATABASE_PROTOCOL
struct HiiDatabaseProtocol {
  static constexpr Guid kGuid = {0xef9fc172, 0xa1b2, 0x4693, {0xb3, 0x27, 0x6d, 0x32, 0xfc, 0x41, 0x60, 0x42}};
  using Self = const HiiDatabaseProtocol;
  EfiStatus(EFIAPI* new_package_list)(Self* self, const HiiPackageListHeader* list, Handle driver, HiiHandle* handle);
  EfiStatus(EFIAPI* remove_package_list)(Self* self, HiiHandle handle);
  EfiStatus(EFIAPI* update_package_list)(Self* self, HiiHandle handle, const HiiPackageListHeader* list);
  EfiStatus(EFIAPI* list_package_lists)(Self* self, uint8_t type, const Guid* guid, Uintn* size, HiiHandle* handles);
  EfiStatus(EFIAPI* export_package_lists)(Self* self, HiiHandle handle, Uintn* size, HiiPackageListHeader* buffer);
  EfiStatus(EFIAPI* register_package_notify)(Self* self, uint8_t type, const Guid* guid, HiiPackageNotify function, Uintn notify_type,
                                             Handle* notify_handle);
  EfiStatus(EFIAPI* unregister_package_notify)(Self* self, Handle notify_handle);
  EfiStatus(EFIAPI* find_keyboard_layouts)(Self* self, uint16_t* size, Guid* guids);
  EfiStatus(EFIAPI* get_keyboard_layout)(Self* self, const Guid* guid, uint16_t* size, void* layout);
  EfiStatus(EFIAPI* set_keyboard_layout)(Self* self, const Guid* guid);
  EfiStatus(EFIAPI* get_package_list_handle)(Self* self, HiiHandle handle, Handle* driver);
};
static_assert(sizeof(HiiDatabaseProtocol) == 88);
inline constexpr Guid kHiiSetKeyboardLayoutEvent = {0x14982a4f, 0xb0ed, 0x45b8, {0xa8, 0x11, 0x5a, 0x7a, 0x9b, 0xc2, 0x32, 0xdf}};

// [UEFI 2.10, 34.1] font of a string
struct FontInfo {
  uint32_t font_style;
  uint16_t font_size;
  Char16 font_name[1];  // NUL-terminated
};

// [UEFI 2.10, 34.3] EFI_HII_STRING_PROTOCOL
struct HiiStringProtocol {
  static constexpr Guid kGuid = {0x0fd96974, 0x23aa, 0x4cdc, {0xb9, 0xcb, 0x98, 0xd1, 0x77, 0x50, 0x32, 0x2a}};
  using Self = const HiiStringProtocol;
  EfiStatus(EFIAPI* new_string)(Self* self, HiiHandle list, StringId* id, const Char8* language, const Char16* language_name,
                                const Char16* string, const FontInfo* font);
  EfiStatus(EFIAPI* get_string)(Self* self, const Char8* language, HiiHandle list, StringId id, Char16* string, Uintn* size,
                                FontInfo** font);
  EfiStatus(EFIAPI* set_string)(Self* self, HiiHandle list, StringId id, const Char8* language, const Char16* string, const FontInfo* font);
  EfiStatus(EFIAPI* get_languages)(Self* self, HiiHandle list, Char8* languages, Uintn* size);
  EfiStatus(EFIAPI* get_secondary_languages)(Self* self, HiiHandle list, const Char8* primary, Char8* languages, Uintn* size);
};
static_assert(sizeof(HiiStringProtocol) == 40);

// [UEFI 2.10, 35.5] EFI_HII_CONFIG_ACCESS_PROTOCOL, which drivers produce
struct HiiConfigAccessProtocol {
  static constexpr Guid kGuid = {0x330d4706, 0xf2a0, 0x4e4f, {0xa3, 0x69, 0xb6, 0x6f, 0xa8, 0xd5, 0x43, 0x85}};
  EfiStatus(EFIAPI* extract_config)(const HiiConfigAccessProtocol* self, const Char16* request, Char16** progress, Char16** results);
  EfiStatus(EFIAPI* route_config)(const HiiConfigAccessProtocol* self, const Char16* configuration, Char16** progress);
  void* callback;
};

// [UEFI 2.10, 35.4] EFI_HII_CONFIG_ROUTING_PROTOCOL
struct HiiConfigRoutingProtocol {
  static constexpr Guid kGuid = {0x587e72d7, 0xcc50, 0x4f79, {0x82, 0x09, 0xca, 0x29, 0x1f, 0xc1, 0xa1, 0x0f}};
  using Self = const HiiConfigRoutingProtocol;
  EfiStatus(EFIAPI* extract_config)(Self* self, const Char16* request, Char16** progress, Char16** results);
  EfiStatus(EFIAPI* export_config)(Self* self, Char16** results);
  EfiStatus(EFIAPI* route_config)(Self* self, const Char16* configuration, Char16** progress);
  EfiStatus(EFIAPI* block_to_config)(Self* self, const Char16* request, const uint8_t* block, Uintn size, Char16** config,
                                     Char16** progress);
  EfiStatus(EFIAPI* config_to_block)(Self* self, const Char16* response, uint8_t* block, Uintn* size, Char16** progress);
  EfiStatus(EFIAPI* get_alt_config)(Self* self, const Char16* response, const Guid* guid, const Char16* name, const DevicePath* path,
                                    const Char16* alternative_id, Char16** alternative);
};
static_assert(sizeof(HiiConfigRoutingProtocol) == 48);

}  // namespace efilite::efi
