// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/devices/virtio_driver_parts.hpp"
#include "core/handles/service_call.hpp"
#include "core/heap_objects.hpp"
#include "core/protocols/rng.hpp"
#include "drivers/virtio/entropy.hpp"

namespace efilite::boot {

namespace {

class VirtioEntropy final : public VirtioDriver::Device, public core::Entropy {
 public:
  VirtioEntropy(VirtioDriver& owner, efi::Handle on, const VirtioDriver::Link& way)
      : Device(owner, on, way, "virtio entropy source "), source_(transport, memory(), clock(), name.view()), rng_(*this) {}

  Result<> start() override {
    TRY(open_transport());
    TRY(source_.start());
    efi::Handle on = handle;
    return core::in_database([&] { return handles().install(&on, rng_.protocol()); });
  }
  Result<> stop(std::span<const efi::Handle>) override {
    const core::ProtocolPair pairs[] = {{&efi::RngProtocol::kGuid, rng_.protocol()}};
    return core::in_database([&] { return handles().uninstall_multiple(handle, pairs); });
  }
  void reset() override { source_.device().stop(); }
  const efi::Char16* title(efi::Handle child) override { return child == nullptr ? u"virtio Entropy Source" : nullptr; }
  void drop(core::Heap& heap) override { core::drop(heap, this); }

  bool has_raw() override { return true; }
  bool has_drbg() override { return false; }
  // The protocol may be called at any level.
  std::optional<uint64_t> raw() override {
    core::TplGuard guard(events(), efi::kTplNotify);
    return source_.word();
  }
  std::optional<uint64_t> drbg() override { return std::nullopt; }

 private:
  drivers::virtio::EntropyDevice source_;
  core::Rng rng_;
};

}  // namespace

Result<DeviceDriver::Device*> make_virtio_entropy(VirtioDriver& driver, efi::Handle handle, const VirtioDriver::Link& link) {
  return TRY(core::make<VirtioEntropy>(driver.heap(), driver, handle, link));
}

}  // namespace efilite::boot
