// SPDX-License-Identifier: BSD-2-Clause-Patent
// virtio over PCI [virtio 1.2, 4.1].
#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>

#include "drivers/virtio/register_transport.hpp"

namespace efilite::drivers::virtio {

namespace {

constexpr uint16_t kVendor = 0x1AF4;
constexpr uint16_t kFirstTransitional = 0x1000;
constexpr uint16_t kFirstModern = 0x1040;  // and the type of the device
constexpr uint16_t kLast = 0x107F;
constexpr int kMaxCapabilities = 48;       // more do not fit

constexpr RegisterLayout kModern{
    .status_width = 1,
    .queue_width = 2,
    .status = VIRTIO_PCI_COMMON_STATUS,
    .device_features = VIRTIO_PCI_COMMON_DF,
    .device_features_select = VIRTIO_PCI_COMMON_DFSELECT,
    .driver_features = VIRTIO_PCI_COMMON_GF,
    .driver_features_select = VIRTIO_PCI_COMMON_GFSELECT,
    .queue_select = VIRTIO_PCI_COMMON_Q_SELECT,
    .queue_limit = VIRTIO_PCI_COMMON_Q_SIZE,
    .queue_length = VIRTIO_PCI_COMMON_Q_SIZE,
    .queue_enable = VIRTIO_PCI_COMMON_Q_ENABLE,
    .descriptors = VIRTIO_PCI_COMMON_Q_DESCLO,
    .available = VIRTIO_PCI_COMMON_Q_AVAILLO,
    .used = VIRTIO_PCI_COMMON_Q_USEDLO,
    .generation = VIRTIO_PCI_COMMON_CFGGENERATION,
};
constexpr uint64_t kModernLength = VIRTIO_PCI_COMMON_Q_USEDHI + 4;

constexpr RegisterLayout kLegacy{
    .legacy = true,
    .status_width = 1,
    .queue_width = 2,
    .status = VIRTIO_PCI_STATUS,
    .device_features = VIRTIO_PCI_HOST_FEATURES,
    .driver_features = VIRTIO_PCI_GUEST_FEATURES,
    .queue_select = VIRTIO_PCI_QUEUE_SEL,
    .queue_limit = VIRTIO_PCI_QUEUE_NUM,
    .page_number = VIRTIO_PCI_QUEUE_PFN,
};
constexpr uint64_t kLegacyConfig = VIRTIO_PCI_CONFIG_OFF(0);  // we leave MSI-X off

}  // namespace

// [virtio 1.2, 4.1.4] the first of each kind that makes sense is taken; what lies outside of its BAR, or in one without a place, does not.
void RegisterTransport::note_pci_window(uint16_t capability) {
  auto read = [&](unsigned at, unsigned size) { return function_->read_config(static_cast<uint16_t>(capability + at), size); };
  const uint32_t type = read(VIRTIO_PCI_CAP_CFG_TYPE, 1);
  const bool is_notify = type == VIRTIO_PCI_CAP_NOTIFY_CFG;
  RegisterWindow* window = is_notify                              ? &notify_
                           : type == VIRTIO_PCI_CAP_COMMON_CFG ? &common_
                           : type == VIRTIO_PCI_CAP_DEVICE_CFG ? &config_
                                                               : nullptr;
  const uint32_t index = read(VIRTIO_PCI_CAP_BAR, 1);
  if (window == nullptr || window->length != 0 || index >= core::PciFunction::kBars) return;
  const uint32_t size = read(VIRTIO_PCI_CAP_LEN, 1);
  if (size < (is_notify ? sizeof(virtio_pci_notify_cap) : sizeof(virtio_pci_cap)) || capability + size > PCI_CFG_SPACE_SIZE) return;

  const core::PciBar bar = function_->bar(index);
  const uint64_t offset = read(VIRTIO_PCI_CAP_OFFSET, 4), length = read(VIRTIO_PCI_CAP_LENGTH, 4);
  if (offset % 4 != 0 || offset > bar.size || length > bar.size - offset) return;
  if (type == VIRTIO_PCI_CAP_COMMON_CFG && length < kModernLength) return;
  *window = {bar.space, bar.base + offset, length};
  if (is_notify) notify_multiplier_ = read(VIRTIO_PCI_NOTIFY_CAP_MULT, 4);
}

// Whether the device has the interface of version 1.
bool RegisterTransport::find_pci_windows() {
  common_ = notify_ = config_ = {};
  notify_multiplier_ = 0;
  if ((function_->read_config(PCI_STATUS, 2) & PCI_STATUS_CAP_LIST) == 0) return false;
  uint32_t at = function_->read_config(PCI_CAPABILITY_LIST, 1);
  for (int i = 0; i < kMaxCapabilities; ++i) {
    at &= ~uint32_t{3};
    if (at < PCI_STD_HEADER_SIZEOF) break;
    const uint32_t header = function_->read_config(static_cast<uint16_t>(at), 2);
    if ((header & 0xFF) == PCI_CAP_ID_VNDR) note_pci_window(static_cast<uint16_t>(at));
    at = header >> 8;
  }
  return common_.length != 0 && notify_.length >= 2;
}

// [virtio 1.2, 4.1.2.1 and 4.1.2.3]
std::optional<DeviceType> RegisterTransport::type_of(core::PciFunction& function) {
  const uint32_t id = function.read_config(PCI_VENDOR_ID, 4);
  const uint32_t device = id >> 16;
  if ((id & 0xFFFF) != kVendor || device < kFirstTransitional || device > kLast) return std::nullopt;
  return DeviceType{device >= kFirstModern ? device - kFirstModern : function.read_config(PCI_SUBSYSTEM_ID, 2)};
}

Result<> RegisterTransport::open_pci(core::PciFunction& function) {
  const auto type = type_of(function);
  if (!type) return Status::NotFound;
  function_ = &function;
  const bool modern = find_pci_windows();
  if (!modern) {
    // [virtio 1.2, 4.1.4.10]
    const core::PciBar bar = function.bar(0);
    const bool transitional = function.read_config(PCI_DEVICE_ID, 2) < kFirstModern;
    if (!transitional || bar.space != core::RegisterSpace::Io || bar.size < kLegacyConfig) return Status::Unsupported;
    common_ = {bar.space, bar.base, kLegacyConfig};
    notify_ = {bar.space, bar.base + VIRTIO_PCI_QUEUE_NOTIFY, 2};
    config_ = {bar.space, bar.base + kLegacyConfig, bar.size - kLegacyConfig};
    notify_multiplier_ = 0;
  }
  set_up(function.registers(), modern ? kModern : kLegacy, *type);
  uint16_t decode = PCI_COMMAND_MASTER;
  for (const RegisterWindow* window : {&common_, &notify_, &config_})
    if (window->length != 0) decode |= window->space == core::RegisterSpace::Io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
  function.set_command(decode, 0);
  return {};
}

}  // namespace efilite::drivers::virtio
