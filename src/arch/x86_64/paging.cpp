// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "arch/x86_64/paging.hpp"

#include <algorithm>
#include <array>

#include "arch/cpu.hpp"
#include "arch/sections.hpp"

namespace efilite::arch {

namespace {

// Enough to split the page that holds efilite down to 4 KiB, before there is a memory map to allocate from.
constexpr size_t kStaticTables = 3;
// A table for each gigabyte, where the CPU has no larger pages, must not be all of the memory.
constexpr uint64_t kMostDeviceMemory = 256 * PageTree::kGiB;
alignas(4096) constinit std::array<std::array<uint64_t, 512>, kStaticTables> static_tables{};
constinit size_t static_used = 0;

}  // namespace

Result<PhysAddr> PageTables::static_table() {
  if (static_used == kStaticTables) return Status::OutOfResources;
  return PhysAddr{reinterpret_cast<uint64_t>(static_tables[static_used++].data())};
}

Result<> PageTables::change(PhysRange range, uint64_t set, uint64_t clear) {
  if (!range.begin.page_aligned() || !range.end.page_aligned() || range.end < range.begin) return Status::InvalidParameter;
  // No page is global, so this forgets them all: cheaper than page by page, and never too little where a large page was split.
  if (TRY(tree_.change(range, set, clear))) flush_translations();
  return {};
}

Result<> PageTables::protect_firmware(PhysAddr limit) {
  auto address = [](const char& symbol) { return PhysAddr{reinterpret_cast<uint64_t>(&symbol)}; };
  TRY(set({address(image_start), address(text_end)}, efi::kMemoryRo));
  TRY(set({address(text_end), address(cold_end)}, efi::kMemoryRp));
  TRY(set({address(cold_end), address(rodata_end)}, efi::kMemoryRo | efi::kMemoryXp));
  TRY(set({address(rodata_end), address(packed_start)}, efi::kMemoryXp));
  TRY(set({address(packed_start), limit}, efi::kMemoryRo | efi::kMemoryXp));
  return unmap_page(address(stack_guard));
}

Result<> PageTables::map_all(uint64_t top, PageTree::TableAllocator allocator) {
  tree_.set_allocator(allocator);
  return tree_.map_gigabytes(4 * PageTree::kGiB, std::min(top, PageTree::kEnd), has_gigabyte_pages());
}

Result<> PageTables::map_device(PhysRange range) {
  if (range.end.value > PageTree::kEnd || range.size() > kMostDeviceMemory) return Status::Unsupported;
  for (uint64_t at = align_down(range.begin.value, PageTree::kGiB); at < range.end.value; at += PageTree::kGiB)
    if (!tree_.has_gigabyte(at)) TRY(tree_.map_gigabytes(at, at + PageTree::kGiB, has_gigabyte_pages()));
  return {};
}

}  // namespace efilite::arch
