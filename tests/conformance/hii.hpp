// SPDX-License-Identifier: BSD-2-Clause-Patent
// What the HII chapters share: the protocols, which gnu-efi does not declare, and packages put together piece by piece.
#pragma once

#include "conformance.hpp"

namespace conformance::hii {

using List = void*;  // EFI_HII_HANDLE
using StringId = UINT16;

struct ListHeader {
  EFI_GUID guid;
  UINT32 length;
};
using Notify = EFI_STATUS(EFIAPI*)(UINT8 type, const EFI_GUID* guid, const void* package, List list, UINTN what);
enum : UINTN { kNewPack = 1, kRemovePack = 2, kExportPack = 4, kAddPack = 8 };
enum : UINT8 { kAll = 0, kGuid = 1, kForms = 2, kStrings = 4, kFonts = 5, kSimpleFonts = 7, kDevicePath = 8, kKeyboard = 9,
               kEnd = 0xDF };

struct Database {
  EFI_STATUS(EFIAPI* NewPackageList)(const Database*, const ListHeader* list, EFI_HANDLE driver, List* handle);
  EFI_STATUS(EFIAPI* RemovePackageList)(const Database*, List handle);
  EFI_STATUS(EFIAPI* UpdatePackageList)(const Database*, List handle, const ListHeader* list);
  EFI_STATUS(EFIAPI* ListPackageLists)(const Database*, UINT8 type, const EFI_GUID* guid, UINTN* size, List* handles);
  EFI_STATUS(EFIAPI* ExportPackageLists)(const Database*, List handle, UINTN* size, void* buffer);
  EFI_STATUS(EFIAPI* RegisterPackageNotify)(const Database*, UINT8 type, const EFI_GUID* guid, Notify function, UINTN what,
                                            EFI_HANDLE* out);
  EFI_STATUS(EFIAPI* UnregisterPackageNotify)(const Database*, EFI_HANDLE registration);
  EFI_STATUS(EFIAPI* FindKeyboardLayouts)(const Database*, UINT16* size, EFI_GUID* guids);
  EFI_STATUS(EFIAPI* GetKeyboardLayout)(const Database*, const EFI_GUID* guid, UINT16* size, void* layout);
  EFI_STATUS(EFIAPI* SetKeyboardLayout)(const Database*, const EFI_GUID* guid);
  EFI_STATUS(EFIAPI* GetPackageListHandle)(const Database*, List handle, EFI_HANDLE* driver);
};
inline EFI_GUID kDatabaseGuid = {0xef9fc172, 0xa1b2, 0x4693, {0xb3, 0x27, 0x6d, 0x32, 0xfc, 0x41, 0x60, 0x42}};

struct FontInfo {
  UINT32 style;
  UINT16 size;
  CHAR16 name[9];
};
struct Strings {
  EFI_STATUS(EFIAPI* NewString)(const Strings*, List list, StringId* id, const char* language, const CHAR16* language_name,
                                const CHAR16* string, const FontInfo* font);
  EFI_STATUS(EFIAPI* GetString)(const Strings*, const char* language, List list, StringId id, CHAR16* string, UINTN* size, FontInfo** font);
  EFI_STATUS(EFIAPI* SetString)(const Strings*, List list, StringId id, const char* language, const CHAR16* string, const FontInfo* font);
  EFI_STATUS(EFIAPI* GetLanguages)(const Strings*, List list, char* languages, UINTN* size);
  EFI_STATUS(EFIAPI* GetSecondaryLanguages)(const Strings*, List list, const char* primary, char* languages, UINTN* size);
};
inline EFI_GUID kStringsGuid = {0x0fd96974, 0x23aa, 0x4cdc, {0xb9, 0xcb, 0x98, 0xd1, 0x77, 0x50, 0x32, 0x2a}};

extern Database* db;  // found by the first test
extern Strings* strings;

inline EFI_GUID kListGuid = {0x51a3b7c2, 0x7f10, 0x4d2e, {0x91, 0x08, 0x48, 0x49, 0x49, 0x6c, 0x69, 0x73}};
inline EFI_GUID kVendorGuid = {0x6f2c1d08, 0x1be7, 0x4a39, {0xa5, 0x5c, 0x76, 0x65, 0x6e, 0x64, 0x6f, 0x72}};
inline EFI_GUID kOtherGuid = {0x70aa93e1, 0x02d4, 0x47fb, {0x8e, 0x61, 0x6f, 0x74, 0x68, 0x65, 0x72, 0x21}};

// Packages one after the other, as a list. Each list has a GUID of its own, for edk2 takes none twice.
class Packages {
 public:
  Packages() {
    ++kListGuid.Data1;
    put(&kListGuid, sizeof kListGuid), put32(0);
  }
  explicit Packages(const Packages& update_of) { put(update_of.bytes_, sizeof(EFI_GUID)), put32(0); }
  Packages& put(const void* from, UINTN count) {
    for (UINTN i = 0; i < count; ++i) bytes_[size_++] = static_cast<const UINT8*>(from)[i];
    return *this;
  }
  Packages& put8(UINTN value) { return put(&value, 1); }
  Packages& put16(UINTN value) { return put(&value, 2); }
  Packages& put32(UINTN value) { return put(&value, 4); }
  Packages& repeat(UINTN value, UINTN count) {
    for (UINTN i = 0; i < count; ++i) put8(value);
    return *this;
  }
  Packages& wide(const wchar_t* words) {
    do put16(*words);
    while (*words++ != 0);
    return *this;
  }
  Packages& narrow(const char* words) {
    do put8(static_cast<UINT8>(*words));
    while (*words++ != 0);
    return *this;
  }
  Packages& begin(UINT8 type) {
    start_ = size_;
    return put32(static_cast<UINT32>(type) << 24);
  }
  Packages& end() {
    UINT32 head;
    __builtin_memcpy(&head, bytes_ + start_, 4);
    head |= static_cast<UINT32>(size_ - start_);
    __builtin_memcpy(bytes_ + start_, &head, 4);
    return *this;
  }
  // Of no meaning, told apart by its last byte.
  Packages& some(UINT8 type, UINT8 mark) { return begin(type).put8(mark).end(); }
  Packages& vendor(const EFI_GUID& guid, UINT8 mark) { return begin(kGuid).put(&guid, sizeof guid).put8(mark).end(); }
  // The blocks follow, then an end block and end().
  Packages& string_package(const char* language) {
    UINTN length = 1;
    while (language[length - 1] != 0) ++length;
    return begin(kStrings).put32(46 + length).put32(46 + length).repeat(0, 32).put16(0).narrow(language);
  }
  const ListHeader* list() {
    begin(kEnd).end();
    UINT32 length = static_cast<UINT32>(size_);
    __builtin_memcpy(bytes_ + sizeof(EFI_GUID), &length, 4);
    return reinterpret_cast<const ListHeader*>(bytes_);
  }
  UINTN size() const { return size_; }
  UINT8* bytes() { return bytes_; }

 private:
  alignas(8) UINT8 bytes_[2048];
  UINTN size_ = 0, start_ = 0;
};

// A list in the database, gone at the end of the test.
struct AList {
  List handle = nullptr;
  explicit AList(Packages& packages, EFI_HANDLE driver = nullptr) {
    if (EFI_ERROR(db->NewPackageList(db, packages.list(), driver, &handle))) handle = nullptr;
  }
  AList(const AList&) = delete;
  ~AList() {
    if (handle != nullptr) db->RemovePackageList(db, handle);
  }
  operator List() const { return handle; }
};

}  // namespace conformance::hii
