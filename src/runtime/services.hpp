// SPDX-License-Identifier: BSD-2-Clause-Patent
// The runtime services table and the life of the state behind it: start, ExitBootServices, SetVirtualAddressMap.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/state.hpp"
#include "runtime/virtual_map.hpp"

namespace efilite::runtime {

inline constexpr uint32_t kDefaultVariableArea = 64 * 1024;

// EFI_RT_PROPERTIES_TABLE.RuntimeServicesSupported [UEFI 2.10, 4.6.2]
inline constexpr uint32_t kSupportedGetTime = 0x0001;
inline constexpr uint32_t kSupportedSetTime = 0x0002;
inline constexpr uint32_t kSupportedGetVariable = 0x0010;
inline constexpr uint32_t kSupportedGetNextVariableName = 0x0020;
inline constexpr uint32_t kSupportedSetVariable = 0x0040;
inline constexpr uint32_t kSupportedSetVirtualAddressMap = 0x0080;
inline constexpr uint32_t kSupportedConvertPointer = 0x0100;
inline constexpr uint32_t kSupportedGetNextHighMonotonicCount = 0x0200;
inline constexpr uint32_t kSupportedResetSystem = 0x0400;
inline constexpr uint32_t kSupportedQueryVariableInfo = 0x2000;
// All but wake-up time and capsules.
inline constexpr uint32_t kRtPropertiesMask =
    kSupportedGetTime | kSupportedSetTime | kSupportedGetVariable | kSupportedGetNextVariableName | kSupportedSetVariable |
    kSupportedSetVirtualAddressMap | kSupportedConvertPointer | kSupportedGetNextHighMonotonicCount | kSupportedResetSystem |
    kSupportedQueryVariableInfo;
constexpr uint32_t supported_services(const RuntimeState& state) {
  switch (state.clock.source) {
    case ClockSource::None: return kRtPropertiesMask & ~(kSupportedGetTime | kSupportedSetTime);
    case ClockSource::Xen: return kRtPropertiesMask & ~kSupportedSetTime;
    case ClockSource::Cmos: break;
  }
  return kRtPropertiesMask;
}

struct Setup {
  std::byte* variable_area = nullptr;  // 8-aligned, behind the state in the same region
  uint32_t variable_area_size = 0;
  efi::SystemTable* system_table = nullptr;  // both tables in runtime data
  efi::RuntimeServices* runtime_services = nullptr;
  ResetFacts reset = {};
  bool may_have_clock = true;  // false: FADT's NO_CMOS_RTC
  uint8_t century_index = 0;   // FADT's
  const shared_info* xen = nullptr;  // Xen's page, which has a clock, and the CPUID leaf that tells of the TSC
  uint32_t xen_time_leaf = 0;
};

// Needed before any service is called, and before fill_runtime_services' table is published.
void init(RuntimeState& state, const Setup& setup);
// ExitBootServices has succeeded; note_memory and note_address_change come before or after, as long as no OS runs yet.
void enter_runtime(RuntimeState& state);

// Sets the functions; header and CRC are the caller's.
void fill_runtime_services(efi::RuntimeServices& table);

// The one pointer from code to data. It lies in section .runtime.slot among the code, whose page must be writable while init and
// SetVirtualAddressMap run.
RuntimeState* state_pointer();
void set_state_pointer(RuntimeState* state);

// [UEFI 2.10, 7.5.2 and 8.5.2] One 64-bit count serves both: the boot service counts it up, the runtime service its high half.
uint64_t next_monotonic_count(RuntimeState& state);
uint32_t next_high_monotonic_count(RuntimeState& state);

}  // namespace efilite::runtime
