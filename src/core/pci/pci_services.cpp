// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/pci/pci_services.hpp"

#include "base/copy.hpp"

namespace efilite::core {

using efi::PciOperation;

namespace {

constexpr uint64_t kFourGiB = uint64_t{1} << 32;

}  // namespace

Result<void*> PciServices::map(bool wide, PciOperation operation, void* host_address, efi::Uintn* size,
                               efi::PhysicalAddress* device_address) {
  if (operation >= PciOperation::Maximum || host_address == nullptr || size == nullptr || *size == 0 || device_address == nullptr)
    return Status::InvalidParameter;
  auto end = PhysAddr{reinterpret_cast<uint64_t>(host_address)}.plus({*size});
  if (!end) return Status::InvalidParameter;
  const bool reachable = wide || end->value <= kFourGiB;
  // Both sides see a common buffer at once: no copy does for that.
  if (!reachable && operation == PciOperation::CommonBuffer) return Status::Unsupported;

  TplGuard guard(events_, efi::kTplNotify);
  auto* mapping = static_cast<Mapping*>(pool_.allocate(sizeof(Mapping)));
  if (mapping == nullptr) return Status::OutOfResources;
  *mapping = {mappings_, operation, host_address, *size, nullptr};
  if (!reachable) {
    auto pages = memory_.allocate(efi::AllocateType::MaxAddress, efi::MemoryType::BootServicesData, PageCount::covering({*size}),
                                  {kFourGiB - 1}, PageOwner::SetUp);
    if (!pages) {
      pool_.release(mapping);
      return Status::OutOfResources;
    }
    mapping->copy = reinterpret_cast<std::byte*>(pages->value);
    if (operation == PciOperation::Read) copy_bulk(mapping->copy, host_address, *size);
  }
  mappings_ = mapping;
  *device_address = reinterpret_cast<uint64_t>(reachable ? host_address : mapping->copy);
  return mapping;
}

Result<> PciServices::unmap(void* wanted) {
  TplGuard guard(events_, efi::kTplNotify);
  for (Mapping** at = &mappings_; *at != nullptr; at = &(*at)->next) {
    Mapping* mapping = *at;
    if (mapping != wanted) continue;
    *at = mapping->next;
    if (mapping->copy != nullptr) {
      if (mapping->operation == PciOperation::Write) copy_bulk(mapping->host, mapping->copy, mapping->size);
      (void)memory_.free({reinterpret_cast<uint64_t>(mapping->copy)}, PageCount::covering({mapping->size}), PageOwner::SetUp);
    }
    pool_.release(mapping);
    return {};
  }
  return Status::InvalidParameter;
}

// Where the program wants its pages is not asked: the text has its Type ignored.
Result<void*> PciServices::allocate_buffer(bool wide, efi::MemoryType type, uint64_t pages) {
  if ((type != efi::MemoryType::BootServicesData && type != efi::MemoryType::RuntimeServicesData) || pages == 0)
    return Status::InvalidParameter;
  TplGuard guard(events_, efi::kTplNotify);
  auto got = memory_.allocate(efi::AllocateType::MaxAddress, type, {pages}, {wide ? UINT64_MAX : kFourGiB - 1});
  if (!got) return Status::OutOfResources;
  return reinterpret_cast<void*>(got->value);
}

Result<> PciServices::free_buffer(void* host_address, uint64_t pages) {
  TplGuard guard(events_, efi::kTplNotify);
  return memory_.free({reinterpret_cast<uint64_t>(host_address)}, {pages}) ? Result<>() : Result<>(Status::InvalidParameter);
}

}  // namespace efilite::core
