// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/pci/pci_root_bridge_io.hpp"

#include "core/pci/pci_resources.hpp"

namespace efilite::core {

using efi::kPciPassThroughBar;
using efi::PciWidth;

namespace {

// Where a PC's old devices are. A hypervisor's host bridge passes it all on, and has nothing by which it could be made to stop.
constexpr uint64_t kLegacyAttributes = efi::kPciIsaMotherboardIo | efi::kPciIsaIo | efi::kPciVgaPaletteIo | efi::kPciVgaMemory |
                                       efi::kPciVgaIo | efi::kPciIdePrimaryIo | efi::kPciIdeSecondaryIo | efi::kPciIsaIo16 |
                                       efi::kPciVgaPaletteIo16 | efi::kPciVgaIo16;

}  // namespace

Result<> PciRootBridgeIo::access_config(Direction direction, PciWidth width, uint64_t address, uint64_t count, void* buffer) {
  const auto fields = std::bit_cast<efi::PciConfigAddress>(address);
  const PciAddress where = {root_.segment(), fields.bus, fields.device, fields.function};
  if (where.bus < root_.first_bus() || where.bus > root_.last_bus() || where.device > 31 || where.function > 7)
    return Status::InvalidParameter;
  const uint64_t offset = fields.extended_offset != 0 ? fields.extended_offset : fields.offset;
  return access_.access_config(direction, width, where, offset, count, buffer, Status::InvalidParameter);
}

// [UEFI 2.10, 14.2.17] It is the caller's to read, and stays ours: so one is enough.
Result<void*> PciRootBridgeIo::configuration() {
  TplGuard guard(services_.events(), efi::kTplNotify);
  if (configuration_ == nullptr) configuration_ = TRY(describe_root(services_.pool(), root_));
  return configuration_;
}

// ---- the C edge

struct PciRootBridgeIoThunks {
  using Self = efi::PciRootBridgeIoProtocol;
  using EfiStatus = efi::EfiStatus;

  static PciRootBridgeIo& owner(Self* self) { return *static_cast<PciRootBridgeIo::Edge*>(self)->owner; }

  template <RegisterSpace kSpace>
  static EfiStatus EFIAPI poll(Self* self, PciWidth width, uint64_t address, uint64_t mask, uint64_t value, uint64_t delay,
                               uint64_t* result) {
    return efi::encode(owner(self).access_.poll(kSpace, width, kPciPassThroughBar, address, mask, value, delay, result));
  }
  template <RegisterSpace kSpace, Direction kDirection>
  static EfiStatus EFIAPI access(Self* self, PciWidth width, uint64_t address, efi::Uintn count, void* buffer) {
    return efi::encode(owner(self).access_.access(kSpace, kDirection, width, kPciPassThroughBar, address, count, buffer));
  }
  template <Direction kDirection>
  static EfiStatus EFIAPI config(Self* self, PciWidth width, uint64_t address, efi::Uintn count, void* buffer) {
    return efi::encode(owner(self).access_config(kDirection, width, address, count, buffer));
  }
  static EfiStatus EFIAPI copy_mem(Self* self, PciWidth width, uint64_t to, uint64_t from, efi::Uintn count) {
    return efi::encode(owner(self).access_.copy(width, kPciPassThroughBar, to, kPciPassThroughBar, from, count));
  }
  static EfiStatus EFIAPI map(Self* self, efi::PciRootOperation operation, void* host_address, efi::Uintn* size,
                              efi::PhysicalAddress* device_address, void** mapping) {
    if (operation >= efi::PciRootOperation::Maximum || mapping == nullptr) return efi::encode(Status::InvalidParameter);
    constexpr auto kFirstWide = static_cast<uint32_t>(efi::PciRootOperation::Read64);
    const auto number = static_cast<uint32_t>(operation);
    auto made = owner(self).services_.map(number >= kFirstWide, efi::PciOperation{number % kFirstWide}, host_address, size, device_address);
    if (made) *mapping = *made;
    return efi::encode(made);
  }
  static EfiStatus EFIAPI unmap(Self* self, void* mapping) { return efi::encode(owner(self).services_.unmap(mapping)); }
  static EfiStatus EFIAPI allocate_buffer(Self* self, efi::AllocateType, efi::MemoryType type, efi::Uintn pages, void** host_address,
                                          uint64_t attributes) {
    if (host_address == nullptr) return efi::encode(Status::InvalidParameter);
    constexpr uint64_t kLegal = efi::kPciMemoryWriteCombine | efi::kPciMemoryCached | efi::kPciDualAddressCycle;
    if ((attributes & ~kLegal) != 0) return efi::encode(Status::Unsupported);
    auto got = owner(self).services_.allocate_buffer((attributes & efi::kPciDualAddressCycle) != 0, type, pages);
    if (got) *host_address = *got;
    return efi::encode(got);
  }
  static EfiStatus EFIAPI free_buffer(Self* self, efi::Uintn pages, void* host_address) {
    return efi::encode(owner(self).services_.free_buffer(host_address, pages));
  }
  static EfiStatus EFIAPI flush(Self* self) {
    PciRoot& root = owner(self).root_;
    (void)root.read_config({root.segment(), root.first_bus(), 0, 0}, 0, 2);
    return efi::encode(Status::Success);
  }
  static EfiStatus EFIAPI get_attributes(Self* self, uint64_t* supports, uint64_t* attributes) {
    if (supports == nullptr && attributes == nullptr) return efi::encode(Status::InvalidParameter);
    if (supports != nullptr) *supports = kLegacyAttributes;
    if (attributes != nullptr) *attributes = owner(self).attributes_;
    return efi::encode(Status::Success);
  }
  static EfiStatus EFIAPI set_attributes(Self* self, uint64_t attributes, uint64_t*, uint64_t*) {
    if ((attributes & ~kLegacyAttributes) != 0) return efi::encode(Status::Unsupported);
    owner(self).attributes_ = attributes;
    return efi::encode(Status::Success);
  }
  static EfiStatus EFIAPI configuration(Self* self, void** resources) {
    if (resources == nullptr) return efi::encode(Status::InvalidParameter);
    auto made = owner(self).configuration();
    if (!made) return efi::encode(Status::Unsupported);
    *resources = *made;
    return efi::encode(Status::Success);
  }

  static constexpr efi::PciRootBridgeIoProtocol kProtocol = {
      .parent_handle = nullptr,
      .poll_mem = poll<RegisterSpace::Memory>,
      .poll_io = poll<RegisterSpace::Io>,
      .mem = {access<RegisterSpace::Memory, Direction::Read>, access<RegisterSpace::Memory, Direction::Write>},
      .io = {access<RegisterSpace::Io, Direction::Read>, access<RegisterSpace::Io, Direction::Write>},
      .pci = {config<Direction::Read>, config<Direction::Write>},
      .copy_mem = copy_mem,
      .map = map,
      .unmap = unmap,
      .allocate_buffer = allocate_buffer,
      .free_buffer = free_buffer,
      .flush = flush,
      .get_attributes = get_attributes,
      .set_attributes = set_attributes,
      .configuration = configuration,
      .segment_number = 0,
  };
};

PciRootBridgeIo::PciRootBridgeIo(PciServices& services, PciRoot& root)
    : services_(services), root_(root), access_(services, root, nullptr), attributes_(kLegacyAttributes),
      edge_{PciRootBridgeIoThunks::kProtocol, this} {
  edge_.segment_number = root.segment();
}

}  // namespace efilite::core
