// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "base/log.hpp"
#include "boot/firmware/end.hpp"
#include "boot/firmware/hand_off.hpp"
#include "boot/firmware/start_pvh.hpp"
#include "boot/handoff/xen_shim.hpp"
#include "boot/load_options.hpp"
#include "boot/manager/boot_paths.hpp"
#include "core/images/file_source.hpp"
#include "core/storage/storage_call.hpp"

namespace efilite::boot {

namespace {

constexpr const char16_t* kShimFile = u"\\EFI\\xen\\xen-shim";

// The file from the first volume that has it. Disks are looked at one after the other, until one has.
class ShimOnDisk {
 public:
  explicit ShimOnDisk(const Machine& machine)
      : heap_(machine.pool, machine.events), discovery_(machine.discovery), paths_(machine.handles, machine.events, heap_, discovery_) {}

  bool find(XenShim& shim) {
    const auto take = [&](efi::Handle volume) {
      efi::FileProtocol* file = paths_.open_file(volume, kShimFile);
      if (file == nullptr) return false;
      source_.emplace(file);
      shim.image = &*source_;
      return source_->measure() && is_xen_shim(*source_, shim);
    };
    do {
      if (paths_.any_handle(&efi::SimpleFileSystemProtocol::kGuid, take)) return true;
    } while (discovery_.connect_next(Discovery::Media::Any));
    return false;
  }
  void close() { source_.reset(); }

 private:
  core::StorageHeap heap_;
  Discovery& discovery_;
  BootPaths paths_;
  std::optional<core::FileSource> source_;
};

}  // namespace

void start_pv(const Machine& machine) {
  Payload& payload = machine.payload;
  if (!machine.is_xen) {
    FailureLog urgent;
    log::line("efilite: ", payload.origin, ": the entry pv is only to be had in a guest of Xen's");
    power_off();
  }
  log::Subject subject("xen-shim");
  machine.events.restore_tpl(efi::kTplApplication);
  XenShim shim;
  ShimOnDisk disks(machine);
  if (!find_shim_module(machine.info, payload, machine.physical, shim) && !disks.find(shim)) {
    FailureLog urgent;
    log::line("efilite: ", payload.origin, ": the entry pv wants xen-shim as a module or as \\EFI\\xen\\xen-shim on a disk");
    power_off();
  }
  log::line("efilite: xen-shim from ", shim.index ? "a PVH module" : "a disk");
  const CommandLine command_line = must(CommandLine::read(machine.info, payload, machine.pool), "command line");
  const PvhStart start = make_shim_start(machine.info, payload, shim, machine.rsdp, command_line.text());
  PvhHandOff hand_off(machine.memory, machine.physical);
  {
    FailureLog urgent;  // it tells itself what is wrong
    if (!hand_off.load({shim.image, shim.index ? &shim.module : nullptr, &*shim.facts.elf}, start)) power_off();
  }
  disks.close();
  enter_by_pvh(machine, hand_off, *shim.facts.pvh);
}

}  // namespace efilite::boot
