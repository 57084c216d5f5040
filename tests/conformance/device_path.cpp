// SPDX-License-Identifier: BSD-2-Clause-Patent
// Device paths and their utilities [UEFI 2.10, 10.2 and 10.5].
#include "conformance.hpp"

namespace conformance {
namespace {

using Path = EFI_DEVICE_PATH;
using Utilities = EFI_DEVICE_PATH_UTILITIES_PROTOCOL;

// Paths as bytes: nodes A (a controller) and B (a PCI function), an end of an instance, an end.
#define NODE_A 1, 5, 8, 0, 1, 0, 0, 0
#define NODE_B 1, 1, 6, 0, 3, 7
#define END_INSTANCE 0x7F, 1, 4, 0
#define END 0x7F, 0xFF, 4, 0
UINT8 path_a[] = {NODE_A, END};
UINT8 path_b[] = {NODE_B, END};
UINT8 path_ab[] = {NODE_A, NODE_B, END};
UINT8 path_a_and_b[] = {NODE_A, END_INSTANCE, NODE_B, END};
UINT8 path_aba[] = {NODE_A, NODE_B, NODE_A, END};
UINT8 empty[] = {END};
UINT8 node_b[] = {NODE_B};
Path* as_path(UINT8* bytes) { return reinterpret_cast<Path*>(bytes); }

Utilities* utilities() { return locate<Utilities>(kUtilitiesGuid); }

EFI_LOADED_IMAGE* own_image() {
  void* found = nullptr;
  return bs->HandleProtocol(self, &kLoadedImageGuid, &found) == EFI_SUCCESS ? static_cast<EFI_LOADED_IMAGE*>(found) : nullptr;
}
Path* path_of(EFI_HANDLE handle, EFI_GUID& guid = kDevicePathGuid) {
  void* found = nullptr;
  return bs->HandleProtocol(handle, &guid, &found) == EFI_SUCCESS ? static_cast<Path*>(found) : nullptr;
}

// Runs a test with the protocol, or skips it.
template <typename Body>
bool with(Body body) {
  Utilities* found = utilities();
  return found ? body(*found) : skip("no DevicePathUtilities");
}

// The result is these bytes, in memory from the pool.
template <UINTN N>
bool makes(Path* made, const UINT8 (&wanted)[N]) {
  return that(made != nullptr) && that(same(made, wanted, N)) && ok(bs->FreePool(made));
}

const Test kTests[] = {
    {"10.5.2 GetDevicePathSize: with the end node",
     [] { return with([](Utilities& u) { return equal(u.GetDevicePathSize(as_path(path_ab)), 18); }); }},
    {"10.5.2 GetDevicePathSize: with all instances",
     [] { return with([](Utilities& u) { return equal(u.GetDevicePathSize(as_path(path_a_and_b)), 22); }); }},
    {"10.5.2 GetDevicePathSize: an empty path is an end node",
     [] { return with([](Utilities& u) { return equal(u.GetDevicePathSize(as_path(empty)), 4); }); }},
    {"10.5.2 GetDevicePathSize: of NULL it is 0", [] { return with([](Utilities& u) { return equal(u.GetDevicePathSize(nullptr), 0); }); }},
    {"10.5.3 DuplicateDevicePath: a copy",
     [] { return with([](Utilities& u) { return makes(u.DuplicateDevicePath(as_path(path_ab)), path_ab); }); }},
    {"10.5.3 DuplicateDevicePath: a copy of all instances",
     [] { return with([](Utilities& u) { return makes(u.DuplicateDevicePath(as_path(path_a_and_b)), path_a_and_b); }); }},
    {"10.5.3 DuplicateDevicePath: of NULL it is NULL",
     [] { return with([](Utilities& u) { return that(u.DuplicateDevicePath(nullptr) == nullptr); }); }},
    {"10.5.4 AppendDevicePath: one behind the other",
     [] { return with([](Utilities& u) { return makes(u.AppendDevicePath(as_path(path_a), as_path(path_b)), path_ab); }); }},
    {"10.5.4 AppendDevicePath: nothing in front is a copy of the second",
     [] { return with([](Utilities& u) { return makes(u.AppendDevicePath(nullptr, as_path(path_b)), path_b); }); }},
    {"10.5.4 AppendDevicePath: nothing behind is a copy of the first",
     [] { return with([](Utilities& u) { return makes(u.AppendDevicePath(as_path(path_a), nullptr), path_a); }); }},
    {"10.5.4 AppendDevicePath: nothing twice is an end node",
     [] { return with([](Utilities& u) { return makes(u.AppendDevicePath(nullptr, nullptr), empty); }); }},
    {"10.5.4 AppendDevicePath: of three nodes",
     [] { return with([](Utilities& u) { return makes(u.AppendDevicePath(as_path(path_ab), as_path(path_a)), path_aba); }); }},
    {"10.5.5 AppendDeviceNode: a node behind a path",
     [] { return with([](Utilities& u) { return makes(u.AppendDeviceNode(as_path(path_a), as_path(node_b)), path_ab); }); }},
    {"10.5.5 AppendDeviceNode: a node alone becomes a path",
     [] { return with([](Utilities& u) { return makes(u.AppendDeviceNode(nullptr, as_path(node_b)), path_b); }); }},
    {"10.5.5 AppendDeviceNode: no node is a copy of the path",
     [] { return with([](Utilities& u) { return makes(u.AppendDeviceNode(as_path(path_a), nullptr), path_a); }); }},
    {"10.5.5 AppendDeviceNode: nothing twice is an end node",
     [] { return with([](Utilities& u) { return makes(u.AppendDeviceNode(nullptr, nullptr), empty); }); }},
    {"10.5.6 AppendDevicePathInstance: a second instance",
     [] { return with([](Utilities& u) { return makes(u.AppendDevicePathInstance(as_path(path_a), as_path(path_b)), path_a_and_b); }); }},
    {"10.5.6 AppendDevicePathInstance: the first instance is a copy",
     [] { return with([](Utilities& u) { return makes(u.AppendDevicePathInstance(nullptr, as_path(path_b)), path_b); }); }},
    {"10.5.6 AppendDevicePathInstance: no instance is NULL",
     [] { return with([](Utilities& u) { return that(u.AppendDevicePathInstance(as_path(path_a), nullptr) == nullptr); }); }},
    {"10.5.7 GetNextDevicePathInstance: one after the other, then none",
     [] {
       return with([](Utilities& u) {
         Path* rest = as_path(path_a_and_b);
         UINTN size = 0;
         return makes(u.GetNextDevicePathInstance(&rest, &size), path_a) && equal(size, sizeof path_a) && that(rest != nullptr) &&
                makes(u.GetNextDevicePathInstance(&rest, &size), path_b) && equal(size, sizeof path_b) && that(rest == nullptr) &&
                that(u.GetNextDevicePathInstance(&rest, &size) == nullptr);
       });
     }},
    {"10.5.7 GetNextDevicePathInstance: nobody need want the size",
     [] {
       return with([](Utilities& u) {
         Path* rest = as_path(path_ab);
         return makes(u.GetNextDevicePathInstance(&rest, nullptr), path_ab) && that(rest == nullptr);
       });
     }},
    {"10.5.8 CreateDeviceNode: a node with its type and length",
     [] {
       return with([](Utilities& u) {
         Path* node = u.CreateDeviceNode(3, 5, 20);
         if (!that(node != nullptr)) return false;
         return equal(node->Type, 3) && equal(node->SubType, 5) && equal(node->Length[0], 20) && equal(node->Length[1], 0) &&
                ok(bs->FreePool(node));
       });
     }},
    {"10.5.8 CreateDeviceNode: a long node",
     [] {
       return with([](Utilities& u) {
         Path* node = u.CreateDeviceNode(4, 4, 0x1234);
         if (!that(node != nullptr)) return false;
         return equal(node->Length[0], 0x34) && equal(node->Length[1], 0x12) && ok(bs->FreePool(node));
       });
     }},
    {"10.5.8 CreateDeviceNode: shorter than its header is NULL",
     [] { return with([](Utilities& u) { return that(u.CreateDeviceNode(3, 5, 3) == nullptr); }); }},
    {"10.5.9 IsDevicePathMultiInstance: two instances are",
     [] { return with([](Utilities& u) { return that(u.IsDevicePathMultiInstance(as_path(path_a_and_b))); }); }},
    {"10.5.9 IsDevicePathMultiInstance: one instance is not",
     [] { return with([](Utilities& u) { return that(!u.IsDevicePathMultiInstance(as_path(path_ab))); }); }},
    {"10.5.9 IsDevicePathMultiInstance: NULL is not",
     [] { return with([](Utilities& u) { return that(!u.IsDevicePathMultiInstance(nullptr)); }); }},
    {"10.2 DevicePath: every device path in the system ends",
     [] {
       UINTN count = 0;
       EFI_HANDLE* handles = nullptr;
       if (!ok(bs->LocateHandleBuffer(ByProtocol, &kDevicePathGuid, nullptr, &count, &handles))) return false;
       bool good = true;
       for (UINTN i = 0; i < count && good; ++i) {
         void* found = nullptr;
         good = ok(bs->HandleProtocol(handles[i], &kDevicePathGuid, &found));
         auto* node = static_cast<UINT8*>(found);
         for (UINTN walked = 0; good && node != nullptr; ++walked) {
           UINTN length = node[2] + 256u * node[3];
           good = that(length >= 4 && walked < 64);
           if (node[0] == 0x7F && node[1] == 0xFF) break;
           node += length;
         }
       }
       return ok(bs->FreePool(handles)) && good;
     }},
    {"10.2 DevicePath: no two handles have the same device path",
     [] {
       UINTN count = 0;
       EFI_HANDLE* handles = nullptr;
       if (!ok(bs->LocateHandleBuffer(ByProtocol, &kDevicePathGuid, nullptr, &count, &handles))) return false;
       bool good = true;
       for (UINTN i = 0; i < count && good; ++i) {
         void* found = nullptr;
         good = ok(bs->HandleProtocol(handles[i], &kDevicePathGuid, &found));
         auto* path = static_cast<Path*>(found);
         EFI_HANDLE device = nullptr;
         good = good && path != nullptr && ok(bs->LocateDevicePath(&kDevicePathGuid, &path, &device)) && that(device == handles[i]);
       }
       return ok(bs->FreePool(handles)) && good;
     }},
    {"10.2 DevicePath: every handle that stands for a device has one",
     [] {
       EFI_GUID devices[] = {EFI_SERIAL_IO_PROTOCOL_GUID, EFI_BLOCK_IO_PROTOCOL_GUID, EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID,
                             LOAD_FILE_PROTOCOL, EFI_SIMPLE_NETWORK_PROTOCOL_GUID,
                             {0x4006c0c1, 0xfcb3, 0x403e, {0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d}}};  // LoadFile2
       for (EFI_GUID& device : devices) {
         UINTN count = 0;
         EFI_HANDLE* handles = nullptr;
         if (bs->LocateHandleBuffer(ByProtocol, &device, nullptr, &count, &handles) != EFI_SUCCESS) continue;
         bool good = true;
         for (UINTN i = 0; i < count; ++i) good = good && that(path_of(handles[i]) != nullptr);
         if (!ok(bs->FreePool(handles)) || !good) return false;
       }
       return true;
     }},
    {"9.1 LoadedImage: the program came from a device with a path",
     [] {
       EFI_LOADED_IMAGE* image = own_image();
       return that(image != nullptr) && that(image->DeviceHandle != nullptr) && that(path_of(image->DeviceHandle) != nullptr);
     }},
    {"9.2 LoadedImageDevicePath: the device's path, and FilePath behind it",
     [] {
       return with([](Utilities& u) {
         EFI_LOADED_IMAGE* image = own_image();
         if (!that(image != nullptr && image->FilePath != nullptr)) return false;
         Path* whole = path_of(self, kLoadedImagePathGuid);
         Path* joined = u.AppendDevicePath(path_of(image->DeviceHandle), image->FilePath);
         UINTN size = u.GetDevicePathSize(whole);
         return that(joined != nullptr) && equal(u.GetDevicePathSize(joined), size) && that(same(joined, whole, size)) &&
                ok(bs->FreePool(joined));
       });
     }},
    {"9.2 LoadedImageDevicePath: the program's device is found by it",
     [] {
       Path* path = path_of(self, kLoadedImagePathGuid);
       EFI_LOADED_IMAGE* image = own_image();
       EFI_HANDLE device = nullptr;
       return that(path != nullptr && image != nullptr) && ok(bs->LocateDevicePath(&kDevicePathGuid, &path, &device)) &&
              that(device == image->DeviceHandle) && that(same(path, image->FilePath, 4));
     }},
    {"7.4.1 LoadImage: the program's own path loads it again",
     [] {
       EFI_HANDLE again = nullptr;
       EFI_STATUS status = bs->LoadImage(FALSE, self, path_of(self, kLoadedImagePathGuid), nullptr, 0, &again);
       if (status == EFI_NOT_FOUND) return skip("its bytes are gone");
       EFI_LOADED_IMAGE* image = own_image();
       void* second = nullptr;
       return ok(status) && ok(bs->HandleProtocol(again, &kLoadedImageGuid, &second)) &&
              equal(static_cast<EFI_LOADED_IMAGE*>(second)->ImageSize, image->ImageSize) &&
              that(static_cast<EFI_LOADED_IMAGE*>(second)->DeviceHandle == image->DeviceHandle) && ok(bs->UnloadImage(again));
     }},
};

}  // namespace

constinit const Chapter kDevicePaths(kTests);

}  // namespace conformance
