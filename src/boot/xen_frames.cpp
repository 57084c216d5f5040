// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/xen_frames.hpp"

#include "base/log.hpp"

namespace efilite::boot {

namespace {

// From here to 4 GiB are the addresses of a PC's chips: I/O APICs, local APIC, and the pages that Xen itself puts there.
constexpr uint64_t kChips = 0xFEC00000;

constexpr PhysRange page_at(uint64_t address) { return {{address}, {address + kPageSize}}; }

}  // namespace

// The highest page that the map knows nothing of, so that they gather in one entry; 0: there is none.
uint64_t XenFrames::find_place() const {
  for (uint64_t page = kChips - kPageSize; page != 0;) {
    const auto taken = memory_.find({page});
    if (!taken) return page;
    if (taken->physical_start == 0) break;
    page = taken->physical_start - kPageSize;
  }
  return 0;
}

Result<std::byte*> XenFrames::map(uint32_t space, uint64_t index) {
  core::TplGuard guard(events_, efi::kTplNotify);
  if (mapped_.full()) return Status::OutOfResources;
  const uint64_t page = find_place();
  if (page == 0) return Status::OutOfResources;
  // The map learns of it first, since only that can be taken back without fail.
  TRY(memory_.add(page_at(page), efi::MemoryType::Reserved, efi::kMemoryWb));
  xen_add_to_physmap wanted{.domid = DOMID_SELF, .size = 0, .space = space, .idx = index, .gpfn = page / kPageSize};
  if (Result<uint64_t> added = xen_.operate(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, wanted); !added) {
    (void)memory_.remove(page_at(page));
    return added.status();
  }
  CHECK(mapped_.push_back(page));
  return reinterpret_cast<std::byte*>(page);
}

bool XenFrames::give_back(uint64_t page) {
  xen_remove_from_physmap gone{.domid = DOMID_SELF, .gpfn = page / kPageSize};
  if (xen_.operate(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, gone)) return true;
  log::line("efilite: Xen does not take back its page at ", PhysAddr{page});
  return false;
}

void XenFrames::unmap(std::byte* bytes) {
  core::TplGuard guard(events_, efi::kTplNotify);
  const auto page = reinterpret_cast<uint64_t>(bytes);
  for (size_t i = 0; i < mapped_.size(); ++i) {
    if (mapped_[i] != page) continue;
    mapped_.erase(i);
    // What stays there stays told.
    if (give_back(page)) (void)memory_.remove(page_at(page));
    return;
  }
}

Result<> XenFrames::quiesce() {
  Result<> done;
  for (const uint64_t page : mapped_)
    if (!give_back(page)) done = Status::DeviceError;
  mapped_.clear();
  return done;
}

}  // namespace efilite::boot
