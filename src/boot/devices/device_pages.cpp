// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/devices/device_pages.hpp"

#include "base/check.hpp"

namespace efilite::boot {

// The map is everybody's, up to TPL_NOTIFY.
Result<MutableByteSpan> DevicePages::allocate(PageCount pages, uint64_t below) {
  core::TplGuard guard(events_, efi::kTplNotify);
  if (below == 0) return Status::OutOfResources;
  const PhysAddr at = TRY(memory_.allocate(efi::AllocateType::MaxAddress, efi::MemoryType::BootServicesData, pages, {below - 1},
                                           core::PageOwner::SetUp));
  const MutableByteSpan bytes(reinterpret_cast<std::byte*>(at.value), pages.value * kPageSize);
  memset(bytes.data(), 0, bytes.size());
  return bytes;
}

void DevicePages::release(MutableByteSpan pages) {
  core::TplGuard guard(events_, efi::kTplNotify);
  CHECK(memory_.free({reinterpret_cast<uint64_t>(pages.data())}, PageCount::covering({pages.size()}), core::PageOwner::SetUp).has_value());
}

// Under one lock, so that nobody else gets them in between. Where the map is full they stay what they were.
void DevicePages::keep(MutableByteSpan pages) {
  core::TplGuard guard(events_, efi::kTplNotify);
  const PhysAddr at{reinterpret_cast<uint64_t>(pages.data())};
  const PhysRange range{at, {at.value + pages.size()}};
  release(pages);
  if (!memory_.reserve(range, efi::MemoryType::Reserved)) CHECK(memory_.reserve(range, efi::MemoryType::BootServicesData).has_value());
}

}  // namespace efilite::boot
