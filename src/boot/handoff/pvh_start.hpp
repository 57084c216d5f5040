// SPDX-License-Identifier: BSD-2-Clause-Patent
// A fresh hvm_start_info, version 1 [xen/arch-x86/hvm/start_info.h], with all that it leads to behind it in one block.
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "boot/boot_info.hpp"
#include "core/ports.hpp"

namespace efilite::boot {

struct PvhModule {
  PhysRange range;
  std::string_view text;     // its command line; empty: none
  core::ByteSource* source;  // from where it is read into the range; nullptr: it is there already
};

struct PvhStart {
  uint32_t flags = 0;
  PhysAddr rsdp{};  // 0: the kernel looks for it by itself
  std::string_view command_line;
  StaticVector<PvhModule, decltype(BootInfo::modules)::capacity() + 1> modules;
};

// With room for a memory map of kMaxRegions.
uint64_t size_of_start_info(const PvhStart& start);
// `block` has that size, is aligned to 8, and lies at `at`. The memory map comes later: it is the last thing that is known.
void write_start_info(const PvhStart& start, MutableByteSpan block, PhysAddr at);
void write_memory_map(const MemoryRegions& memory, MutableByteSpan block);

}  // namespace efilite::boot
