// SPDX-License-Identifier: BSD-2-Clause-Patent
// The identity map [UEFI 2.10, 2.3.4]: all RAM and the first 4 GiB, with 1 GiB pages where the CPU has them. efilite itself is
// W^X by 4 KiB pages; memory that programs get stays writable and executable until somebody asks for less.
#pragma once

#include "core/ports.hpp"

namespace efilite::arch {

class PageTables final : public core::PageProtection {
 public:
  // Takes over the tables that entry.S made for the first 4 GiB, and gives efilite's own pages their permissions.
  Result<> protect_firmware();

  // Maps everything from 4 GiB up to `top`. Tables come from `allocator`, as they do from now on when a large page is split.
  using TableAllocator = Result<PhysAddr> (*)();
  Result<> map_all(uint64_t top, TableAllocator allocator);

  Result<> set(PhysRange range, uint64_t attributes) override;

  // No access at all: the stack guard.
  Result<> unmap_page(PhysAddr page);

 private:
  Result<uint64_t*> new_table();
  Result<uint64_t*> entry_of(uint64_t address, uint64_t size);
  Result<uint64_t*> descend(uint64_t* entry, uint64_t page_size);
  Result<> change(PhysRange range, uint64_t set_bits);

  TableAllocator allocator_ = nullptr;
  size_t static_used_ = 0;
};

}  // namespace efilite::arch
