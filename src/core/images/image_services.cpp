// SPDX-License-Identifier: BSD-2-Clause-Patent
// Images raises the task priority by itself, and only where it touches shared state: it calls programs and their protocols in between.
#include "core/images/image_services.hpp"

#include "base/rare.hpp"
#include "core/device_search.hpp"
#include "core/firmware.hpp"
#include "core/handles/handles.hpp"
#include "core/images/images.hpp"
#include "core/memory/pool.hpp"
#include "core/tables.hpp"

namespace efilite::core {
namespace {

using efi::EfiStatus;
using efi::encode;

EfiStatus EFIAPI load_image(efi::Boolean boot_policy, efi::Handle parent, efi::DevicePath* path, void* source, efi::Uintn source_size,
                            efi::Handle* image) {
  if (image == nullptr) return encode(Status::InvalidParameter);
  // By its path it may lie on a device that nobody has looked for.
  if (source == nullptr && path != nullptr && the_firmware->device_search != nullptr)
    the_firmware->device_search->before_search(&efi::SimpleFileSystemProtocol::kGuid);
  auto loaded = the_firmware->images.load(boot_policy != 0, parent, path, {static_cast<std::byte*>(source), source_size});
  if (loaded) *image = *loaded;
  return encode(loaded);
}

// [UEFI 2.10, 7.4.2] A driver written to EFI 1.02 makes its devices when it is started, and counts on StartImage to connect them.
EFILITE_RARE void connect_changed(uint64_t since) {
  Firmware& firmware = *the_firmware;
  std::span<efi::Handle> changed;
  {
    TplGuard guard(firmware.events, efi::kTplNotify);
    changed = firmware.handles.changed_since(since).value_or(changed);
  }
  const efi::BootServices& services = *firmware.system_table->boot_services;
  for (efi::Handle handle : changed) static_cast<void>(services.connect_controller(handle, nullptr, nullptr, 1));
  TplGuard guard(firmware.events, efi::kTplNotify);
  if (!changed.empty()) firmware.pool.release(static_cast<void*>(changed.data()));
}

EfiStatus EFIAPI start_image(efi::Handle image, efi::Uintn* exit_data_size, efi::Char16** exit_data) {
  const ImageRecord* record = the_firmware->images.find(image);
  const bool driver = record != nullptr && record->subsystem != pe::Subsystem::EfiApplication;
  const uint64_t before = the_firmware->handles.changes();
  const EfiStatus status = the_firmware->images.start(image, exit_data_size, exit_data);
  if (driver) connect_changed(before);
  return status;
}

EfiStatus EFIAPI exit(efi::Handle image, EfiStatus status, efi::Uintn exit_data_size, efi::Char16* exit_data) {
  return encode(the_firmware->images.exit(image, status, exit_data_size, exit_data));
}

EfiStatus EFIAPI unload_image(efi::Handle image) { return the_firmware->images.unload(image); }

// [UEFI 2.10, 7.4.6] The handle only says who asks: loaders pass those of images that have long gone.
EfiStatus EFIAPI exit_boot_services(efi::Handle, efi::Uintn map_key) {
  const Result<> done = the_firmware->images.exit_boot_services(map_key);
  if (done) the_firmware->images.leave_to_program();
  return encode(done);
}

EfiStatus EFIAPI install_configuration_table(efi::Guid* guid, void* table) {
  if (guid == nullptr) return encode(Status::InvalidParameter);
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  return encode(the_firmware->tables.install(*guid, table));
}

}  // namespace

void fill_image_services(efi::BootServices& services) {
  services.load_image = load_image;
  services.start_image = start_image;
  services.exit = exit;
  services.unload_image = unload_image;
  services.exit_boot_services = exit_boot_services;
  services.install_configuration_table = install_configuration_table;
}

}  // namespace efilite::core
