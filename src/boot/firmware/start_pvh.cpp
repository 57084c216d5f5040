// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/start_pvh.hpp"

#include "boot/firmware/end.hpp"
#include "boot/firmware/hand_off.hpp"
#include "boot/handoff/os_memory.hpp"
#include "boot/load_options.hpp"

namespace efilite::boot {

void enter_by_pvh(const Machine& machine, PvhHandOff& hand_off, uint32_t entry) {
  machine.images.note_copied(hand_off.loader().bytes_read());
  tell_start(machine);
  MemoryRegions memory;
  tell_memory(leave_boot_services(machine).descriptors, machine.info.memory, memory);
  hand_off.tell_memory(memory);
  const auto start_info = static_cast<uint32_t>(hand_off.start_info().value);
  arch::enter_protected_mode(hand_off.room(), {entry, start_info}, hand_off.loader().last_copies());
}

void start_pvh(const Machine& machine) {
  Payload& payload = machine.payload;
  log::Subject subject(payload.origin);
  free_unused_module(machine);
  const CommandLine command_line = must(CommandLine::read(machine.info, payload, machine.pool), "command line");
  const PvhStart start = make_pvh_start(machine.info, payload, machine.rsdp, command_line.text());
  MemorySource* const module = payload.image == &payload.image_module ? &payload.image_module : nullptr;
  PvhHandOff hand_off(machine.memory, machine.physical);
  {
    FailureLog urgent;  // it tells itself what is wrong
    if (!hand_off.load({payload.image, module, &*payload.facts.elf}, start)) power_off();
  }
  enter_by_pvh(machine, hand_off, *payload.facts.pvh);
}

}  // namespace efilite::boot
