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

  // A copy: a program that runs meanwhile may change it. NOT_FOUND; an empty value does not exist.
  Result<HeapBytes> get(const char16_t* name) const;
  // Of exactly this size.
  template <typename T>
  std::optional<T> number(const char16_t* name) const {
    auto bytes = get(name);
    return bytes && bytes->size() == sizeof(T) ? read_at<T>(bytes->bytes(), 0) : std::nullopt;
  }
  Result<> set(const char16_t* name, uint32_t attributes, ByteSpan value, bool read_only = false);
  // visit(number) for each variable Boot####, say, in no order.
  template <typename Visit>
  void for_each_number(std::u16string_view kind, Visit visit) const {
    visit_numbers(kind, [](void* context, uint16_t number) { (*static_cast<Visit*>(context))(number); }, &visit);
  }
  void remove(const char16_t* name) { (void)set(name, 0, {}); }
  // Tells whether a variable has changed; 0: there is none.
  uint32_t checksum(const char16_t* name) const;

 private:
  void visit_numbers(std::u16string_view kind, void (*visit)(void* context, uint16_t number), void* context) const;

  runtime::VariableStore& store_;
  core::EventQueue& events_;
  core::Heap& heap_;
};

}  // namespace efilite::boot
