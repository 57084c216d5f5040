// SPDX-License-Identifier: BSD-2-Clause-Patent
// How much memory the variables take from the OS: what they use, and room for those that it writes itself. The rest of the store's area is
// boot services data, and becomes runtime services data when so much is written.
#pragma once

#include "core/memory/memory_map.hpp"
#include "runtime/variables.hpp"

namespace efilite::boot {

// Left for the OS at the least. Linux leaves 5 KiB of it free; the largest that anybody writes are lists of keys and of forbidden hashes.
inline constexpr uint32_t kVariableRoomAtRuntime = 24 << 10;

// The area lies in runtime services data, and nobody has written to it: only `bytes` of it stay there, and what the OS is left.
Result<> shrink_variables(core::MemoryMap& memory, runtime::VariableStore& store, uint32_t bytes);

// `bytes` are about to be written. OUT_OF_RESOURCES: the memory map cannot tell; the store refuses what has no place then.
Result<> grow_variables(core::MemoryMap& memory, runtime::VariableStore& store, uint64_t bytes);

}  // namespace efilite::boot
