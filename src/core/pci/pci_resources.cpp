// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/pci/pci_resources.hpp"

namespace efilite::core {

namespace {

using efi::AddressSpaceDescriptor;

constexpr uint64_t kFourGiB = uint64_t{1} << 32;

AddressSpaceDescriptor range(uint8_t type, uint64_t base, uint64_t size) {
  AddressSpaceDescriptor out{};
  out.tag = efi::kQwordAddressSpace;
  out.length = sizeof out - offsetof(AddressSpaceDescriptor, type);
  out.type = type;
  out.minimum = base;
  out.maximum = base + size - 1;
  out.size = size;
  return out;
}

AddressSpaceDescriptor describe(const PciBar& bar) {
  const bool io = bar.space == RegisterSpace::Io;
  AddressSpaceDescriptor out = range(io ? efi::kAddressSpaceIo : efi::kAddressSpaceMemory, bar.base, bar.size);
  if (io) return out;
  out.granularity = bar.is_64_bit ? 64 : 32;
  if (bar.prefetchable) out.specific_flags = efi::kAddressSpacePrefetchable;
  return out;
}

// A list in the pool, whose end tag is the last byte but one.
class List {
 public:
  static Result<List> of(Pool& pool, size_t count) {
    List out;
    const size_t size = count * sizeof(AddressSpaceDescriptor) + sizeof(efi::kResourcesEnd);
    out.memory_ = TRY(pool.allocate(efi::MemoryType::BootServicesData, size));
    return out;
  }
  void add(const AddressSpaceDescriptor& item) {
    memcpy(static_cast<std::byte*>(memory_) + used_, &item, sizeof item);
    used_ += sizeof item;
  }
  void* finish() {
    memcpy(static_cast<std::byte*>(memory_) + used_, efi::kResourcesEnd, sizeof efi::kResourcesEnd);
    return memory_;
  }

 private:
  void* memory_ = nullptr;
  size_t used_ = 0;
};

}  // namespace

Result<void*> describe_root(Pool& pool, PciRoot& root) {
  const std::span<const PciWindow> windows = root.windows();
  List list = TRY(List::of(pool, windows.size() + 1));
  for (const PciWindow& window : windows)
    list.add(describe({window.space, window.base >= kFourGiB, false, window.base, window.size}));
  list.add(range(efi::kAddressSpaceBus, root.first_bus(), uint64_t{root.last_bus()} - root.first_bus() + 1));
  return list.finish();
}

Result<void*> describe_bar(Pool& pool, const PciBar& bar) {
  List list = TRY(List::of(pool, 1));
  list.add(describe(bar));
  return list.finish();
}

}  // namespace efilite::core
