// SPDX-License-Identifier: BSD-2-Clause-Patent
// The composition: the only place that sees all rooms. boot_main is called by entry.S; each step either succeeds, or says in one line what
// is wrong and stops.

#include <new>
#include <optional>

#include "arch/io.hpp"
#include "arch/sections.hpp"
#include "arch/x86_64/clock.hpp"
#include "arch/x86_64/interrupts.hpp"
#include "arch/x86_64/paging.hpp"
#include "base/check.hpp"
#include "base/log.hpp"
#include "boot/boot_times.hpp"
#include "boot/console_variables.hpp"
#include "boot/devices/devices.hpp"
#include "boot/firmware/boot_log.hpp"
#include "boot/firmware/console.hpp"
#include "boot/firmware/cpu_ports.hpp"
#include "boot/firmware/describe.hpp"
#include "boot/firmware/end.hpp"
#include "boot/firmware/hand_off.hpp"
#include "boot/firmware/os_tables.hpp"
#include "boot/firmware/packed_code.hpp"
#include "boot/firmware/runtime_region.hpp"
#include "boot/firmware/start.hpp"
#include "boot/firmware/storage.hpp"
#include "boot/firmware/xen.hpp"
#include "boot/identity_memory.hpp"
#include "boot/initrd_loader.hpp"
#include "boot/load_options.hpp"
#include "boot/memory_setup.hpp"
#include "boot/payload.hpp"
#include "boot/pvh_guest_table.hpp"
#include "boot/pvh_start_info.hpp"
#include "boot/variable_room.hpp"
#include "core/device_path/device_path.hpp"
#include "core/events/event_services.hpp"
#include "core/firmware.hpp"
#include "core/handles/protocol_services.hpp"
#include "core/hii/hii.hpp"
#include "core/images/image_services.hpp"
#include "core/memory/memory_services.hpp"
#include "core/misc_services.hpp"
#include "core/protocols/cpu_io.hpp"
#include "core/protocols/memory_protection.hpp"
#include "core/protocols/reset_notification.hpp"
#include "core/protocols/text_protocols.hpp"
#include "core/protocols/timestamp.hpp"
#include "drivers/debug_port.hpp"
#include "platform/acpi_padding.hpp"

namespace efilite::boot {

namespace {

// The identity map that entry.S made, which is all that may be looked at before there is a memory map.
constexpr uint64_t kEarlyMap = uint64_t{4} << 30;

// Everything that lives until ExitBootServices. All constinit: nothing runs before boot_main.
constinit arch::X86Clock cpu_clock;
constinit arch::X86Interrupts interrupts(cpu_clock);
constinit arch::PageTables page_tables;
constinit CpuImageCaller image_caller;
constinit CpuEntropy entropy;
constinit IdentityMemory physical(PhysAddr{kEarlyMap});
constinit drivers::FwCfg fw_cfg;
constinit Hypervisor hypervisor;
constinit XenMachine xen;
constinit uint16_t debug_port = 0;
constinit BootInfo info;
constinit core::MemoryMap memory;
constinit core::Pool pool(memory);
constinit core::EventQueue events(pool, interrupts, cpu_clock);
constinit core::HandleDatabase handles(pool, events);
constinit core::MemoryProtection memory_protection(memory, page_tables, events);
constinit core::ResetNotification reset_notification(pool, events);
constinit CpuRegisters registers(page_tables, events);
constinit std::optional<core::CpuIo> cpu_io;
constinit efi::BootServices boot_services{};
constinit RuntimeRegion region{};
constinit std::optional<core::Tables> tables;
constinit std::optional<core::Images> images;
constinit std::optional<core::Firmware> firmware;
constinit std::optional<core::MiscServices> misc;
constinit std::optional<core::Rng> rng;
constinit std::optional<core::hii::Protocols> hii;
constinit std::optional<InitrdLoader> initrd_loader;
constinit std::optional<Storage> storage;
constinit PvhGuestTable pvh_guest;
constinit BootTimes times;
constinit std::optional<Devices> devices;

PhysAddr address_of(const char& symbol) { return {reinterpret_cast<uint64_t>(&symbol)}; }

void watchdog_expired(uint64_t code, std::string_view description) {
  FailureLog urgent;
  log::line("efilite: watchdog: nothing happened for as long as the program allowed (code ", log::Hex{code},
            description.empty() ? "" : ", ", description, "); reset");
  reset(efi::ResetType::Cold, Status::Timeout);
}

class : public core::Departure {
 public:
  void announced() override { times.leaving(arch::timestamp()); }
  // What an event's notification sets now has the room that is kept for the OS.
  void accepted() override { region.data->state.before_growth = nullptr; }
  void leave_boot_services() override {
    runtime::RuntimeState& state = region.data->state;
    static_assert(core::EventQueue::kMaxAddressChangeEvents <= runtime::Addressing::kMaxNotifies);
    events.for_each_virtual_address_change([&](efi::Event event, efi::EventNotify function, void* context) {
      CHECK(!is_error(runtime::note_address_change(state, {function, context, event})));
    });
    if (Result<> done = finish_runtime_region(region, memory, *images); !done)
      log::line("efilite: the runtime's view of the memory map is incomplete: ", done.status());
    // SetVirtualAddressMap patches the one pointer among the code.
    if (Result<> done = page_tables.set(region.code, 0); !done) log::line("efilite: runtime code stays read-only: ", done.status());
    // [UEFI 2.10, 2.3.4] all of the memory map is mapped one to one; what an OS wants of page 0 is its own business.
    if (Result<> done = page_tables.remap_page({}); !done) log::line("efilite: page 0 stays unmapped: ", done.status());
    runtime::enter_runtime(state);
    const uint64_t now = arch::timestamp();
    times.write(region.data->boot_performance, now, cpu_clock.rate_for_time_stamps());
    packed_code::tell();
    log_timing("exit-boot-services", now, false);
    log::set_sink(nullptr);
    forget_console();
  }
  void left() override { packed_code::give_memory_back(); }
} constinit departure;

Result<PhysAddr> allocate_page_table() {
  return memory.allocate(efi::AllocateType::AnyPages, efi::MemoryType::BootServicesData, {1}, {}, core::PageOwner::SetUp);
}

void timer_handler() {
  cpu_clock.alarm_fired();
  events.tick();
}

arch::CodePlace locate_code(uint64_t address) {
  const core::ImageRecord* image = images ? images->image_at(address) : nullptr;
  if (image == nullptr) return {};
  return {image->name.data(), image->offset_of(address)};
}

// nullptr where there is none.
drivers::FwCfg* fw_cfg_device() { return fw_cfg.present() ? &fw_cfg : nullptr; }

void meet_hypervisor() {
  hypervisor = find_hypervisor(arch::cpuid_leaf);
  if (!xen.detect(hypervisor)) {
    debug_port = drivers::find_debug_port();
    return;
  }
  debug_port = drivers::kXenDebugPort;
  cpu_clock.set_tsc_khz(xen.tsc_khz());
  set_xen_to_end_by(xen.hypercalls());
}

core::ConsolePort* start_console() {
  core::ConsolePort* const serial = start_serial();
  return xen.present() ? start_xen_console(xen.hypercalls(), xen.channels(), cpu_clock, physical) : serial;
}

void learn_about_machine(uint32_t start_info) {
  (void)fw_cfg.detect();
  drivers::xen::Hypercalls* hypercalls = xen.present() ? &xen.hypercalls() : nullptr;
  BootResult collected = collect_boot_info(physical, PhysAddr{start_info}, hypercalls, fw_cfg_device(), info);
  if (collected) return;
  FailureLog urgent;
  print_boot_error(collected.error());
  power_off();
}

void set_up_map() {
  must(set_up_memory(info, {address_of(image_start), packed_code::limit()}, address_of(cold_end), memory), "memory map");
  must(page_tables.map_all(top_of_memory(info), allocate_page_table), "page tables");
  physical.extend({std::min(top_of_memory(info), arch::PageTree::kEnd)});
  memory.set_change_listener([](void*) { events.memory_map_changed(); }, nullptr);
  memory.set_release_hook([](void*, PhysRange pages) { return memory_protection.release(pages); }, nullptr);
}

void set_up_core(const platform::AcpiFacts* acpi) {
  region = must(make_runtime_region(memory, acpi, xen.present() ? xen.facts() : XenFacts{}, debug_port), "runtime services");
  must(page_tables.set(region.code, efi::kMemoryRo), "runtime code");
  tables.emplace(pool, events, &region.data->system_table);
  set_end_services(region.data->runtime_services);
  xen.set_runtime_clock(region.data->state.clock);
  images.emplace(memory, pool, handles, events, *tables, page_tables, image_caller, departure);
  firmware.emplace(memory, pool, events, handles, *images, *tables, cpu_clock, &region.data->system_table);
  storage.emplace(memory, pool, events, handles, region.data->runtime_services);
  firmware->ram_disks = &storage->ram_disks();
  const drivers::xen::Services* services = xen.present() ? must(xen.serve(pool, physical, cpu_clock), "Xen's services") : nullptr;
  devices.emplace(MachineFacts{physical, acpi, info.command_line(), fw_cfg.present(), services}, *firmware, registers, page_tables);
  firmware->device_search = &*devices;
  core::the_firmware = &*firmware;
  must(tables->begin(), "system table");

  misc.emplace(core::Watchdog(events, watchdog_expired), region.data->state);
  region.data->state.before_growth = [](uint64_t bytes) {
    core::TplGuard guard(events, efi::kTplNotify);
    (void)grow_variables(memory, region.data->state.variables, bytes);
  };
  region.data->state.before_reset = [](efi::ResetType type, efi::EfiStatus status, uint64_t data_size, const void* data) {
    reset_notification.notify(type, status, data_size, data);
    drain_console();
  };
  core::fill_memory_services(boot_services);
  core::fill_protocol_services(boot_services);
  core::fill_event_services(boot_services);
  core::fill_image_services(boot_services);
  core::fill_misc_services(boot_services, *misc);
  tables->publish(boot_services);
  tables->publish(region.data->runtime_services);
}

void find_console(ConsoleChoice choice) {
  const Devices::Console found = wants_virtio_console(choice) ? devices->find_console() : Devices::Console{};
  move_boot_log(found.device != nullptr ? use_virtio_console(*found.device, found.path, choice) : choose_console(choice));
}

void install_protocols(const Payload& payload) {
  must(install_console(*tables, handles, events, cpu_clock), "console");
  if (Result<> set = set_console_variables(region.data->state.variables, console_path()); !set)
    log::line("efilite: variables of consoles and languages: ", set.status());
  efi::Handle handle = nullptr;
  must(handles.install(&handle, &core::device_path_utilities()), "device path utilities");
  must(core::install_text_protocols(handles), "text protocols");
  cpu_io.emplace(registers, page_tables);
  const core::ProtocolPair machine_protocols[] = {
      {&efi::MemoryAttributeProtocol::kGuid, memory_protection.protocol()},
      {&efi::TimestampProtocol::kGuid, &core::timestamp_protocol()},
      {&efi::ResetNotificationProtocol::kGuid, reset_notification.protocol()},
      {&efi::CpuIo2Protocol::kGuid, cpu_io->protocol()},
  };
  handle = nullptr;
  must(handles.install_multiple(&handle, machine_protocols), "memory protection, timestamp, reset notification and CPU I/O");
  hii.emplace(handles, events, [](std::span<char> out) { return platform_language(region.data->state.variables, out); });
  must(hii->install(), "HII");
  rng.emplace(entropy);
  handle = nullptr;
  if (rng->available()) must(handles.install(&handle, rng->protocol()), "random numbers");
  must(storage->install(), "disks");
  // The runtime's clock stands on it.
  if (xen.present()) CHECK(images->add_quiescer(xen));
  // Devices are reset when all that is open has been written.
  if (!images->add_quiescer(*devices)) log::line("efilite: devices will not be reset at ExitBootServices");
  if (!images->add_quiescer(storage->quiescer())) log::line("efilite: open files will not be written at ExitBootServices");
  if (payload.disk != nullptr) {
    Result<> added = storage->add_image(*payload.disk);
    if (!added) log::line("efilite: the disk from ", payload.initrd_origin, " cannot be used: ", added.status());
  }
  if (payload.initrd != nullptr && payload.entry == formats::BootEntry::Efi) {
    initrd_loader.emplace(*payload.initrd);
    must(initrd_loader->install(handles), "initrd");
  }
}

}  // namespace

extern "C" uint64_t entry_timestamp;

extern "C" void boot_main(uint32_t start_info) {
  arch::init_interrupts();
  must(page_tables.protect_firmware(packed_code::limit()), "page tables");
  packed_code::serve(page_tables);
  arch::set_timer_handler(timer_handler);
  arch::set_code_locator(locate_code);
  meet_hypervisor();
  start_boot_log(start_console(), debug_port);
  learn_about_machine(start_info);

  Options options = take_firmware_options(info);
  set_log_level(options.log);
  times.entered(entry_timestamp);
  times.mark("entry", entry_timestamp);
  times.mark("boot-info", arch::timestamp());
  Result<platform::AcpiFacts> acpi = platform::read_acpi(physical, info.rsdp, !xen.present());
  if (acpi && fw_cfg.present()) make_ram(info.memory, platform::acpi_padding(physical, acpi->tables, fw_cfg));
  set_up_map();
  if (xen.present()) xen.start(memory, events);
  if (acpi && xen.present()) platform::drop_dead_blocks(physical, *acpi, arch::in32);
  const platform::AcpiFacts* facts = acpi ? &*acpi : nullptr;
  if (facts != nullptr && facts->pm_timer.space == platform::AcpiRegister::Space::Io)
    cpu_clock.set_pm_timer(static_cast<uint16_t>(facts->pm_timer.address));
  cpu_clock.begin_comparison();
  times.mark("tables-read", arch::timestamp());
  set_up_core(facts);
  must(pvh_guest.make(info, {hypervisor, hypervisor_version(hypervisor, arch::cpuid_leaf)}, pool), "PVH guest table");
  must(install_os_tables(*tables, pool, physical, facts, hypervisor, fw_cfg_device(), *region.data, pvh_guest, !xen.present()),
       "configuration tables");
  // Whoever needed to look at the BIOS data area has done so. From here on a NULL pointer faults.
  must(page_tables.unmap_page({}), "page 0");
  times.mark("core", arch::timestamp());
  must(images->install_core_image({address_of(image_start), packed_code::limit()}), "core image");
  images->set_image_protocol(pvh_guest.protocol());
  find_console(options.console);

  static constinit std::optional<Payload> chosen;
  Payload& payload = chosen.emplace();
  {
    FailureLog urgent;  // choose_payload tells itself what is wrong
    if (!choose_payload(info, physical, fw_cfg_device(), storage->formats(), options, payload)) power_off();
  }
  times.mark("chosen", arch::timestamp());
  const Machine machine{info, options, payload, memory, pool, events, handles, *images, *misc, *region.data, tables->system_table(),
                        page_tables, physical, *devices, xen.present(),
                        facts != nullptr ? facts->rsdp : PhysAddr{}, times, cpu_clock};
  announce(machine);
  install_protocols(payload);
  times.mark("protocols", arch::timestamp());
  (void)cpu_clock.rate_for_time_stamps();  // what comes now may take longer than the PM timer counts
  const efi::Handle image = payload.is_program() ? load_payload(machine) : nullptr;
  pvh_guest.finish(payload);
  if (options.log >= LogLevel::Debug) describe(info, memory, *tables);
  if (image != nullptr) start_payload(machine, image);
  if (payload.image != nullptr) hand_off(machine);
  run_boot_manager(machine);
}

}  // namespace efilite::boot
