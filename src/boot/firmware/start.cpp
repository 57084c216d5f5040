// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/start.hpp"

#include <optional>

#include "arch/io.hpp"
#include "boot/firmware/console.hpp"
#include "boot/firmware/end.hpp"
#include "boot/firmware/hand_off.hpp"
#include "boot/firmware/packed_code.hpp"
#include "boot/firmware/version.hpp"
#include "boot/load_options.hpp"
#include "boot/manager/boot_manager.hpp"
#include "boot/payload_device.hpp"

namespace efilite::boot {

namespace {

constinit std::optional<PayloadDevice> payload_device;

bool is_read_elsewhere(const Payload& payload) { return payload.image != &payload.image_module; }

// A module that is not run where it lies is free memory once it has been read.
void free_module(const Machine& machine) {
  auto bytes = machine.payload.image_module.in_place();
  if (!bytes || bytes->empty()) return;
  uint64_t begin = align_down(reinterpret_cast<uint64_t>(bytes->data()), kPageSize);
  uint64_t end = reinterpret_cast<uint64_t>(bytes->data() + bytes->size());
  Result<> freed = machine.memory.free({begin}, PageCount::covering({end - begin}), core::PageOwner::SetUp);
  if (freed) machine.payload.image_use = EFILITE_PVH_MODULE_FREED;
  else log::line("efilite: the module's memory stays taken: ", freed.status());
}

// The loader tells itself what it finds wrong with an image, and only that.
efi::Handle must_load(const Machine& machine, efi::Handle device, const efi::DevicePath* path) {
  const Payload& payload = machine.payload;
  FailureLog urgent;
  log::Subject subject(payload.origin);
  Result<efi::Handle> image = machine.images.load(*payload.image, nullptr, device, path);
  if (image) return *image;
  if (image.status() != Status::LoadError && image.status() != Status::Unsupported)
    log::line("efilite: ", payload.origin, " cannot be loaded: ", image.status());
  power_off();
}

efi::Handle load_program(const Machine& machine, efi::Handle device, const efi::DevicePath* path) {
  free_unused_module(machine);
  const efi::Handle image = must_load(machine, device, path);
  if (machine.images.find(image)->in_place) machine.payload.image_use = EFILITE_PVH_MODULE_RUN;
  else free_read_module(machine);
  return image;
}

class Host final : public ManagerHost {
 public:
  explicit Host(const Machine& machine) : machine_(machine) {}
  void loading() override { machine_.times.loading(arch::timestamp()); }
  void starting() override { tell_start(machine_); }
  void returned() override { leave_console(); }
  void reset(efi::ResetType type) override { boot::reset(type, Status::Success); }
  Result<> pass_command_line(efi::Handle image) override {
    return set_payload_options(machine_.info, machine_.payload, machine_.pool, machine_.images, image);
  }

 private:
  const Machine& machine_;
};

// What was taken, and of what.
void announce_entry(const Payload& payload) {
  log::print(", by entry ");
  log::print(name_of(payload.entry));
  const char* separator = " of ";
  for (size_t i = 0; i < formats::kBootEntries; ++i) {
    const auto entry = static_cast<formats::BootEntry>(i);
    // What a bzImage has inside is not looked at: pv is what somebody says of it.
    if (!payload.facts.offers(entry) && entry != payload.entry) continue;
    log::print(separator);
    log::print(name_of(entry));
    separator = ", ";
  }
}

Result<BootChoice> boot_choice(const Machine& machine, core::Heap& heap) {
  const auto& text = machine.options.boot;
  if (text.empty()) return BootChoice();
  FailureLog urgent;
  return parse_boot_choice({text.begin(), text.size()}, heap);
}

}  // namespace

void tell_start(const Machine& machine) {
  BootTimes& times = machine.times;
  times.starting(arch::timestamp());
  const uint64_t khz = machine.clock.rate_for_time_stamps();
  // Of whatever loads its own kernel the times are another matter.
  const Payload& payload = machine.payload;
  if (khz != 0 && payload.image != nullptr && payload.kind != PayloadKind::Loader) {
    Result<> set = times.set_loader_variables(machine.runtime.state.variables, khz);
    if (!set) log::line("efilite: LoaderTimeInitUSec and LoaderTimeExecUSec: ", set.status());
  }
  for (const BootTimes::Step& step : times.steps()) log_timing(step.name, step.tsc);
  log_timing("copied", machine.images.copied_bytes());
  if (khz != 0) log_timing("tsc-khz", khz);
  packed_code::tell();
  log_timing("payload", arch::timestamp());
}

void free_unused_module(const Machine& machine) {
  if (is_read_elsewhere(machine.payload)) free_module(machine);
}

void free_read_module(const Machine& machine) {
  if (!is_read_elsewhere(machine.payload)) free_module(machine);
}

void announce(const Machine& machine) {
  // In PayloadKind's order.
  constexpr const char* kKinds[] = {"a Linux kernel", "a unified kernel image", "an EFI program", "an ELF kernel"};
  const Payload& payload = machine.payload;
  log::print("efilite ");
  log::print(kVersion);
  log::print(": ");
  log::print(machine.info.source);
  if (payload.image == nullptr) {
    log::print(", looking for something to boot");
  } else {
    log::print(", starting ");
    log::print(kKinds[static_cast<size_t>(payload.kind)]);
    log::print(" from ");
    log::print(payload.origin);
  }
  // For the entry pv it may be the shim.
  if (payload.disk != nullptr || (payload.initrd != nullptr && payload.entry != formats::BootEntry::XenPv)) {
    log::print(payload.disk != nullptr ? ", disk from " : ", initrd from ");
    log::print(payload.initrd_origin);
  }
  if (payload.image != nullptr) announce_entry(payload);
  log::line();
}

efi::Handle load_payload(const Machine& machine) {
  Payload& payload = machine.payload;
  payload_device.emplace(payload);
  const efi::Handle device = must(payload_device->install(machine.handles), "the program's device");
  const efi::DevicePath* const path = payload_device->image_path();
  machine.times.loading(arch::timestamp());
  const bool by_handover = payload.entry == formats::BootEntry::EfiHandover64;
  const efi::Handle image = by_handover ? load_handover(machine, device, path) : load_program(machine, device, path);
  must(set_payload_options(machine.info, payload, machine.pool, machine.images, image), "load options");
  return image;
}

void start_payload(const Machine& machine, efi::Handle image) {
  tell_start(machine);
  machine.events.restore_tpl(efi::kTplApplication);
  machine.events.signal_group(efi::kEventGroupReadyToBoot);
  machine.events.signal_group(efi::kEventGroupAfterReadyToBoot);
  const efi::EfiStatus status = machine.images.start(image, nullptr, nullptr);
  leave_console();
  {
    FailureLog urgent;
    uint64_t raw = static_cast<uint64_t>(status);
    log::line("efilite: ", machine.payload.origin, " returned ", log::Hex{raw}, raw == 0 ? " (success)" : "", "; power off");
  }
  power_off();
}

void run_boot_manager(const Machine& machine) {
  machine.events.restore_tpl(efi::kTplApplication);
  Host host(machine);
  BootManager manager({machine.events, machine.handles, machine.images, machine.runtime.state.variables, machine.misc.watchdog,
                       *machine.system_table, machine.discovery, host});
  core::StorageHeap heap(machine.pool, machine.events);
  auto choice = boot_choice(machine, heap);
  if (!choice) power_off();  // it has been told why
  manager.run(*choice, machine.options.timeout);
  {
    FailureLog urgent;
    if (manager.report().empty()) {
      tell_no_program(machine.info, machine.payload);
      log::line("efilite: give it a program or the image of a disk as the initrd, or a disk with \\EFI\\BOOT\\BOOTX64.EFI on it");
    } else {
      log::line(manager.succeeded() ? "efilite: what was started has returned; nothing is left to boot:"
                                     : "efilite: nothing could be booted:");
      manager.report().print();
    }
  }
  power_off();
}

}  // namespace efilite::boot
