// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "abi/uefi/scsi.hpp"
#include "base/log.hpp"
#include "boot/devices/virtio_driver_parts.hpp"
#include "core/handles/service_call.hpp"
#include "core/heap_objects.hpp"
#include "core/storage/disk.hpp"
#include "drivers/scsi/logical_unit.hpp"
#include "drivers/virtio/scsi.hpp"

namespace efilite::boot {

namespace {

using drivers::scsi::LogicalUnit;

class VirtioScsi final : public VirtioDriver::Device, public drivers::scsi::UnitSink {
 public:
  VirtioScsi(VirtioDriver& driver, efi::Handle handle, const VirtioDriver::Link& link)
      : Device(driver, handle, link, "virtio SCSI "), adapter_(transport, memory(), clock(), name.view()) {}

  Result<> start() override {
    TRY(open_transport());
    TRY(adapter_.start());
    Result<> scanned = drivers::scsi::scan(adapter_, heap(), adapter_.bounds(), *this);
    if (!scanned) log::line("efilite: ", name.view(), ": not all of its units were found: ", scanned.status());
    return {};
  }
  Result<> stop(std::span<const efi::Handle> children) override;
  void reset() override { adapter_.device().stop(); }
  const efi::Char16* title(efi::Handle child) override;
  void drop(core::Heap& heap) override { core::drop(heap, this); }
  bool found(drivers::scsi::Address address) override;

 private:
  // A unit and its handle.
  class Unit;

  Result<> add(drivers::scsi::Address address);
  Result<> install(Unit& unit);
  Result<> remove(efi::Handle child);
  Unit** place_of(efi::Handle child);

  drivers::virtio::ScsiAdapter adapter_;
  Unit* units_ = nullptr;
};

// Follows what becomes of its medium: what EFI_BLOCK_IO_MEDIA says is as new as the last request.
class VirtioScsi::Unit final : public core::BlockDevice, public core::BlockIo::Drive {
 public:
  Unit(VirtioScsi& bus, drivers::scsi::Address address)
      : unit(bus.adapter_, bus.clock(), address), disk(bus.events(), bus.heap(), nullptr, {.write_caching = true, .drive = this}) {}

  uint32_t block_size() const override { return unit.block_size(); }
  uint64_t block_count() const override { return unit.block_count(); }
  bool read_only() const override { return unit.read_only(); }
  bool removable() const override { return unit.removable(); }
  Result<> read(uint64_t block, MutableByteSpan bytes) override { return follow(unit.read(block, bytes)); }
  Result<> write(uint64_t block, ByteSpan bytes) override { return follow(unit.write(block, bytes)); }
  Result<> flush() override { return follow(unit.flush()); }
  void look() override { (void)follow(unit.check_medium()); }
  void take_medium() { disk.block_io.set_medium(unit.has_medium() ? this : nullptr); }

  Unit* next = nullptr;
  LogicalUnit unit;
  core::Disk disk;

 private:
  Result<> follow(Result<> result) {
    const bool there = disk.block_io.medium().device != nullptr;
    if (result.status() == Status::MediaChanged || (result.status() == Status::NoMedia && there)) take_medium();
    return result;
  }
};

// Each is there once. What is no disk is not ours.
bool VirtioScsi::found(drivers::scsi::Address address) {
  Result<> added = add(address);
  if (added || added.status() == Status::NotFound || added.status() == Status::Unsupported) return true;
  log::line("efilite: ", name.view(), ": target ", address.target, ", unit ", address.lun, " cannot be used: ", added.status());
  return added.status() != Status::OutOfResources;
}

Result<> VirtioScsi::add(drivers::scsi::Address address) {
  Unit* unit = TRY(core::make<Unit>(heap(), *this, address));
  Result<> done = unit->unit.open();
  if (done) {
    if (unit->unit.has_medium()) unit->take_medium();
    done = core::in_database([&] { return install(*unit); });
  }
  if (done) *place_of(nullptr) = unit;  // behind all others
  else core::drop(heap(), unit);
  return done;
}

Result<> VirtioScsi::install(Unit& unit) {
  const drivers::scsi::Address at = unit.unit.address();
  const efi::ScsiNode node = {core::device_path::header(efi::kMessagingPath, efi::kMessagingScsi, sizeof node), at.target, at.lun};
  auto* parent = static_cast<efi::DevicePath*>(TRY(handles().find(handle, efi::kDevicePathGuid)));
  efi::DevicePath* path = TRY(core::device_path::append_node(heap(), parent, &node.header));
  Result<> done = unit.disk.install(handles(), path);
  if (done) {
    void* interface;
    done = handles().open(handle, protocol, &interface, binding(), unit.disk.handle(), efi::kOpenByChildController);
    if (!done) CHECK(unit.disk.uninstall(handles()).has_value());
  }
  if (!done) heap().release(path);
  return done;
}

// Where the pointer to the unit of this handle is, or where the list ends.
VirtioScsi::Unit** VirtioScsi::place_of(efi::Handle child) {
  Unit** at = &units_;
  while (*at != nullptr && (*at)->disk.handle() != child) at = &(*at)->next;
  return at;
}

Result<> VirtioScsi::remove(efi::Handle child) {
  Unit* unit = *place_of(child);
  if (unit == nullptr) return Status::DeviceError;
  TRY(core::in_database([&]() -> Result<> {
    // Without it somebody whom we call below is already removing the unit.
    TRY(handles().close(handle, protocol, binding(), child));
    Result<> gone = unit->disk.uninstall(handles());
    void* interface;
    // The handle stays the child of whom it was a child of.
    if (!gone) (void)handles().open(handle, protocol, &interface, binding(), child, efi::kOpenByChildController);
    return gone;
  }));
  Unit** at = &units_;  // drivers were called: the list may have changed
  while (*at != unit) at = &(*at)->next;
  *at = unit->next;
  heap().release(unit->disk.path());
  core::drop(heap(), unit);
  return {};
}

Result<> VirtioScsi::stop(std::span<const efi::Handle> children) {
  for (efi::Handle child : children) TRY(remove(child));
  while (children.empty() && units_ != nullptr) TRY(remove(units_->disk.handle()));
  return {};
}

const efi::Char16* VirtioScsi::title(efi::Handle child) {
  if (child == nullptr) return u"virtio SCSI Adapter";
  Unit* unit = *place_of(child);
  if (unit == nullptr) return nullptr;
  return unit->unit.kind() == drivers::scsi::UnitKind::Cd ? u"CD-ROM Drive" : u"SCSI Disk";
}

}  // namespace

Result<DeviceDriver::Device*> make_virtio_scsi(VirtioDriver& driver, efi::Handle handle, const VirtioDriver::Link& link) {
  return TRY(core::make<VirtioScsi>(driver.heap(), driver, handle, link));
}

}  // namespace efilite::boot
