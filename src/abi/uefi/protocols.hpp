// SPDX-License-Identifier: BSD-2-Clause-Patent
// The protocols that efilite produces or consumes. A protocol type carries its GUID, so that code names the type alone.
#pragma once

#include "abi/uefi/tables.hpp"

namespace efilite::efi {

// [UEFI 2.10, 10.2] Interface of the device path protocol is the path itself.
inline constexpr Guid kDevicePathGuid = {0x09576e91, 0x6d3f, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
// [UEFI 2.10, 9.2]
inline constexpr Guid kLoadedImageDevicePathGuid = {0xbc62157e, 0x3e33, 0x4fec, {0x99, 0x20, 0x2d, 0x3b, 0x36, 0xd7, 0x50, 0xdf}};

// [UEFI 2.10, 9.1]
struct LoadedImageProtocol {
  static constexpr Guid kGuid = {0x5b1b31a1, 0x9562, 0x11d2, {0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
  static constexpr uint32_t kRevision = 0x1000;
  uint32_t revision;
  Handle parent_handle;
  SystemTable* system_table;
  Handle device_handle;
  DevicePath* file_path;
  void* reserved;
  uint32_t load_options_size;  // bytes
  void* load_options;
  void* image_base;
  uint64_t image_size;
  MemoryType image_code_type;
  MemoryType image_data_type;
  EfiStatus(EFIAPI* unload)(Handle image);
};
static_assert(sizeof(LoadedImageProtocol) == 96);

// [UEFI 2.10, 12.3]
struct InputKey {
  uint16_t scan_code;
  Char16 unicode_char;
};
struct SimpleTextInputProtocol {
  static constexpr Guid kGuid = {0x387477c1, 0x69c7, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
  EfiStatus(EFIAPI* reset)(SimpleTextInputProtocol* self, Boolean extended_verification);
  EfiStatus(EFIAPI* read_key_stroke)(SimpleTextInputProtocol* self, InputKey* key);
  Event wait_for_key;
};

// [UEFI 2.10, 12.4]
struct SimpleTextOutputMode {
  int32_t max_mode;
  int32_t mode;
  int32_t attribute;
  int32_t cursor_column;
  int32_t cursor_row;
  Boolean cursor_visible;
};
struct SimpleTextOutputProtocol {
  static constexpr Guid kGuid = {0x387477c2, 0x69c7, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
  EfiStatus(EFIAPI* reset)(SimpleTextOutputProtocol* self, Boolean extended_verification);
  EfiStatus(EFIAPI* output_string)(SimpleTextOutputProtocol* self, Char16* string);
  EfiStatus(EFIAPI* test_string)(SimpleTextOutputProtocol* self, Char16* string);
  EfiStatus(EFIAPI* query_mode)(SimpleTextOutputProtocol* self, Uintn mode, Uintn* columns, Uintn* rows);
  EfiStatus(EFIAPI* set_mode)(SimpleTextOutputProtocol* self, Uintn mode);
  EfiStatus(EFIAPI* set_attribute)(SimpleTextOutputProtocol* self, Uintn attribute);
  EfiStatus(EFIAPI* clear_screen)(SimpleTextOutputProtocol* self);
  EfiStatus(EFIAPI* set_cursor_position)(SimpleTextOutputProtocol* self, Uintn column, Uintn row);
  EfiStatus(EFIAPI* enable_cursor)(SimpleTextOutputProtocol* self, Boolean visible);
  SimpleTextOutputMode* mode;
};
static_assert(sizeof(SimpleTextOutputProtocol) == 80);

// [UEFI 2.10, 13.1] LoadFile and [13.2] LoadFile2 share a shape.
struct LoadFileProtocol {
  static constexpr Guid kGuid = {0x56ec3091, 0x954c, 0x11d2, {0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
  EfiStatus(EFIAPI* load_file)(LoadFileProtocol* self, DevicePath* path, Boolean boot_policy, Uintn* size, void* buffer);
};
struct LoadFile2Protocol {
  static constexpr Guid kGuid = {0x4006c0c1, 0xfcb3, 0x403e, {0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d}};
  EfiStatus(EFIAPI* load_file)(LoadFile2Protocol* self, DevicePath* path, Boolean boot_policy, Uintn* size, void* buffer);
};

// [UEFI 2.10, 37.5]
struct RngProtocol {
  static constexpr Guid kGuid = {0x3152bca5, 0xeade, 0x433d, {0x86, 0x2e, 0xc0, 0x1c, 0xdc, 0x29, 0x1f, 0x44}};
  EfiStatus(EFIAPI* get_info)(RngProtocol* self, Uintn* size, Guid* algorithms);
  EfiStatus(EFIAPI* get_rng)(RngProtocol* self, Guid* algorithm, Uintn size, uint8_t* value);
};
inline constexpr Guid kRngAlgorithmRaw = {0xe43176d7, 0xb6e8, 0x4827, {0xb7, 0x84, 0x7f, 0xfd, 0xc4, 0xb6, 0x85, 0x61}};
inline constexpr Guid kRngAlgorithmSp80090Ctr256 = {0x44f0de6e, 0x4d8c, 0x4045, {0xa8, 0xc7, 0x4d, 0xd1, 0x68, 0x85, 0x6b, 0x9e}};

// [UEFI 2.10, 10.5] DevicePathUtilities
struct DevicePathUtilitiesProtocol {
  static constexpr Guid kGuid = {0x0379be4e, 0xd706, 0x437d, {0xb0, 0x37, 0xed, 0xb8, 0x2f, 0xb7, 0x72, 0xa4}};
  Uintn(EFIAPI* get_device_path_size)(const DevicePath* path);
  DevicePath*(EFIAPI* duplicate_device_path)(const DevicePath* path);
  DevicePath*(EFIAPI* append_device_path)(const DevicePath* first, const DevicePath* second);
  DevicePath*(EFIAPI* append_device_node)(const DevicePath* path, const DevicePath* node);
  DevicePath*(EFIAPI* append_device_path_instance)(const DevicePath* path, const DevicePath* instance);
  DevicePath*(EFIAPI* get_next_device_path_instance)(DevicePath** instance, Uintn* size);
  Boolean(EFIAPI* is_device_path_multi_instance)(const DevicePath* path);
  DevicePath*(EFIAPI* create_device_node)(uint8_t type, uint8_t sub_type, uint16_t length);
};

// [UEFI 2.10, 11.1] EFI_DRIVER_BINDING_PROTOCOL
struct DriverBindingProtocol {
  static constexpr Guid kGuid = {0x18a031ab, 0xb443, 0x4d1a, {0xa5, 0xc0, 0x0c, 0x09, 0x26, 0x1e, 0x9f, 0x71}};
  EfiStatus(EFIAPI* supported)(DriverBindingProtocol* self, Handle controller, DevicePath* remaining);
  EfiStatus(EFIAPI* start)(DriverBindingProtocol* self, Handle controller, DevicePath* remaining);
  EfiStatus(EFIAPI* stop)(DriverBindingProtocol* self, Handle controller, Uintn child_count, Handle* children);
  uint32_t version;
  Handle image_handle;
  Handle driver_binding_handle;
};
static_assert(sizeof(DriverBindingProtocol) == 48);

}  // namespace efilite::efi
