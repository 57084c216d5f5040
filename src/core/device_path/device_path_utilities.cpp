// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_DEVICE_PATH_UTILITIES_PROTOCOL [UEFI 2.10, 10.5]: its functions have no status to return, so every failure is nullptr, 0 or FALSE.
#include "core/device_path/device_path.hpp"
#include "core/events/events.hpp"
#include "core/firmware.hpp"
#include "core/handles/handles.hpp"

namespace efilite::core::device_path {
namespace {

efi::DevicePath* or_null(const Result<efi::DevicePath*>& made) { return made ? *made : nullptr; }
Heap& heap() { return the_firmware->handles.heap(); }

efi::Uintn EFIAPI get_device_path_size(const efi::DevicePath* path) {
  auto whole = measure(path);
  return whole ? whole->size() : 0;
}

efi::DevicePath* EFIAPI duplicate_device_path(const efi::DevicePath* path) {
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  return or_null(duplicate(heap(), path));
}

efi::DevicePath* EFIAPI append_device_path(const efi::DevicePath* first, const efi::DevicePath* second) {
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  return or_null(append_path(heap(), first, second));
}

efi::DevicePath* EFIAPI append_device_node(const efi::DevicePath* path, const efi::DevicePath* node) {
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  return or_null(append_node(heap(), path, node));
}

efi::DevicePath* EFIAPI append_device_path_instance(const efi::DevicePath* path, const efi::DevicePath* instance) {
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  return or_null(append_instance(heap(), path, instance));
}

efi::DevicePath* EFIAPI get_next_device_path_instance(efi::DevicePath** instance, efi::Uintn* size) {
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  if (size != nullptr) *size = 0;
  if (instance == nullptr) return nullptr;
  const efi::DevicePath* cursor = *instance;
  size_t copied = 0;
  efi::DevicePath* copy = or_null(next_instance(heap(), cursor, copied));
  if (copy == nullptr) return nullptr;
  *instance = const_cast<efi::DevicePath*>(cursor);
  if (size != nullptr) *size = copied;
  return copy;
}

efi::Boolean EFIAPI is_device_path_multi_instance(const efi::DevicePath* path) { return is_multi_instance(path); }

efi::DevicePath* EFIAPI create_device_node(uint8_t type, uint8_t sub_type, uint16_t length) {
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  return or_null(create_node(heap(), type, sub_type, length));
}

constinit efi::DevicePathUtilitiesProtocol the_utilities = {
    get_device_path_size,        duplicate_device_path,         append_device_path,            append_device_node,
    append_device_path_instance, get_next_device_path_instance, is_device_path_multi_instance, create_device_node};

}  // namespace

efi::DevicePathUtilitiesProtocol& utilities() { return the_utilities; }

}  // namespace efilite::core::device_path
