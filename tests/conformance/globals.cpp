// SPDX-License-Identifier: BSD-2-Clause-Patent
// The variables of consoles and languages [UEFI 2.10, 3.3].
#include "global_variables.hpp"

namespace conformance {
namespace {

EFI_GUID collation2_guid = {0xa4c751fc, 0x23ae, 0x4c3e, {0x92, 0xe9, 0x49, 0x64, 0xcf, 0x63, 0xf3, 0x49}};

EFI_STATUS set(const wchar_t* name, const Value& value) {
  return rt->SetVariable(text(name), &global_guid, value.attributes, value.size, const_cast<UINT8*>(value.bytes));
}
EFI_STATUS set(const wchar_t* name, const char* words, UINT32 attributes) {
  UINTN size = 1;
  while (words[size - 1] != 0) ++size;
  return rt->SetVariable(text(name), &global_guid, attributes, size, const_cast<char*>(words));
}

// The length of the path instance at `node`, without the node that ends it.
UINTN instance(const UINT8* node, const UINT8* end) {
  UINTN length = 0;
  while (node + length + 4 <= end && node[length] != 0x7F) length += node[length + 2] + 256u * node[length + 3];
  return length;
}
// Each instance of one path is an instance of the other.
bool subset(const Value& part, const Value& whole) {
  const UINT8* end = part.bytes + part.size;
  for (const UINT8* at = part.bytes; at + 4 <= end;) {
    UINTN length = instance(at, end);
    bool found = false;
    const UINT8* all_end = whole.bytes + whole.size;
    for (const UINT8* other = whole.bytes; other + 4 <= all_end && !found;) {
      UINTN other_length = instance(other, all_end);
      found = other_length == length && same(at, other, length);
      other += other_length + 4;
    }
    if (!that(found)) return false;
    at += length + 4;
  }
  return true;
}

bool console(const wchar_t* chosen, const wchar_t* all) {
  Value devices(all);
  if (devices.status == EFI_NOT_FOUND) return skip("no such console");
  Value used(chosen);
  return ok(devices.status) && equal(devices.attributes, kVolatile) && ok(used.status) && equal(used.attributes, kLasting) &&
         that(used.size >= 4) && subset(used, devices);
}

// Whether the language is one of a list that is separated by semicolons.
bool listed(const char* language, const char* list) {
  for (;; ++list) {
    UINTN i = 0;
    while (language[i] != 0 && language[i] == list[i]) ++i;
    if (language[i] == 0 && i > 0 && (list[i] == 0 || list[i] == ';')) return true;
    while (*list != 0 && *list != ';') ++list;
    if (*list == 0) return false;
  }
}

const Test kTests[] = {
    {"3.3 ConOut: it lasts, and is part of ConOutDev", [] { return console(L"ConOut", L"ConOutDev"); }},
    {"3.3 ConIn: it lasts, and is part of ConInDev", [] { return console(L"ConIn", L"ConInDev"); }},
    {"3.3 ErrOut: it lasts, and is part of ErrOutDev", [] { return console(L"ErrOut", L"ErrOutDev"); }},
    {"3.3 ConOutDev: one of them is a device that prints",
     [] {
       Value devices(L"ConOutDev");
       if (devices.status == EFI_NOT_FOUND) return skip("no console");
       const UINT8* end = devices.bytes + devices.size;
       bool found = false;
       for (UINT8* at = devices.bytes; at + 4 <= end && !found;) {
         UINTN length = instance(at, end);
         at[length + 1] = 0xFF;  // a path of its own
         auto* path = reinterpret_cast<EFI_DEVICE_PATH*>(at);
         EFI_HANDLE device = nullptr;
         found = bs->LocateDevicePath(&kTextOutGuid, &path, &device) == EFI_SUCCESS && address(path) == address(at) + length;
         at += length + 4;
       }
       return that(found);
     }},
    {"3.3 PlatformLangCodes: it does not last, and ends with a NUL",
     [] {
       Value codes(L"PlatformLangCodes");
       return ok(codes.status) && equal(codes.attributes, kVolatile) && that(codes.size > 1 && codes.bytes[codes.size - 1] == 0);
     }},
    {"3.3 PlatformLangCodes: it is read-only",
     [] {
       Value codes(L"PlatformLangCodes");
       return is(set(L"PlatformLangCodes", "tlh", codes.attributes), EFI_WRITE_PROTECTED) &&
              that(same(Value(L"PlatformLangCodes").bytes, codes.bytes, codes.size));
     }},
    {"3.3 PlatformLang: it lasts, and is one of PlatformLangCodes",
     [] {
       Value language(L"PlatformLang");
       return ok(language.status) && equal(language.attributes, kLasting) && that(language.bytes[language.size - 1] == 0) &&
              that(listed(language.words(), Value(L"PlatformLangCodes").words()));
     }},
    {"3.3 PlatformLang: every supported language can be set",
     [] {
       Value before(L"PlatformLang"), codes(L"PlatformLangCodes");
       bool good = true;
       for (UINTN at = 0; good && at < codes.size && codes.bytes[at] != 0;) {
         char one[32] = {};
         for (UINTN i = 0; i < 31 && codes.bytes[at] != ';' && codes.bytes[at] != 0; ++at) one[i++] = static_cast<char>(codes.bytes[at]);
         if (codes.bytes[at] == ';') ++at;
         good = ok(set(L"PlatformLang", one, kLasting)) && that(listed(Value(L"PlatformLang").words(), one));
       }
       return ok(set(L"PlatformLang", before)) && good;
     }},
    {"3.3 PlatformLang: an unsupported one is kept, until the firmware's next start",
     [] {
       Value before(L"PlatformLang");
       bool good = ok(set(L"PlatformLang", "tlh", kLasting)) && that(listed(Value(L"PlatformLang").words(), "tlh"));
       return ok(set(L"PlatformLang", before)) && good;
     }},
    {"3.3 PlatformLang: the collation protocol knows it",
     [] {
       // SupportedLanguages is behind the six functions [UEFI 2.10, 21.1]
       auto** collation = locate<const char*>(collation2_guid);
       return that(collation != nullptr) && that(listed(Value(L"PlatformLang").words(), collation[6]));
     }},
    {"3.3 Lang: where there is one, it is one of LangCodes",
     [] {
       Value language(L"Lang"), codes(L"LangCodes");
       if (language.status == EFI_NOT_FOUND && codes.status == EFI_NOT_FOUND) return skip("deprecated");
       bool found = false;
       for (UINTN at = 0; at + 3 <= codes.size && !found; at += 3) found = same(codes.bytes + at, language.bytes, 3);
       return equal(language.attributes, kLasting) && equal(codes.attributes, kVolatile) && that(found);
     }},
};

}  // namespace

constinit const Chapter kGlobals(kTests);

}  // namespace conformance
