// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/runtime_region.hpp"

#include <new>

#include "arch/sections.hpp"
#include "base/log.hpp"
#include "boot/variable_room.hpp"

namespace efilite::boot {

namespace {

// Room for the variables of consoles, languages and times.
constexpr uint32_t kOwnVariables = 2 << 10;

uint64_t address_of(const void* p) { return reinterpret_cast<uint64_t>(p); }

runtime::ResetRegister reset_register(const platform::AcpiRegister& from) {
  if (!from.present()) return {0, runtime::ResetRegister::Space::None};
  return {from.address, static_cast<runtime::ResetRegister::Space>(from.space)};
}

uint16_t port_of(const platform::AcpiRegister& from) {
  return from.space == platform::AcpiRegister::Space::Io ? static_cast<uint16_t>(from.address) : 0;
}

runtime::ResetFacts reset_facts(const platform::AcpiFacts* acpi, arch::HypercallBy xen, uint16_t debug_port) {
  runtime::ResetFacts facts;
  facts.debug_port = debug_port;
  facts.xen = xen;
  if (acpi == nullptr || xen != arch::HypercallBy::Nothing) return facts;
  facts.reset = reset_register(acpi->reset_register);
  facts.reset_value = acpi->reset_value;
  if (acpi->s5) {
    facts.s5_known = true;
    facts.s5_sleep_type_a = acpi->s5->a;
    facts.s5_sleep_type_b = acpi->s5->b;
  }
  facts.pm1a_control = port_of(acpi->pm1a_control);
  facts.pm1b_control = port_of(acpi->pm1b_control);
  facts.sleep_control = reset_register(acpi->sleep_control);
  facts.keyboard_controller = acpi->has_i8042;
  return facts;
}

// A register in memory is reached after SetVirtualAddressMap only if the OS maps it: tell it in the memory map, a page at a time.
Result<> map_register(core::MemoryMap& memory, const runtime::ResetRegister& reg) {
  if (reg.space != runtime::ResetRegister::Space::Memory) return {};
  uint64_t page = align_down(reg.address, kPageSize);
  if (memory.find({page})) return {};
  return memory.add({{page}, {page + kPageSize}}, efi::MemoryType::MemoryMappedIo, efi::kMemoryUc | efi::kMemoryRuntime);
}

// The same function in the copy of the runtime's code.
template <typename F>
F* in_copy(F* function, uint64_t code) {
  return reinterpret_cast<F*>(code + (address_of(reinterpret_cast<const void*>(function)) - address_of(&runtime_start)));
}

}  // namespace

Result<RuntimeRegion> make_runtime_region(core::MemoryMap& memory, const platform::AcpiFacts* acpi, const XenFacts& xen,
                                          uint16_t debug_port) {
  constexpr auto kAny = efi::AllocateType::AnyPages;
  Bytes code_size{address_of(&runtime_end) - address_of(&runtime_start)};
  PageCount code_pages = PageCount::covering(code_size);
  PageCount data_pages = PageCount::covering({sizeof(RuntimeData)});
  PhysAddr code = TRY(memory.allocate(kAny, efi::MemoryType::RuntimeServicesCode, code_pages, {}, core::PageOwner::SetUp));
  PhysAddr data = TRY(memory.allocate(kAny, efi::MemoryType::RuntimeServicesData, data_pages, {}, core::PageOwner::SetUp));
  memcpy(reinterpret_cast<void*>(code.value), &runtime_start, code_size.value);

  RuntimeRegion region{{code, {code.value + code_pages.value * kPageSize}}, new (reinterpret_cast<void*>(data.value)) RuntimeData};
  RuntimeData& d = *region.data;
  runtime::Setup setup{.variable_area = d.variable_area,
                       .variable_area_size = RuntimeData::kVariableArea,
                       .system_table = &d.system_table,
                       .runtime_services = &d.runtime_services,
                       .reset = reset_facts(acpi, xen.hypercalls, debug_port),
                       .may_have_clock = acpi == nullptr || acpi->has_cmos_rtc,
                       .century_index = acpi == nullptr ? uint8_t{0} : acpi->century_index,
                       .xen = xen.page,
                       .xen_time_leaf = xen.time_leaf};
  TRY(map_register(memory, setup.reset.reset));
  TRY(map_register(memory, setup.reset.sleep_control));
  in_copy(&runtime::init, code.value)(d.state, setup);
  in_copy(&runtime::fill_runtime_services, code.value)(d.runtime_services);
  TRY(shrink_variables(memory, d.state.variables, kOwnVariables));
  d.properties.supported = runtime::supported_services(d.state);
  return region;
}

Result<> finish_runtime_region(const RuntimeRegion& region, const core::MemoryMap& memory, const core::Images& images) {
  RuntimeData& data = *region.data;
  Result<> done;
  auto note = [&](Result<> result) {
    if (!result) done = result;
  };
  memory.for_each([&](const efi::MemoryDescriptor& d) {
    if (Status s = runtime::note_memory(data.state, d); is_error(s)) note(s);
  });
  note(core::fill_memory_attributes(memory, data.memory_attributes));
  // The runtime's own code never writes to itself after SetVirtualAddressMap.
  note(core::set_memory_attributes(data.memory_attributes, region.code, efi::kMemoryRo));
  images.for_each_runtime_driver([&](const core::ImageRecord& image) {
    runtime::note_image(data.state, *image.movable);
    for (const core::ImagePart& part : image.permissions()) {
      note(core::set_memory_attributes(data.memory_attributes, part.range, part.attributes));
    }
  });
  return done;
}

}  // namespace efilite::boot
