// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/devices/disk_on_device.hpp"
#include "boot/devices/virtio_driver_parts.hpp"
#include "core/heap_objects.hpp"
#include "drivers/virtio/blk.hpp"

namespace efilite::boot {

namespace {

class VirtioDisk final : public VirtioDriver::Device {
 public:
  VirtioDisk(VirtioDriver& driver, efi::Handle handle, const VirtioDriver::Link& link)
      : Device(driver, handle, link, "virtio disk "), blocks_(transport, memory(), clock(), name.view()),
        disk_(events(), {.write_caching = true}) {}

  Result<> start() override {
    TRY(open_transport());
    TRY(blocks_.start());
    disk_.io.set_medium(&blocks_);
    return disk_.install(handles(), handle);
  }
  Result<> stop(std::span<const efi::Handle>) override { return disk_.uninstall(handles(), handle); }
  void reset() override { blocks_.device().stop(); }
  const efi::Char16* title(efi::Handle child) override { return child == nullptr ? u"virtio Disk" : nullptr; }
  void drop(core::Heap& heap) override { core::drop(heap, this); }

 private:
  drivers::virtio::BlkDevice blocks_;
  DiskOnDevice disk_;
};

}  // namespace

Result<DeviceDriver::Device*> make_virtio_disk(VirtioDriver& driver, efi::Handle handle, const VirtioDriver::Link& link) {
  return TRY(core::make<VirtioDisk>(driver.heap(), driver, handle, link));
}

}  // namespace efilite::boot
