// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/pci/pci_root_bridge_io.hpp"

#include "core/pci/pci_resources.hpp"

namespace efilite::core {

using efi::PciWidth;

namespace {

// Where a PC's old devices are. A hypervisor's host bridge passes it all on, and has nothing by which it could be made to stop.
constexpr uint64_t kLegacyAttributes = efi::kPciIsaMotherboardIo | efi::kPciIsaIo | efi::kPciVgaPaletteIo | efi::kPciVgaMemory |
                                       efi::kPciVgaIo | efi::kPciIdePrimaryIo | efi::kPciIdeSecondaryIo | efi::kPciIsaIo16 |
                                       efi::kPciVgaPaletteIo16 | efi::kPciVgaIo16;

}  // namespace

Result<> PciRootBridgeIo::access(RegisterSpace space, Direction direction, PciWidth width, uint64_t address, uint64_t count,
                                 void* buffer) {
  const RegisterTransfer transfer = TRY(RegisterTransfer::of(width, count));
  if (buffer == nullptr || (space == RegisterSpace::Io && transfer.size() > 4)) return Status::InvalidParameter;
  TRY(services_.check(space, direction, address, transfer));
  transfer.run(root_.registers(), space, direction, address, buffer);
  return {};
}

Result<> PciRootBridgeIo::access_config(Direction direction, PciWidth width, uint64_t address, uint64_t count, void* buffer) {
  const RegisterTransfer transfer = TRY(RegisterTransfer::of(width, count));
  if (buffer == nullptr) return Status::InvalidParameter;
  const auto fields = std::bit_cast<efi::PciConfigAddress>(address);
  const PciAddress where = {root_.segment(), fields.bus, fields.device, fields.function};
  const uint64_t offset = fields.extended_offset != 0 ? fields.extended_offset : fields.offset;
  if (where.bus < root_.first_bus() || where.bus > root_.last_bus() || where.device > 31 || where.function > 7)
    return Status::InvalidParameter;
  auto length = transfer.length();
  const uint64_t size = root_.config_size();
  if (!length || offset > size || *length > size - offset) return Status::InvalidParameter;
  if (!transfer.aligned(offset)) return Status::Unsupported;
  ConfigRegisters registers(root_, where);
  transfer.run(registers, RegisterSpace::Memory, direction, offset, buffer);
  return {};
}

Result<> PciRootBridgeIo::poll(RegisterSpace space, PciWidth width, uint64_t address, uint64_t mask, uint64_t value, uint64_t delay,
                               uint64_t* result) {
  if (width > PciWidth::Uint64 || result == nullptr) return Status::InvalidParameter;
  const RegisterTransfer transfer = TRY(RegisterTransfer::of(width, 1));
  if (space == RegisterSpace::Io && transfer.size() > 4) return Status::InvalidParameter;
  TRY(services_.check(space, Direction::Read, address, transfer));
  return services_.poll({&root_.registers(), space, address}, transfer.size(), mask, value, delay, *result);
}

Result<> PciRootBridgeIo::copy(PciWidth width, uint64_t to, uint64_t from, uint64_t count) {
  if (width > PciWidth::Uint64) return Status::InvalidParameter;
  const RegisterTransfer transfer = TRY(RegisterTransfer::of(width, count));
  TRY(services_.check(RegisterSpace::Memory, Direction::Write, to, transfer));
  TRY(services_.check(RegisterSpace::Memory, Direction::Read, from, transfer));
  PciServices::copy({&root_.registers(), RegisterSpace::Memory, to}, {&root_.registers(), RegisterSpace::Memory, from}, transfer.size(),
                    count);
  return {};
}

Result<> PciRootBridgeIo::set_attributes(uint64_t attributes, uint64_t*, uint64_t*) {
  if ((attributes & ~kLegacyAttributes) != 0) return Status::Unsupported;
  attributes_ = attributes;
  return {};
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
    return efi::encode(owner(self).poll(kSpace, width, address, mask, value, delay, result));
  }
  template <RegisterSpace kSpace, Direction kDirection>
  static EfiStatus EFIAPI access(Self* self, PciWidth width, uint64_t address, efi::Uintn count, void* buffer) {
    return efi::encode(owner(self).access(kSpace, kDirection, width, address, count, buffer));
  }
  template <Direction kDirection>
  static EfiStatus EFIAPI config(Self* self, PciWidth width, uint64_t address, efi::Uintn count, void* buffer) {
    return efi::encode(owner(self).access_config(kDirection, width, address, count, buffer));
  }
  static EfiStatus EFIAPI copy_mem(Self* self, PciWidth width, uint64_t to, uint64_t from, efi::Uintn count) {
    return efi::encode(owner(self).copy(width, to, from, count));
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
  static EfiStatus EFIAPI set_attributes(Self* self, uint64_t attributes, uint64_t* base, uint64_t* length) {
    return efi::encode(owner(self).set_attributes(attributes, base, length));
  }
  static EfiStatus EFIAPI configuration(Self* self, void** resources) {
    if (resources == nullptr) return efi::encode(Status::InvalidParameter);
    auto made = owner(self).configuration();
    if (!made) return efi::encode(Status::Unsupported);
    *resources = *made;
    return efi::encode(Status::Success);
  }
};

PciRootBridgeIo::PciRootBridgeIo(PciServices& services, PciRoot& root) : services_(services), root_(root), attributes_(kLegacyAttributes) {
  using T = PciRootBridgeIoThunks;
  edge_.poll_mem = T::poll<RegisterSpace::Memory>;
  edge_.poll_io = T::poll<RegisterSpace::Io>;
  edge_.mem = {T::access<RegisterSpace::Memory, Direction::Read>, T::access<RegisterSpace::Memory, Direction::Write>};
  edge_.io = {T::access<RegisterSpace::Io, Direction::Read>, T::access<RegisterSpace::Io, Direction::Write>};
  edge_.pci = {T::config<Direction::Read>, T::config<Direction::Write>};
  edge_.copy_mem = T::copy_mem;
  edge_.map = T::map;
  edge_.unmap = T::unmap;
  edge_.allocate_buffer = T::allocate_buffer;
  edge_.free_buffer = T::free_buffer;
  edge_.flush = T::flush;
  edge_.get_attributes = T::get_attributes;
  edge_.set_attributes = T::set_attributes;
  edge_.configuration = T::configuration;
  edge_.segment_number = root.segment();
  edge_.owner = this;
}

}  // namespace efilite::core
