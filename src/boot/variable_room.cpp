// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/variable_room.hpp"

#include <algorithm>

namespace efilite::boot {

namespace {

uint64_t address_of(const runtime::VariableStore& store, uint64_t offset) {
  return reinterpret_cast<uint64_t>(&store) + store.area_offset + offset;
}

// The first page border at which so much of the area lies in front, or the area's end.
uint64_t border(const runtime::VariableStore& store, uint64_t bytes) {
  const uint64_t all = store.capacity;
  return *align_up(address_of(store, std::min(bytes + kVariableRoomAtRuntime, all)), kPageSize);
}

void set_border(runtime::VariableStore& store, uint64_t at) {
  store.lasting = static_cast<uint32_t>(std::min<uint64_t>(at - address_of(store, 0), store.capacity));
}

}  // namespace

Result<> shrink_variables(core::MemoryMap& memory, runtime::VariableStore& store, uint32_t bytes) {
  const uint64_t from = border(store, bytes), to = *align_up(address_of(store, store.capacity), kPageSize);
  if (from == to) return {};
  TRY(memory.retype({{from}, {to}}, efi::MemoryType::BootServicesData));
  set_border(store, from);
  return {};
}

Result<> grow_variables(core::MemoryMap& memory, runtime::VariableStore& store, uint64_t bytes) {
  const uint64_t from = *align_up(address_of(store, store.lasting), kPageSize), to = border(store, store.used + bytes);
  if (from >= to) return {};
  TRY(memory.retype({{from}, {to}}, efi::MemoryType::RuntimeServicesData));
  set_border(store, to);
  return {};
}

}  // namespace efilite::boot
