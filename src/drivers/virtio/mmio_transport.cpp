// SPDX-License-Identifier: BSD-2-Clause-Patent
// virtio over MMIO [virtio 1.2, 4.2].
#include <linux/virtio_mmio.h>

#include "drivers/virtio/register_transport.hpp"

namespace efilite::drivers::virtio {

namespace {

constexpr uint32_t kMagic = 'v' | 'i' << 8 | 'r' << 16 | 't' << 24;

constexpr RegisterLayout kVersion2{
    .status = VIRTIO_MMIO_STATUS,
    .device_features = VIRTIO_MMIO_DEVICE_FEATURES,
    .device_features_select = VIRTIO_MMIO_DEVICE_FEATURES_SEL,
    .driver_features = VIRTIO_MMIO_DRIVER_FEATURES,
    .driver_features_select = VIRTIO_MMIO_DRIVER_FEATURES_SEL,
    .queue_select = VIRTIO_MMIO_QUEUE_SEL,
    .queue_limit = VIRTIO_MMIO_QUEUE_NUM_MAX,
    .queue_length = VIRTIO_MMIO_QUEUE_NUM,
    .queue_enable = VIRTIO_MMIO_QUEUE_READY,
    .descriptors = VIRTIO_MMIO_QUEUE_DESC_LOW,
    .available = VIRTIO_MMIO_QUEUE_AVAIL_LOW,
    .used = VIRTIO_MMIO_QUEUE_USED_LOW,
    .generation = VIRTIO_MMIO_CONFIG_GENERATION,
};

constexpr RegisterLayout kLegacy{
    .legacy = true,
    .status = VIRTIO_MMIO_STATUS,
    .device_features = VIRTIO_MMIO_DEVICE_FEATURES,
    .device_features_select = VIRTIO_MMIO_DEVICE_FEATURES_SEL,
    .driver_features = VIRTIO_MMIO_DRIVER_FEATURES,
    .driver_features_select = VIRTIO_MMIO_DRIVER_FEATURES_SEL,
    .queue_select = VIRTIO_MMIO_QUEUE_SEL,
    .queue_limit = VIRTIO_MMIO_QUEUE_NUM_MAX,
    .queue_length = VIRTIO_MMIO_QUEUE_NUM,
    .page_number = VIRTIO_MMIO_QUEUE_PFN,
    .page_size = VIRTIO_MMIO_GUEST_PAGE_SIZE,
    .used_align = VIRTIO_MMIO_QUEUE_ALIGN,
};

}  // namespace

Result<> RegisterTransport::open_mmio(core::Registers& registers, uint64_t base, uint64_t size) {
  constexpr auto memory = core::RegisterSpace::Memory;
  auto read = [&](uint64_t offset) { return static_cast<uint32_t>(registers.read(memory, base + offset, 4)); };
  if (size < VIRTIO_MMIO_CONFIG || read(VIRTIO_MMIO_MAGIC_VALUE) != kMagic) return Status::NotFound;
  const uint32_t version = read(VIRTIO_MMIO_VERSION);
  if (version != 1 && version != 2) return Status::Unsupported;
  const uint32_t type = read(VIRTIO_MMIO_DEVICE_ID);
  if (type == 0) return Status::NotFound;  // [virtio 1.2, 4.2.2] a slot where nothing is plugged in
  set_up(registers, version == 2 ? kVersion2 : kLegacy, DeviceType{type});
  common_ = {memory, base, VIRTIO_MMIO_CONFIG};
  notify_ = {memory, base + VIRTIO_MMIO_QUEUE_NOTIFY, 4};
  config_ = {memory, base + VIRTIO_MMIO_CONFIG, size - VIRTIO_MMIO_CONFIG};
  return {};
}

}  // namespace efilite::drivers::virtio
