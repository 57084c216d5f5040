// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <array>

#include "boot/devices/virtio_driver_parts.hpp"
#include "core/handles/service_call.hpp"
#include "core/heap_objects.hpp"
#include "core/storage/block_io.hpp"
#include "drivers/virtio/blk.hpp"

namespace efilite::boot {

namespace {

class VirtioDisk final : public VirtioDriver::Device {
 public:
  VirtioDisk(VirtioDriver& driver, efi::Handle handle, const VirtioDriver::Link& link)
      : Device(driver, handle, link, "virtio disk "), blocks_(transport, memory(), clock(), name.view()),
        block_io_(events(), nullptr, {.write_caching = true}) {}

  Result<> start() override {
    TRY(open_transport());
    TRY(blocks_.start());
    block_io_.set_medium(&blocks_);
    efi::Handle on = handle;
    return core::in_database([&] { return handles().install_multiple(&on, pairs()); });
  }
  Result<> stop(std::span<const efi::Handle>) override {
    return core::in_database([&] { return handles().uninstall_multiple(handle, pairs()); });
  }
  void reset() override { blocks_.device().stop(); }
  const efi::Char16* title(efi::Handle child) override { return child == nullptr ? u"virtio Disk" : nullptr; }
  void drop(core::Heap& heap) override { core::drop(heap, this); }

 private:
  std::array<core::ProtocolPair, 2> pairs() {
    return {{{&efi::BlockIoProtocol::kGuid, block_io_.protocol()}, {&efi::BlockIo2Protocol::kGuid, block_io_.protocol2()}}};
  }

  drivers::virtio::BlkDevice blocks_;
  core::BlockIo block_io_;
};

}  // namespace

Result<VirtioDriver::Device*> make_virtio_disk(VirtioDriver& driver, efi::Handle handle, const VirtioDriver::Link& link) {
  return TRY(core::make<VirtioDisk>(driver.heap(), driver, handle, link));
}

}  // namespace efilite::boot
