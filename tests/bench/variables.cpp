// SPDX-License-Identifier: BSD-2-Clause-Patent
//
// variables.efi: what the variable services cost among 10 variables of the program's, 100 and 1,000: non-volatile ones of 32 bytes, as
// boot options are. All findings are lines on the debug port (0x402):
//   variables: at <variables> <service> <TSC ticks for one operation>
//   variables: full at <variables>       where the firmware has no place for more
//   variables: end

#include "costs.hpp"

using namespace bench;

namespace {

constexpr UINTN kCounts[] = {10, 100, 1000};
constexpr UINTN kSample = 50;
constexpr UINTN kDataSize = 32;
constexpr UINT32 kAttributes = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS;
constexpr UINTN kNameSize = 128;  // characters; those of the firmware's own variables have to fit, too

EFI_GUID vendor = {0x5d8c1a00, 0x9d3b, 0x4a26, {0x8e, 0x4c, 0x6d, 0x61, 0x6e, 0x79, 0x00, 0x02}};
EFI_RUNTIME_SERVICES* rs;

struct Name {
  CHAR16 text[9] = {u'B', u'e', u'n', u'c', u'h'};  // and three digits
  explicit Name(UINTN n) {
    for (UINTN i = 8; i-- > 5; n /= 10) text[i] = static_cast<CHAR16>(u'0' + n % 10);
  }
};

EFI_STATUS set(UINTN n, UINTN size = kDataSize) {
  Name name(n);
  UINT8 data[kDataSize];
  for (UINTN i = 0; i < size; ++i) data[i] = static_cast<UINT8>(n + i + read_tsc());
  return rs->SetVariable(name.text, &vendor, kAttributes, size, data);
}

void get(UINTN n) {
  Name name(n);
  UINT8 data[kDataSize];
  UINTN size = sizeof data;
  check("GetVariable", rs->GetVariable(name.text, &vendor, nullptr, &size, data));
}

// Beginning at one of the program's: what lies before is the firmware's choice.
void next(UINTN n) {
  CHAR16 text[kNameSize];
  const Name name(n);
  for (UINTN i = 0; i < 9; ++i) text[i] = name.text[i];
  EFI_GUID guid = vendor;
  UINTN size = sizeof text;
  const EFI_STATUS status = rs->GetNextVariableName(&size, text, &guid);
  if (status != EFI_NOT_FOUND) check("GetNextVariableName", status);
}

void measure_all(UINTN count) {
  const UINTN times = count < kSample ? count : kSample;
  measure(count, "GetVariable", get, times);
  measure(count, "GetNextVariableName", next, times);
  measure(count, "SetVariable, changing one", [](UINTN n) { check("SetVariable", set(n)); }, times);
  measure(count, "SetVariable, deleting one", [](UINTN n) { check("delete", set(n, 0)); }, times);
  measure(count, "SetVariable, making one", [](UINTN n) { check("SetVariable", set(n)); }, times);
}

}  // namespace

extern "C" EFI_STATUS EFIAPI variables_entry(EFI_HANDLE, EFI_SYSTEM_TABLE* system) {
  program = "variables";
  st = system;
  rs = system->RuntimeServices;
  UINTN made = 0;
  for (const UINTN count : kCounts) {
    for (; made < count; ++made) {
      if (set(made) != EFI_OUT_OF_RESOURCES) continue;
      (Line("variables: full at ") << made).print();
      break;
    }
    if (made < count) break;
    measure_all(count);
  }
  Line("variables: end").print();
  end_machine();
}
