// SPDX-License-Identifier: BSD-2-Clause-Patent
// Finding handles and protocols [UEFI 2.10, 7.3.6 to 7.3.8, 7.3.15 and 7.3.16].
#include "protocols.hpp"

namespace conformance {
namespace {

const Test kTests[] = {
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
    {"7.3.6 LocateHandle: a small buffer does not use a registration's news up",
     [] {
       Registration registration(kAlphaGuid);
       AHandle handle(kAlphaGuid, &first);
       EFI_HANDLE found = nullptr;
       UINTN size = 0;
       return is(bs->LocateHandle(ByRegisterNotify, nullptr, registration.key, &size, &found), EFI_BUFFER_TOO_SMALL) &&
              equal(size, sizeof found) && ok(bs->LocateHandle(ByRegisterNotify, nullptr, registration.key, &size, &found)) &&
              that(found == handle.handle);
     }},
    {"7.3.6 LocateHandle: of a large buffer only what is needed is used, and the size says so",
     [] {
       AHandle handle(kAlphaGuid, &first);
       EFI_HANDLE found[3] = {nullptr, self, self};
       UINTN size = sizeof found;
       return ok(bs->LocateHandle(ByProtocol, &kAlphaGuid, nullptr, &size, found)) && equal(size, sizeof(EFI_HANDLE)) &&
              that(found[0] == handle.handle && found[1] == self);
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
    {"7.3.7 HandleProtocol: for a protocol that is not there the interface is NULL",
     [] {
       AHandle handle(kAlphaGuid, &first);
       void* found = &first;
       bs->HandleProtocol(handle, &kBetaGuid, &found);
       return that(found == nullptr);
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
    {"7.3.8 LocateDevicePath: of several instances the first one counts",
     [] {
       struct [[gnu::packed]] {
         UINT8 header[4] = {1, 4, 20, 0};
         EFI_GUID guid = short_path.guid;
         UINT8 next[4] = {0x7F, 0x01, 4, 0};
         UINT8 other[4] = {1, 4, 20, 0};
         EFI_GUID other_guid = other_path.guid;
         UINT8 end[4] = {0x7F, 0xFF, 4, 0};
       } two;
       AHandle a(kDevicePathGuid, &other_path), b(kDevicePathGuid, &short_path);
       EFI_DEVICE_PATH* rest = path(&two);
       EFI_HANDLE found = nullptr;
       return ok(bs->LocateDevicePath(&kDevicePathGuid, &rest, &found)) && that(found == b.handle) && that(rest == path(two.next));
     }},
    {"7.3.8 LocateDevicePath: a longer path is no match for a shorter one",
     [] {
       AHandle handle(kDevicePathGuid, &long_path);
       EFI_DEVICE_PATH* rest = path(&short_path);
       EFI_HANDLE found;
       return is(bs->LocateDevicePath(&kDevicePathGuid, &rest, &found), EFI_NOT_FOUND) && that(rest == path(&short_path));
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
    {"7.3.15 LocateHandleBuffer: by registration, one by one",
     [] {
       Registration registration(kAlphaGuid);
       AHandle a(kAlphaGuid, &first), b(kAlphaGuid, &second);
       EFI_HANDLE told[2] = {};
       for (EFI_HANDLE& each : told) {
         UINTN count = 0;
         EFI_HANDLE* handles = nullptr;
         if (!ok(bs->LocateHandleBuffer(ByRegisterNotify, nullptr, registration.key, &count, &handles)) || !equal(count, 1)) return false;
         each = handles[0];
         bs->FreePool(handles);
       }
       return that((told[0] == a.handle && told[1] == b.handle) || (told[0] == b.handle && told[1] == a.handle));
     }},
    {"7.3.15 LocateHandleBuffer: an unknown kind of search is INVALID_PARAMETER",
     [] {
       UINTN count;
       EFI_HANDLE* handles;
       return is(bs->LocateHandleBuffer(static_cast<EFI_LOCATE_SEARCH_TYPE>(3), nullptr, nullptr, &count, &handles), kInvalid);
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
};

}  // namespace

constinit const Chapter kLocate(kTests);

}  // namespace conformance
