// SPDX-License-Identifier: BSD-2-Clause-Patent
// Handles and protocols: installing, finding, telling [UEFI 2.10, 7.3.2 to 7.3.8 and 7.3.14 to 7.3.18].
#include "conformance.hpp"

namespace conformance {
namespace {

int first, second;  // interfaces of no meaning
EFI_HANDLE gone_handle() {
  AHandle handle(kAlphaGuid, &first);
  return handle;
}

EFI_STATUS install(EFI_HANDLE& handle, EFI_GUID& guid, void* interface) {
  return bs->InstallProtocolInterface(&handle, &guid, EFI_NATIVE_INTERFACE, interface);
}
void* interface_of(EFI_HANDLE handle, EFI_GUID& guid) {
  void* found = nullptr;
  return EFI_ERROR(bs->HandleProtocol(handle, &guid, &found)) ? nullptr : found;
}
UINTN handles_with(EFI_GUID& guid) {
  UINTN count = 0;
  EFI_HANDLE* handles = nullptr;
  if (EFI_ERROR(bs->LocateHandleBuffer(ByProtocol, &guid, nullptr, &count, &handles))) return 0;
  bs->FreePool(handles);
  return count;
}

// A protocol's registration that ends with the test.
struct Registration {
  Calls calls;
  AnEvent event{EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls};
  void* key = nullptr;
  EFI_STATUS status;
  explicit Registration(EFI_GUID& guid) { status = bs->RegisterProtocolNotify(&guid, event, &key); }
};

struct [[gnu::packed]] VendorPath {
  UINT8 header[4] = {1, 4, 20, 0};
  EFI_GUID guid;
  UINT8 second[4] = {1, 4, 20, 0};
  EFI_GUID second_guid;
  UINT8 end[4] = {0x7F, 0xFF, 4, 0};
};
struct [[gnu::packed]] ShortPath {
  UINT8 header[4] = {1, 4, 20, 0};
  EFI_GUID guid;
  UINT8 end[4] = {0x7F, 0xFF, 4, 0};
};
EFI_DEVICE_PATH* path(void* bytes) { return static_cast<EFI_DEVICE_PATH*>(bytes); }
VendorPath long_path{.guid = {0x77aa0001, 1, 2, {3}}, .second_guid = {0x77aa0002, 1, 2, {3}}};
ShortPath short_path{.guid = {0x77aa0001, 1, 2, {3}}};
ShortPath other_path{.guid = {0x77aa0003, 1, 2, {3}}};

EFI_GUID kGammaGuid = {0x3d51f3e3, 0x717e, 0x46c8, {0xb0, 0x2d, 0x47, 0x61, 0x6d, 0x6d, 0x61, 0x21}};

const Test kTests[] = {
    {"7.3.2 InstallProtocolInterface: a handle of 0 makes a new one",
     [] {
       AHandle handle(kAlphaGuid, &first);
       return that(handle.handle != nullptr) && that(interface_of(handle, kAlphaGuid) == &first);
     }},
    {"7.3.2 InstallProtocolInterface: a second protocol on the same handle",
     [] {
       AHandle handle(kAlphaGuid, &first);
       EFI_HANDLE same_handle = handle;
       return ok(install(same_handle, kBetaGuid, &second)) && that(same_handle == handle.handle) &&
              that(interface_of(handle, kBetaGuid) == &second && interface_of(handle, kAlphaGuid) == &first) &&
              ok(bs->UninstallProtocolInterface(handle, &kBetaGuid, &second));
     }},
    {"7.3.2 InstallProtocolInterface: no place for the handle is INVALID_PARAMETER",
     [] { return is(bs->InstallProtocolInterface(nullptr, &kAlphaGuid, EFI_NATIVE_INTERFACE, &first), kInvalid); }},
    {"7.3.2 InstallProtocolInterface: no protocol is INVALID_PARAMETER",
     [] {
       EFI_HANDLE handle = nullptr;
       return is(bs->InstallProtocolInterface(&handle, nullptr, EFI_NATIVE_INTERFACE, &first), kInvalid);
     }},
    {"7.3.2 InstallProtocolInterface: an unknown kind of interface is INVALID_PARAMETER",
     [] {
       EFI_HANDLE handle = nullptr;
       return is(bs->InstallProtocolInterface(&handle, &kAlphaGuid, static_cast<EFI_INTERFACE_TYPE>(1), &first), kInvalid);
     }},
    {"7.3.2 InstallProtocolInterface: the same protocol twice on a handle is INVALID_PARAMETER",
     [] {
       AHandle handle(kAlphaGuid, &first);
       EFI_HANDLE again = handle;
       return is(install(again, kAlphaGuid, &second), kInvalid) && that(interface_of(handle, kAlphaGuid) == &first);
     }},
    {"7.3.2 InstallProtocolInterface: a handle that is gone is INVALID_PARAMETER",
     [] {
       EFI_HANDLE handle = gone_handle();
       return is(install(handle, kAlphaGuid, &first), kInvalid);
     }},
    {"7.3.2 InstallProtocolInterface: an interface may be NULL",
     [] {
       AHandle handle(kAlphaGuid, nullptr);
       void* found = &first;
       return that(handle.handle != nullptr) && ok(bs->HandleProtocol(handle, &kAlphaGuid, &found)) && that(found == nullptr);
     }},
    {"7.3.2 InstallProtocolInterface: the same protocol on several handles",
     [] {
       AHandle a(kAlphaGuid, &first), b(kAlphaGuid, &second);
       return equal(handles_with(kAlphaGuid), 2) && that(a.handle != b.handle);
     }},
    {"7.3.2 InstallProtocolInterface: the GUID is copied",
     [] {
       EFI_GUID guid = kAlphaGuid;
       EFI_HANDLE handle = nullptr;
       if (!ok(install(handle, guid, &first))) return false;
       guid = kNobodysGuid;
       return that(interface_of(handle, kAlphaGuid) == &first) && ok(bs->UninstallProtocolInterface(handle, &kAlphaGuid, &first));
     }},

    {"7.3.3 UninstallProtocolInterface: the last protocol takes the handle with it",
     [] {
       EFI_HANDLE handle = gone_handle();
       void* found;
       return is(bs->HandleProtocol(handle, &kAlphaGuid, &found), kInvalid);
     }},
    {"7.3.3 UninstallProtocolInterface: another interface is NOT_FOUND",
     [] {
       AHandle handle(kAlphaGuid, &first);
       return is(bs->UninstallProtocolInterface(handle, &kAlphaGuid, &second), EFI_NOT_FOUND);
     }},
    {"7.3.3 UninstallProtocolInterface: a protocol that is not there is NOT_FOUND",
     [] {
       AHandle handle(kAlphaGuid, &first);
       return is(bs->UninstallProtocolInterface(handle, &kBetaGuid, &first), EFI_NOT_FOUND);
     }},
    {"7.3.3 UninstallProtocolInterface: no handle is INVALID_PARAMETER",
     [] { return is(bs->UninstallProtocolInterface(nullptr, &kAlphaGuid, &first), kInvalid); }},
    {"7.3.3 UninstallProtocolInterface: no protocol is INVALID_PARAMETER",
     [] {
       AHandle handle(kAlphaGuid, &first);
       return is(bs->UninstallProtocolInterface(handle, nullptr, &first), kInvalid);
     }},
    {"7.3.3 UninstallProtocolInterface: a handle that is gone is INVALID_PARAMETER",
     [] { return is(bs->UninstallProtocolInterface(gone_handle(), &kAlphaGuid, &first), kInvalid); }},
    {"7.3.3 UninstallProtocolInterface: the protocol is no longer found",
     [] {
       AHandle handle(kAlphaGuid, &first);
       EFI_HANDLE same_handle = handle;
       void* found;
       return ok(install(same_handle, kBetaGuid, &second)) && ok(bs->UninstallProtocolInterface(handle, &kBetaGuid, &second)) &&
              is(bs->HandleProtocol(handle, &kBetaGuid, &found), EFI_UNSUPPORTED) && equal(handles_with(kBetaGuid), 0);
     }},

    {"7.3.4 ReinstallProtocolInterface: the interface is the new one",
     [] {
       AHandle handle(kAlphaGuid, &first);
       bool good =
           ok(bs->ReinstallProtocolInterface(handle, &kAlphaGuid, &first, &second)) && that(interface_of(handle, kAlphaGuid) == &second);
       handle.interface = &second;
       return good;
     }},
    {"7.3.4 ReinstallProtocolInterface: the new interface may be the old one",
     [] {
       AHandle handle(kAlphaGuid, &first);
       return ok(bs->ReinstallProtocolInterface(handle, &kAlphaGuid, &first, &first)) && that(interface_of(handle, kAlphaGuid) == &first);
     }},
    {"7.3.4 ReinstallProtocolInterface: another old interface is NOT_FOUND",
     [] {
       AHandle handle(kAlphaGuid, &first);
       return is(bs->ReinstallProtocolInterface(handle, &kAlphaGuid, &second, &second), EFI_NOT_FOUND);
     }},
    {"7.3.4 ReinstallProtocolInterface: a protocol that is not there is NOT_FOUND",
     [] {
       AHandle handle(kAlphaGuid, &first);
       return is(bs->ReinstallProtocolInterface(handle, &kBetaGuid, &first, &second), EFI_NOT_FOUND);
     }},
    {"7.3.4 ReinstallProtocolInterface: no handle is INVALID_PARAMETER",
     [] { return is(bs->ReinstallProtocolInterface(nullptr, &kAlphaGuid, &first, &second), kInvalid); }},
    {"7.3.4 ReinstallProtocolInterface: no protocol is INVALID_PARAMETER",
     [] {
       AHandle handle(kAlphaGuid, &first);
       return is(bs->ReinstallProtocolInterface(handle, nullptr, &first, &second), kInvalid);
     }},
    {"7.3.4 ReinstallProtocolInterface: those who registered are told",
     [] {
       AHandle handle(kAlphaGuid, &first);
       Registration registration(kAlphaGuid);
       UINTN before = registration.calls.count;
       return ok(bs->ReinstallProtocolInterface(handle, &kAlphaGuid, &first, &first)) && that(registration.calls.count > before);
     }},

    {"7.3.5 RegisterProtocolNotify: no protocol is INVALID_PARAMETER",
     [] {
       Calls calls;
       AnEvent event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls);
       void* key;
       return is(bs->RegisterProtocolNotify(nullptr, event, &key), kInvalid);
     }},
    {"7.3.5 RegisterProtocolNotify: no event is INVALID_PARAMETER",
     [] {
       void* key;
       return is(bs->RegisterProtocolNotify(&kAlphaGuid, nullptr, &key), kInvalid);
     }},
    {"7.3.5 RegisterProtocolNotify: no place for the key is INVALID_PARAMETER",
     [] {
       Calls calls;
       AnEvent event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls);
       return is(bs->RegisterProtocolNotify(&kAlphaGuid, event, nullptr), kInvalid);
     }},
    {"7.3.5 RegisterProtocolNotify: the event is signaled when the protocol is installed",
     [] {
       Registration registration(kAlphaGuid);
       AHandle handle(kAlphaGuid, &first);
       return ok(registration.status) && equal(registration.calls.count, 1);
     }},
    {"7.3.5 RegisterProtocolNotify: another protocol does not signal it",
     [] {
       Registration registration(kAlphaGuid);
       AHandle handle(kBetaGuid, &first);
       return ok(registration.status) && equal(registration.calls.count, 0);
     }},
    {"7.3.5 RegisterProtocolNotify: two registrations are both told",
     [] {
       Registration a(kAlphaGuid), b(kAlphaGuid);
       AHandle handle(kAlphaGuid, &first);
       return equal(a.calls.count, 1) && equal(b.calls.count, 1) && that(a.key != b.key);
     }},
    {"7.3.5 RegisterProtocolNotify: the key finds the new handle, once",
     [] {
       Registration registration(kAlphaGuid);
       AHandle handle(kAlphaGuid, &first);
       EFI_HANDLE found = nullptr;
       UINTN size = sizeof found;
       return ok(bs->LocateHandle(ByRegisterNotify, nullptr, registration.key, &size, &found)) && that(found == handle.handle) &&
              is((size = sizeof found, bs->LocateHandle(ByRegisterNotify, nullptr, registration.key, &size, &found)), EFI_NOT_FOUND);
     }},
    {"7.3.5 RegisterProtocolNotify: new handles come one by one",
     [] {
       Registration registration(kAlphaGuid);
       AHandle a(kAlphaGuid, &first), b(kAlphaGuid, &second);
       EFI_HANDLE found[4] = {};
       UINTN size = sizeof found, size2 = sizeof found;
       return ok(bs->LocateHandle(ByRegisterNotify, nullptr, registration.key, &size, found)) && equal(size, sizeof(EFI_HANDLE)) &&
              ok(bs->LocateHandle(ByRegisterNotify, nullptr, registration.key, &size2, found + 1)) &&
              that((found[0] == a.handle && found[1] == b.handle) || (found[0] == b.handle && found[1] == a.handle));
     }},

    {"7.3.6 LocateHandle: all handles",
     [] {
       UINTN size = 0;
       return is(bs->LocateHandle(AllHandles, nullptr, nullptr, &size, nullptr), EFI_BUFFER_TOO_SMALL) &&
              that(size >= sizeof(EFI_HANDLE)) && equal(size % sizeof(EFI_HANDLE), 0);
     }},
    {"7.3.6 LocateHandle: by protocol it finds the handles that have it",
     [] {
       AHandle a(kAlphaGuid, &first), b(kAlphaGuid, &second), other(kBetaGuid, &first);
       EFI_HANDLE found[4] = {};
       UINTN size = sizeof found;
       return ok(bs->LocateHandle(ByProtocol, &kAlphaGuid, nullptr, &size, found)) && equal(size, 2 * sizeof(EFI_HANDLE)) &&
              that((found[0] == a.handle && found[1] == b.handle) || (found[0] == b.handle && found[1] == a.handle));
     }},
    {"7.3.6 LocateHandle: a small buffer is BUFFER_TOO_SMALL, with the size",
     [] {
       AHandle a(kAlphaGuid, &first), b(kAlphaGuid, &second);
       EFI_HANDLE found;
       UINTN size = sizeof found;
       return is(bs->LocateHandle(ByProtocol, &kAlphaGuid, nullptr, &size, &found), EFI_BUFFER_TOO_SMALL) && equal(size, 2 * sizeof found);
     }},
    {"7.3.6 LocateHandle: nobody's protocol is NOT_FOUND",
     [] {
       EFI_HANDLE found;
       UINTN size = sizeof found;
       return is(bs->LocateHandle(ByProtocol, &kNobodysGuid, nullptr, &size, &found), EFI_NOT_FOUND);
     }},
    {"7.3.6 LocateHandle: an unknown kind of search is INVALID_PARAMETER",
     [] {
       EFI_HANDLE found;
       UINTN size = sizeof found;
       return is(bs->LocateHandle(static_cast<EFI_LOCATE_SEARCH_TYPE>(3), nullptr, nullptr, &size, &found), kInvalid);
     }},
    {"7.3.6 LocateHandle: ByRegisterNotify without a key is INVALID_PARAMETER",
     [] {
       EFI_HANDLE found;
       UINTN size = sizeof found;
       return is(bs->LocateHandle(ByRegisterNotify, nullptr, nullptr, &size, &found), kInvalid);
     }},
    {"7.3.6 LocateHandle: ByProtocol without a protocol is INVALID_PARAMETER",
     [] {
       EFI_HANDLE found;
       UINTN size = sizeof found;
       return is(bs->LocateHandle(ByProtocol, nullptr, nullptr, &size, &found), kInvalid);
     }},
    {"7.3.6 LocateHandle: no size is INVALID_PARAMETER",
     [] {
       EFI_HANDLE found;
       return is(bs->LocateHandle(AllHandles, nullptr, nullptr, nullptr, &found), kInvalid);
     }},
    {"7.3.6 LocateHandle: a size that would do but no buffer is INVALID_PARAMETER",
     [] {
       AHandle handle(kAlphaGuid, &first);
       UINTN size = 64;
       return is(bs->LocateHandle(ByProtocol, &kAlphaGuid, nullptr, &size, nullptr), kInvalid);
     }},

    {"7.3.7 HandleProtocol: a protocol that is not there is UNSUPPORTED",
     [] {
       AHandle handle(kAlphaGuid, &first);
       void* found;
       return is(bs->HandleProtocol(handle, &kBetaGuid, &found), EFI_UNSUPPORTED);
     }},
    {"7.3.7 HandleProtocol: no handle is INVALID_PARAMETER",
     [] {
       void* found;
       return is(bs->HandleProtocol(nullptr, &kAlphaGuid, &found), kInvalid);
     }},
    {"7.3.7 HandleProtocol: no protocol is INVALID_PARAMETER",
     [] {
       AHandle handle(kAlphaGuid, &first);
       void* found;
       return is(bs->HandleProtocol(handle, nullptr, &found), kInvalid);
     }},
    {"7.3.7 HandleProtocol: no place for the interface is INVALID_PARAMETER",
     [] {
       AHandle handle(kAlphaGuid, &first);
       return is(bs->HandleProtocol(handle, &kAlphaGuid, nullptr), kInvalid);
     }},

    {"7.3.8 LocateDevicePath: a whole match leaves the end node",
     [] {
       AHandle handle(kDevicePathGuid, &short_path);
       EFI_DEVICE_PATH* rest = path(&short_path);
       EFI_HANDLE found = nullptr;
       return ok(bs->LocateDevicePath(&kDevicePathGuid, &rest, &found)) && that(found == handle.handle) &&
              that(rest == path(short_path.end));
     }},
    {"7.3.8 LocateDevicePath: a partial match leaves the rest",
     [] {
       AHandle handle(kDevicePathGuid, &short_path);
       EFI_DEVICE_PATH* rest = path(&long_path);
       EFI_HANDLE found = nullptr;
       return ok(bs->LocateDevicePath(&kDevicePathGuid, &rest, &found)) && that(found == handle.handle) &&
              that(rest == path(long_path.second));
     }},
    {"7.3.8 LocateDevicePath: the longest match wins",
     [] {
       AHandle a(kDevicePathGuid, &short_path), b(kDevicePathGuid, &long_path);
       EFI_DEVICE_PATH* rest = path(&long_path);
       EFI_HANDLE found = nullptr;
       return ok(bs->LocateDevicePath(&kDevicePathGuid, &rest, &found)) && that(found == b.handle) && that(rest == path(long_path.end));
     }},
    {"7.3.8 LocateDevicePath: only handles with the protocol count",
     [] {
       AHandle a(kDevicePathGuid, &short_path), b(kDevicePathGuid, &long_path);
       EFI_HANDLE with = a;
       if (!ok(install(with, kAlphaGuid, &first))) return false;
       EFI_DEVICE_PATH* rest = path(&long_path);
       EFI_HANDLE found = nullptr;
       bool good = ok(bs->LocateDevicePath(&kAlphaGuid, &rest, &found)) && that(found == a.handle) && that(rest == path(long_path.second));
       return ok(bs->UninstallProtocolInterface(with, &kAlphaGuid, &first)) && good;
     }},
    {"7.3.8 LocateDevicePath: no match is NOT_FOUND",
     [] {
       AHandle handle(kDevicePathGuid, &short_path);
       EFI_DEVICE_PATH* rest = path(&other_path);
       EFI_HANDLE found;
       return is(bs->LocateDevicePath(&kDevicePathGuid, &rest, &found), EFI_NOT_FOUND);
     }},
    {"7.3.8 LocateDevicePath: no protocol is INVALID_PARAMETER",
     [] {
       EFI_DEVICE_PATH* rest = path(&short_path);
       EFI_HANDLE found;
       return is(bs->LocateDevicePath(nullptr, &rest, &found), kInvalid);
     }},
    {"7.3.8 LocateDevicePath: no place for the path is INVALID_PARAMETER",
     [] {
       EFI_HANDLE found;
       return is(bs->LocateDevicePath(&kDevicePathGuid, nullptr, &found), kInvalid);
     }},
    {"7.3.8 LocateDevicePath: a match but no place for the handle is INVALID_PARAMETER",
     [] {
       AHandle handle(kDevicePathGuid, &short_path);
       EFI_DEVICE_PATH* rest = path(&short_path);
       return is(bs->LocateDevicePath(&kDevicePathGuid, &rest, nullptr), kInvalid);
     }},

    {"7.3.14 ProtocolsPerHandle: it lists every protocol once",
     [] {
       AHandle handle(kAlphaGuid, &first);
       EFI_HANDLE same_handle = handle;
       if (!ok(install(same_handle, kBetaGuid, &second))) return false;
       EFI_GUID** guids = nullptr;
       UINTN count = 0;
       if (!ok(bs->ProtocolsPerHandle(handle, &guids, &count))) return false;
       bool good = equal(count, 2) && that((same(*guids[0], kAlphaGuid) && same(*guids[1], kBetaGuid)) ||
                                           (same(*guids[1], kAlphaGuid) && same(*guids[0], kBetaGuid)));
       return ok(bs->FreePool(guids)) && ok(bs->UninstallProtocolInterface(handle, &kBetaGuid, &second)) && good;
     }},
    {"7.3.14 ProtocolsPerHandle: no handle is INVALID_PARAMETER",
     [] {
       EFI_GUID** guids;
       UINTN count;
       return is(bs->ProtocolsPerHandle(nullptr, &guids, &count), kInvalid);
     }},
    {"7.3.14 ProtocolsPerHandle: a handle that is gone is INVALID_PARAMETER",
     [] {
       EFI_GUID** guids;
       UINTN count;
       return is(bs->ProtocolsPerHandle(gone_handle(), &guids, &count), kInvalid);
     }},
    {"7.3.14 ProtocolsPerHandle: no place for the list is INVALID_PARAMETER",
     [] {
       UINTN count;
       return is(bs->ProtocolsPerHandle(self, nullptr, &count), kInvalid);
     }},
    {"7.3.14 ProtocolsPerHandle: no place for the count is INVALID_PARAMETER",
     [] {
       EFI_GUID** guids;
       return is(bs->ProtocolsPerHandle(self, &guids, nullptr), kInvalid);
     }},

    {"7.3.15 LocateHandleBuffer: by protocol, in a buffer from the pool",
     [] {
       AHandle handle(kAlphaGuid, &first);
       UINTN count = 0;
       EFI_HANDLE* handles = nullptr;
       return ok(bs->LocateHandleBuffer(ByProtocol, &kAlphaGuid, nullptr, &count, &handles)) && equal(count, 1) &&
              that(handles[0] == handle.handle) && ok(bs->FreePool(handles));
     }},
    {"7.3.15 LocateHandleBuffer: all handles, ours among them",
     [] {
       AHandle handle(kAlphaGuid, &first);
       UINTN count = 0;
       EFI_HANDLE* handles = nullptr;
       if (!ok(bs->LocateHandleBuffer(AllHandles, nullptr, nullptr, &count, &handles))) return false;
       bool found = false;
       for (UINTN i = 0; i < count; ++i) found = found || handles[i] == handle.handle;
       return ok(bs->FreePool(handles)) && that(found);
     }},
    {"7.3.15 LocateHandleBuffer: nobody's protocol is NOT_FOUND",
     [] {
       UINTN count;
       EFI_HANDLE* handles;
       return is(bs->LocateHandleBuffer(ByProtocol, &kNobodysGuid, nullptr, &count, &handles), EFI_NOT_FOUND);
     }},
    {"7.3.15 LocateHandleBuffer: no place for the count is INVALID_PARAMETER",
     [] {
       EFI_HANDLE* handles;
       return is(bs->LocateHandleBuffer(AllHandles, nullptr, nullptr, nullptr, &handles), kInvalid);
     }},
    {"7.3.15 LocateHandleBuffer: no place for the buffer is INVALID_PARAMETER",
     [] {
       UINTN count;
       return is(bs->LocateHandleBuffer(AllHandles, nullptr, nullptr, &count, nullptr), kInvalid);
     }},

    {"7.3.16 LocateProtocol: it finds the interface",
     [] {
       AHandle handle(kAlphaGuid, &first);
       void* found = nullptr;
       return ok(bs->LocateProtocol(&kAlphaGuid, nullptr, &found)) && that(found == &first);
     }},
    {"7.3.16 LocateProtocol: nobody's protocol is NOT_FOUND",
     [] {
       void* found;
       return is(bs->LocateProtocol(&kNobodysGuid, nullptr, &found), EFI_NOT_FOUND);
     }},
    {"7.3.16 LocateProtocol: when nothing is found the interface is NULL",
     [] {
       void* found = &first;
       bs->LocateProtocol(&kNobodysGuid, nullptr, &found);
       return that(found == nullptr);
     }},
    {"7.3.16 LocateProtocol: no place for the interface is INVALID_PARAMETER",
     [] { return is(bs->LocateProtocol(&kAlphaGuid, nullptr, nullptr), kInvalid); }},
    {"7.3.16 LocateProtocol: no protocol is INVALID_PARAMETER",
     [] {
       void* found;
       return is(bs->LocateProtocol(nullptr, nullptr, &found), kInvalid);
     }},
    {"7.3.16 LocateProtocol: with a registration it finds the new ones",
     [] {
       Registration registration(kAlphaGuid);
       AHandle handle(kAlphaGuid, &second);
       void* found = nullptr;
       return ok(bs->LocateProtocol(&kAlphaGuid, registration.key, &found)) && that(found == &second) &&
              is(bs->LocateProtocol(&kAlphaGuid, registration.key, &found), EFI_NOT_FOUND);
     }},

    {"7.3.17 InstallMultipleProtocolInterfaces: all or none, on a new handle",
     [] {
       EFI_HANDLE handle = nullptr;
       return ok(bs->InstallMultipleProtocolInterfaces(&handle, &kAlphaGuid, &first, &kBetaGuid, &second, nullptr)) &&
              that(interface_of(handle, kAlphaGuid) == &first && interface_of(handle, kBetaGuid) == &second) &&
              ok(bs->UninstallMultipleProtocolInterfaces(handle, &kAlphaGuid, &first, &kBetaGuid, &second, nullptr));
     }},
    {"7.3.17 InstallMultipleProtocolInterfaces: a failure takes back what was installed",
     [] {
       AHandle handle(kBetaGuid, &first);
       EFI_HANDLE same_handle = handle;
       void* found;
       return is(bs->InstallMultipleProtocolInterfaces(&same_handle, &kAlphaGuid, &first, &kBetaGuid, &second, nullptr), kInvalid) &&
              is(bs->HandleProtocol(handle, &kAlphaGuid, &found), EFI_UNSUPPORTED) && that(interface_of(handle, kBetaGuid) == &first);
     }},
    {"7.3.17 InstallMultipleProtocolInterfaces: a device path that is there already is ALREADY_STARTED",
     [] {
       AHandle handle(kDevicePathGuid, &short_path);
       ShortPath copy = short_path;
       EFI_HANDLE another = nullptr;
       return is(bs->InstallMultipleProtocolInterfaces(&another, &kAlphaGuid, &first, &kDevicePathGuid, &copy, nullptr),
                 EFI_ALREADY_STARTED) &&
              equal(handles_with(kAlphaGuid), 0);
     }},
    {"7.3.17 InstallMultipleProtocolInterfaces: no place for the handle is INVALID_PARAMETER",
     [] { return is(bs->InstallMultipleProtocolInterfaces(nullptr, &kAlphaGuid, &first, nullptr), kInvalid); }},
    {"7.3.17 InstallMultipleProtocolInterfaces: eight protocols at once",
     [] {
       EFI_GUID guids[8];
       for (UINTN i = 0; i < 8; ++i) guids[i] = kGammaGuid, guids[i].Data4[7] = static_cast<UINT8>(i);
       EFI_HANDLE handle = nullptr;
       if (!ok(bs->InstallMultipleProtocolInterfaces(&handle, &guids[0], &first, &guids[1], &first, &guids[2], &first, &guids[3], &first,
                                                     &guids[4], &first, &guids[5], &first, &guids[6], &first, &guids[7], &second, nullptr)))
         return false;
       bool good = that(interface_of(handle, guids[3]) == &first && interface_of(handle, guids[7]) == &second);
       return ok(bs->UninstallMultipleProtocolInterfaces(handle, &guids[0], &first, &guids[1], &first, &guids[2], &first, &guids[3], &first,
                                                         &guids[4], &first, &guids[5], &first, &guids[6], &first, &guids[7], &second,
                                                         nullptr)) &&
              good;
     }},

    {"7.3.18 UninstallMultipleProtocolInterfaces: a failure puts back what was taken",
     [] {
       AHandle handle(kAlphaGuid, &first);
       EFI_HANDLE same_handle = handle;
       if (!ok(install(same_handle, kGammaGuid, &second))) return false;
       bool good = is(bs->UninstallMultipleProtocolInterfaces(handle, &kAlphaGuid, &first, &kBetaGuid, &second, nullptr), kInvalid) &&
                   that(interface_of(handle, kAlphaGuid) == &first);
       return ok(bs->UninstallProtocolInterface(handle, &kGammaGuid, &second)) && good;
     }},
    {"7.3.18 UninstallMultipleProtocolInterfaces: a failure puts back even the handle's only protocol",
     [] {
       AHandle handle(kAlphaGuid, &first);
       return is(bs->UninstallMultipleProtocolInterfaces(handle, &kAlphaGuid, &first, &kBetaGuid, &second, nullptr), kInvalid) &&
              that(interface_of(handle, kAlphaGuid) == &first);
     }},
    {"7.3.18 UninstallMultipleProtocolInterfaces: the handle goes with its last protocol",
     [] {
       EFI_HANDLE handle = nullptr;
       void* found;
       return ok(bs->InstallMultipleProtocolInterfaces(&handle, &kAlphaGuid, &first, &kBetaGuid, &second, nullptr)) &&
              ok(bs->UninstallMultipleProtocolInterfaces(handle, &kBetaGuid, &second, &kAlphaGuid, &first, nullptr)) &&
              is(bs->HandleProtocol(handle, &kAlphaGuid, &found), kInvalid);
     }},
};

}  // namespace

constinit const Chapter kProtocols(kTests);

}  // namespace conformance
