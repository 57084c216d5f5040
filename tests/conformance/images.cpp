// SPDX-License-Identifier: BSD-2-Clause-Patent
// Loading, starting, leaving and unloading images [UEFI 2.10, 7.4.1 to 7.4.5], and what LoadedImage tells of them [9.1, 9.2].
#include "loading.hpp"

namespace conformance {
namespace {

// A copy of an image that a test may spoil.
struct Bytes {
  UINT8* data;
  UINTN size = sizeof kApplication;
  Bytes() {
    void* buffer;
    data = EFI_ERROR(bs->AllocatePool(EfiLoaderData, size, &buffer)) ? nullptr : static_cast<UINT8*>(buffer);
    bs->CopyMem(data, const_cast<UINT8*>(kApplication), size);
  }
  Bytes(const Bytes&) = delete;
  ~Bytes() { bs->FreePool(data); }
  UINT8* header() const { return data + *reinterpret_cast<UINT32*>(data + 0x3C); }
  UINT16& machine() const { return *reinterpret_cast<UINT16*>(header() + 4); }
  UINT16& subsystem() const { return *reinterpret_cast<UINT16*>(header() + 24 + 68); }
};

EFI_STATUS load(const UINT8* data, UINTN size, EFI_DEVICE_PATH* path = nullptr) {
  EFI_HANDLE image = nullptr;
  EFI_STATUS status = bs->LoadImage(FALSE, self, path, const_cast<UINT8*>(data), size, &image);
  if (!EFI_ERROR(status) || status == EFI_SECURITY_VIOLATION) bs->UnloadImage(image);
  return status;
}
bool refused_as_image(EFI_STATUS status) { return status == EFI_UNSUPPORTED || status == EFI_LOAD_ERROR; }

struct [[gnu::packed]] FilePath {
  UINT8 device[4] = {1, 4, 20, 0};
  EFI_GUID guid = {0x77aa0011, 1, 2, {3}};
  UINT8 file[4] = {4, 4, 12, 0};
  UINT8 name[8] = {'a', 0, '.', 0, 'e', 0, 0, 0};
  UINT8 end[4] = {0x7F, 0xFF, 4, 0};
};
struct [[gnu::packed]] DeviceOnly {
  UINT8 device[4] = {1, 4, 20, 0};
  EFI_GUID guid = {0x77aa0011, 1, 2, {3}};
  UINT8 end[4] = {0x7F, 0xFF, 4, 0};
};
FilePath file_path;
DeviceOnly device_only;
EFI_DEVICE_PATH* as_path(void* bytes) { return static_cast<EFI_DEVICE_PATH*>(bytes); }

CHAR16* exit_words() {
  void* words = nullptr;
  if (EFI_ERROR(bs->AllocatePool(EfiBootServicesData, 12, &words))) return nullptr;
  bs->CopyMem(words, const_cast<wchar_t*>(L"leave"), 12);
  return static_cast<CHAR16*>(words);
}

bool exits_with_data(Deed deed) {
  Subject subject(kApplication, deed, EFI_ABORTED);
  subject.orders.exit_data = exit_words();
  subject.orders.exit_data_size = 12;
  bool good = is(subject.start(), EFI_ABORTED) && equal(subject.exit_data_size, 12) && that(same(subject.exit_data, text(L"leave")));
  return good && ok(bs->FreePool(subject.exit_data));
}

const Test kTests[] = {
    {"7.4.1 LoadImage: an application from memory",
     [] {
       Subject subject(kApplication);
       return ok(subject.status) && that(subject.loaded != nullptr);
     }},
    {"7.4.1 LoadImage: a boot services driver from memory",
     [] {
       Subject subject(kDriver);
       return ok(subject.status) && that(subject.loaded != nullptr);
     }},
    {"7.4.1 LoadImage: a runtime driver from memory",
     [] {
       Subject subject(kRuntimeDriver);
       return ok(subject.status) && that(subject.loaded != nullptr);
     }},
    {"7.4.1 LoadImage: no place for the handle is INVALID_PARAMETER",
     [] { return is(bs->LoadImage(FALSE, self, nullptr, const_cast<UINT8*>(kApplication), sizeof kApplication, nullptr), kInvalid); }},
    {"7.4.1 LoadImage: no parent is INVALID_PARAMETER",
     [] {
       EFI_HANDLE image;
       return is(bs->LoadImage(FALSE, nullptr, nullptr, const_cast<UINT8*>(kApplication), sizeof kApplication, &image), kInvalid);
     }},
    {"7.4.1 LoadImage: a parent that is no image is INVALID_PARAMETER",
     [] {
       AHandle handle(kAlphaGuid);
       EFI_HANDLE image;
       return is(bs->LoadImage(FALSE, handle, nullptr, const_cast<UINT8*>(kApplication), sizeof kApplication, &image), kInvalid);
     }},
    {"7.4.1 LoadImage: neither a buffer nor a path is NOT_FOUND", [] { return is(load(nullptr, 0), EFI_NOT_FOUND); }},
    {"7.4.1 LoadImage: a path that leads nowhere is NOT_FOUND", [] { return is(load(nullptr, 0, as_path(&file_path)), EFI_NOT_FOUND); }},
    {"7.4.1 LoadImage: bytes that are no image are refused",
     [] {
       static UINT8 zeros[4096];
       return that(refused_as_image(load(zeros, sizeof zeros)));
     }},
    {"7.4.1 LoadImage: an image of another machine is UNSUPPORTED",
     [] {
       Bytes bytes;
       bytes.machine() = 0x5064;
       return is(load(bytes.data, bytes.size), EFI_UNSUPPORTED);
     }},
    {"7.4.1 LoadImage: an image of no EFI subsystem is UNSUPPORTED",
     [] {
       Bytes bytes;
       bytes.subsystem() = 3;
       return is(load(bytes.data, bytes.size), EFI_UNSUPPORTED);
     }},
    {"7.4.1 LoadImage: an image that is cut off is LOAD_ERROR",
     [] {
       Bytes bytes;
       return is(load(bytes.data, 1024), EFI_LOAD_ERROR);
     }},
    {"7.4.1 LoadImage: headers that are cut off are refused",
     [] {
       Bytes bytes;
       return that(refused_as_image(load(bytes.data, 80)));
     }},
    {"7.4.1 LoadImage: the buffer is the caller's again afterwards",
     [] {
       Orders orders{};
       EFI_HANDLE image;
       {
         Bytes bytes;
         if (!ok(bs->LoadImage(FALSE, self, nullptr, bytes.data, bytes.size, &image))) return false;
         bs->SetMem(bytes.data, bytes.size, 0xCC);
       }
       auto* loaded = loaded_image(image);
       loaded->LoadOptions = &orders, loaded->LoadOptionsSize = sizeof orders;
       return ok(bs->StartImage(image, nullptr, nullptr)) && equal(orders.entered, 1);
     }},
    {"7.4.1 LoadImage: the same bytes twice are two images",
     [] {
       Subject a(kApplication), b(kApplication);
       return that(a.image != b.image && a.loaded != b.loaded) && that(a.loaded->ImageBase != b.loaded->ImageBase);
     }},

    {"9.1 LoadedImage: the revision is 0x1000", [] { return equal(loaded_image(self)->Revision, 0x1000); }},
    {"9.1 LoadedImage: the parent is who loaded it",
     [] {
       Subject subject(kApplication);
       return that(subject.loaded->ParentHandle == self);
     }},
    {"9.1 LoadedImage: the system table is there",
     [] {
       Subject subject(kApplication);
       return that(subject.loaded->SystemTable == st) && that(loaded_image(self)->SystemTable == st);
     }},
    {"9.1 LoadedImage: new images have no load options",
     [] {
       EFI_HANDLE image;
       if (!ok(bs->LoadImage(FALSE, self, nullptr, const_cast<UINT8*>(kApplication), sizeof kApplication, &image))) return false;
       UINTN size = loaded_image(image)->LoadOptionsSize;
       return ok(bs->UnloadImage(image)) && equal(size, 0);
     }},
    {"9.1 LoadedImage: new images have no Unload",
     [] {
       Subject subject(kDriver);
       return that(subject.loaded->Unload == nullptr);
     }},
    {"9.1 LoadedImage: the base and the size are the image's",
     [] {
       auto* mine = loaded_image(self);
       UINTN here = address(reinterpret_cast<void*>(&exit_words));
       return that(here >= address(mine->ImageBase) && here < address(mine->ImageBase) + mine->ImageSize);
     }},
    {"9.1 LoadedImage: the image begins with its headers",
     [] {
       Subject subject(kApplication);
       return that(same(subject.loaded->ImageBase, kApplication, 2));
     }},
    {"9.1 LoadedImage: an application is EfiLoaderCode and EfiLoaderData",
     [] {
       Subject subject(kApplication);
       return equal(subject.loaded->ImageCodeType, EfiLoaderCode) && equal(subject.loaded->ImageDataType, EfiLoaderData) &&
              equal(type_at(subject.loaded->ImageBase), EfiLoaderCode);
     }},
    {"9.1 LoadedImage: a boot services driver is EfiBootServicesCode and EfiBootServicesData",
     [] {
       Subject subject(kDriver);
       return equal(subject.loaded->ImageCodeType, EfiBootServicesCode) && equal(subject.loaded->ImageDataType, EfiBootServicesData) &&
              equal(type_at(subject.loaded->ImageBase), EfiBootServicesCode);
     }},
    {"9.1 LoadedImage: a runtime driver is EfiRuntimeServicesCode and EfiRuntimeServicesData",
     [] {
       Subject subject(kRuntimeDriver);
       if (EFI_ERROR(subject.status)) return ok(subject.status);
       return equal(subject.loaded->ImageCodeType, EfiRuntimeServicesCode) &&
              equal(subject.loaded->ImageDataType, EfiRuntimeServicesData) &&
              equal(type_at(subject.loaded->ImageBase), EfiRuntimeServicesCode);
     }},
    {"9.1 LoadedImage: the device is the one that the path leads to",
     [] {
       AHandle device(kDevicePathGuid, &device_only);
       Subject subject(kApplication, Deed::Return, EFI_SUCCESS, as_path(&file_path));
       return ok(subject.status) && that(subject.loaded->DeviceHandle == device.handle);
     }},
    {"9.1 LoadedImage: the file path is what the path has behind the device",
     [] {
       AHandle device(kDevicePathGuid, &device_only);
       Subject subject(kApplication, Deed::Return, EFI_SUCCESS, as_path(&file_path));
       return ok(subject.status) && that(subject.loaded->FilePath != nullptr) && that(same(subject.loaded->FilePath, file_path.file, 16));
     }},
    {"9.1 LoadedImage: the file path is a copy",
     [] {
       AHandle device(kDevicePathGuid, &device_only);
       Subject subject(kApplication, Deed::Return, EFI_SUCCESS, as_path(&file_path));
       UINTN where = address(subject.loaded->FilePath);
       return that(where < address(&file_path) || where >= address(&file_path + 1));
     }},
    {"9.2 LoadedImageDevicePath: it is the whole path",
     [] {
       AHandle device(kDevicePathGuid, &device_only);
       Subject subject(kApplication, Deed::Return, EFI_SUCCESS, as_path(&file_path));
       void* whole = nullptr;
       return ok(bs->HandleProtocol(subject.image, &kLoadedImagePathGuid, &whole)) &&
              that(whole != nullptr && same(whole, &file_path, sizeof file_path));
     }},
    {"9.2 LoadedImageDevicePath: it is there for an image without a path, and NULL",
     [] {
       Subject subject(kApplication);
       void* whole = &subject;
       return ok(bs->HandleProtocol(subject.image, &kLoadedImagePathGuid, &whole)) && that(whole == nullptr);
     }},
    {"9.2 LoadedImageDevicePath: this program has one",
     [] {
       void* whole;
       return ok(bs->HandleProtocol(self, &kLoadedImagePathGuid, &whole));
     }},

    {"7.4.2 StartImage: no image is INVALID_PARAMETER", [] { return is(bs->StartImage(nullptr, nullptr, nullptr), kInvalid); }},
    {"7.4.2 StartImage: a handle that is no image is INVALID_PARAMETER",
     [] {
       AHandle handle(kAlphaGuid);
       return is(bs->StartImage(handle, nullptr, nullptr), kInvalid);
     }},
    {"7.4.2 StartImage: an image that runs is INVALID_PARAMETER", [] { return is(bs->StartImage(self, nullptr, nullptr), kInvalid); }},
    {"7.4.2 StartImage: a driver that stays cannot start again",
     [] {
       Subject subject(kDriver, Deed::Unloadable);
       return ok(subject.start()) && is(subject.start(), kInvalid) && equal(subject.orders.entered, 1);
     }},
    {"7.4.2 StartImage: it returns what the entry point returns",
     [] {
       Subject subject(kApplication, Deed::Return, EFI_CRC_ERROR);
       return is(subject.start(), EFI_CRC_ERROR) && equal(subject.orders.entered, 1);
     }},
    {"7.4.2 StartImage: a warning comes back as it is",
     [] {
       Subject subject(kApplication, Deed::Return, 5);
       return is(subject.start(), 5);
     }},
    {"7.4.2 StartImage: after a plain return there is no exit data",
     [] {
       Subject subject(kApplication);
       return ok(subject.start()) && equal(subject.exit_data_size, 0) && that(subject.exit_data == nullptr);
     }},
    {"7.4.2 StartImage: nobody need want the exit data",
     [] {
       Subject subject(kApplication, Deed::Exit, EFI_ABORTED);
       return is(bs->StartImage(subject.image, nullptr, nullptr), EFI_ABORTED);
     }},
    {"7.4.4 Entry point: it gets its own handle and the system table",
     [] {
       Subject subject(kApplication);
       return ok(subject.start()) && that(subject.orders.image == subject.image) && that(subject.orders.system_table == st);
     }},
    {"7.4.4 Entry point: it runs in the image's memory",
     [] {
       Subject subject(kApplication);
       UINTN base = address(subject.loaded->ImageBase), size = subject.loaded->ImageSize;
       return ok(subject.start()) && that(subject.orders.code >= base && subject.orders.code < base + size);
     }},
    {"7.4.1 LoadImage: pointers of the image are relocated",
     [] {
       Subject subject(kApplication);
       return ok(subject.start()) && that(subject.orders.relocated);
     }},
    {"7.4.1 LoadImage: uninitialised data are zero",
     [] {
       Subject subject(kApplication);
       return ok(subject.start()) && that(subject.orders.zeroed);
     }},
    {"7.4.2 StartImage: the image runs at the caller's priority",
     [] {
       Subject subject(kApplication);
       return ok(subject.start()) && equal(subject.orders.tpl, TPL_APPLICATION);
     }},
    {"2.3.4.2 At the entry point the stack is aligned to 16",
     [] {
       Subject subject(kApplication);
       return ok(subject.start()) && equal(subject.orders.stack % 16, 0);
     }},
    {"7.4.2 StartImage: an application is unloaded when it returns",
     [] {
       Subject subject(kApplication);
       return ok(subject.start()) && that(!subject.lives());
     }},
    {"7.4.2 StartImage: an application that fails is unloaded",
     [] {
       Subject subject(kApplication, Deed::Return, EFI_ABORTED);
       return is(subject.start(), EFI_ABORTED) && that(!subject.lives());
     }},
    {"7.4.2 StartImage: a driver that returns SUCCESS stays",
     [] {
       Subject subject(kDriver, Deed::Unloadable);
       return ok(subject.start()) && that(subject.lives());
     }},
    {"7.4.2 StartImage: a driver that returns an error is unloaded",
     [] {
       Subject subject(kDriver, Deed::Return, EFI_UNSUPPORTED);
       return is(subject.start(), EFI_UNSUPPORTED) && that(!subject.lives());
     }},
    {"7.4.2 StartImage: a runtime driver that returns SUCCESS stays",
     [] {
       Subject subject(kRuntimeDriver, Deed::Unloadable);
       if (EFI_ERROR(subject.status)) return ok(subject.status);
       return ok(subject.start()) && that(subject.lives());
     }},
    {"7.4.2 StartImage: protocols that an application left on its handle stay in the database",
     [] {
       Subject subject(kApplication, Deed::InstallAndReturn);
       subject.orders.protocol = kBetaGuid;
       if (!ok(subject.start()) || !ok(subject.orders.deed_status)) return false;
       void* found = nullptr;
       bool good = ok(bs->HandleProtocol(subject.image, &kBetaGuid, &found)) && that(found == &subject.orders);
       bs->UninstallProtocolInterface(subject.image, &kBetaGuid, &subject.orders);
       return good;
     }},
    {"7.4.3 UnloadImage: what the image had opened is closed",
     [] {
       AHandle device(kAlphaGuid);
       Subject subject(kApplication, Deed::OpenAndReturn);
       subject.orders.other = device, subject.orders.protocol = kAlphaGuid;
       if (!ok(subject.start()) || !ok(subject.orders.deed_status)) return false;
       EFI_OPEN_PROTOCOL_INFORMATION_ENTRY* entries = nullptr;
       UINTN count = 9;
       if (!ok(bs->OpenProtocolInformation(device, &kAlphaGuid, &entries, &count))) return false;
       if (entries) bs->FreePool(entries);
       return equal(count, 0);
     }},

    {"7.4.3 UnloadImage: no image is INVALID_PARAMETER", [] { return is(bs->UnloadImage(nullptr), kInvalid); }},
    {"7.4.3 UnloadImage: a handle that is no image is INVALID_PARAMETER",
     [] {
       AHandle handle(kAlphaGuid);
       return is(bs->UnloadImage(handle), kInvalid);
     }},
    {"7.4.3 UnloadImage: an image that was not started goes",
     [] {
       Subject subject(kApplication);
       return ok(bs->UnloadImage(subject.image)) && that(!subject.lives());
     }},
    {"7.4.3 UnloadImage: a driver that was not started goes",
     [] {
       Subject subject(kDriver);
       return ok(bs->UnloadImage(subject.image)) && that(!subject.lives()) && equal(subject.orders.unloaded, 0);
     }},
    {"7.4.3 UnloadImage: a running driver without Unload is UNSUPPORTED",
     [] {
       Subject subject(kDriver);
       bool good = ok(subject.start()) && is(bs->UnloadImage(subject.image), EFI_UNSUPPORTED) && that(subject.lives());
       return good;  // it stays for ever
     }},
    {"7.4.3 UnloadImage: a driver's Unload is called, and the driver goes",
     [] {
       Subject subject(kDriver, Deed::Unloadable);
       return ok(subject.start()) && ok(bs->UnloadImage(subject.image)) && equal(subject.orders.unloaded, 1) && that(!subject.lives());
     }},
    {"7.4.3 UnloadImage: an Unload that fails keeps the driver, and its status comes back",
     [] {
       Subject subject(kDriver, Deed::Unloadable);
       subject.orders.unload_status = EFI_ACCESS_DENIED;
       return ok(subject.start()) && is(bs->UnloadImage(subject.image), EFI_ACCESS_DENIED) && equal(subject.orders.unloaded, 1) &&
              that(subject.lives());
     }},
    {"7.4.3 UnloadImage: the memory is free again",
     [] {
       Subject subject(kApplication);
       void* base = subject.loaded->ImageBase;
       return ok(bs->UnloadImage(subject.image)) && equal(type_at(base), EfiConventionalMemory);
     }},

    {"7.4.5 Exit: its status is StartImage's",
     [] {
       Subject subject(kApplication, Deed::Exit, EFI_NO_MAPPING);
       return is(subject.start(), EFI_NO_MAPPING);
     }},
    {"7.4.5 Exit: SUCCESS, too",
     [] {
       Subject subject(kApplication, Deed::Exit);
       return ok(subject.start()) && equal(subject.exit_data_size, 0) && that(subject.exit_data == nullptr);
     }},
    {"7.4.5 Exit: the exit data reach who started the image", [] { return exits_with_data(Deed::Exit); }},
    {"7.4.5 Exit: from deep in the stack", [] { return exits_with_data(Deed::ExitDeep); }},
    {"7.4.5 Exit: an application is unloaded",
     [] {
       Subject subject(kApplication, Deed::Exit);
       return ok(subject.start()) && that(!subject.lives());
     }},
    {"7.4.5 Exit: a driver that leaves with SUCCESS stays",
     [] {
       Subject subject(kDriver, Deed::Exit);
       return ok(subject.start()) && that(subject.lives());
     }},
    {"7.4.5 Exit: a driver that leaves with an error is unloaded",
     [] {
       Subject subject(kDriver, Deed::Exit, EFI_NOT_FOUND);
       return is(subject.start(), EFI_NOT_FOUND) && that(!subject.lives());
     }},
    {"7.4.5 Exit: no image is INVALID_PARAMETER", [] { return is(bs->Exit(nullptr, EFI_SUCCESS, 0, nullptr), kInvalid); }},
    {"7.4.5 Exit: a handle that is no image is INVALID_PARAMETER",
     [] {
       AHandle handle(kAlphaGuid);
       return is(bs->Exit(handle, EFI_SUCCESS, 0, nullptr), kInvalid);
     }},
    {"7.4.5 Exit: an image that runs but is not the current one is INVALID_PARAMETER",
     [] {
       Subject subject(kApplication, Deed::ExitOther);
       subject.orders.other = self;
       return ok(subject.start()) && is(subject.orders.deed_status, kInvalid);
     }},
    {"7.4.5 Exit: an image that was not started is unloaded",
     [] {
       Subject subject(kApplication);
       return ok(bs->Exit(subject.image, EFI_SUCCESS, 0, nullptr)) && that(!subject.lives());
     }},
    {"7.4.5 Exit: the priority is the caller's afterwards",
     [] {
       Subject subject(kApplication, Deed::RaiseAndExit, EFI_ABORTED);
       return is(subject.start(), EFI_ABORTED) && equal(current_tpl(), TPL_APPLICATION);
     }},
    {"2.3.4.2 Exit: registers that are the callee's to keep are kept",
     [] {
       Subject subject(kApplication, Deed::ExitDeep, EFI_ABORTED);
       UINT64 mark = 0x0123456789ABCDEF, seen = 0;
       asm volatile("movq %0, %%xmm6" : : "r"(mark) : "xmm6");
       EFI_STATUS status = subject.start();
       asm volatile("movq %%xmm6, %0" : "=r"(seen));
       return is(status, EFI_ABORTED) && equal(seen, mark);
     }},
};

}  // namespace

constinit const Chapter kImages(kTests);

}  // namespace conformance
