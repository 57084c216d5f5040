// SPDX-License-Identifier: BSD-2-Clause-Patent
// Runtime services after ExitBootServices [UEFI 2.10, chapter 8]. The tests run in their order, behind those of exit_boot_services.cpp.
#include "departure.hpp"

namespace conformance {
namespace {

EFI_GUID kVendor = {0xa3c80a0b, 0xe8f5, 0x4d3f, {0xb7, 0x92, 0x4c, 0x61, 0x73, 0x74, 0x21, 0x21}};
constexpr UINT32 kNv = EFI_VARIABLE_NON_VOLATILE, kBs = EFI_VARIABLE_BOOTSERVICE_ACCESS, kRt = EFI_VARIABLE_RUNTIME_ACCESS;

EFI_MEMORY_DESCRIPTOR* descriptor(UINTN i) { return at<EFI_MEMORY_DESCRIPTOR>(address(departure.map) + i * departure.stride); }

// Keeps only what the runtime needs, mapped where it is.
UINTN identity_map() {
  UINTN kept = 0;
  for (UINTN i = 0; i < departure.map_size / departure.stride; ++i) {
    if ((descriptor(i)->Attribute & EFI_MEMORY_RUNTIME) == 0) continue;
    EFI_MEMORY_DESCRIPTOR one = *descriptor(i);
    one.VirtualStart = one.PhysicalStart;
    *descriptor(kept++) = one;
  }
  return kept;
}

bool listed(const wchar_t* wanted) {
  static CHAR16 next[512];
  EFI_GUID vendor = {};
  next[0] = 0;
  for (UINTN i = 0; i < 2000; ++i) {
    UINTN size = sizeof next;
    if (EFI_ERROR(rt->GetNextVariableName(&size, next, &vendor))) return false;
    if (same(vendor, kVendor) && same(next, text(wanted))) return true;
  }
  return false;
}

bool fails(EFI_STATUS status) { return that(EFI_ERROR(status)); }

const Test kTests[] = {
    {"8.2.1 GetVariable: at runtime a variable without runtime access is NOT_FOUND",
     [] { return is(departure.get(Departure::kBootOnly), EFI_NOT_FOUND); }},
    {"8.2.1 GetVariable: at runtime a volatile variable with runtime access is there",
     [] {
       UINT32 value = 0;
       return ok(departure.get(Departure::kVolatile, &value)) && equal(value, 0x600D);
     }},
    {"8.2.1 GetVariable: at runtime a non-volatile variable with runtime access is there",
     [] {
       UINT32 value = 0;
       return ok(departure.get(Departure::kLasting, &value)) && equal(value, 0x600D);
     }},
    {"8.2.2 GetNextVariableName: at runtime it lists variables with runtime access", [] { return that(listed(Departure::kLasting)); }},
    {"8.2.2 GetNextVariableName: at runtime it does not list others", [] { return that(!listed(Departure::kBootOnly)); }},
    {"8.2.3 SetVariable: at runtime a non-volatile variable is set",
     [] {
       UINT32 value = 0;
       return ok(departure.set(Departure::kLasting, kNv | kBs | kRt, 0x7777)) && ok(departure.get(Departure::kLasting, &value)) &&
              equal(value, 0x7777);
     }},
    {"8.2.3 SetVariable: at runtime a new non-volatile variable is made and deleted",
     [] {
       UINT32 value = 0;
       return ok(departure.set(L"ConformanceNew", kNv | kBs | kRt, 0x1111)) && ok(departure.get(L"ConformanceNew", &value)) &&
              equal(value, 0x1111) && ok(rt->SetVariable(text(L"ConformanceNew"), &kVendor, kNv | kBs | kRt, 0, nullptr)) &&
              is(departure.get(L"ConformanceNew"), EFI_NOT_FOUND);
     }},
    {"8.2.3 SetVariable: at runtime a new volatile variable is refused", [] { return fails(departure.set(L"ConformanceNew", kBs | kRt)); }},
    {"8.2.3 SetVariable: at runtime a volatile variable cannot be changed",
     [] {
       UINT32 value = 0;
       return fails(departure.set(Departure::kVolatile, kBs | kRt, 0x1111)) && ok(departure.get(Departure::kVolatile, &value)) &&
              equal(value, 0x600D);
     }},
    {"8.2.3 SetVariable: at runtime a variable without runtime access is refused",
     [] { return fails(departure.set(L"ConformanceNew", kNv | kBs)); }},
    {"8.2.3 SetVariable: at runtime a variable without runtime access cannot be deleted",
     [] { return fails(rt->SetVariable(text(Departure::kBootOnly), &kVendor, kBs, 0, nullptr)); }},
    {"8.2.4 QueryVariableInfo: at runtime for non-volatile variables",
     [] {
       UINT64 all = 0, left = 0, largest = 0;
       return ok(rt->QueryVariableInfo(kNv | kBs | kRt, &all, &left, &largest)) && that(left <= all);
     }},
    {"8.3.1 GetTime: at runtime",
     [] {
       EFI_TIME time;
       return ok(rt->GetTime(&time, nullptr)) && that(time.Month >= 1 && time.Month <= 12);
     }},
    {"8.3.2 SetTime: at runtime",
     [] {
       EFI_TIME time;
       return ok(rt->GetTime(&time, nullptr)) && ok(rt->SetTime(&time));
     }},
    {"8.5.2 GetNextHighMonotonicCount: at runtime",
     [] {
       UINT32 first = 0, second = 0;
       return ok(rt->GetNextHighMonotonicCount(&first)) && ok(rt->GetNextHighMonotonicCount(&second)) && that(second > first);
     }},
    {"8.4.2 ConvertPointer: before SetVirtualAddressMap it is refused",
     [] {
       void* pointer = &departure;
       return fails(rt->ConvertPointer(0, &pointer));
     }},
    {"8.4.1 SetVirtualAddressMap: an unknown version of descriptors is INVALID_PARAMETER",
     [] { return is(rt->SetVirtualAddressMap(departure.map_size, departure.stride, 2, descriptor(0)), kInvalid); }},
    {"8.4.1 SetVirtualAddressMap: descriptors that are too small are INVALID_PARAMETER",
     [] { return is(rt->SetVirtualAddressMap(departure.map_size, 16, 1, descriptor(0)), kInvalid); }},
    {"8.4.1 SetVirtualAddressMap: the identity",
     [] {
       UINTN count = identity_map();
       return that(count > 0) && ok(rt->SetVirtualAddressMap(count * departure.stride, departure.stride, departure.version, descriptor(0)));
     }},
    {"8.4.1 SetVirtualAddressMap: EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE was signaled, once",
     [] { return equal(departure.address_changes, 1); }},
    {"8.4.2 ConvertPointer: a pointer into the runtime is converted",
     [] { return ok(departure.converted) && that(departure.pointer == departure.runtime); }},
    {"8.4.2 ConvertPointer: NULL is INVALID_PARAMETER", [] { return is(departure.converted_null, kInvalid); }},
    {"8.4.2 ConvertPointer: NULL that may be is SUCCESS", [] { return ok(departure.converted_optional); }},
    {"8.4.2 ConvertPointer: a pointer outside of the map is NOT_FOUND", [] { return is(departure.converted_stray, EFI_NOT_FOUND); }},
    {"8.4.1 SetVirtualAddressMap: a second time is UNSUPPORTED",
     [] { return is(rt->SetVirtualAddressMap(departure.stride, departure.stride, departure.version, descriptor(0)), EFI_UNSUPPORTED); }},
    {"8.2.1 GetVariable: after SetVirtualAddressMap",
     [] {
       UINT32 value = 0;
       return ok(departure.get(Departure::kLasting, &value)) && equal(value, 0x7777);
     }},
    {"8.2.3 SetVariable: after SetVirtualAddressMap",
     [] { return ok(rt->SetVariable(text(Departure::kLasting), &kVendor, kNv | kBs | kRt, 0, nullptr)); }},
    {"8.3.1 GetTime: after SetVirtualAddressMap",
     [] {
       EFI_TIME time;
       return ok(rt->GetTime(&time, nullptr));
     }},
};

}  // namespace

EFI_STATUS Departure::set(const wchar_t* name, UINT32 attributes, UINT32 value) {
  return rt->SetVariable(text(name), &kVendor, attributes, sizeof value, &value);
}

EFI_STATUS Departure::get(const wchar_t* name, UINT32* value) {
  UINT32 local;
  UINTN size = sizeof local;
  return rt->GetVariable(text(name), &kVendor, nullptr, &size, value ? value : &local);
}

VOID EFIAPI Departure::on_address_change(EFI_EVENT, VOID*) {
  ++departure.address_changes;
  departure.pointer = departure.runtime;
  void* null = nullptr;
  void* stray = at<void>(0xFFFF8000DEAD0000);
  departure.converted = rt->ConvertPointer(0, &departure.pointer);
  departure.converted_null = rt->ConvertPointer(0, &null);
  departure.converted_optional = rt->ConvertPointer(1, &null);  // EFI_OPTIONAL_PTR
  departure.converted_stray = rt->ConvertPointer(0, &stray);
}

constinit const Chapter kRuntime(kTests);

}  // namespace conformance
