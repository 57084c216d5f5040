// SPDX-License-Identifier: BSD-2-Clause-Patent
// Installing, removing and listing protocols, and learning of them [UEFI 2.10, 7.3.2 to 7.3.5, 7.3.14, 7.3.17 and 7.3.18].
#include "protocols.hpp"

namespace conformance {
namespace {

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
    {"7.3.4 ReinstallProtocolInterface: the handle is new for those who registered",
     [] {
       AHandle handle(kAlphaGuid, &first);
       Registration registration(kAlphaGuid);
       EFI_HANDLE found = nullptr;
       UINTN size = sizeof found;
       return ok(bs->ReinstallProtocolInterface(handle, &kAlphaGuid, &first, &first)) && equal(registration.calls.count, 1) &&
              ok(bs->LocateHandle(ByRegisterNotify, nullptr, registration.key, &size, &found)) && that(found == handle.handle);
     }},
    {"7.3.4 ReinstallProtocolInterface: a handle that is gone is INVALID_PARAMETER",
     [] { return is(bs->ReinstallProtocolInterface(gone_handle(), &kAlphaGuid, &first, &second), kInvalid); }},

    {"7.3.5 RegisterProtocolNotify: what was there before is new for the registration, but signals nothing",
     [] {
       AHandle handle(kAlphaGuid, &first);
       Registration registration(kAlphaGuid);
       EFI_HANDLE found = nullptr;
       UINTN size = sizeof found;
       return equal(registration.calls.count, 0) &&
              ok(bs->LocateHandle(ByRegisterNotify, nullptr, registration.key, &size, &found)) && that(found == handle.handle);
     }},
    {"7.3.5 RegisterProtocolNotify: what has gone again is not told",
     [] {
       Registration registration(kAlphaGuid);
       gone_handle();
       EFI_HANDLE found = nullptr;
       UINTN size = sizeof found;
       return equal(registration.calls.count, 1) &&
              is(bs->LocateHandle(ByRegisterNotify, nullptr, registration.key, &size, &found), EFI_NOT_FOUND);
     }},
    {"7.3.5 RegisterProtocolNotify: each protocol of InstallMultipleProtocolInterfaces is told",
     [] {
       Registration a(kAlphaGuid), b(kBetaGuid);
       EFI_HANDLE handle = nullptr;
       return ok(bs->InstallMultipleProtocolInterfaces(&handle, &kAlphaGuid, &first, &kBetaGuid, &second, nullptr)) &&
              equal(a.calls.count, 1) && equal(b.calls.count, 1) &&
              ok(bs->UninstallMultipleProtocolInterfaces(handle, &kAlphaGuid, &first, &kBetaGuid, &second, nullptr));
     }},
    {"7.3.5 RegisterProtocolNotify: one event for two protocols",
     [] {
       Registration registration(kAlphaGuid);
       void* key;
       if (!ok(bs->RegisterProtocolNotify(&kBetaGuid, registration.event, &key))) return false;
       AHandle a(kAlphaGuid, &first), b(kBetaGuid, &first);
       return equal(registration.calls.count, 2);
     }},
    {"7.3.5 RegisterProtocolNotify: a closed event is not signaled",
     [] {
       Calls calls;
       {
         AnEvent event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls);
         void* key;
         if (!ok(bs->RegisterProtocolNotify(&kAlphaGuid, event, &key))) return false;
       }
       AHandle handle(kAlphaGuid, &first);
       return equal(calls.count, 0);
     }},
    {"7.3.5 RegisterProtocolNotify: an event without notification becomes signaled",
     [] {
       AnEvent event(0);
       void* key;
       if (!ok(bs->RegisterProtocolNotify(&kAlphaGuid, event, &key))) return false;
       AHandle handle(kAlphaGuid, &first);
       return ok(bs->CheckEvent(event));
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
    {"7.3.17 InstallMultipleProtocolInterfaces: a device path is looked for before other mistakes",
     [] {
       AHandle handle(kDevicePathGuid, &short_path);
       ShortPath copy = short_path;
       EFI_HANDLE another = nullptr;
       return is(bs->InstallMultipleProtocolInterfaces(&another, &kAlphaGuid, &first, &kAlphaGuid, &first, &kDevicePathGuid, &copy,
                                                       nullptr),
                 EFI_ALREADY_STARTED);
     }},
    {"7.3.17 InstallMultipleProtocolInterfaces: a device path that begins like another is none of it",
     [] {
       AHandle handle(kDevicePathGuid, &short_path);
       EFI_HANDLE another = nullptr;
       return ok(bs->InstallMultipleProtocolInterfaces(&another, &kDevicePathGuid, &long_path, nullptr)) &&
              ok(bs->UninstallMultipleProtocolInterfaces(another, &kDevicePathGuid, &long_path, nullptr));
     }},
    {"7.3.17 InstallMultipleProtocolInterfaces: a failure leaves no handle",
     [] {
       EFI_HANDLE handle = nullptr;
       return is(bs->InstallMultipleProtocolInterfaces(&handle, &kAlphaGuid, &first, &kAlphaGuid, &second, nullptr), kInvalid) &&
              equal(handles_with(kAlphaGuid), 0);
     }},
    {"7.3.17 InstallMultipleProtocolInterfaces: a handle that is gone is INVALID_PARAMETER",
     [] {
       EFI_HANDLE handle = gone_handle();
       return is(bs->InstallMultipleProtocolInterfaces(&handle, &kAlphaGuid, &first, nullptr), kInvalid);
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
    {"7.3.18 UninstallMultipleProtocolInterfaces: another interface is INVALID_PARAMETER",
     [] {
       AHandle handle(kAlphaGuid, &first);
       return is(bs->UninstallMultipleProtocolInterfaces(handle, &kAlphaGuid, &second, nullptr), kInvalid) &&
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
