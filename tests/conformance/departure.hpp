// SPDX-License-Identifier: BSD-2-Clause-Patent
// What the tests before ExitBootServices leave for those behind it.
#pragma once

#include "conformance.hpp"

namespace conformance {

struct Departure {
  static constexpr const wchar_t* kBootOnly = L"ConformanceBootOnly";
  static constexpr const wchar_t* kVolatile = L"ConformanceVolatile";
  static constexpr const wchar_t* kLasting = L"ConformanceLasting";

  EFI_RUNTIME_SERVICES* runtime = nullptr;
  bool gone = false;  // boot services are
  alignas(16) UINT8 map[64 * 1024] = {};
  UINTN map_size = 0, key = 0, stride = 0;
  UINT32 version = 0;

  // What the notification of SetVirtualAddressMap saw.
  UINTN address_changes = 0;
  EFI_STATUS converted = EFI_NOT_STARTED, converted_null = EFI_NOT_STARTED, converted_optional = EFI_NOT_STARTED,
             converted_stray = EFI_NOT_STARTED;
  void* pointer = nullptr;

  EFI_STATUS set(const wchar_t* name, UINT32 attributes, UINT32 value = 0x600D);
  EFI_STATUS get(const wchar_t* name, UINT32* value = nullptr);
  static VOID EFIAPI on_address_change(EFI_EVENT event, VOID* context);
};
extern Departure departure;

}  // namespace conformance
