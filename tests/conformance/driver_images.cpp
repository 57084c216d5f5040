// SPDX-License-Identifier: BSD-2-Clause-Patent
// Drivers as images: those for the runtime [UEFI 2.10, 7.4 and 2.1.1], one that stays when boot services go [8.4 and 4.6.4], HII resources,
// and what StartImage does for drivers [7.4.2].
#include "departure.hpp"
#include "loading.hpp"

namespace conformance {
namespace {

// The runtime driver, to be spoiled.
UINT8 copy[sizeof kRuntimeDriver];
UINT8* fresh_copy() {
  for (UINTN i = 0; i < sizeof copy; ++i) copy[i] = kRuntimeDriver[i];
  return copy;
}
UINT8* header() { return copy + *reinterpret_cast<UINT32*>(copy + 0x3C); }
// Where the file has what will lie at the RVA of its relocations.
UINT32* relocations() {
  UINT32 rva = *reinterpret_cast<UINT32*>(header() + 24 + 112 + 5 * 8);
  UINT8* section = header() + 24 + *reinterpret_cast<UINT16*>(header() + 20);
  while (*reinterpret_cast<UINT32*>(section + 12) != rva) section += 40;
  return reinterpret_cast<UINT32*>(copy + *reinterpret_cast<UINT32*>(section + 20));
}
EFI_STATUS load_copy() {
  EFI_HANDLE image = nullptr;
  EFI_STATUS status = bs->LoadImage(FALSE, self, nullptr, copy, sizeof copy, &image);
  if (!EFI_ERROR(status)) bs->UnloadImage(image);
  return status;
}
// Whoever wants the page gets it. What the memory map says of it is no sign: OVMF keeps runtime memory together, and in its type.
bool is_free(void* page) {
  EFI_PHYSICAL_ADDRESS where = address(page);
  return ok(bs->AllocatePages(AllocateAddress, EfiRuntimeServicesCode, 1, &where)) && ok(bs->FreePages(where, 1));
}
bool refused(EFI_STATUS status) { return that(status == EFI_UNSUPPORTED || status == EFI_LOAD_ERROR); }

// A driver for nothing, which notes when it is asked about a handle with some protocol.
struct Watcher : EFI_DRIVER_BINDING {
  static inline EFI_GUID guid = EFI_DRIVER_BINDING_PROTOCOL_GUID;
  EFI_HANDLE handle = nullptr;
  EFI_GUID& watched;
  UINTN asked = 0;
  explicit Watcher(EFI_GUID& protocol) : watched(protocol) {
    Supported = note_asked, Start = refuse, Stop = refuse_too, Version = 16, ImageHandle = self, DriverBindingHandle = nullptr;
    bs->InstallProtocolInterface(&handle, &guid, EFI_NATIVE_INTERFACE, static_cast<EFI_DRIVER_BINDING*>(this));
    DriverBindingHandle = handle;
  }
  Watcher(const Watcher&) = delete;
  ~Watcher() { bs->UninstallProtocolInterface(handle, &guid, static_cast<EFI_DRIVER_BINDING*>(this)); }
  static EFI_STATUS EFIAPI note_asked(EFI_DRIVER_BINDING* binding, EFI_HANDLE controller, EFI_DEVICE_PATH*) {
    auto& watcher = *static_cast<Watcher*>(binding);
    void* interface;
    watcher.asked += bs->HandleProtocol(controller, &watcher.watched, &interface) == EFI_SUCCESS;
    return EFI_UNSUPPORTED;
  }
  static EFI_STATUS EFIAPI refuse(EFI_DRIVER_BINDING*, EFI_HANDLE, EFI_DEVICE_PATH*) { return EFI_UNSUPPORTED; }
  static EFI_STATUS EFIAPI refuse_too(EFI_DRIVER_BINDING*, EFI_HANDLE, UINTN, EFI_HANDLE*) { return EFI_UNSUPPORTED; }
};

EFI_GUID kPackageListGuid = {0x6a1ee763, 0xd47a, 0x43b4, {0xaa, 0xbe, 0xef, 0x1d, 0xe2, 0xab, 0x56, 0xfc}};

const Test kTests[] = {
    {"2.1.1 A runtime driver lies in EfiRuntimeServicesCode as a whole",
     [] {
       Subject subject(kRuntimeDriver);
       if (!ok(subject.status)) return false;
       for (UINTN at_page = 0; at_page < subject.loaded->ImageSize; at_page += kPage) {
         if (!equal(type_at(at<void>(address(subject.loaded->ImageBase) + at_page)), EfiRuntimeServicesCode)) return false;
       }
       return equal(address(subject.loaded->ImageBase) % kPage, 0);
     }},
    {"7.4.2 StartImage: a runtime driver runs, relocated and with its data zeroed",
     [] {
       Subject subject(kRuntimeDriver, Deed::Unloadable);
       return ok(subject.start()) && equal(subject.orders.entered, 1) && that(subject.orders.relocated && subject.orders.zeroed);
     }},
    {"7.4.2 StartImage: a runtime driver that returns an error is unloaded, and its memory is free",
     [] {
       Subject subject(kRuntimeDriver, Deed::Return, EFI_DEVICE_ERROR);
       void* base = subject.loaded->ImageBase;
       return is(subject.start(), EFI_DEVICE_ERROR) && that(!subject.lives()) && is_free(base);
     }},
    {"7.4.2 StartImage: a runtime driver that returns a warning stays",
     [] {
       Subject subject(kRuntimeDriver, Deed::Unloadable, 5);
       return is(subject.start(), 5) && that(subject.lives());
     }},
    {"7.4.3 UnloadImage: a runtime driver that was not started goes",
     [] {
       Subject subject(kRuntimeDriver);
       void* base = subject.loaded->ImageBase;
       return ok(bs->UnloadImage(subject.image)) && that(!subject.lives()) && is_free(base);
     }},
    {"7.4.3 UnloadImage: a runtime driver's Unload is called, and the driver goes",
     [] {
       Subject subject(kRuntimeDriver, Deed::Unloadable);
       void* base = subject.loaded->ImageBase;
       return ok(subject.start()) && ok(bs->UnloadImage(subject.image)) && equal(subject.orders.unloaded, 1) && that(!subject.lives()) &&
              is_free(base);
     }},
    {"7.4.3 UnloadImage: a runtime driver's Unload may refuse",
     [] {
       Subject subject(kRuntimeDriver, Deed::Unloadable);
       subject.orders.unload_status = EFI_NOT_READY;
       return ok(subject.start()) && is(bs->UnloadImage(subject.image), EFI_NOT_READY) && that(subject.lives());
     }},
    {"7.4.5 Exit: a runtime driver that leaves with an error is unloaded",
     [] {
       Subject subject(kRuntimeDriver, Deed::Exit, EFI_NOT_FOUND);
       return is(subject.start(), EFI_NOT_FOUND) && that(!subject.lives());
     }},
    {"7.4.5 Exit: a runtime driver that leaves with SUCCESS stays",
     [] {
       Subject subject(kRuntimeDriver, Deed::Exit);
       return ok(subject.start()) && that(subject.lives());  // for ever
     }},
    {"7.4.1 LoadImage: a runtime driver whose relocations were stripped is refused",
     [] {
       fresh_copy();
       *reinterpret_cast<UINT16*>(header() + 22) |= 1;
       return that(EFI_ERROR(load_copy()));
     }},
    {"7.4.1 LoadImage: a relocation outside of the image is refused",
     [] {
       fresh_copy();
       relocations()[0] = 0x7FFFF000;
       return refused(load_copy());
     }},
    {"7.4.1 LoadImage: a block of relocations that reaches over their end is refused",
     [] {
       fresh_copy();
       relocations()[1] = 0x7FFFF000;
       return refused(load_copy());
     }},
    {"7.4.1 LoadImage: a relocation of an unknown type is refused",
     [] {
       fresh_copy();
       auto* entry = reinterpret_cast<UINT16*>(relocations() + 2);
       *entry = static_cast<UINT16>((*entry & 0xFFF) | 0xF000);
       return refused(load_copy());
     }},
    {"7.4.2 StartImage: a handle that a driver has made is connected",
     [] {
       Watcher watcher(kBetaGuid);
       Subject subject(kDriver, Deed::InstallNewAndReturn);
       subject.orders.protocol = kBetaGuid;
       bool good = ok(subject.start()) && ok(subject.orders.deed_status) && that(watcher.asked > 0);
       bs->UninstallProtocolInterface(subject.orders.other, &kBetaGuid, &subject.orders);
       return good;
     }},
    {"7.4.2 StartImage: a handle that a driver has changed is connected",
     [] {
       Watcher watcher(kBetaGuid);
       Subject subject(kDriver, Deed::InstallAndReturn);
       subject.orders.protocol = kBetaGuid;
       bool good = ok(subject.start()) && ok(subject.orders.deed_status) && that(watcher.asked > 0);
       bs->UninstallProtocolInterface(subject.image, &kBetaGuid, &subject.orders);
       return good;
     }},
    {"7.4.2 StartImage: a handle that nobody has changed is not connected",
     [] {
       Watcher watcher(kAlphaGuid);
       AHandle handle(kAlphaGuid);
       Subject subject(kDriver, Deed::InstallNewAndReturn);
       subject.orders.protocol = kBetaGuid;
       bool good = ok(subject.start()) && equal(watcher.asked, 0);
       bs->UninstallProtocolInterface(subject.orders.other, &kBetaGuid, &subject.orders);
       return good;
     }},
    {"7.4.1 LoadImage: an HII package list among the resources is on the handle",
     [] {
       Subject subject(kDriver);
       void* list = nullptr;
       if (!ok(bs->HandleProtocol(subject.image, &kPackageListGuid, &list))) return false;
       UINTN base = address(subject.loaded->ImageBase);
       return that(address(list) > base && address(list) < base + subject.loaded->ImageSize) &&
              equal(*at<UINT32>(address(list) + 16), 24);
     }},
    {"7.4.1 LoadImage: an image without resources has no HII package list",
     [] {
       Subject subject(kApplication);
       void* list = nullptr;
       return is(bs->HandleProtocol(subject.image, &kPackageListGuid, &list), EFI_UNSUPPORTED);
     }},
};

// ---- the one that stays

Orders resident;
EFI_LOADED_IMAGE* resident_image;
UINTN hooked_before_exit;

struct AttributesTable {
  UINT32 version, count, stride, reserved;
  const EFI_MEMORY_DESCRIPTOR& entry(UINTN i) const { return *at<EFI_MEMORY_DESCRIPTOR>(address(this + 1) + i * stride); }
};
const AttributesTable* attributes_table() {
  static EFI_GUID guid = {0xdcfa911d, 0x26eb, 0x469f, {0xa2, 0x20, 0x38, 0xb7, 0xdc, 0x46, 0x12, 0x20}};
  return static_cast<AttributesTable*>(configuration_table(guid));
}
UINTN end_of(const EFI_MEMORY_DESCRIPTOR& d) { return d.PhysicalStart + d.NumberOfPages * kPage; }

// How many of the region's pages the table tells about.
UINTN pages_told(const AttributesTable& table, const EFI_MEMORY_DESCRIPTOR& region) {
  UINTN pages = 0;
  for (UINTN i = 0; i < table.count; ++i) {
    const auto& e = table.entry(i);
    if (e.Type == region.Type && e.PhysicalStart >= region.PhysicalStart && end_of(e) <= end_of(region)) pages += e.NumberOfPages;
  }
  return pages;
}

const Test kBefore[] = {
    {"7.4.2 StartImage: a runtime driver that hooks a runtime service",
     [] {
       EFI_HANDLE image;
       if (!ok(bs->LoadImage(FALSE, self, nullptr, const_cast<UINT8*>(kRuntimeDriver), sizeof kRuntimeDriver, &image))) return false;
       resident_image = loaded_image(image);
       resident.deed = Deed::Hook;
       resident_image->LoadOptions = &resident, resident_image->LoadOptionsSize = sizeof resident;
       return ok(bs->StartImage(image, nullptr, nullptr)) && ok(resident.deed_status);
     }},
    {"8.2.1 GetVariable: hooked, before ExitBootServices",
     [] {
       UINTN size = 0;
       EFI_STATUS status = rt->GetVariable(text(L"NoSuchVariable"), &kNobodysGuid, nullptr, &size, nullptr);
       hooked_before_exit = resident.hooked;
       return is(status, EFI_NOT_FOUND) && equal(resident.hooked, 1);
     }},
};

const Test kAfter[] = {
    {"8.4.1 SetVirtualAddressMap: the driver was called at runtime before it", [] { return that(resident.hooked > hooked_before_exit); }},
    {"8.4.1 SetVirtualAddressMap: the driver's event was signaled, once", [] { return equal(resident.moves, 1); }},
    {"7.1.2 EFI_EVENT_GROUP_VIRTUAL_ADDRESS_CHANGE: an event is signaled by its group alone, once",
     [] { return equal(resident.moves_group, 1); }},
    {"8.4.1 SetVirtualAddressMap: each notification gets its own event and context", [] { return equal(resident.moves_wrong, 0); }},
    {"8.4.1 SetVirtualAddressMap: the hook is still there",
     [] {
       UINTN hooked = resident.hooked, hook = address(reinterpret_cast<void*>(rt->GetVariable));
       UINTN base = address(resident_image->ImageBase);
       return is(departure.get(L"NoSuchVariable"), EFI_NOT_FOUND) && equal(resident.hooked, hooked + 1) &&
              that(hook > base && hook < base + resident_image->ImageSize);
     }},
    {"4.6.4 EFI_MEMORY_ATTRIBUTES_TABLE: it is there, with entries of a size that can be",
     [] {
       const auto* table = attributes_table();
       if (table == nullptr) return skip("no memory attributes table");
       return that(table->version == 1 || table->version == 2) && that(table->count > 0) &&
              that(table->stride >= sizeof(EFI_MEMORY_DESCRIPTOR));
     }},
    {"4.6.4 EFI_MEMORY_ATTRIBUTES_TABLE: only runtime services, with RUNTIME and perhaps RO and XP",
     [] {
       const auto* table = attributes_table();
       for (UINTN i = 0; table && i < table->count; ++i) {
         const auto& e = table->entry(i);
         if (!that(e.Type == EfiRuntimeServicesCode || e.Type == EfiRuntimeServicesData) ||
             !that((e.Attribute & EFI_MEMORY_RUNTIME) != 0) || !equal(e.Attribute & ~(EFI_MEMORY_RUNTIME | 0x24000), 0))
           return false;
       }
       return true;
     }},
    {"4.6.4 EFI_MEMORY_ATTRIBUTES_TABLE: a region is described as a whole or not at all",
     [] {
       const auto* table = attributes_table();
       for (UINTN i = 0; table && i < departure.map_size / departure.stride; ++i) {
         const auto& region = *at<EFI_MEMORY_DESCRIPTOR>(address(departure.map) + i * departure.stride);
         UINTN told = pages_told(*table, region);
         if (told != 0 && !equal(told, region.NumberOfPages)) return false;
       }
       return true;
     }},
};

}  // namespace

constinit const Chapter kDriverImages(kTests);
constinit const Chapter kBeforeExit(kBefore);
constinit const Chapter kResidentDriver(kAfter);

}  // namespace conformance
