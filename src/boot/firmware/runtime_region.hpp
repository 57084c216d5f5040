// SPDX-License-Identifier: BSD-2-Clause-Patent
// What outlives ExitBootServices: a copy of the runtime's code, and behind it one block of data with the tables and all state
// (docs/adr/0001-runtime-room-moves-by-one-pointer.md).
#pragma once

#include "abi/acpi.hpp"
#include "core/images/images.hpp"
#include "core/memory/memory_attributes.hpp"
#include "core/memory/memory_map.hpp"
#include "platform/acpi.hpp"
#include "runtime/services.hpp"

namespace efilite::boot {

// [UEFI 2.10, 4.6.2]
struct RtPropertiesTable {
  uint16_t version = 1;
  uint16_t length = 8;
  uint32_t supported = 0;
};
static_assert(sizeof(RtPropertiesTable) == 8);

struct RuntimeData {
  efi::SystemTable system_table{};
  efi::RuntimeServices runtime_services{};
  RtPropertiesTable properties{};
  core::MemoryAttributesTable memory_attributes{};
  acpi::BootPerformance boot_performance{};
  runtime::RuntimeState state;  // runtime::init clears it
  static constexpr uint32_t kVariableArea = runtime::kDefaultVariableArea;
  alignas(8) std::byte variable_area[kVariableArea];
};

struct RuntimeRegion {
  PhysRange code;
  RuntimeData* data = nullptr;
};

// What Xen has for the runtime. By default this is not Xen.
struct XenFacts {
  arch::HypercallBy hypercalls = arch::HypercallBy::Nothing;
  const shared_info* page = nullptr;  // where its clocks are until ExitBootServices
  uint32_t time_leaf = 0;             // of CPUID
};

// Allocates both, copies the code and starts the services. `acpi` may be nullptr.
Result<RuntimeRegion> make_runtime_region(core::MemoryMap& memory, const platform::AcpiFacts* acpi, const XenFacts& xen,
                                          uint16_t debug_port);

// At ExitBootServices: tells the runtime the final memory map and its drivers, and fills the memory attributes table.
Result<> finish_runtime_region(const RuntimeRegion& region, const core::MemoryMap& memory, const core::Images& images);

}  // namespace efilite::boot
