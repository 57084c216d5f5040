// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/pci/pci_buses.hpp"

#include <new>

#include "core/device_path/device_path.hpp"
#include "core/pci/pci_root_bridge_io.hpp"

namespace efilite::core {

namespace {

using device_path::Builder;
using device_path::header;

constexpr uint16_t kPciRootBridge = 0x0A03;  // PNP; edk2 has it for PCI Express, too, and so have the boot options that it left

struct [[gnu::packed]] RootPath {
  efi::AcpiNode root;
  efi::DevicePath end;
};

struct RootBridge {
  RootBridge(PciServices& services, PciRoot& root, uint32_t uid)
      : io(services, root),
        path{{header(efi::kAcpiPath, efi::kAcpiDevice, sizeof(efi::AcpiNode)), efi::pnp_id(kPciRootBridge), uid}, efi::kEndEntirePath} {}
  PciRootBridgeIo io;
  RootPath path;
};

// A function; its path lies behind it.
struct Device {
  Device(PciServices& services, PciRoot& root, PciFunction& function, PciFunction* bridge) : io(services, root, function, bridge) {}
  MutableByteSpan path(size_t size) { return {reinterpret_cast<std::byte*>(this + 1), size}; }

  PciIo io;
  Device* next = nullptr;
  size_t path_size = 0;
};

template <typename T, typename... Arguments>
Result<T*> make(Pool& pool, size_t more, Arguments&&... arguments) {
  void* memory = pool.allocate(sizeof(T) + more);
  if (memory == nullptr) return Status::OutOfResources;
  return new (memory) T(std::forward<Arguments>(arguments)...);
}

class Installer final : public PciVisitor {
 public:
  Installer(HandleDatabase& handles, PciServices& services, PciRoot& root, uint32_t uid)
      : handles_(handles), services_(services), root_(root), uid_(uid) {}

  bool found_any() const { return bridge_ != nullptr; }

  Result<> found(PciFunction& function, PciFunction* behind) override {
    if (bridge_ == nullptr) TRY(install_root());
    const ByteSpan parent = path_of(behind);
    const size_t size = parent.size() + sizeof(efi::PciNode);
    Device* device = TRY(make<Device>(services_.pool(), size, services_, root_, function, behind));
    device->path_size = size;
    const PciAddress at = function.address();
    const efi::PciNode node = {header(efi::kHardwarePath, efi::kHardwarePci, sizeof(efi::PciNode)), at.function, at.device};
    const efi::DevicePath* path =
        TRY(Builder(device->path(size)).raw(device_path::without_end(parent)).raw(bytes_of(node)).finish());
    efi::Handle handle = nullptr;
    const ProtocolPair pairs[] = {{&efi::kDevicePathGuid, const_cast<efi::DevicePath*>(path)},
                                  {&efi::PciIoProtocol::kGuid, device->io.protocol()}};
    TRY(handles_.install_all(&handle, pairs));
    device->next = devices_;
    devices_ = device;
    return {};
  }

 private:
  Result<> install_root() {
    bridge_ = TRY(make<RootBridge>(services_.pool(), 0, services_, root_, uid_));
    efi::Handle handle = nullptr;
    const ProtocolPair pairs[] = {{&efi::kDevicePathGuid, &bridge_->path},
                                  {&efi::PciRootBridgeIoProtocol::kGuid, bridge_->io.protocol()}};
    return handles_.install_multiple(&handle, pairs);
  }
  ByteSpan path_of(const PciFunction* function) const {
    for (Device* device = devices_; function != nullptr && device != nullptr; device = device->next)
      if (&device->io.function() == function) return device->path(device->path_size);
    return bytes_of(bridge_->path);
  }

  HandleDatabase& handles_;
  PciServices& services_;
  PciRoot& root_;
  const uint32_t uid_;
  RootBridge* bridge_ = nullptr;
  Device* devices_ = nullptr;  // the last one first
};

}  // namespace

Result<> PciBuses::add(PciRoot& root, uint32_t uid) {
  Installer installer(handles_, services_, root, uid);
  TRY(root.visit(installer));
  return installer.found_any() ? Result<>() : Result<>(Status::NotFound);
}

}  // namespace efilite::core
