// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/devices/virtio_driver.hpp"

#include "boot/devices/virtio_driver_parts.hpp"
#include "core/handles/service_call.hpp"
#include "core/pci/pci_io.hpp"
#include "core/storage/storage_call.hpp"

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

std::optional<DeviceType> VirtioDriver::type_of(efi::Handle handle) const {
  auto link = in_database([&] { return link_of(handle); });
  if (!link) return std::nullopt;
  return link->type;
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

// For ourselves alone, which may stop another driver of ours or a program's.
Result<VirtioDriver::Link> VirtioDriver::open(efi::Handle handle) {
  return in_database([&]() -> Result<Link> {
    const Link link = TRY(link_of(handle));
    if (maker_of(link.type) == nullptr) return Status::Unsupported;
    void* interface;
    TRY(handles_.open(handle, link.protocol(), &interface, edge_.driver_binding_handle, handle, efi::kOpenByDriver));
    return link;
  });
}

Result<> VirtioDriver::close(efi::Handle handle, const Link& link) {
  return in_database([&] { return handles_.close(handle, link.protocol(), edge_.driver_binding_handle, handle); });
}

Result<> VirtioDriver::supported(efi::Handle handle) { return close(handle, TRY(open(handle))); }

// Where the pointer to the device of this handle is, or where the list ends.
VirtioDriver::Device** VirtioDriver::place_of(efi::Handle handle) {
  Device** at = &devices_;
  while (*at != nullptr && (*at)->handle != handle) at = &(*at)->next;
  return at;
}

Result<> VirtioDriver::start(efi::Handle handle) {
  core::StorageLock lock(events_);
  const Link link = TRY(open(handle));
  auto made = maker_of(link.type)(*this, handle, link);
  if (!made) {
    (void)close(handle, link);
    return made.error();
  }
  Device& device = **made;
  in_database([&] { *place_of(nullptr) = &device; });
  Result<> started = device.start();
  if (!started) release(device);
  return started;
}

void VirtioDriver::release(Device& device) {
  in_database([&] {
    Device** at = place_of(device.handle);
    *at = device.next;
  });
  (void)close(device.handle, device.link);  // it may have been closed for us
  device.drop(heap_);
}

// Other drivers are called, which may come back to us.
Result<> VirtioDriver::stop(efi::Handle handle, std::span<const efi::Handle> children) {
  if (events_.tpl() > efi::kTplCallback) return Status::DeviceError;  // whom we interrupt may be using it
  core::StorageLock lock(events_);
  Device* device = *place_of(handle);
  if (device == nullptr) return Status::DeviceError;
  TRY(device->stop(children));
  if (children.empty()) release(*device);
  return {};
}

Result<> VirtioDriver::quiesce() {
  for (Device* at = devices_; at != nullptr; at = at->next) at->reset();
  return {};
}

const efi::Char16* VirtioDriver::controller_name(efi::Handle controller, efi::Handle child) {
  return in_database([&]() -> const efi::Char16* {
    Device* device = *place_of(controller);
    return device != nullptr ? device->title(child) : nullptr;
  });
}

VirtioDriver::VirtioDriver(core::HandleDatabase& handles, core::EventQueue& events, core::Heap& heap, core::DeviceMemory& memory,
                           core::Clock& clock, core::Registers& registers)
    : handles_(handles), events_(events), heap_(heap), memory_(memory), clock_(clock), registers_(registers),
      names_(handles, u"virtio", *this) {}

Result<> VirtioDriver::install(efi::Handle image) {
  const core::ProtocolPair pairs[] = {{&efi::DriverBindingProtocol::kGuid, &edge_}, {&efi::ComponentName2Protocol::kGuid, names_.protocol()}};
  TRY(handles_.install_multiple(&edge_.driver_binding_handle, pairs));
  edge_.image_handle = image;
  return {};
}

}  // namespace efilite::boot
