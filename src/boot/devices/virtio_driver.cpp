// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/devices/virtio_driver.hpp"

#include "boot/devices/virtio_driver_parts.hpp"
#include "core/handles/service_call.hpp"
#include "core/pci/pci_io.hpp"

namespace efilite::boot {

using core::in_database;
using drivers::virtio::DeviceType;

Result<VirtioDriver::Link> VirtioDriver::link_of(efi::Handle handle) const {
  if (auto mmio = handles_.get<VirtioMmioProtocol>(handle)) return Link{.mmio = *mmio, .type = (*mmio)->type};
  auto* io = TRY(handles_.get<efi::PciIoProtocol>(handle));
  core::PciIo* ours = io != nullptr ? core::PciIo::of(io) : nullptr;
  if (ours == nullptr) return Status::Unsupported;
  auto type = drivers::virtio::RegisterTransport::type_of(ours->function());
  if (!type) return Status::Unsupported;
  return Link{.function = &ours->function(), .type = *type};
}

DeviceKind VirtioDriver::kind_of(efi::Handle handle) const {
  auto link = in_database([&] { return link_of(handle); });
  if (!link) return DeviceKind::Unknown;
  switch (link->type) {
    case DeviceType::Block: return DeviceKind::Disk;
    case DeviceType::Scsi: return DeviceKind::RemovableDisks;
    case DeviceType::Entropy: return DeviceKind::Entropy;
    case DeviceType::Console: return DeviceKind::Console;
    default: return DeviceKind::Unknown;
  }
}

// nullptr: it is no device of ours.
VirtioDriver::Maker VirtioDriver::maker_of(DeviceType type) const {
  switch (type) {
    case DeviceType::Block: return make_virtio_disk;
    case DeviceType::Scsi: return make_virtio_scsi;
    case DeviceType::Entropy: return make_virtio_entropy;
    case DeviceType::Console: return looking_for_console_ ? make_virtio_console : nullptr;
    default: return nullptr;
  }
}

Result<const efi::Guid*> VirtioDriver::way_to(efi::Handle handle) const {
  const Link link = TRY(link_of(handle));
  if (maker_of(link.type) == nullptr) return Status::Unsupported;
  return &link.protocol();
}

Result<DeviceDriver::Device*> VirtioDriver::make(efi::Handle handle) {
  const Link link = TRY(in_database([&] { return link_of(handle); }));
  return maker_of(link.type)(*this, handle, link);
}

}  // namespace efilite::boot
