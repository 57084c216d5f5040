// SPDX-License-Identifier: BSD-2-Clause-Patent
// A kernel that is entered by PVH [Xen docs/misc/pvh.pandoc]: it, its modules and start_info brought to where they shall be.
#pragma once

#include "boot/handoff/fixed_loader.hpp"
#include "boot/handoff/pvh_start.hpp"
#include "boot/payload.hpp"

namespace efilite::boot {

struct PvhKernel {
  core::ByteSource* image;
  MemorySource* module;  // the same, if it lies in memory in pages of its own; nullptr: it does not
  const formats::ElfFile* elf;
};

// What a kernel is told of what efilite was told, and which of its modules come from elsewhere.
PvhStart make_pvh_start(const BootInfo& info, const Payload& payload, PhysAddr rsdp, std::string_view command_line);

class PvhHandOff {
 public:
  PvhHandOff(core::MemoryMap& memory, core::PhysicalMemory& physical) : memory_(memory), physical_(physical), loader_(memory, physical) {}

  // Loads the kernel, and modules from elsewhere; those that lie where the kernel shall be are moved. Failures are told in one line, which
  // begins with the log's subject.
  Result<> load(const PvhKernel& kernel, PvhStart start);
  // The last thing that is known.
  void tell_memory(const MemoryRegions& memory) { write_memory_map(memory, block_); }

  PhysAddr start_info() const { return start_info_; }
  MutableByteSpan room() const { return room_; }  // for arch::enter_protected_mode()
  const FixedLoader& loader() const { return loader_; }

 private:
  Result<MutableByteSpan> bytes_at(PhysRange range);
  Result<> get_out_of_the_way(PhysRange& module);
  Result<> load_modules(PvhStart& start);
  Result<> write(const PvhStart& start);

  core::MemoryMap& memory_;
  core::PhysicalMemory& physical_;
  FixedLoader loader_;
  PhysAddr start_info_{};
  MutableByteSpan block_, room_;
};

}  // namespace efilite::boot
