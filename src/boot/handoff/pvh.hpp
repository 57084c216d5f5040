// SPDX-License-Identifier: BSD-2-Clause-Patent
// A kernel that is entered by PVH [Xen docs/misc/pvh.pandoc]: it, its modules and start_info brought to where they shall be.
#pragma once

#include "boot/handoff/fixed_loader.hpp"
#include "boot/handoff/pvh_start.hpp"
#include "boot/payload.hpp"

namespace efilite::boot {

struct PvhKernel {
  core::ByteSource& image;
  MemorySource* module;  // where the image is read from, if that is memory in pages of its own; nullptr: elsewhere
  const formats::ElfFile& elf;
};

// What the kernel is told of what efilite was told: all modules but that of the image.
void tell_modules(const BootInfo& info, const Payload& payload, PvhStart& start);

class PvhHandOff {
 public:
  PvhHandOff(core::MemoryMap& memory, core::PhysicalMemory& physical) : memory_(memory), physical_(physical), loader_(memory, physical) {}

  // Loads the kernel. Modules that lie where it shall be are moved, and `start` says where to. Failures are told in one line.
  Result<> load(const PvhKernel& kernel, PvhStart& start);
  // As module 0. Comes behind load().
  Result<> add_initrd(core::ByteSource& initrd, PvhStart& start);
  // Comes last.
  Result<> write(const PvhStart& start);

  PhysAddr start_info() const { return start_info_.begin; }
  MutableByteSpan start_info_block() const { return block_; }
  MutableByteSpan room() const { return room_; }  // for arch::enter_protected_mode()
  const FixedLoader& loader() const { return loader_; }

 private:
  Result<MutableByteSpan> bytes_at(PhysRange range);
  Result<> get_out_of_the_way(PhysRange& module);

  core::MemoryMap& memory_;
  core::PhysicalMemory& physical_;
  FixedLoader loader_;
  PhysRange start_info_{};
  MutableByteSpan block_, room_;
};

}  // namespace efilite::boot
