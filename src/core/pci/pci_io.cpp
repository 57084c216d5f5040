// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/pci/pci_io.hpp"

#include <linux/pci_regs.h>

#include "core/pci/pci_resources.hpp"

namespace efilite::core {

using efi::PciAttributeOperation;
using efi::PciWidth;

namespace {

constexpr uint16_t kVgaClass = 0x0300;
constexpr uint64_t kCommandAttributes = efi::kPciIo | efi::kPciMemory | efi::kPciBusMaster;
constexpr unsigned kCommandShift = 8;  // from a bit of the command register to its attribute
static_assert(kCommandAttributes == uint64_t{PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER} << kCommandShift);

// What a VGA on the root bus answers at whenever it decodes at all: there is no bridge to be told of it.
constexpr uint64_t kVgaAttributes =
    efi::kPciVgaMemory | efi::kPciVgaIo | efi::kPciVgaPaletteIo | efi::kPciVgaIo16 | efi::kPciVgaPaletteIo16;

}  // namespace

// Bits of the command register that the device does not have stay 0.
uint64_t PciIo::supported() {
  if (supported_ != 0) return supported_;
  (void)function_.bar(0);  // nothing may decode addresses before it has its own
  const uint32_t before = function_.read_config(PCI_COMMAND, 2);
  function_.write_config(PCI_COMMAND, 2, before | kCommandAttributes >> kCommandShift);
  supported_ = (uint64_t{function_.read_config(PCI_COMMAND, 2)} << kCommandShift & kCommandAttributes) | efi::kPciDualAddressCycle;
  function_.write_config(PCI_COMMAND, 2, before);
  if (!behind_bridge_ && function_.read_config(PCI_CLASS_DEVICE, 2) == kVgaClass) supported_ |= kVgaAttributes;
  return supported_;
}

uint64_t PciIo::current() {
  return (uint64_t{function_.read_config(PCI_COMMAND, 2)} << kCommandShift & kCommandAttributes) | kept_;
}

void PciIo::change(uint64_t wanted, uint64_t which) {
  const auto bits = [](uint64_t attributes) { return static_cast<uint16_t>((attributes & kCommandAttributes) >> kCommandShift); };
  function_.set_command(bits(wanted), bits(which & ~wanted));
  kept_ = (kept_ & ~which) | (wanted & ~kCommandAttributes);
}

Result<> PciIo::attributes(PciAttributeOperation operation, uint64_t attributes, uint64_t* result) {
  if (operation >= PciAttributeOperation::Maximum) return Status::InvalidParameter;
  TplGuard guard(services_.events(), efi::kTplNotify);
  if (operation == PciAttributeOperation::Get || operation == PciAttributeOperation::Supported) {
    if (result == nullptr) return Status::InvalidParameter;
    *result = operation == PciAttributeOperation::Get ? current() : supported();
    return {};
  }
  if ((attributes & ~supported()) != 0) return Status::Unsupported;
  if (operation == PciAttributeOperation::Set) change(attributes, supported());
  if (operation == PciAttributeOperation::Enable) change(attributes, attributes);
  if (operation == PciAttributeOperation::Disable) change(0, attributes);
  return {};
}

// ---- the C edge

struct PciIoThunks {
  using Self = efi::PciIoProtocol;
  using EfiStatus = efi::EfiStatus;

  static PciIo& owner(Self* self) { return *static_cast<PciIo::Edge*>(self)->owner; }

  template <RegisterSpace kSpace>
  static EfiStatus EFIAPI poll(Self* self, PciWidth width, uint8_t bar, uint64_t offset, uint64_t mask, uint64_t value, uint64_t delay,
                               uint64_t* result) {
    return efi::encode(owner(self).access_.poll(kSpace, width, bar, offset, mask, value, delay, result));
  }
  template <RegisterSpace kSpace, Direction kDirection>
  static EfiStatus EFIAPI access(Self* self, PciWidth width, uint8_t bar, uint64_t offset, efi::Uintn count, void* buffer) {
    return efi::encode(owner(self).access_.access(kSpace, kDirection, width, bar, offset, count, buffer));
  }
  template <Direction kDirection>
  static EfiStatus EFIAPI config(Self* self, PciWidth width, uint32_t offset, efi::Uintn count, void* buffer) {
    PciIo& io = owner(self);
    return efi::encode(io.access_.access_config(kDirection, width, io.function_.address(), offset, count, buffer, Status::Unsupported));
  }
  static EfiStatus EFIAPI copy_mem(Self* self, PciWidth width, uint8_t to_bar, uint64_t to, uint8_t from_bar, uint64_t from,
                                   efi::Uintn count) {
    return efi::encode(owner(self).access_.copy(width, to_bar, to, from_bar, from, count));
  }
  static EfiStatus EFIAPI map(Self* self, efi::PciOperation operation, void* host_address, efi::Uintn* size,
                              efi::PhysicalAddress* device_address, void** mapping) {
    if (mapping == nullptr) return efi::encode(Status::InvalidParameter);
    auto made = owner(self).services_.map(owner(self).wide(), operation, host_address, size, device_address);
    if (made) *mapping = *made;
    return efi::encode(made);
  }
  static EfiStatus EFIAPI unmap(Self* self, void* mapping) { return efi::encode(owner(self).services_.unmap(mapping)); }
  static EfiStatus EFIAPI allocate_buffer(Self* self, efi::AllocateType, efi::MemoryType type, efi::Uintn pages, void** host_address,
                                          uint64_t attributes) {
    if (host_address == nullptr) return efi::encode(Status::InvalidParameter);
    if ((attributes & ~(efi::kPciMemoryWriteCombine | efi::kPciMemoryCached)) != 0) return efi::encode(Status::Unsupported);
    auto got = owner(self).services_.allocate_buffer(owner(self).wide(), type, pages);
    if (got) *host_address = *got;
    return efi::encode(got);
  }
  static EfiStatus EFIAPI free_buffer(Self* self, efi::Uintn pages, void* host_address) {
    return efi::encode(owner(self).services_.free_buffer(host_address, pages));
  }
  // Reading from a device pushes everything before it to where it goes [PCI 3.0, 3.2.5].
  static EfiStatus EFIAPI flush(Self* self) {
    (void)owner(self).function_.read_config(PCI_VENDOR_ID, 2);
    return efi::encode(Status::Success);
  }
  static EfiStatus EFIAPI get_location(Self* self, efi::Uintn* segment, efi::Uintn* bus, efi::Uintn* device, efi::Uintn* function) {
    if (segment == nullptr || bus == nullptr || device == nullptr || function == nullptr) return efi::encode(Status::InvalidParameter);
    const PciAddress at = owner(self).function_.address();
    *segment = at.segment;
    *bus = at.bus;
    *device = at.device;
    *function = at.function;
    return efi::encode(Status::Success);
  }
  static EfiStatus EFIAPI attributes(Self* self, PciAttributeOperation operation, uint64_t attributes, uint64_t* result) {
    return efi::encode(owner(self).attributes(operation, attributes, result));
  }
  // A BAR has no attributes that could be set: how its memory is cached is the hypervisor's to say.
  static EfiStatus EFIAPI get_bar_attributes(Self* self, uint8_t bar, uint64_t* supports, void** resources) {
    if (supports == nullptr && resources == nullptr) return efi::encode(Status::InvalidParameter);
    auto found = owner(self).access_.usable_bar(bar);
    if (!found) return efi::encode(found);
    if (resources != nullptr) {
      TplGuard guard(owner(self).services_.events(), efi::kTplNotify);
      auto made = describe_bar(owner(self).services_.pool(), *found);
      if (!made) return efi::encode(made);
      *resources = *made;
    }
    if (supports != nullptr) *supports = 0;
    return efi::encode(Status::Success);
  }
  static EfiStatus EFIAPI set_bar_attributes(Self* self, uint64_t attributes, uint8_t bar, uint64_t* offset, uint64_t* length) {
    if (offset == nullptr || length == nullptr) return efi::encode(Status::InvalidParameter);
    auto found = owner(self).access_.usable_bar(bar);
    if (!found) return efi::encode(found);
    const bool inside = *offset <= found->size && *length <= found->size - *offset;
    return efi::encode(attributes == 0 && inside ? Status::Success : Status::Unsupported);
  }

  static constexpr efi::PciIoProtocol kProtocol = {
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
      .get_location = get_location,
      .attributes = attributes,
      .get_bar_attributes = get_bar_attributes,
      .set_bar_attributes = set_bar_attributes,
      .rom_size = 0,
      .rom_image = nullptr,
  };
};

PciIo::PciIo(PciServices& services, PciRoot& root, PciFunction& function, PciFunction* bridge)
    : services_(services), function_(function), access_(services, root, &function), behind_bridge_(bridge != nullptr),
      edge_{PciIoThunks::kProtocol, this} {}

PciIo* PciIo::of(efi::PciIoProtocol* protocol) {
  return protocol->get_location == PciIoThunks::get_location ? &PciIoThunks::owner(protocol) : nullptr;
}

}  // namespace efilite::core
