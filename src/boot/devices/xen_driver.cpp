// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/devices/xen_driver.hpp"

#include "base/log.hpp"
#include "base/rare.hpp"
#include "boot/devices/device_name.hpp"
#include "boot/devices/disk_on_device.hpp"
#include "core/handles/service_call.hpp"
#include "core/heap_objects.hpp"
#include "core/storage/storage_call.hpp"
#include "drivers/xen/blkfront.hpp"

namespace efilite::boot {

using core::in_database;

XenVbdPath::XenVbdPath(uint32_t number)
    : root{core::device_path::header(efi::kHardwarePath, efi::kHardwareVendor, offsetof(XenVbdPath, bus)), kRoot},
      bus{core::device_path::header(efi::kHardwarePath, efi::kHardwareVendor, offsetof(XenVbdPath, end) - offsetof(XenVbdPath, bus)), kBus},
      id(static_cast<uint16_t>(number)) {}

// A disk or CD-ROM drive of Xen's. A drive that is empty is looked into again when somebody wants something of it.
class XenDisk final : public DeviceDriver::Device, public core::BlockIo::Drive {
 public:
  XenDisk(XenDriver& driver, efi::Handle handle, const XenVbdProtocol& vbd)
      : Device(driver, handle, XenVbdProtocol::kGuid), name_("Xen disk ", DeviceName::Decimal{vbd.id}),
        blocks_(driver.xen_, driver.grants_, driver.memory_, driver.clock_, vbd.id, name_.view()),
        disk_(events(), {.write_caching = true, .drive = this}) {}

  Result<> start() override {
    Result<> started = blocks_.start();
    if (started) disk_.io.set_medium(&blocks_);
    else if (started.status() != Status::NoMedia) return started;
    return disk_.install(handles(), handle);
  }
  Result<> stop(std::span<const efi::Handle>) override { return disk_.uninstall(handles(), handle); }
  void reset() override { blocks_.stop(); }
  void look() override {
    if (blocks_.start()) disk_.io.set_medium(&blocks_);
  }
  const efi::Char16* title(efi::Handle child) override {
    if (child != nullptr) return nullptr;
    return blocks_.is_cd() ? u"Xen CD-ROM Drive" : u"Xen Disk";
  }
  void drop(core::Heap& heap) override { core::drop(heap, this); }

 private:
  const DeviceName name_;
  drivers::xen::BlkFront blocks_;
  DiskOnDevice disk_;
};

DeviceKind XenDriver::kind_of(efi::Handle handle) const {
  auto vbd = in_database([&] { return handles_.get<XenVbdProtocol>(handle); });
  if (!vbd) return DeviceKind::Unknown;
  return (*vbd)->is_cd ? DeviceKind::RemovableDisks : DeviceKind::Disk;
}

Result<const efi::Guid*> XenDriver::way_to(efi::Handle handle) const {
  TRY(handles_.get<XenVbdProtocol>(handle));
  return &XenVbdProtocol::kGuid;
}

Result<DeviceDriver::Device*> XenDriver::make(efi::Handle handle) {
  auto* vbd = TRY(in_database([&] { return handles_.get<XenVbdProtocol>(handle); }));
  Result<> open = grants_.open(top_ - 1);
  if (!open) {
    log::line("efilite: Xen's grant table cannot be used: ", open.status());
    return open.error();
  }
  return TRY(core::make<XenDisk>(heap_, *this, handle, *vbd));
}

Result<> XenDriver::quiesce() {
  Result<> done = DeviceDriver::quiesce();
  grants_.close();
  return done;
}

EFILITE_RARE Result<> XenDriver::scan(uint64_t top) {
  core::StorageLock lock(events_);
  top_ = top;
  drivers::xen::DeviceNumbers ids;
  TRY(drivers::xen::list_devices(xen_.store, "vbd", ids));
  for (uint32_t id : ids) TRY(add(id));
  return {};
}

Result<> XenDriver::add(uint32_t id) {
  struct Vbd {
    XenVbdProtocol protocol;
    XenVbdPath path;
  };
  drivers::xen::FrontEnd front(xen_.store, clock_, "vbd", id, "");
  auto* vbd = TRY(core::make<Vbd>(heap_, XenVbdProtocol{id, drivers::xen::is_cd_drive(front)}, XenVbdPath(id)));
  const core::ProtocolPair pairs[] = {{&efi::kDevicePathGuid, &vbd->path}, {&XenVbdProtocol::kGuid, &vbd->protocol}};
  efi::Handle handle = nullptr;
  Result<> installed = in_database([&] { return handles_.install_multiple(&handle, pairs); });
  if (!installed) core::drop(heap_, vbd);
  return installed;
}

}  // namespace efilite::boot
