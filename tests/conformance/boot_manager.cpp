// SPDX-License-Identifier: BSD-2-Clause-Patent
// What a boot manager leaves to the program that it starts [UEFI 2.10, 3.1 to 3.4]. A program that something else has started may find none
// of it.
#include "global_variables.hpp"

namespace conformance {
namespace {

template <typename Body>
bool with(const wchar_t* name, Body body) {
  const Value value(name);
  return value.status == EFI_NOT_FOUND ? skip("no such variable") : ok(value.status) && body(value);
}

// The length of the device path at `at`, its end and all; 0: it does not end before `end`.
UINTN path_length(const UINT8* at, const UINT8* end) {
  for (const UINT8* node = at; end - node >= 4;) {
    const UINTN length = node[2] + 256u * node[3];
    if (length < 4 || length > static_cast<UINTN>(end - node)) return 0;
    if (node[0] == 0x7F && node[1] == 0xFF) return static_cast<UINTN>(node - at) + length;
    node += length;
  }
  return 0;
}

// [UEFI 2.10, 3.1.3] attributes, the length of the list, a name with its NUL, a list of whole paths. `first`: where the list begins.
bool is_load_option(const Value& value, UINTN* first = nullptr) {
  if (!that(value.size >= 6)) return false;
  const UINTN list = value.bytes[4] + 256u * value.bytes[5];
  UINTN at = 6;
  while (at + 2 <= value.size && (value.bytes[at] != 0 || value.bytes[at + 1] != 0)) at += 2;
  at += 2;
  if (!that(at <= value.size && list != 0 && list <= value.size - at)) return false;
  if (first != nullptr) *first = at;
  for (const UINT8 *path = value.bytes + at, *end = path + list; path != end;) {
    const UINTN length = path_length(path, end);
    if (!that(length != 0)) return false;
    path += length;
  }
  return true;
}

// Boot####
struct OptionName {
  CHAR16 text[9] = {'B', 'o', 'o', 't'};
  explicit OptionName(UINT64 number) {
    for (int i = 0; i < 4; ++i) text[4 + i] = static_cast<UINT8>("0123456789ABCDEF"[number >> (12 - 4 * i) & 15]);
  }
};

const Test kTests[] = {
    {"3.3 BootCurrent: 16 bits, volatile, the number of a load option",
     [] {
       return with(L"BootCurrent", [](const Value& value) {
         if (!equal(value.attributes, kVolatile) || !equal(value.size, 2)) return false;
         const Value option(OptionName(value.number()).text);
         return ok(option.status) && is_load_option(option);
       });
     }},
    {"3.3 BootNext: it is gone when a program runs",
     [] { return is(Value(L"BootNext").status, EFI_NOT_FOUND); }},
    {"3.3 BootOrder: 16 bits each, it lasts, and its options are load options",
     [] {
       return with(L"BootOrder", [](const Value& value) {
         if (!equal(value.attributes, kLasting) || !equal(value.size % 2, 0)) return false;
         for (UINTN at = 0; at < value.size; at += 2) {
           const Value option(OptionName(value.bytes[at] + 256u * value.bytes[at + 1]).text);
           if (option.status == EFI_NOT_FOUND) continue;  // such entries are passed over
           if (!ok(option.status) || !equal(option.attributes, kLasting) || !is_load_option(option)) return false;
         }
         return true;
       });
     }},
    {"3.3 BootOptionSupport: 32 bits, volatile, with known bits alone",
     [] {
       return with(L"BootOptionSupport", [](const Value& value) {
         return equal(value.attributes, kVolatile) && equal(value.size, 4) && equal(value.number() & ~UINT64{0x313}, 0);
       });
     }},
    {"3.3 BootOptionSupport: programs cannot set it",
     [] {
       return with(L"BootOptionSupport", [](const Value& value) {
         UINT32 other = ~static_cast<UINT32>(value.number());
         return is(rt->SetVariable(text(L"BootOptionSupport"), &global_guid, kVolatile, sizeof other, &other), EFI_WRITE_PROTECTED) &&
                equal(Value(L"BootOptionSupport").number(), value.number());
       });
     }},
    {"8.5.4 OsIndicationsSupported: 64 bits, volatile, with known bits alone",
     [] {
       return with(L"OsIndicationsSupported", [](const Value& value) {
         return equal(value.attributes, kVolatile) && equal(value.size, 8) && equal(value.number() & ~UINT64{0xFF}, 0);
       });
     }},
    {"8.5.4 OsIndicationsSupported: programs cannot set it",
     [] {
       return with(L"OsIndicationsSupported", [](const Value& value) {
         UINT64 other = ~value.number();
         return is(rt->SetVariable(text(L"OsIndicationsSupported"), &global_guid, kVolatile, sizeof other, &other), EFI_WRITE_PROTECTED) &&
                equal(Value(L"OsIndicationsSupported").number(), value.number());
       });
     }},
    {"3.3 Timeout: 16 bits, it lasts",
     [] {
       return with(L"Timeout", [](const Value& value) { return equal(value.attributes, kLasting) && equal(value.size, 2); });
     }},
    {"3.4.3 PlatformRecovery####: one has the short-form path of the default file",
     [] {
       return with(L"PlatformRecovery0000", [](const Value& value) {
         UINTN path = 0;
         const bool good = equal(value.attributes, kVolatile) && is_load_option(value, &path) && equal(value.bytes[path], 4) &&
                           equal(value.bytes[path + 1], 4);
         return good && that(same(reinterpret_cast<const CHAR16*>(value.bytes + path + 4), text(L"\\EFI\\BOOT\\BOOTX64.EFI")));
       });
     }},
};

}  // namespace

const Chapter kBootManager(kTests);

}  // namespace conformance
