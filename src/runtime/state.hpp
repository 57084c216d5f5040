// SPDX-License-Identifier: BSD-2-Clause-Patent
// RuntimeState: everything that the runtime services remember. One object in a RuntimeServicesData region, the variable area behind it.
// The code reaches it through one pointer only (services.hpp), so that code and data may be moved by different distances.
#pragma once

#include <cstdint>
#include <type_traits>

#include "abi/uefi/tables.hpp"
#include "runtime/movable_image.hpp"
#include "runtime/reset.hpp"
#include "runtime/time.hpp"
#include "runtime/variables.hpp"

namespace efilite::runtime {

// A VirtualAddressChange event that is still there after ExitBootServices.
struct AddressChangeNotify {
  efi::EventNotify function;
  void* context;
  efi::Event event;
};

// What SetVirtualAddressMap needs to know of the final memory map, and the map of the OS while it is at work.
struct Addressing {
  static constexpr uint32_t kMaxRegions = 64;
  static constexpr uint32_t kMaxKnown = 32;
  static constexpr uint32_t kMaxNotifies = 64;

  Range runtime_regions[kMaxRegions];
  Range known[kMaxKnown];  // every address of the memory map, neighbours joined
  AddressChangeNotify notifies[kMaxNotifies];
  const MovableImage* images;  // runtime drivers, by MovableImage::next
  uint32_t region_count;
  uint32_t known_count;
  uint32_t notify_count;
  bool known_complete;  // false: there were more ranges than fit, so nothing is refused as unknown
  bool done;            // the one SetVirtualAddressMap has happened
  const void* map;      // not null: SetVirtualAddressMap is running
  uint64_t map_entries;
  uint64_t map_stride;
};

struct RuntimeState {
  Phase phase;
  VariableStore variables;
  ClockState clock;
  ResetFacts reset;
  Addressing addressing;
  uint64_t monotonic_count;
  uint64_t code_address;  // an address within the runtime code region: where the state pointer itself lies
  efi::SystemTable* system_table;
  efi::RuntimeServices* runtime_services;
  // Called by SetVariable before it acts, until ExitBootServices, with how much more room its variable may take; may be null.
  void (*before_growth)(uint64_t bytes);
  // Called by ResetSystem before it acts, until ExitBootServices (reset notifications); may be null.
  void (*before_reset)(efi::ResetType type, efi::EfiStatus status, uint64_t data_size, const void* data);
};
static_assert(std::is_trivially_copyable_v<RuntimeState> && std::is_standard_layout_v<RuntimeState>);

}  // namespace efilite::runtime
