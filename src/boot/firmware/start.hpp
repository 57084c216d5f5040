// SPDX-License-Identifier: BSD-2-Clause-Patent
// The last step of a boot: a program is started, the one that came with efilite or one that the boot manager finds.
#pragma once

#include "arch/x86_64/clock.hpp"
#include "arch/x86_64/paging.hpp"
#include "boot/boot_times.hpp"
#include "boot/firmware/runtime_region.hpp"
#include "boot/manager/discovery.hpp"
#include "boot/options.hpp"
#include "boot/payload.hpp"
#include "core/handles/handles.hpp"
#include "core/images/images.hpp"
#include "core/misc_services.hpp"

namespace efilite::boot {

// What boot_main has made.
struct Machine {
  const BootInfo& info;
  const Options& options;
  Payload& payload;
  core::MemoryMap& memory;
  core::Pool& pool;
  core::EventQueue& events;
  core::HandleDatabase& handles;
  core::Images& images;
  core::MiscServices& misc;
  RuntimeData& runtime;
  efi::SystemTable* system_table;
  arch::PageTables& pages;
  core::PhysicalMemory& physical;
  Discovery& discovery;
  bool is_xen;    // a guest of it
  PhysAddr rsdp;  // the hypervisor's own: the configuration tables have another, which is good as long as the runtime services. 0: none
  BootTimes& times;
  arch::X86Clock& clock;
};

// One line that tells what was chosen.
void announce(const Machine& machine);

// The step behind which the payload has the processor.
void tell_start(const Machine& machine);

// Where the payload's image is read from elsewhere although it is a module as well, the module's memory becomes free.
void free_unused_module(const Machine& machine);
// Where it is read from the module and has been, so does that.
void free_read_module(const Machine& machine);

// The payload's image, an EFI program's, loaded and with its options.
efi::Handle load_payload(const Machine& machine);
[[noreturn]] void start_payload(const Machine& machine, efi::Handle image);

// There is no payload, or another program was asked for.
[[noreturn]] void run_boot_manager(const Machine& machine);

}  // namespace efilite::boot
