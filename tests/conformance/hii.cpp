// SPDX-License-Identifier: BSD-2-Clause-Patent
// HII Database Protocol [UEFI 2.10, 34.8], keyboard layouts included.
#include "hii.hpp"

namespace conformance::hii {

Database* db;
Strings* strings;

}  // namespace conformance::hii

namespace conformance {
namespace {

using namespace hii;

UINT8 buffer[64 * 1024];

bool exports(List list, const void* wanted, UINTN size, int line = __builtin_LINE()) {
  UINTN got = 0;
  return is(db->ExportPackageLists(db, list, &got, nullptr), EFI_BUFFER_TOO_SMALL, line) && equal(got, size, line) &&
         ok(db->ExportPackageLists(db, list, &got, buffer), line) && that(same(buffer, wanted, size), line);
}

// Whether the list of handles has this one.
bool is_listed(UINT8 type, const EFI_GUID* guid, List wanted) {
  UINTN size = sizeof buffer;
  if (EFI_ERROR(db->ListPackageLists(db, type, guid, &size, reinterpret_cast<List*>(buffer)))) return false;
  for (UINTN i = 0; i < size / sizeof(List); ++i)
    if (reinterpret_cast<List*>(buffer)[i] == wanted) return true;
  return false;
}

// What the notification function was told, in order.
struct Told {
  UINT8 type, mark;
  UINTN what;
  List list;
  bool has_guid;
  bool operator==(const Told& o) const {
    return type == o.type && mark == o.mark && what == o.what && list == o.list && has_guid == o.has_guid;
  }
} told[16];
UINTN told_count;
bool (*in_notification)(List);
bool went_well;
EFI_STATUS EFIAPI notify(UINT8 type, const EFI_GUID* guid, const void* package, List list, UINTN what) {
  UINT32 head;
  __builtin_memcpy(&head, package, 4);
  UINT8 mark = static_cast<const UINT8*>(package)[(head & 0xFFFFFF) - 1];
  if (told_count < 16) told[told_count++] = {type, mark, what, list, guid != nullptr && same(*guid, kVendorGuid)};
  if (in_notification != nullptr) went_well = in_notification(list);
  return EFI_SUCCESS;
}
struct Watch {
  EFI_HANDLE handle = nullptr;
  EFI_STATUS status;
  Watch(UINT8 type, UINTN what, const EFI_GUID* guid = nullptr) {
    told_count = 0, in_notification = nullptr, went_well = false;
    status = db->RegisterPackageNotify(db, type, guid, notify, what, &handle);
  }
  Watch(const Watch&) = delete;
  ~Watch() {
    if (!EFI_ERROR(status)) db->UnregisterPackageNotify(db, handle);
  }
};

struct Path {
  UINT8 node[24] = {4, 3, 24, 0, 'H', 'i', 'i', 'c', 'o', 'n', 'f', 'o', 'r', 'm', 'a', 'n', 'c', 'e', 0, 0, 0, 0, 0, 0};
  UINT8 end[4] = {0x7F, 0xFF, 4, 0};
};

EFI_GUID kLayout = {0x81bb04f2, 0x13c5, 0x4f0a, {0x92, 0x7d, 0x6b, 0x65, 0x79, 0x62, 0x6f, 0x61}};
EFI_GUID kLayout2 = {0x92cc15f3, 0x24d6, 0x401b, {0xa3, 0x8e, 0x6b, 0x65, 0x79, 0x62, 0x6f, 0x62}};
EFI_GUID kLayoutEvent = {0x14982a4f, 0xb0ed, 0x45b8, {0xa8, 0x11, 0x5a, 0x7a, 0x9b, 0xc2, 0x32, 0xdf}};
// Two layouts without keys: length, GUID, offset of the description, no descriptors, one description.
void put_layouts(Packages& packages) {
  packages.begin(kKeyboard).put16(2);
  const EFI_GUID* const guids[] = {&kLayout, &kLayout2};
  for (const EFI_GUID* guid : guids)
    packages.put16(23 + 2 + 12).put(guid, sizeof *guid).put32(23).put8(0).put16(1).wide(L"en hi");
  packages.end();
}
struct Layouts {
  Packages packages;
  AList list;
  Layouts() : list((put_layouts(packages), packages)) {}
};

const Test kTests[] = {
    {"34.8.1 The database protocol is there",
     [] {
       db = locate<Database>(kDatabaseGuid);
       strings = locate<Strings>(kStringsGuid);
       return that(db != nullptr);
     }},

    {"34.8.2 NewPackageList: a list comes back as it went",
     [] {
       Packages packages;
       packages.vendor(kVendorGuid, 1).some(kForms, 2).string_package("en").put8(0x10).narrow("text").put8(0).end();
       AList list(packages);
       return exports(list, packages.bytes(), packages.size());
     }},
    {"34.8.2 NewPackageList: a list without packages",
     [] {
       Packages packages;
       AList list(packages);
       return that(list.handle != nullptr) && exports(list, packages.bytes(), packages.size());
     }},
    {"34.8.2 NewPackageList: it is a copy",
     [] {
       Packages packages, other(packages);
       packages.some(kForms, 1);
       other.some(kForms, 1);
       AList list(packages);
       packages.bytes()[24] = 9;
       other.list();
       return exports(list, other.bytes(), other.size());
     }},
    {"34.8.2 NewPackageList: no list is INVALID_PARAMETER",
     [] {
       List handle;
       return is(db->NewPackageList(db, nullptr, nullptr, &handle), kInvalid);
     }},
    {"34.8.2 NewPackageList: no place for the handle is INVALID_PARAMETER",
     [] {
       Packages packages;
       return is(db->NewPackageList(db, packages.list(), nullptr, nullptr), kInvalid);
     }},
    {"34.8.2 NewPackageList: a driver's device path becomes a package",
     [] {
       Path path;
       AHandle driver(kDevicePathGuid, &path);
       Packages packages, wanted(packages);
       packages.some(kForms, 1);
       wanted.some(kForms, 1).begin(kDevicePath).put(&path, sizeof path).end().list();
       AList list(packages, driver);
       return exports(list, wanted.bytes(), wanted.size());
     }},
    {"34.8.2 NewPackageList: a driver without device path adds none",
     [] {
       AHandle driver(kNobodysGuid);
       Packages packages;
       packages.some(kForms, 1);
       AList list(packages, driver);
       return exports(list, packages.bytes(), packages.size());
     }},
    {"34.8.2 NewPackageList: NEW_PACK comes for each package of the type",
     [] {
       Watch watch(kForms, kNewPack);
       Packages packages;
       packages.vendor(kOtherGuid, 2).some(kForms, 1).some(kForms, 3);
       AList list(packages);
       return equal(told_count, 2) && that(told[0] == Told{kForms, 1, kNewPack, list, false}) &&
              that(told[1] == Told{kForms, 3, kNewPack, list, false});
     }},
    {"34.8.2 NewPackageList: NEW_PACK comes for the package of the device path",
     [] {
       Path path;
       AHandle driver(kDevicePathGuid, &path);
       Watch watch(kDevicePath, kNewPack);
       Packages packages;
       AList list(packages, driver);
       return equal(told_count, 1) && equal(told[0].type, kDevicePath);
     }},
    {"34.8.2 NewPackageList: NEW_PACK comes when the list can be exported",
     [] {
       Watch watch(kForms, kNewPack);
       in_notification = [](List list) {
         UINTN size = sizeof buffer;
         return db->ExportPackageLists(db, list, &size, buffer) == EFI_SUCCESS;
       };
       Packages packages;
       packages.some(kForms, 1);
       AList list(packages);
       return that(went_well);
     }},

    {"34.8.3 RemovePackageList: it is gone",
     [] {
       Packages packages;
       List handle = nullptr;
       UINTN size = sizeof buffer;
       return ok(db->NewPackageList(db, packages.list(), nullptr, &handle)) && ok(db->RemovePackageList(db, handle)) &&
              is(db->ExportPackageLists(db, handle, &size, buffer), EFI_NOT_FOUND);
     }},
    {"34.8.3 RemovePackageList: a second time is NOT_FOUND",
     [] {
       Packages packages;
       List handle = nullptr;
       return ok(db->NewPackageList(db, packages.list(), nullptr, &handle)) && ok(db->RemovePackageList(db, handle)) &&
              is(db->RemovePackageList(db, handle), EFI_NOT_FOUND);
     }},
    {"34.8.3 RemovePackageList: no handle is NOT_FOUND", [] { return is(db->RemovePackageList(db, nullptr), EFI_NOT_FOUND); }},
    {"34.8.3 RemovePackageList: REMOVE_PACK comes before the package goes",
     [] {
       Packages packages;
       packages.vendor(kOtherGuid, 2).some(kForms, 1);
       List handle = nullptr;
       if (!ok(db->NewPackageList(db, packages.list(), nullptr, &handle))) return false;
       Watch watch(kForms, kRemovePack);
       in_notification = [](List list) {
         UINTN size = sizeof buffer;
         return db->ExportPackageLists(db, list, &size, buffer) == EFI_SUCCESS;
       };
       return ok(db->RemovePackageList(db, handle)) && equal(told_count, 1) &&
              that(told[0] == Told{kForms, 1, kRemovePack, handle, false}) && that(went_well);
     }},

    {"34.8.4 UpdatePackageList: packages of the same type are replaced",
     [] {
       Packages packages, update(packages), wanted(packages);
       packages.vendor(kOtherGuid, 3).some(kForms, 1).some(kForms, 2);
       update.some(kForms, 4);
       wanted.vendor(kOtherGuid, 3).some(kForms, 4).list();
       AList list(packages);
       return ok(db->UpdatePackageList(db, list, update.list())) && exports(list, wanted.bytes(), wanted.size());
     }},
    {"34.8.4 UpdatePackageList: packages of other types come on top",
     [] {
       Packages packages, update;
       packages.some(kForms, 1);
       update.vendor(kVendorGuid, 4).vendor(kOtherGuid, 5);
       AList list(packages);
       UINTN size = 0;
       return ok(db->UpdatePackageList(db, list, update.list())) &&
              is(db->ExportPackageLists(db, list, &size, nullptr), EFI_BUFFER_TOO_SMALL) && equal(size, 20 + 4 + 5 + 2 * 21);
     }},
    {"34.8.4 UpdatePackageList: GUID packages are of one type by their GUID",
     [] {
       Packages packages, update(packages);
       packages.vendor(kVendorGuid, 1).vendor(kOtherGuid, 2);
       update.vendor(kOtherGuid, 3);
       AList list(packages);
       if (!ok(db->UpdatePackageList(db, list, update.list()))) return false;
       Packages wanted(packages);
       wanted.vendor(kVendorGuid, 1).vendor(kOtherGuid, 3).list();
       return exports(list, wanted.bytes(), wanted.size());
     }},
    {"34.8.4 UpdatePackageList: REMOVE_PACK comes, then ADD_PACK",
     [] {
       Packages packages, update;
       packages.vendor(kOtherGuid, 2).some(kForms, 1);
       update.some(kForms, 3);
       AList list(packages);
       Watch news(kForms, kNewPack), removals(kForms, kRemovePack), additions(kForms, kAddPack);
       return ok(db->UpdatePackageList(db, list, update.list())) && equal(told_count, 2) &&
              that(told[0] == Told{kForms, 1, kRemovePack, list, false}) && that(told[1] == Told{kForms, 3, kAddPack, list, false});
     }},
    {"34.8.4 UpdatePackageList: no list is INVALID_PARAMETER",
     [] {
       Packages packages;
       AList list(packages);
       return is(db->UpdatePackageList(db, list, nullptr), kInvalid);
     }},
    {"34.8.4 UpdatePackageList: an unknown handle is NOT_FOUND",
     [] {
       Packages update;
       return is(db->UpdatePackageList(db, nullptr, update.list()), EFI_NOT_FOUND);
     }},

    {"34.8.5 ListPackageLists: all",
     [] {
       Packages packages;
       packages.some(kForms, 1);
       AList list(packages);
       return that(is_listed(kAll, nullptr, list));
     }},
    {"34.8.5 ListPackageLists: those with a package of the type",
     [] {
       Packages packages;
       packages.some(kForms, 1);
       AList list(packages);
       return that(is_listed(kForms, nullptr, list)) && that(!is_listed(kStrings, nullptr, list));
     }},
    {"34.8.5 ListPackageLists: those with a package of the GUID",
     [] {
       Packages packages;
       packages.vendor(kVendorGuid, 1);
       AList list(packages);
       return that(is_listed(kGuid, &kVendorGuid, list)) && that(!is_listed(kGuid, &kOtherGuid, list));
     }},
    {"34.8.5 ListPackageLists: none is NOT_FOUND",
     [] {
       UINTN size = sizeof buffer;
       return is(db->ListPackageLists(db, kGuid, &kOtherGuid, &size, reinterpret_cast<List*>(buffer)), EFI_NOT_FOUND);
     }},
    {"34.8.5 ListPackageLists: too small tells the size",
     [] {
       Packages packages;
       packages.vendor(kVendorGuid, 1);
       AList list(packages);
       UINTN size = 0;
       List found = nullptr;
       return is(db->ListPackageLists(db, kGuid, &kVendorGuid, &size, nullptr), EFI_BUFFER_TOO_SMALL) && equal(size, sizeof(List)) &&
              ok(db->ListPackageLists(db, kGuid, &kVendorGuid, &size, &found)) && that(found == list.handle);
     }},
    {"34.8.5 ListPackageLists: no size is INVALID_PARAMETER",
     [] { return is(db->ListPackageLists(db, kAll, nullptr, nullptr, reinterpret_cast<List*>(buffer)), kInvalid); }},
    {"34.8.5 ListPackageLists: room but no buffer is INVALID_PARAMETER",
     [] {
       UINTN size = 8;
       return is(db->ListPackageLists(db, kAll, nullptr, &size, nullptr), kInvalid);
     }},
    {"34.8.5 ListPackageLists: the type GUID without a GUID is INVALID_PARAMETER",
     [] {
       UINTN size = sizeof buffer;
       return is(db->ListPackageLists(db, kGuid, nullptr, &size, reinterpret_cast<List*>(buffer)), kInvalid);
     }},
    {"34.8.5 ListPackageLists: another type with a GUID is INVALID_PARAMETER",
     [] {
       UINTN size = sizeof buffer;
       return is(db->ListPackageLists(db, kForms, &kVendorGuid, &size, reinterpret_cast<List*>(buffer)), kInvalid);
     }},

    {"34.8.6 ExportPackageLists: too small tells the size",
     [] {
       Packages packages;
       packages.some(kForms, 1);
       AList list(packages);
       UINTN size = 1;
       return is(db->ExportPackageLists(db, list, &size, buffer), EFI_BUFFER_TOO_SMALL) && equal(size, packages.size());
     }},
    {"34.8.6 ExportPackageLists: success tells the size, too",
     [] {
       Packages packages;
       AList list(packages);
       UINTN size = sizeof buffer;
       return ok(db->ExportPackageLists(db, list, &size, buffer)) && equal(size, packages.size());
     }},
    {"34.8.6 ExportPackageLists: all have this one among them",
     [] {
       Packages packages;
       packages.vendor(kVendorGuid, 0x77);
       AList list(packages);
       UINTN size = 0;
       if (!is(db->ExportPackageLists(db, nullptr, &size, nullptr), EFI_BUFFER_TOO_SMALL)) return false;
       Pages room((size + kPage - 1) / kPage);
       auto* all = at<UINT8>(room.start);
       if (!ok(db->ExportPackageLists(db, nullptr, &size, all))) return false;
       for (UINTN start = 0; start < size;) {
         UINT32 length;
         __builtin_memcpy(&length, all + start + 16, 4);
         if (same(all + start, packages.bytes(), packages.size())) return true;
         if (!that(length >= 24)) return false;
         start += length;
       }
       return that(false);
     }},
    {"34.8.6 ExportPackageLists: no size is INVALID_PARAMETER",
     [] { return is(db->ExportPackageLists(db, nullptr, nullptr, buffer), kInvalid); }},
    {"34.8.6 ExportPackageLists: room but no buffer is INVALID_PARAMETER",
     [] {
       UINTN size = 100;
       return is(db->ExportPackageLists(db, nullptr, &size, nullptr), kInvalid);
     }},
    {"34.8.6 ExportPackageLists: an unknown handle is NOT_FOUND",
     [] {
       UINTN size = sizeof buffer;
       return is(db->ExportPackageLists(db, buffer, &size, buffer), EFI_NOT_FOUND);
     }},
    {"34.8.6 ExportPackageLists: EXPORT_PACK comes",
     [] {
       Packages packages;
       packages.some(kForms, 1);
       AList list(packages);
       Watch watch(kForms, kExportPack);
       UINTN size = sizeof buffer;
       return ok(db->ExportPackageLists(db, list, &size, buffer)) && that(told_count >= 1) &&
              that(told[0] == Told{kForms, 1, kExportPack, list, false});
     }},
    {"34.8.6 ExportPackageLists: EXPORT_PACK's function may update the list",
     [] {
       Packages packages;
       packages.some(kForms, 1);
       AList list(packages);
       Watch watch(kForms, kExportPack);
       in_notification = [](List changed) {
         in_notification = nullptr;
         Packages update;
         update.some(kForms, 2);
         return db->UpdatePackageList(db, changed, update.list()) == EFI_SUCCESS;
       };
       UINTN size = sizeof buffer;
       return ok(db->ExportPackageLists(db, list, &size, buffer)) && that(went_well) && equal(buffer[24], 2);
     }},

    {"34.8.7 RegisterPackageNotify: a GUID's packages only",
     [] {
       Watch watch(kGuid, kNewPack, &kVendorGuid);
       Packages packages;
       packages.vendor(kOtherGuid, 1).vendor(kVendorGuid, 2);
       AList list(packages);
       return equal(told_count, 1) && that(told[0] == Told{kGuid, 2, kNewPack, list, true});
     }},
    {"34.8.7 RegisterPackageNotify: several reasons at once",
     [] {
       Watch watch(kForms, kNewPack | kRemovePack);
       Packages packages;
       packages.some(kForms, 1);
       { AList list(packages); }
       return equal(told_count, 2) && equal(told[0].what, kNewPack) && equal(told[1].what, kRemovePack);
     }},
    {"34.8.7 RegisterPackageNotify: font packages",
     [] {
       Watch watch(kSimpleFonts, kNewPack);
       Packages packages;
       packages.begin(kSimpleFonts).put32(0).end();
       AList list(packages);
       return equal(told_count, 1) && equal(told[0].type, kSimpleFonts);
     }},
    {"34.8.7 RegisterPackageNotify: no place for the handle is INVALID_PARAMETER",
     [] { return is(db->RegisterPackageNotify(db, kForms, nullptr, notify, kNewPack, nullptr), kInvalid); }},
    {"34.8.7 RegisterPackageNotify: another type with a GUID is INVALID_PARAMETER",
     [] { return is(Watch(kForms, kNewPack, &kVendorGuid).status, kInvalid); }},
    {"34.8.7 RegisterPackageNotify: the type GUID without a GUID is INVALID_PARAMETER",
     [] { return is(Watch(kGuid, kNewPack).status, kInvalid); }},
    {"34.8.8 UnregisterPackageNotify: no more comes",
     [] {
       Watch watch(kForms, kNewPack);
       if (!ok(db->UnregisterPackageNotify(db, watch.handle))) return false;
       Packages packages;
       packages.some(kForms, 1);
       AList list(packages);
       watch.status = EFI_ABORTED;
       return equal(told_count, 0);
     }},
    {"34.8.8 UnregisterPackageNotify: a second time is NOT_FOUND",
     [] {
       Watch watch(kForms, kNewPack);
       if (!ok(db->UnregisterPackageNotify(db, watch.handle))) return false;
       watch.status = EFI_ABORTED;
       return is(db->UnregisterPackageNotify(db, watch.handle), EFI_NOT_FOUND);
     }},
    {"34.8.8 UnregisterPackageNotify: no handle is NOT_FOUND", [] { return is(db->UnregisterPackageNotify(db, nullptr), EFI_NOT_FOUND); }},

    {"34.8.9 FindKeyboardLayouts: too small tells the size",
     [] {
       Layouts layouts;
       UINT16 size = 0;
       return is(db->FindKeyboardLayouts(db, &size, nullptr), EFI_BUFFER_TOO_SMALL) && that(size >= 32 && size % 16 == 0);
     }},
    {"34.8.9 FindKeyboardLayouts: all layouts of a package",
     [] {
       Layouts layouts;
       UINT16 size = 4096;
       auto* guids = reinterpret_cast<EFI_GUID*>(buffer);
       if (!ok(db->FindKeyboardLayouts(db, &size, guids))) return false;
       UINTN found = 0;
       for (UINTN i = 0; i < size / sizeof(EFI_GUID); ++i) found += same(guids[i], kLayout) || same(guids[i], kLayout2);
       return equal(found, 2);
     }},
    {"34.8.9 FindKeyboardLayouts: no size is INVALID_PARAMETER",
     [] { return is(db->FindKeyboardLayouts(db, nullptr, reinterpret_cast<EFI_GUID*>(buffer)), kInvalid); }},
    {"34.8.9 FindKeyboardLayouts: room but no buffer is INVALID_PARAMETER",
     [] {
       UINT16 size = 16;
       return is(db->FindKeyboardLayouts(db, &size, nullptr), kInvalid);
     }},
    {"34.8.10 GetKeyboardLayout: a layout as it was given",
     [] {
       Layouts layouts;
       UINT16 size = 100;
       return ok(db->GetKeyboardLayout(db, &kLayout2, &size, buffer)) && equal(buffer[0], 37) && that(same(buffer + 2, &kLayout2, 16));
     }},
    {"34.8.10 GetKeyboardLayout: success tells the size, too",
     [] {
       Layouts layouts;
       UINT16 size = 100;
       return ok(db->GetKeyboardLayout(db, &kLayout2, &size, buffer)) && equal(size, 37);
     }},
    {"34.8.10 GetKeyboardLayout: too small tells the size",
     [] {
       Layouts layouts;
       UINT16 size = 0;
       return is(db->GetKeyboardLayout(db, &kLayout, &size, nullptr), EFI_BUFFER_TOO_SMALL) && equal(size, 37);
     }},
    {"34.8.10 GetKeyboardLayout: an unknown one is NOT_FOUND",
     [] {
       UINT16 size = 100;
       return is(db->GetKeyboardLayout(db, &kOtherGuid, &size, buffer), EFI_NOT_FOUND);
     }},
    {"34.8.10 GetKeyboardLayout: no size is INVALID_PARAMETER",
     [] { return is(db->GetKeyboardLayout(db, &kLayout, nullptr, buffer), kInvalid); }},
    {"34.8.10 GetKeyboardLayout: room but no buffer is INVALID_PARAMETER",
     [] {
       UINT16 size = 100;
       return is(db->GetKeyboardLayout(db, &kLayout, &size, nullptr), kInvalid);
     }},
    {"34.8.11 SetKeyboardLayout: the layout is the current one, and its group is signaled",
     [] {
       Layouts layouts;
       Calls calls;
       AnEvent event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls, kLayoutEvent);
       UINT16 size = 100;
       return ok(db->SetKeyboardLayout(db, &kLayout2)) && equal(calls.count, 1) &&
              ok(db->GetKeyboardLayout(db, nullptr, &size, buffer)) && that(same(buffer + 2, &kLayout2, 16));
     }},
    {"34.8.11 SetKeyboardLayout: an unknown one is NOT_FOUND, and nothing is signaled",
     [] {
       Calls calls;
       AnEvent event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls, kLayoutEvent);
       return is(db->SetKeyboardLayout(db, &kOtherGuid), EFI_NOT_FOUND) && equal(calls.count, 0);
     }},
    {"34.8.11 SetKeyboardLayout: none is INVALID_PARAMETER", [] { return is(db->SetKeyboardLayout(db, nullptr), kInvalid); }},

    {"34.8.12 GetPackageListHandle: the driver that was given",
     [] {
       AHandle driver(kNobodysGuid);
       Packages packages;
       AList list(packages, driver);
       EFI_HANDLE found = nullptr;
       return ok(db->GetPackageListHandle(db, list, &found)) && that(found == driver.handle);
     }},
    {"34.8.12 GetPackageListHandle: no place for it is INVALID_PARAMETER",
     [] {
       Packages packages;
       AList list(packages);
       return is(db->GetPackageListHandle(db, list, nullptr), kInvalid);
     }},
    {"34.8.12 GetPackageListHandle: an unknown list is INVALID_PARAMETER",
     [] {
       EFI_HANDLE found;
       return is(db->GetPackageListHandle(db, nullptr, &found), kInvalid);
     }},
};

}  // namespace

constinit const Chapter kHii(kTests);

}  // namespace conformance
