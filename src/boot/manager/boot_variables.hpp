// SPDX-License-Identifier: BSD-2-Clause-Patent
// The boot manager's view of the global variables [UEFI 2.10, 3.3].
#pragma once

#include <optional>
#include <string_view>

#include "boot/manager/heap_bytes.hpp"
#include "core/events/events.hpp"
#include "runtime/variables.hpp"

namespace efilite::boot {

inline constexpr uint32_t kVolatileVariable = efi::kVariableBootserviceAccess | efi::kVariableRuntimeAccess;
inline constexpr uint32_t kLastingVariable = kVolatileVariable | efi::kVariableNonVolatile;

// "Boot" and 3: Boot0003.
struct OptionName {
  OptionName(std::u16string_view kind, uint16_t number);
  char16_t text[24];
};

class BootVariables {
 public:
  BootVariables(runtime::VariableStore& store, core::EventQueue& events, core::Heap& heap) : store_(store), events_(events), heap_(heap) {}

  // A copy, since a program that runs meanwhile may change it; no bytes: there is none.
  HeapBytes get(const char16_t* name) const;
  // Of exactly this size.
  std::optional<uint64_t> number(const char16_t* name, size_t size) const;
  Result<> set(const char16_t* name, uint32_t attributes, ByteSpan value, bool read_only = false);
  void remove(const char16_t* name) { (void)set(name, 0, {}); }
  // Tells whether a variable has changed.
  uint32_t checksum(const char16_t* name) const;

 private:
  runtime::VariableStore& store_;
  core::EventQueue& events_;
  core::Heap& heap_;
};

}  // namespace efilite::boot
