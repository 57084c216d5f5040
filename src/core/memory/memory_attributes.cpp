// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/memory/memory_attributes.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace efilite::core {

namespace {

uint64_t end_of(const efi::MemoryDescriptor& entry) { return entry.physical_start + entry.number_of_pages * kPageSize; }

// Makes `address`, inside entry `at`, the border between it and a new one behind it.
void split(MemoryAttributesTable& table, size_t at, uint64_t address) {
  auto* entry = &table.entries[at];
  std::copy_backward(entry, table.entries.data() + table.number_of_entries, table.entries.data() + table.number_of_entries + 1);
  ++table.number_of_entries;
  entry[1].physical_start = address;
  entry[1].number_of_pages = (end_of(*entry) - address) / kPageSize;
  entry->number_of_pages -= entry[1].number_of_pages;
}

}  // namespace

Result<> fill_memory_attributes(const MemoryMap& map, MemoryAttributesTable& table) {
  table = {.version = MemoryAttributesTable::kVersion, .number_of_entries = 0, .descriptor_size = sizeof(efi::MemoryDescriptor),
           .reserved = 0, .entries = {}};
  Result<> result;
  map.for_each([&](const efi::MemoryDescriptor& d) {
    // [4.6.4] only these two types; runtime MMIO is not told here.
    const bool data = d.type == efi::MemoryType::RuntimeServicesData;
    if (!data && d.type != efi::MemoryType::RuntimeServicesCode) return;
    if (table.number_of_entries == MemoryAttributesTable::kCapacity) {
      result = Status::OutOfResources;
      return;
    }
    auto& entry = table.entries[table.number_of_entries++];
    entry = d;
    entry.attribute = efi::kMemoryRuntime | (data ? efi::kMemoryXp : 0);
  });
  return result;
}

Result<> set_memory_attributes(MemoryAttributesTable& table, PhysRange part, uint64_t attributes) {
  auto* const all = table.entries.data();
  const auto* entry = std::find_if(all, all + table.number_of_entries, [&](const auto& e) {
    return e.physical_start <= part.begin.value && part.end.value <= end_of(e);
  });
  size_t at = entry - all;
  if (at == table.number_of_entries) return Status::NotFound;
  if (entry->attribute == (efi::kMemoryRuntime | attributes)) return {};
  const bool rest_before = entry->physical_start != part.begin.value, rest_behind = end_of(*entry) != part.end.value;
  if (table.number_of_entries + rest_before + rest_behind > MemoryAttributesTable::kCapacity) return Status::OutOfResources;
  if (rest_behind) split(table, at, part.end.value);
  if (rest_before) split(table, at++, part.begin.value);
  table.entries[at].attribute = efi::kMemoryRuntime | attributes;
  return {};
}

}  // namespace efilite::core
