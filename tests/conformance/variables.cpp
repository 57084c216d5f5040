// SPDX-License-Identifier: BSD-2-Clause-Patent
// Variables [UEFI 2.10, 8.2].
#include "conformance.hpp"

namespace conformance {
namespace {

constexpr UINT32 kNv = EFI_VARIABLE_NON_VOLATILE, kBs = EFI_VARIABLE_BOOTSERVICE_ACCESS, kRt = EFI_VARIABLE_RUNTIME_ACCESS;
constexpr UINT32 kHardwareError = 0x08, kOldAuthenticated = 0x10, kTimeBased = 0x20, kAppend = 0x40, kEnhanced = 0x80;

EFI_GUID kVendor = {0x92b70909, 0xd7e4, 0x4c2e, {0xb6, 0x81, 0x56, 0x61, 0x72, 0x73, 0x21, 0x21}};
EFI_GUID kOtherVendor = {0x92b7090a, 0xd7e4, 0x4c2e, {0xb6, 0x81, 0x56, 0x61, 0x72, 0x73, 0x21, 0x22}};
CHAR16* name() { return text(L"Conformance"); }
UINT8 data[4096];

EFI_STATUS set(UINT32 attributes, UINTN size, const void* value, CHAR16* what = name(), EFI_GUID* vendor = &kVendor) {
  return rt->SetVariable(what, vendor, attributes, size, const_cast<void*>(value));
}
EFI_STATUS remove(UINT32 attributes, CHAR16* what = name()) { return set(attributes, 0, nullptr, what); }

// A variable that is gone at the end of the test.
struct Variable {
  UINT32 attributes;
  EFI_STATUS status;
  explicit Variable(UINT32 with, const char (&value)[5] = "1234") : attributes(with), status(set(with, 4, value)) {}
  Variable(const Variable&) = delete;
  ~Variable() { remove(attributes); }
};

struct Value {
  UINT8 bytes[64] = {};
  UINTN size = sizeof bytes;
  UINT32 attributes = 0xEEEE;
  EFI_STATUS status;
  explicit Value(CHAR16* what = name(), EFI_GUID* vendor = &kVendor) { status = rt->GetVariable(what, vendor, &attributes, &size, bytes); }
  bool holds(const char* words, UINTN length) const { return ok(status) && equal(size, length) && that(same(bytes, words, length)); }
};

template <UINT32 attributes>
bool lives() {
  Variable variable(attributes);
  Value value;
  return ok(variable.status) && value.holds("1234", 4) && equal(value.attributes, attributes);
}

// Walks all variables; true when ours is among them as often as wanted.
bool listed(UINTN wanted) {
  static CHAR16 next[512];
  EFI_GUID vendor = {};
  next[0] = 0;
  UINTN found = 0;
  for (UINTN i = 0; i < 2000; ++i) {
    UINTN size = sizeof next;
    EFI_STATUS status = rt->GetNextVariableName(&size, next, &vendor);
    if (status == EFI_NOT_FOUND) return equal(found, wanted);
    if (!ok(status)) return false;
    if (same(vendor, kVendor) && same(next, name())) {
      ++found;
      if (!equal(size, 12 * sizeof(CHAR16))) return false;
    }
  }
  return that(false);
}

const Test kTests[] = {
    {"8.2.3 SetVariable: boot services access", lives<kBs>},
    {"8.2.3 SetVariable: boot services and runtime access", lives<kBs | kRt>},
    {"8.2.3 SetVariable: non-volatile with boot services access", lives<kNv | kBs>},
    {"8.2.3 SetVariable: non-volatile with boot services and runtime access", lives<kNv | kBs | kRt>},
    {"8.2.1 GetVariable: what is not there is NOT_FOUND", [] { return is(Value().status, EFI_NOT_FOUND); }},
    {"8.2.1 GetVariable: another vendor's is NOT_FOUND",
     [] {
       Variable variable(kBs);
       return is(Value(name(), &kOtherVendor).status, EFI_NOT_FOUND);
     }},
    {"8.2.1 GetVariable: names are told apart by case",
     [] {
       Variable variable(kBs);
       return is(Value(text(L"conformance")).status, EFI_NOT_FOUND);
     }},
    {"8.2.1 GetVariable: a longer name is another",
     [] {
       Variable variable(kBs);
       return is(Value(text(L"Conformances")).status, EFI_NOT_FOUND) && is(Value(text(L"Conformanc")).status, EFI_NOT_FOUND);
     }},
    {"8.2.1 GetVariable: no name is INVALID_PARAMETER", [] { return is(Value(nullptr).status, kInvalid); }},
    {"8.2.1 GetVariable: no vendor is INVALID_PARAMETER", [] { return is(Value(name(), nullptr).status, kInvalid); }},
    {"8.2.1 GetVariable: no size is INVALID_PARAMETER",
     [] {
       Variable variable(kBs);
       return is(rt->GetVariable(name(), &kVendor, nullptr, nullptr, data), kInvalid);
     }},
    {"8.2.1 GetVariable: room enough but no buffer is INVALID_PARAMETER",
     [] {
       Variable variable(kBs);
       UINTN size = 64;
       return is(rt->GetVariable(name(), &kVendor, nullptr, &size, nullptr), kInvalid);
     }},
    {"8.2.1 GetVariable: too small a buffer is BUFFER_TOO_SMALL, with the size",
     [] {
       Variable variable(kBs);
       UINTN size = 3;
       return is(rt->GetVariable(name(), &kVendor, nullptr, &size, data), EFI_BUFFER_TOO_SMALL) && equal(size, 4);
     }},
    {"8.2.1 GetVariable: a size of 0 needs no buffer",
     [] {
       Variable variable(kBs);
       UINTN size = 0;
       return is(rt->GetVariable(name(), &kVendor, nullptr, &size, nullptr), EFI_BUFFER_TOO_SMALL) && equal(size, 4);
     }},
    {"8.2.1 GetVariable: nobody need want the attributes",
     [] {
       Variable variable(kBs);
       UINTN size = 64;
       return ok(rt->GetVariable(name(), &kVendor, nullptr, &size, data)) && equal(size, 4);
     }},
    {"8.2.1 GetVariable: attributes come with BUFFER_TOO_SMALL, too",
     [] {
       Variable variable(kBs | kRt);
       UINTN size = 0;
       UINT32 attributes = 0;
       return is(rt->GetVariable(name(), &kVendor, &attributes, &size, nullptr), EFI_BUFFER_TOO_SMALL) && equal(attributes, kBs | kRt);
     }},
    {"8.2.1 GetVariable: an empty name is NOT_FOUND", [] { return is(Value(text(L"")).status, EFI_NOT_FOUND); }},

    {"8.2.2 GetNextVariableName: every variable once",
     [] {
       Variable variable(kBs);
       return listed(1);
     }},
    {"8.2.2 GetNextVariableName: a deleted variable is not listed", [] { return listed(0); }},
    {"8.2.2 GetNextVariableName: no size is INVALID_PARAMETER",
     [] {
       CHAR16 next[64] = {};
       EFI_GUID vendor = {};
       return is(rt->GetNextVariableName(nullptr, next, &vendor), kInvalid);
     }},
    {"8.2.2 GetNextVariableName: no name is INVALID_PARAMETER",
     [] {
       UINTN size = 64;
       EFI_GUID vendor = {};
       return is(rt->GetNextVariableName(&size, nullptr, &vendor), kInvalid);
     }},
    {"8.2.2 GetNextVariableName: no vendor is INVALID_PARAMETER",
     [] {
       CHAR16 next[64] = {};
       UINTN size = sizeof next;
       return is(rt->GetNextVariableName(&size, next, nullptr), kInvalid);
     }},
    {"8.2.2 GetNextVariableName: a name that does not exist is INVALID_PARAMETER",
     [] {
       CHAR16 next[64];
       bs->CopyMem(next, text(L"Nowhere"), 16);
       UINTN size = sizeof next;
       EFI_GUID vendor = kVendor;
       return is(rt->GetNextVariableName(&size, next, &vendor), kInvalid);
     }},
    {"8.2.2 GetNextVariableName: a name without an end is INVALID_PARAMETER",
     [] {
       CHAR16 next[4] = {'a', 'b', 'c', 'd'};
       UINTN size = sizeof next;
       EFI_GUID vendor = kVendor;
       return is(rt->GetNextVariableName(&size, next, &vendor), kInvalid);
     }},
    {"8.2.2 GetNextVariableName: too small a buffer is BUFFER_TOO_SMALL, with the size",
     [] {
       Variable variable(kBs);
       CHAR16 next[2] = {};
       UINTN size = 2;
       EFI_GUID vendor = {};
       return is(rt->GetNextVariableName(&size, next, &vendor), EFI_BUFFER_TOO_SMALL) && that(size > 2);
     }},

    {"8.2.2 GetNextVariableName: the size that BUFFER_TOO_SMALL tells is enough",
     [] {
       Variable variable(kBs);
       static CHAR16 next[512];
       next[0] = 0;
       UINTN size = 2;
       EFI_GUID vendor = {};
       return is(rt->GetNextVariableName(&size, next, &vendor), EFI_BUFFER_TOO_SMALL) && ok(rt->GetNextVariableName(&size, next, &vendor));
     }},
    {"8.2.3 SetVariable: a value is replaced",
     [] {
       Variable variable(kBs);
       return ok(set(kBs, 6, "sixsix")) && Value().holds("sixsix", 6);
     }},
    {"8.2.3 SetVariable: a value is replaced by a shorter one",
     [] {
       Variable variable(kBs);
       return ok(set(kBs, 1, "x")) && Value().holds("x", 1);
     }},
    {"8.2.3 SetVariable: a size of 0 deletes",
     [] {
       Variable variable(kBs);
       return ok(set(kBs, 0, data)) && is(Value().status, EFI_NOT_FOUND);
     }},
    {"8.2.3 SetVariable: attributes of 0 delete",
     [] {
       Variable variable(kBs);
       return ok(set(0, 4, "1234")) && is(Value().status, EFI_NOT_FOUND);
     }},
    {"8.2.3 SetVariable: deleting what is not there is NOT_FOUND", [] { return is(remove(kBs), EFI_NOT_FOUND); }},
    {"8.2.3 SetVariable: an empty name is INVALID_PARAMETER", [] { return is(set(kBs, 4, "1234", text(L"")), kInvalid); }},
    {"8.2.3 SetVariable: no name is INVALID_PARAMETER", [] { return is(set(kBs, 4, "1234", nullptr), kInvalid); }},
    {"8.2.3 SetVariable: no vendor is INVALID_PARAMETER", [] { return is(set(kBs, 4, "1234", name(), nullptr), kInvalid); }},
    {"8.2.3 SetVariable: data of NULL with a size are INVALID_PARAMETER", [] { return is(set(kBs, 4, nullptr), kInvalid); }},
    {"8.2.3 SetVariable: runtime without boot services access is INVALID_PARAMETER", [] { return is(set(kRt, 4, "1234"), kInvalid); }},
    {"8.2.3 SetVariable: non-volatile runtime without boot services access is INVALID_PARAMETER",
     [] { return is(set(kNv | kRt, 4, "1234"), kInvalid); }},
    {"8.2.3 SetVariable: an unknown attribute is refused",
     [] {
       EFI_STATUS status = set(kBs | 0x100, 4, "1234");
       return that(status == kInvalid || status == EFI_UNSUPPORTED);
     }},
    {"8.2.3 SetVariable: other attributes for a variable that exists are INVALID_PARAMETER",
     [] {
       Variable variable(kBs);
       return is(set(kBs | kRt, 4, "5678"), kInvalid) && Value().holds("1234", 4);
     }},
    {"8.2.3 SetVariable: deleting with other attributes is INVALID_PARAMETER",
     [] {
       Variable variable(kBs | kRt);
       return is(remove(kBs), kInvalid) && Value().holds("1234", 4);
     }},
    {"8.2.3 SetVariable: the deprecated authentication is UNSUPPORTED",
     [] { return is(set(kNv | kBs | kRt | kOldAuthenticated, 4, "1234"), EFI_UNSUPPORTED); }},
    {"8.2.3 SetVariable: both kinds of authentication are INVALID_PARAMETER or UNSUPPORTED",
     [] {
       EFI_STATUS status = set(kNv | kBs | kTimeBased | kEnhanced, 4, "1234");
       return that(status == kInvalid || status == EFI_UNSUPPORTED);
     }},
    {"8.2.3 SetVariable: authenticated without its header is refused",
     [] { return that(EFI_ERROR(set(kNv | kBs | kRt | kTimeBased, 4, "1234"))); }},
    {"8.2.3 SetVariable: a hardware error record must be non-volatile",
     [] { return that(EFI_ERROR(set(kBs | kRt | kHardwareError, 4, "1234"))); }},
    {"8.2.3 SetVariable: appending adds to the value",
     [] {
       Variable variable(kBs);
       return ok(set(kBs | kAppend, 2, "56")) && Value().holds("123456", 6);
     }},
    {"8.2.3 SetVariable: appending to nothing makes the variable",
     [] {
       bool good = ok(set(kBs | kAppend, 2, "56")) && Value().holds("56", 2);
       remove(kBs);
       return good;
     }},
    {"8.2.3 SetVariable: appending nothing is SUCCESS and changes nothing",
     [] {
       Variable variable(kBs);
       return ok(set(kBs | kAppend, 0, nullptr)) && Value().holds("1234", 4);
     }},
    {"8.2.3 SetVariable: APPEND_WRITE is not among the attributes that come back",
     [] {
       Variable variable(kBs);
       return ok(set(kBs | kAppend, 2, "56")) && equal(Value().attributes, kBs);
     }},
    {"8.2.3 SetVariable: the same name of another vendor is another variable",
     [] {
       Variable variable(kBs);
       bool good = ok(set(kBs, 2, "zz", name(), &kOtherVendor)) && Value().holds("1234", 4) && Value(name(), &kOtherVendor).holds("zz", 2);
       return ok(set(kBs, 0, nullptr, name(), &kOtherVendor)) && good;
     }},
    {"8.2.3 SetVariable: a value of 1 KiB",
     [] {
       for (UINTN i = 0; i < 1024; ++i) data[i] = static_cast<UINT8>(i * 7);
       static UINT8 back[1024];
       UINTN size = sizeof back;
       bool good = ok(set(kNv | kBs, 1024, data)) && ok(rt->GetVariable(name(), &kVendor, nullptr, &size, back)) && equal(size, 1024) &&
                   that(same(back, data, 1024));
       return ok(remove(kNv | kBs)) && good;
     }},
    {"8.2.3 SetVariable: more than there is room for is refused",
     [] {
       UINTN size = 8 << 20;
       void* buffer;
       if (!ok(bs->AllocatePool(EfiLoaderData, size, &buffer))) return false;
       EFI_STATUS status = set(kNv | kBs, size, buffer);
       return ok(bs->FreePool(buffer)) && that(status == EFI_OUT_OF_RESOURCES || status == kInvalid);
     }},
    {"8.2.3 SetVariable: a variable can be written a thousand times",
     [] {
       bool good = true;
       for (UINT32 i = 0; i < 1000 && good; ++i) good = ok(set(kBs, sizeof i, &i));
       return ok(remove(kBs)) && good;
     }},

    {"8.2.4 QueryVariableInfo: the store of volatile variables",
     [] {
       UINT64 all = 0, left = 0, largest = 0;
       return ok(rt->QueryVariableInfo(kBs, &all, &left, &largest)) && that(left <= all && largest <= all && largest > 0);
     }},
    {"8.2.4 QueryVariableInfo: the store of non-volatile variables",
     [] {
       UINT64 all = 0, left = 0, largest = 0;
       return ok(rt->QueryVariableInfo(kNv | kBs | kRt, &all, &left, &largest)) && that(left <= all && largest <= all && largest > 0);
     }},
    {"8.2.4 QueryVariableInfo: attributes of 0 are refused",
     [] {
       UINT64 all, left, largest;
       EFI_STATUS status = rt->QueryVariableInfo(0, &all, &left, &largest);
       return that(status == kInvalid || status == EFI_UNSUPPORTED);
     }},
    {"8.2.4 QueryVariableInfo: runtime without boot services access is INVALID_PARAMETER",
     [] {
       UINT64 all, left, largest;
       return is(rt->QueryVariableInfo(kRt, &all, &left, &largest), kInvalid);
     }},
    {"8.2.4 QueryVariableInfo: no place for the answer is INVALID_PARAMETER",
     [] {
       UINT64 all, left, largest;
       return is(rt->QueryVariableInfo(kBs, nullptr, &left, &largest), kInvalid) &&
              is(rt->QueryVariableInfo(kBs, &all, nullptr, &largest), kInvalid) &&
              is(rt->QueryVariableInfo(kBs, &all, &left, nullptr), kInvalid);
     }},
    {"8.2.4 QueryVariableInfo: a variable takes room",
     [] {
       UINT64 all, before = 0, after = 0, largest;
       bool good = ok(rt->QueryVariableInfo(kBs, &all, &before, &largest)) && ok(set(kBs, 512, data)) &&
                   ok(rt->QueryVariableInfo(kBs, &all, &after, &largest)) && that(after + 512 <= before);
       return ok(remove(kBs)) && good;
     }},
};

}  // namespace

constinit const Chapter kVariables(kTests);

}  // namespace conformance
