// SPDX-License-Identifier: BSD-2-Clause-Patent
// The C edge of the runtime: each thunk finds the state, keeps interrupts out while it is changed (at boot time a timer notification
// may call any of these services), and encodes the result.
#include "runtime/services.hpp"

#include <cstring>

#include "arch/io.hpp"

// Const, so that it can lie among the code; volatile, so that the compiler loads it every time. The host's tests want a plain variable.
#if defined(EFILITE_HOST)
#define SLOT_CONST
#else
#define SLOT_CONST const
#endif
[[gnu::section(".runtime.slot"), gnu::used]] static efilite::runtime::RuntimeState* SLOT_CONST volatile g_state = nullptr;
#undef SLOT_CONST

namespace efilite::runtime {
namespace {

using namespace efi;

constexpr uint32_t kCapsulePersistAcrossReset = 0x10000;
constexpr uint32_t kCapsulePopulateSystemTable = 0x20000;
constexpr uint32_t kCapsuleInitiateReset = 0x40000;

class InterruptGuard {
 public:
  InterruptGuard() : enabled_(arch::interrupts_save_disable()) {}
  ~InterruptGuard() { arch::interrupts_restore(enabled_); }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  bool enabled_;
};

EfiStatus EFIAPI get_time_thunk(Time* time, TimeCapabilities* capabilities) {
  InterruptGuard guard;
  return encode(get_time(g_state->clock, time, capabilities));
}

EfiStatus EFIAPI set_time_thunk(Time* time) {
  InterruptGuard guard;
  return encode(set_time(g_state->clock, time));
}

// [UEFI 2.10, 8.3.3 and 8.3.4] there is no wake-up timer; RT_PROPERTIES says so
EfiStatus EFIAPI get_wakeup_time_thunk(Boolean* enabled, Boolean* pending, Time* time) {
  return encode(enabled && pending && time ? Status::Unsupported : Status::InvalidParameter);
}

EfiStatus EFIAPI set_wakeup_time_thunk(Boolean enable, Time* time) {
  bool good = !enable || (time && is_valid(*time));
  return encode(good ? Status::Unsupported : Status::InvalidParameter);
}

EfiStatus EFIAPI set_virtual_address_map_thunk(Uintn map_size, Uintn descriptor_size, uint32_t version, MemoryDescriptor* map) {
  RuntimeState* moved = nullptr;
  Status status = set_virtual_address_map(*g_state, map_size, descriptor_size, version, map, moved);
  if (status == Status::Success) set_state_pointer(moved);
  return encode(status);
}

EfiStatus EFIAPI convert_pointer_thunk(Uintn debug_disposition, void** address) {
  return encode(convert_pointer(*g_state, debug_disposition, address));
}

EfiStatus EFIAPI get_variable_thunk(Char16* name, Guid* vendor, uint32_t* attributes, Uintn* data_size, void* data) {
  InterruptGuard guard;
  RuntimeState& state = *g_state;
  return encode(get_variable(state.variables, state.phase, name, vendor, attributes, data_size, data));
}

EfiStatus EFIAPI get_next_variable_name_thunk(Uintn* name_size, Char16* name, Guid* vendor) {
  InterruptGuard guard;
  RuntimeState& state = *g_state;
  return encode(get_next_variable_name(state.variables, state.phase, name_size, name, vendor));
}

EfiStatus EFIAPI set_variable_thunk(Char16* name, Guid* vendor, uint32_t attributes, Uintn data_size, void* data) {
  RuntimeState& state = *g_state;
  if (state.before_growth) state.before_growth(largest_growth(state.variables, name, data_size));
  InterruptGuard guard;
  return encode(set_variable(state.variables, state.phase, name, vendor, attributes, data_size, data));
}

EfiStatus EFIAPI query_variable_info_thunk(uint32_t attributes, uint64_t* max_storage, uint64_t* remaining, uint64_t* max_variable) {
  InterruptGuard guard;
  RuntimeState& state = *g_state;
  return encode(query_variable_info(state.variables, state.phase, attributes, max_storage, remaining, max_variable));
}

EfiStatus EFIAPI get_next_high_monotonic_count_thunk(uint32_t* high_count) {
  if (!high_count) return encode(Status::InvalidParameter);
  *high_count = next_high_monotonic_count(*g_state);
  return encode(Status::Success);
}

void EFIAPI reset_system_thunk(ResetType type, EfiStatus status, Uintn data_size, void* data) {
  RuntimeState& state = *g_state;
  if (state.before_reset) state.before_reset(type, status, data_size, data);
  arch::interrupts_save_disable();
  reset_machine(state.reset, type);
}

// [UEFI 2.10, 8.5.3] no capsule type is supported, but a wrong call is still told apart from an unsupported one
Status check_capsules(CapsuleHeader** headers, Uintn count) {
  if (!headers || count == 0) return Status::InvalidParameter;
  for (Uintn i = 0; i < count; ++i) {
    if (!headers[i]) return Status::InvalidParameter;
    uint32_t flags = headers[i]->flags;
    bool needs_reset = (flags & (kCapsulePopulateSystemTable | kCapsuleInitiateReset)) != 0;
    if (needs_reset && (flags & kCapsulePersistAcrossReset) == 0) return Status::InvalidParameter;
  }
  return Status::Unsupported;
}

EfiStatus EFIAPI update_capsule_thunk(CapsuleHeader** headers, Uintn count, PhysicalAddress) {
  return encode(check_capsules(headers, count));
}

EfiStatus EFIAPI query_capsule_capabilities_thunk(CapsuleHeader** headers, Uintn count, uint64_t* max_size, ResetType* reset_type) {
  if (!max_size || !reset_type) return encode(Status::InvalidParameter);
  return encode(check_capsules(headers, count));
}

}  // namespace

RuntimeState* state_pointer() { return g_state; }

void set_state_pointer(RuntimeState* state) {
  // The address goes through the assembler, so that the compiler knows nothing of a constant being written.
  auto* slot = const_cast<RuntimeState* volatile*>(&g_state);
  asm volatile("" : "+r"(slot) : : "memory");
  *slot = state;
}

void init(RuntimeState& state, const Setup& setup) {
  memset(static_cast<void*>(&state), 0, sizeof(state));
  start_variables(state.variables, setup.variable_area, setup.variable_area_size);
  if (setup.xen != nullptr) start_clock_of_xen(state.clock, setup.xen, setup.xen_time_leaf);
  else if (setup.may_have_clock) start_clock(state.clock, setup.century_index);
  else start_without_clock(state.clock);
  state.reset = setup.reset;
  state.addressing.known_complete = true;
  state.system_table = setup.system_table;
  state.runtime_services = setup.runtime_services;
  state.code_address = reinterpret_cast<uint64_t>(&g_state);
  set_state_pointer(&state);
}

void enter_runtime(RuntimeState& state) {
  state.phase = Phase::Runtime;
  state.before_reset = nullptr;  // their code goes with the boot services
  state.before_growth = nullptr;
  keep_lasting_variables(state.variables);
}

uint64_t next_monotonic_count(RuntimeState& state) {
  InterruptGuard guard;
  return ++state.monotonic_count;
}

uint32_t next_high_monotonic_count(RuntimeState& state) {
  InterruptGuard guard;
  state.monotonic_count = ((state.monotonic_count >> 32) + 1) << 32;
  return static_cast<uint32_t>(state.monotonic_count >> 32);
}

void fill_runtime_services(RuntimeServices& table) {
  table.get_time = get_time_thunk;
  table.set_time = set_time_thunk;
  table.get_wakeup_time = get_wakeup_time_thunk;
  table.set_wakeup_time = set_wakeup_time_thunk;
  table.set_virtual_address_map = set_virtual_address_map_thunk;
  table.convert_pointer = convert_pointer_thunk;
  table.get_variable = get_variable_thunk;
  table.get_next_variable_name = get_next_variable_name_thunk;
  table.set_variable = set_variable_thunk;
  table.get_next_high_monotonic_count = get_next_high_monotonic_count_thunk;
  table.reset_system = reset_system_thunk;
  table.update_capsule = update_capsule_thunk;
  table.query_capsule_capabilities = query_capsule_capabilities_thunk;
  table.query_variable_info = query_variable_info_thunk;
}

}  // namespace efilite::runtime
