// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/hand_off.hpp"

#include "arch/io.hpp"
#include "boot/firmware/end.hpp"
#include "boot/firmware/start_pvh.hpp"

namespace efilite::boot {

void hand_off(const Machine& machine) {
  const Payload& payload = machine.payload;
  machine.times.loading(arch::timestamp());
  switch (payload.entry) {
    case formats::BootEntry::Linux64:
    case formats::BootEntry::Linux32: start_linux(machine);
    case formats::BootEntry::Pvh: start_pvh(machine);
    case formats::BootEntry::XenPv: start_pv(machine);
    default: break;
  }
  FailureLog urgent;
  log::line("efilite: ", payload.origin, ": there is no hand-off by entry ", name_of(payload.entry));
  power_off();
}

PhysAddr published_rsdp(const Machine& machine) {
  const efi::SystemTable& table = *machine.system_table;
  for (const efi::ConfigurationTable& entry : std::span(table.configuration_table, table.number_of_table_entries))
    if (entry.vendor_guid == efi::kAcpi20Table || entry.vendor_guid == efi::kAcpi10Table)
      return {reinterpret_cast<uint64_t>(entry.vendor_table)};
  return {};
}

FinalMap leave_boot_services(const Machine& machine) {
  // The buffer's own pages may make two descriptors more, and so may each of the few attempts.
  constexpr uint64_t kSpare = 8;
  core::MemoryMap& memory = machine.memory;
  const auto pages = PageCount::covering({memory.read_size() + kSpare * core::MemoryMap::kDescriptorSize});
  const PhysAddr at = must(memory.allocate(efi::AllocateType::AnyPages, efi::MemoryType::LoaderData, pages), "the last memory map");
  auto room = machine.physical.window({at, {at.value + pages.value * kPageSize}});
  CHECK(room.has_value());
  // [UEFI 2.10, 7.4.6] notifications may change the map: then it is read again, and the second time nobody is told any more.
  for (int attempt = 0;; ++attempt) {
    const uint64_t size = must(memory.read(*room), "the last memory map");
    Result<> left = machine.images.exit_boot_services(memory.key());
    if (left) return {room->first(size)};
    if (attempt == 2) must(std::move(left), "ExitBootServices");
  }
}

}  // namespace efilite::boot
