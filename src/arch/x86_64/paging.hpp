// SPDX-License-Identifier: BSD-2-Clause-Patent
// The identity map [UEFI 2.10, 2.3.4]: all RAM and the first 4 GiB, with 1 GiB pages where the CPU has them. efilite itself is
// W^X by 4 KiB pages; memory that programs get stays writable and executable until somebody asks for less.
#pragma once

#include "arch/x86_64/page_tree.hpp"
#include "core/ports.hpp"

extern "C" uint64_t early_pml4[512];  // entry.S

namespace efilite::arch {

class PageTables final : public core::PageProtection {
 public:
  constexpr PageTables() : tree_(early_pml4, static_table) {}

  // Takes over the tables that entry.S made for the first 4 GiB, and gives efilite's own pages their permissions, up to `limit`. What is
  // packed has none yet.
  Result<> protect_firmware(PhysAddr limit);

  // Maps everything from 4 GiB up to `top`. Tables come from `allocator`, as they do from now on when a large page is split.
  Result<> map_all(uint64_t top, PageTree::TableAllocator allocator);

  // The gigabytes that memory of a device lies in, where nothing is mapped yet. UNSUPPORTED for what the tables do not reach, and for more
  // than any device has.
  Result<> map_device(PhysRange range);

  Result<uint64_t> get(PhysRange range) const override { return tree_.get(range); }
  Result<> change(PhysRange range, uint64_t set, uint64_t clear) override;

  // No access at all: the stack guard, and page 0.
  Result<> unmap_page(PhysAddr page) { return set(page_at(page), efi::kMemoryRp); }
  Result<> remap_page(PhysAddr page) { return set(page_at(page), 0); }

 private:
  static PhysRange page_at(PhysAddr page) { return {page, {page.value + kPageSize}}; }
  static Result<PhysAddr> static_table();

  PageTree tree_;
};

}  // namespace efilite::arch
