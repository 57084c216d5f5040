// SPDX-License-Identifier: BSD-2-Clause-Patent
// Kernels that know only Xen's paravirtualized entry: between them and a PVH guest goes xen-shim, a Xen for one guest, which is itself
// entered by PVH, with the kernel as its first module and the initrd as its second.
#pragma once

#include <optional>

#include "boot/handoff/pvh_start.hpp"
#include "boot/payload.hpp"

namespace efilite::boot {

struct XenShim {
  core::ByteSource* image = nullptr;
  MemorySource module;           // the image, if it is a module
  std::optional<size_t> index;   // of that module
  formats::Startable facts;
};

// Whether it can be entered by PVH and is no kernel that could be started by the shim: sets shim.facts.
bool is_xen_shim(core::ByteSource& image, XenShim& shim);
// The first such module behind that of the kernel, if there is one.
bool find_shim_module(const BootInfo& info, const Payload& payload, core::PhysicalMemory& memory, XenShim& shim);

// What the shim is told: the kernel, and all modules but the shim's own. Xen's toolstack writes two command lines for shim and kernel, and
// efilite is given the shim's; where it was given another it is the kernel's.
PvhStart make_shim_start(const BootInfo& info, const Payload& payload, const XenShim& shim, PhysAddr rsdp, std::string_view command_line);

}  // namespace efilite::boot
