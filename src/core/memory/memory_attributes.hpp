// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_MEMORY_ATTRIBUTES_TABLE [UEFI 2.10, 4.6.4]: which of the runtime regions the OS may map read-only or non-executable.
#pragma once

#include <array>

#include "abi/uefi.hpp"
#include "core/memory/memory_map.hpp"

namespace efilite::core {

struct MemoryAttributesTable {
  // Version 2 adds a flag for control-flow guards and nothing else; Linux before 6.4 refuses it, so say 1, which is as true.
  static constexpr uint32_t kVersion = 1;
  static constexpr size_t kCapacity = 64;
  uint32_t version;
  uint32_t number_of_entries;
  uint32_t descriptor_size;
  uint32_t reserved;
  std::array<efi::MemoryDescriptor, kCapacity> entries;
};
static_assert(offsetof(MemoryAttributesTable, entries) == 16);

// Tells about all runtime regions of the map as it is now: data are not executable; code may write to itself as far as is known. A region
// that the table has no room for is left out, which means the same to the OS as no promise; then OUT_OF_RESOURCES.
Result<> fill_memory_attributes(const MemoryMap& map, MemoryAttributesTable& table);

// What is known better of a part of one region. OUT_OF_RESOURCES: no room to tell, and nothing has changed; NOT_FOUND: of no region there.
Result<> set_memory_attributes(MemoryAttributesTable& table, PhysRange part, uint64_t attributes);

}  // namespace efilite::core
