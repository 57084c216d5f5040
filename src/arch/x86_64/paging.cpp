// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "arch/x86_64/paging.hpp"

#include <algorithm>
#include <array>

#include "arch/cpu.hpp"
#include "arch/layout.h"
#include "arch/sections.hpp"

extern "C" uint64_t early_pml4[512];

namespace efilite::arch {

namespace {

// Intel SDM volume 3, 4.5: bits of a paging-structure entry.
constexpr uint64_t kPresent = 1 << 0;
constexpr uint64_t kWritable = 1 << 1;
constexpr uint64_t kLarge = 1 << 7;
constexpr uint64_t kNoExecute = uint64_t{1} << 63;
constexpr uint64_t kAddressMask = 0x000FFFFFFFFFF000;

constexpr uint64_t kKiB4 = uint64_t{1} << 12;
constexpr uint64_t kMiB2 = uint64_t{1} << 21;
constexpr uint64_t kGiB1 = uint64_t{1} << 30;
constexpr uint64_t kGiB512 = uint64_t{1} << 39;
constexpr uint64_t kCanonicalHalf = uint64_t{1} << 47;  // four levels of tables reach no further one to one

// Enough to split the page that holds efilite down to 4 KiB, before there is a memory map to allocate from.
constexpr size_t kStaticTables = 2;
alignas(4096) constinit std::array<std::array<uint64_t, 512>, kStaticTables> static_tables{};

uint64_t* table_at(uint64_t entry) { return reinterpret_cast<uint64_t*>(entry & kAddressMask); }

unsigned index_of(uint64_t address, uint64_t page_size) {
  return static_cast<unsigned>(address / page_size % 512);
}

}  // namespace

Result<uint64_t*> PageTables::new_table() {
  if (allocator_ != nullptr) return reinterpret_cast<uint64_t*>(TRY(allocator_()).value);
  if (static_used_ == kStaticTables) return Status::OutOfResources;
  return static_tables[static_used_++].data();
}

// The table below `entry`, whose own pages have `page_size`: made, or made out of a large page, when it is not there yet.
Result<uint64_t*> PageTables::descend(uint64_t* entry, uint64_t page_size) {
  if ((*entry & kPresent) != 0 && (*entry & kLarge) == 0) return table_at(*entry);
  uint64_t* table = TRY(new_table());
  uint64_t first = 0;
  if (*entry != 0) first = (*entry & ~kLarge) | (page_size > kKiB4 ? kLarge : 0);
  uint64_t step = first == 0 ? 0 : page_size;
  for (unsigned i = 0; i < 512; ++i, first += step) table[i] = first;
  *entry = reinterpret_cast<uint64_t>(table) | kPresent | kWritable;
  return table;
}

// The entry that maps [address, address + size) alone, where size is 4 KiB, 2 MiB or 1 GiB.
Result<uint64_t*> PageTables::entry_of(uint64_t address, uint64_t size) {
  uint64_t* table = TRY(descend(&early_pml4[index_of(address, kGiB512)], kGiB1));
  uint64_t* entry = &table[index_of(address, kGiB1)];
  if (size == kGiB1) return entry;
  table = TRY(descend(entry, kMiB2));
  entry = &table[index_of(address, kMiB2)];
  if (size == kMiB2) return entry;
  table = TRY(descend(entry, kKiB4));
  return &table[index_of(address, kKiB4)];
}

Result<> PageTables::change(PhysRange range, uint64_t set_bits) {
  for (uint64_t at = range.begin.value; at < range.end.value;) {
    uint64_t left = range.end.value - at;
    uint64_t size = (at % kGiB1 == 0 && left >= kGiB1) ? kGiB1 : (at % kMiB2 == 0 && left >= kMiB2) ? kMiB2 : kKiB4;
    uint64_t* entry = TRY(entry_of(at, size));
    if (size != kKiB4 && (*entry & kPresent) != 0 && (*entry & kLarge) == 0) {
      size = size == kGiB1 ? kMiB2 : kKiB4;  // split already: go down a level, or smaller neighbours would be lost
      entry = TRY(entry_of(at, size));
      if (size == kMiB2 && (*entry & kPresent) != 0 && (*entry & kLarge) == 0) {
        size = kKiB4;
        entry = TRY(entry_of(at, size));
      }
    }
    // The smallest pages come in numbers: go along their table instead of down the tree for each.
    do {
      *entry++ = at | (size == kKiB4 ? 0 : kLarge) | set_bits;
      invalidate_page(at);
      at += size;
    } while (size == kKiB4 && at < range.end.value && at % kMiB2 != 0);
  }
  return {};
}

Result<> PageTables::set(PhysRange range, uint64_t attributes) {
  if (!range.begin.page_aligned() || !range.end.page_aligned() || range.end < range.begin) return Status::InvalidParameter;
  uint64_t set_bits = 0;
  if ((attributes & efi::kMemoryXp) != 0) set_bits |= kNoExecute;
  if ((attributes & efi::kMemoryRo) == 0) set_bits |= kWritable;
  if ((attributes & efi::kMemoryRp) == 0) set_bits |= kPresent;
  return change(range, set_bits);
}

Result<> PageTables::unmap_page(PhysAddr page) { return set({page, {page.value + kPageSize}}, efi::kMemoryRp); }

Result<> PageTables::protect_firmware() {
  auto address = [](const char& symbol) { return PhysAddr{reinterpret_cast<uint64_t>(&symbol)}; };
  TRY(set({address(image_start), address(text_end)}, efi::kMemoryRo));
  TRY(set({address(text_end), address(rodata_end)}, efi::kMemoryRo | efi::kMemoryXp));
  TRY(set({address(rodata_end), address(image_end)}, efi::kMemoryXp));
  return unmap_page(address(stack_guard));
}

// An entry a GiB; on a CPU without 1 GiB pages a table of 512.
Result<> PageTables::map_all(uint64_t top, TableAllocator allocator) {
  allocator_ = allocator;
  bool gigabyte_pages = has_gigabyte_pages();
  top = std::min(top, kCanonicalHalf);
  for (uint64_t at = 4 * kGiB1; at < top; at += kGiB1) {
    uint64_t* entry = TRY(entry_of(at, kGiB1));
    *entry = at | kPresent | kWritable | kLarge;
    if (!gigabyte_pages) TRY(descend(entry, kMiB2));
  }
  return {};
}

}  // namespace efilite::arch
