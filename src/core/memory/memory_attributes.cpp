// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/memory/memory_attributes.hpp"

#include <algorithm>

namespace efilite::core {

namespace {

Result<> push(MemoryAttributesTable& table, efi::MemoryType type, uint64_t begin, uint64_t end, uint64_t attributes) {
  if (begin >= end) return {};
  if (table.number_of_entries == MemoryAttributesTable::kCapacity) return Status::OutOfResources;
  table.entries[table.number_of_entries++] = {.type = type, .pad = 0, .physical_start = begin, .virtual_start = 0,
                                              .number_of_pages = (end - begin) / kPageSize, .attribute = efi::kMemoryRuntime | attributes};
  return {};
}

// A descriptor of the map may hold efilite's code beside somebody else's.
Result<> push_code(MemoryAttributesTable& table, const efi::MemoryDescriptor& d, PhysRange code) {
  uint64_t begin = d.physical_start, end = begin + d.number_of_pages * kPageSize;
  uint64_t own_begin = std::clamp(code.begin.value, begin, end);
  uint64_t own_end = std::clamp(code.end.value, begin, end);
  TRY(push(table, d.type, begin, own_begin, 0));
  TRY(push(table, d.type, own_begin, own_end, efi::kMemoryRo));
  return push(table, d.type, own_end, end, 0);
}

}  // namespace

Result<> fill_memory_attributes(const MemoryMap& map, PhysRange code, MemoryAttributesTable& table) {
  table = {.version = MemoryAttributesTable::kVersion, .number_of_entries = 0, .descriptor_size = sizeof(efi::MemoryDescriptor),
           .reserved = 0, .entries = {}};
  Result<> result;
  map.for_each([&](const efi::MemoryDescriptor& d) {
    if (!result) return;
    // [4.6.4] only these two types; runtime MMIO is not told here.
    if (d.type == efi::MemoryType::RuntimeServicesCode) result = push_code(table, d, code);
    if (d.type == efi::MemoryType::RuntimeServicesData)
      result = push(table, d.type, d.physical_start, d.physical_start + d.number_of_pages * kPageSize, efi::kMemoryXp);
  });
  return result;
}

}  // namespace efilite::core
