// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/xen_shim.hpp"

#include "boot/handoff/pvh.hpp"

namespace efilite::boot {

namespace {

// [Xen docs/misc/xen-command-line.pandoc, pv-shim and console] as xl writes it.
constexpr std::string_view kShimOption = "pv-shim";
constexpr std::string_view kShimCommandLine = "pv-shim console=xen,pv";

}  // namespace

bool is_xen_shim(core::ByteSource& image, XenShim& shim) {
  shim.facts = {};
  examine(formats::Input(image), shim.facts);
  return shim.facts.offers(formats::BootEntry::Pvh) && !shim.facts.offers(formats::BootEntry::XenPv);
}

bool find_shim_module(const BootInfo& info, const Payload& payload, core::PhysicalMemory& memory, XenShim& shim) {
  for (size_t i = payload.image_module.size() != 0 ? 1 : 0; i < info.modules.size(); ++i) {
    const auto bytes = memory.window(info.modules[i].range);
    if (!bytes) continue;
    shim.module = MemorySource(*bytes);
    shim.image = &shim.module;
    shim.index = i;
    if (is_xen_shim(shim.module, shim)) return true;
  }
  shim = {};
  return false;
}

PvhStart make_shim_start(const BootInfo& info, const Payload& payload, const XenShim& shim, PhysAddr rsdp, std::string_view command_line) {
  const bool is_for_shim = command_line.substr(0, command_line.find(' ')) == kShimOption;
  PvhStart start = make_pvh_start(info, payload, rsdp, is_for_shim ? command_line : kShimCommandLine);
  // Before it are those that were no modules, behind it all that were.
  if (shim.index) start.modules.erase(start.modules.size() - (info.modules.size() - *shim.index));
  PvhModule kernel{{}, command_line, payload.image};
  if (payload.image_module.size() != 0) kernel = {info.modules[0].range, command_line, nullptr};
  if (is_for_shim) kernel.text = payload.image_module.size() != 0 ? info.told.text_of(info.modules[0]) : std::string_view();
  CHECK(start.modules.insert(0, kernel));
  return start;
}

}  // namespace efilite::boot
