// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/storage.hpp"

namespace efilite::boot {

// Where there is no clock, files have no times.
efi::Time Storage::Clock::now() {
  efi::Time time{};
  if (efi::is_error(runtime_.get_time(&time, nullptr))) return {};
  return time;
}

Result<> Storage::install() {
  efi::Handle handle = nullptr;
  const core::ProtocolPair pairs[] = {{&efi::DriverBindingProtocol::kGuid, driver_.protocol()},
                                      {&efi::ComponentName2Protocol::kGuid, driver_.names()},
                                      {&efi::RamDiskProtocol::kGuid, &core::RamDisks::protocol()}};
  TRY(handles_.install_multiple(&handle, pairs));
  driver_.set_handle(handle, handles_.core_agent());
  return {};
}

Result<> Storage::add_image(core::ByteSource& image) {
  std::optional<MutableByteSpan> bytes = image.in_place();
  if (!bytes) {
    PhysAddr memory = TRY(memory_.allocate(efi::AllocateType::AnyPages, efi::MemoryType::BootServicesData,
                                           PageCount::covering({image.size()}), {}, core::PageOwner::SetUp));
    bytes.emplace(reinterpret_cast<std::byte*>(memory.value), image.size());
    TRY(image.read(0, *bytes));
  }
  efi::Handle disk = TRY(ram_disks_.add(reinterpret_cast<uint64_t>(bytes->data()), bytes->size(), efi::kVirtualDisk, nullptr));
  return handles_.connect(disk, nullptr, nullptr, true);
}

}  // namespace efilite::boot
