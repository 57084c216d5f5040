// SPDX-License-Identifier: BSD-2-Clause-Patent
// LoadImage from devices that the test installs itself: LoadFile2, LoadFile and SimpleFileSystem [UEFI 2.10, 7.4.1 and 13.1, 13.2, 13.4].
#include "files.hpp"
#include "loading.hpp"

namespace conformance {
namespace {

EFI_GUID kLoadFileGuid = LOAD_FILE_PROTOCOL;
EFI_GUID kLoadFile2Guid = {0x4006c0c1, 0xfcb3, 0x403e, {0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d}};

struct [[gnu::packed]] DevicePath {
  UINT8 device[4] = {1, 4, 20, 0};
  EFI_GUID guid = {0x77aa0021, 1, 2, {3}};
  UINT8 end[4] = {0x7F, 0xFF, 4, 0};
};
struct [[gnu::packed]] FilePath {
  UINT8 device[4] = {1, 4, 20, 0};
  EFI_GUID guid = {0x77aa0021, 1, 2, {3}};
  UINT8 file[4] = {4, 4, 12, 0};
  UINT8 name[8] = {'a', 0, '.', 0, 'e', 0, 0, 0};
  UINT8 end[4] = {0x7F, 0xFF, 4, 0};
};
DevicePath device_path;
FilePath file_path;

// A device with LoadFile or LoadFile2 that serves a small image.
struct Server : EFI_LOAD_FILE_PROTOCOL {
  AHandle device{kDevicePathGuid, &device_path};
  EFI_GUID guid;
  UINTN calls = 0, size_calls = 0;
  bool saw_rest = true, saw_policy = false;
  EFI_STATUS failure = EFI_SUCCESS;
  const UINT8* bytes = kApplication;
  UINTN length = sizeof kApplication;
  explicit Server(const EFI_GUID& protocol) : guid(protocol) {
    LoadFile = reinterpret_cast<EFI_LOAD_FILE>(serve);
    EFI_HANDLE same_handle = device;
    bs->InstallProtocolInterface(&same_handle, &guid, EFI_NATIVE_INTERFACE, static_cast<EFI_LOAD_FILE_PROTOCOL*>(this));
  }
  Server(const Server&) = delete;
  ~Server() { bs->UninstallProtocolInterface(device, &guid, static_cast<EFI_LOAD_FILE_PROTOCOL*>(this)); }
  static EFI_STATUS EFIAPI serve(EFI_LOAD_FILE_PROTOCOL* self, EFI_DEVICE_PATH* path, BOOLEAN policy, UINTN* size, VOID* buffer) {
    auto& server = *static_cast<Server*>(self);
    ++server.calls;
    server.saw_rest = server.saw_rest && path != nullptr && same(path, file_path.file, 16);
    server.saw_policy = policy;
    if (EFI_ERROR(server.failure)) return server.failure;
    const bool fits = buffer != nullptr && *size >= server.length;
    *size = server.length;
    if (!fits) {
      ++server.size_calls;
      return EFI_BUFFER_TOO_SMALL;
    }
    bs->CopyMem(buffer, const_cast<UINT8*>(server.bytes), server.length);
    return EFI_SUCCESS;
  }
};

struct Loaded {
  EFI_HANDLE image = nullptr;
  EFI_STATUS status;
  explicit Loaded(bool policy) { status = bs->LoadImage(policy, self, reinterpret_cast<EFI_DEVICE_PATH*>(&file_path), nullptr, 0, &image); }
  Loaded(const Loaded&) = delete;
  EFI_LOADED_IMAGE* protocol() const {
    void* found = nullptr;
    return EFI_ERROR(bs->HandleProtocol(image, &kLoadedImageGuid, &found)) ? nullptr : static_cast<EFI_LOADED_IMAGE*>(found);
  }
  ~Loaded() {
    if (!EFI_ERROR(status)) bs->UnloadImage(image);
  }
};

// The application as \\test\\a.efi of the runner's volume, and its path: one file path node for each name.
struct OnVolume {
  files::Playground place;
  UINT8 path[512];
  UINTN length = 0;
  OnVolume() {
    files::Opened file(place, L"a.efi", files::kCreate);
    UINTN size = sizeof kApplication;
    if (file.file != nullptr) file->Write(file, &size, const_cast<UINT8*>(kApplication));
    auto* disk = on<UINT8>(the_disk(), kDevicePathGuid);
    for (; disk != nullptr && disk[length] != 0x7F; length += disk[length + 2]) bs->CopyMem(path + length, disk + length, disk[length + 2]);
  }
  void add(const wchar_t* name) {
    UINTN size = 4;
    do {
      path[length + size++] = static_cast<UINT8>(*name);
      path[length + size++] = 0;
    } while (*name++ != 0);
    const UINT8 header[] = {4, 4, static_cast<UINT8>(size), 0};
    bs->CopyMem(path + length, const_cast<UINT8*>(header), 4);
    length += size;
  }
  EFI_STATUS load(EFI_HANDLE& image) {
    const UINT8 end[] = {0x7F, 0xFF, 4, 0};
    bs->CopyMem(path + length, const_cast<UINT8*>(end), 4);
    return bs->LoadImage(FALSE, self, reinterpret_cast<EFI_DEVICE_PATH*>(path), nullptr, 0, &image);
  }
};

const Test kTests[] = {
    {"7.4.1 LoadImage: a file of a volume",
     [] {
       OnVolume on_volume;
       EFI_HANDLE image = nullptr;
       on_volume.add(L"\\test\\a.efi");
       if (!on_volume.place.ok() || !ok(on_volume.load(image))) return false;
       auto* loaded = on<EFI_LOADED_IMAGE>(image, kLoadedImageGuid);
       return that(loaded->DeviceHandle == the_disk()) && ok(bs->UnloadImage(image));
     }},
    {"10.3.5.4 A file's path in several nodes is one name",
     [] {
       OnVolume on_volume;
       EFI_HANDLE image = nullptr;
       on_volume.add(L"\\test");
       on_volume.add(L"a.efi");
       return on_volume.place.ok() && ok(on_volume.load(image)) && ok(bs->UnloadImage(image));
     }},
    {"7.4.1 LoadImage: a file that the volume has not is NOT_FOUND",
     [] {
       OnVolume on_volume;
       EFI_HANDLE image = nullptr;
       on_volume.add(L"\\test\\b.efi");
       return on_volume.place.ok() && is(on_volume.load(image), EFI_NOT_FOUND);
     }},
    {"7.4.1 LoadImage: a directory is no image",
     [] {
       OnVolume on_volume;
       EFI_HANDLE image = nullptr;
       on_volume.add(L"\\test");
       return on_volume.place.ok() && that(EFI_ERROR(on_volume.load(image)));
     }},
    {"7.4.1 LoadImage: by LoadFile2, when the caller is no boot manager",
     [] {
       Server server(kLoadFile2Guid);
       Loaded loaded(false);
       return ok(loaded.status) && that(server.calls >= 2);
     }},
    {"7.4.1 LoadImage: by LoadFile for a boot manager",
     [] {
       Server server(kLoadFileGuid);
       Loaded loaded(true);
       return ok(loaded.status) && that(server.calls >= 2);
     }},
    {"7.4.1 LoadImage: by LoadFile, when there is no LoadFile2",
     [] {
       Server server(kLoadFileGuid);
       Loaded loaded(false);
       return ok(loaded.status);
     }},
    {"7.4.1 LoadImage: never by LoadFile2 for a boot manager",
     [] {
       Server server(kLoadFile2Guid);
       Loaded loaded(true);
       return is(loaded.status, EFI_NOT_FOUND) && equal(server.calls, 0);
     }},
    {"13.2.2 LoadFile2: BootPolicy is FALSE",
     [] {
       Server server(kLoadFile2Guid);
       Loaded loaded(false);
       return ok(loaded.status) && that(!server.saw_policy);
     }},
    {"13.1.2 LoadFile: BootPolicy is LoadImage's",
     [] {
       Server server(kLoadFileGuid);
       Loaded loaded(true);
       return ok(loaded.status) && that(server.saw_policy);
     }},
    {"13.2.2 LoadFile2: the path is what is behind the device",
     [] {
       Server server(kLoadFile2Guid);
       Loaded loaded(false);
       return ok(loaded.status) && that(server.saw_rest);
     }},
    {"13.1.2 LoadFile: the path is what is behind the device",
     [] {
       Server server(kLoadFileGuid);
       Loaded loaded(true);
       return ok(loaded.status) && that(server.saw_rest);
     }},
    {"13.2.2 LoadFile2: the size is asked for first",
     [] {
       Server server(kLoadFile2Guid);
       Loaded loaded(false);
       return ok(loaded.status) && that(server.size_calls >= 1);
     }},
    {"9.1 LoadedImage: loaded by LoadFile2, the device is the one that has it",
     [] {
       Server server(kLoadFile2Guid);
       Loaded loaded(false);
       auto* protocol = loaded.protocol();
       return that(protocol != nullptr) && that(protocol->DeviceHandle == server.device.handle) &&
              that(protocol->FilePath != nullptr && same(protocol->FilePath, file_path.file, 16));
     }},
    {"7.4.1 LoadImage: a runtime driver by LoadFile2",
     [] {
       Server server(kLoadFile2Guid);
       server.bytes = kRuntimeDriver, server.length = sizeof kRuntimeDriver;
       Loaded loaded(false);
       return ok(loaded.status) && that(loaded.protocol() != nullptr) &&
              equal(loaded.protocol()->ImageCodeType, EfiRuntimeServicesCode);
     }},
    {"7.4.1 LoadImage: LoadFile2's failure is no image",
     [] {
       Server server(kLoadFile2Guid);
       server.failure = EFI_NOT_FOUND;
       Loaded loaded(false);
       return is(loaded.status, EFI_NOT_FOUND);
     }},
    {"7.4.1 LoadImage: a device that fails is DEVICE_ERROR",
     [] {
       Server server(kLoadFile2Guid);
       server.failure = EFI_DEVICE_ERROR;
       Loaded loaded(false);
       return is(loaded.status, EFI_DEVICE_ERROR);
     }},
    {"7.4.1 LoadImage: bytes from a buffer need no device",
     [] {
       Server server(kLoadFile2Guid);
       EFI_HANDLE image;
       if (!ok(bs->LoadImage(FALSE, self, reinterpret_cast<EFI_DEVICE_PATH*>(&file_path), const_cast<UINT8*>(kApplication),
                             sizeof kApplication, &image)))
         return false;
       return ok(bs->UnloadImage(image)) && equal(server.calls, 0);
     }},
    {"13.2 LoadFile2: a protocol of ours is found by its device path",
     [] {
       Server server(kLoadFile2Guid);
       auto* path = reinterpret_cast<EFI_DEVICE_PATH*>(&file_path);
       EFI_HANDLE found = nullptr;
       return ok(bs->LocateDevicePath(&kLoadFile2Guid, &path, &found)) && that(found == server.device.handle) &&
              that(path == reinterpret_cast<EFI_DEVICE_PATH*>(file_path.file));
     }},
};

}  // namespace

constinit const Chapter kMedia(kTests);

}  // namespace conformance
