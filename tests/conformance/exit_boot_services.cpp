// SPDX-License-Identifier: BSD-2-Clause-Patent
// The end of boot services [UEFI 2.10, 7.4.6]. The tests of this table and of runtime.cpp run in their order, once: they leave boot
// services.
#include "departure.hpp"

namespace conformance {

Departure departure;

namespace {

EFI_GUID kExitGroup = {0x27abf055, 0xb1b8, 0x4c26, {0x80, 0x48, 0x74, 0x8f, 0x37, 0xba, 0xa2, 0xdf}};
EFI_GUID kBeforeExitGroup = {0x8be0e274, 0x3970, 0x4b44, {0x80, 0xc5, 0x1a, 0xb9, 0x50, 0x2f, 0x3b, 0xfc}};

Calls before, group, notify, callback;
EFI_STATUS allocation_while_exiting;

VOID EFIAPI allocate_before_exit(EFI_EVENT event, VOID* context) {
  note(event, context);
  void* buffer = nullptr;
  allocation_while_exiting = bs->AllocatePool(EfiLoaderData, 100, &buffer);
  if (buffer) bs->FreePool(buffer);
}

bool take_map() {
  departure.map_size = sizeof departure.map;
  return ok(bs->GetMemoryMap(&departure.map_size, at<EFI_MEMORY_DESCRIPTOR>(address(departure.map)), &departure.key, &departure.stride,
                             &departure.version));
}

// A CRC that needs no boot service.
UINT32 crc(const UINT8* bytes, UINTN size) {
  UINT32 sum = ~0u;
  for (UINTN i = 0; i < size; ++i) {
    sum ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) ? 0xEDB88320 : 0);
  }
  return ~sum;
}

const Test kTests[] = {
    {"8.2.3 SetVariable: variables for later",
     [] {
       EFI_EVENT event;
       bs->CreateEventEx(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, allocate_before_exit, &before, &kBeforeExitGroup, &event);
       bs->CreateEventEx(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, note, &group, &kExitGroup, &event);
       bs->CreateEvent(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_NOTIFY, note, &notify, &event);
       bs->CreateEvent(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_CALLBACK, note, &callback, &event);
       bs->CreateEvent(EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_NOTIFY, departure.on_address_change, nullptr, &event);
       departure.runtime = rt;
       return ok(departure.set(departure.kBootOnly, EFI_VARIABLE_BOOTSERVICE_ACCESS)) &&
              ok(departure.set(departure.kVolatile, EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)) &&
              ok(departure.set(departure.kLasting,
                               EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS));
     }},
    {"7.4.6 ExitBootServices: a key that never was is INVALID_PARAMETER",
     [] {
       speak_by_serial_port();  // from the first try on, only memory services are sure to be left
       return is(bs->ExitBootServices(self, ~UINTN{0}), kInvalid);
     }},
    {"7.4.6 ExitBootServices: a key of an older map is INVALID_PARAMETER",
     [] {
       if (!take_map()) return false;
       EFI_PHYSICAL_ADDRESS pages;
       return ok(bs->AllocatePages(AllocateAnyPages, EfiLoaderData, 1, &pages)) && is(bs->ExitBootServices(self, departure.key), kInvalid);
     }},
    {"7.4.6 ExitBootServices: after a failure the map can be taken again", [] { return take_map(); }},
    {"7.4.6 ExitBootServices: after a failure memory can be allocated",
     [] {
       void* buffer;
       return ok(bs->AllocatePool(EfiLoaderData, 100, &buffer)) && ok(bs->FreePool(buffer));
     }},
    {"7.4.6 ExitBootServices: with the key of now it succeeds",
     [] {
       // Whoever listens to BeforeExitBootServices may change the map at the first try, so a loader tries again.
       EFI_STATUS status = kInvalid;
       for (int i = 0; i < 4 && status == kInvalid; ++i) {
         if (!take_map()) return false;
         status = bs->ExitBootServices(self, departure.key);
       }
       departure.gone = status == EFI_SUCCESS;
       return ok(status);
     }},
    {"7.4.6 ExitBootServices: EVT_SIGNAL_EXIT_BOOT_SERVICES was signaled, once",
     [] { return equal(notify.count, 1) && equal(callback.count, 1); }},
    {"7.4.6 ExitBootServices: the group ExitBootServices was signaled, once", [] { return equal(group.count, 1); }},
    {"7.4.6 ExitBootServices: TPL_NOTIFY came before TPL_CALLBACK", [] { return that(notify.order < callback.order); }},
    {"7.1.2 The group BeforeExitBootServices was signaled before",
     [] { return that(before.count >= 1) && that(before.order < notify.order); }},
    {"7.1.2 The group BeforeExitBootServices was signaled once", [] { return equal(before.count, 1); }},
    {"7.1.2 Memory can be allocated while BeforeExitBootServices is signaled", [] { return ok(allocation_while_exiting); }},
    {"7.4.6 ExitBootServices: the system table has no console any more",
     [] {
       return that(st->ConIn == nullptr && st->ConOut == nullptr && st->StdErr == nullptr) &&
              that(st->ConsoleInHandle == nullptr && st->ConsoleOutHandle == nullptr && st->StandardErrorHandle == nullptr);
     }},
    {"7.4.6 ExitBootServices: the system table has no boot services any more", [] { return that(st->BootServices == nullptr); }},
    {"7.4.6 ExitBootServices: the system table keeps its runtime services", [] { return that(st->RuntimeServices == rt); }},
    {"7.4.6 ExitBootServices: the system table keeps its configuration tables",
     [] { return that(st->NumberOfTableEntries > 0 && st->ConfigurationTable != nullptr); }},
    {"7.4.6 ExitBootServices: the system table's CRC is right",
     [] {
       UINT8 copy[120];
       for (UINTN i = 0; i < sizeof copy; ++i) copy[i] = *at<volatile UINT8>(address(st) + i);
       reinterpret_cast<EFI_TABLE_HEADER*>(copy)->CRC32 = 0;
       return equal(st->Hdr.CRC32, crc(copy, sizeof copy));
     }},
    {"4.5 EFI_RUNTIME_SERVICES: the CRC is right after ExitBootServices",
     [] {
       UINT8 copy[136];
       for (UINTN i = 0; i < sizeof copy; ++i) copy[i] = *at<volatile UINT8>(address(rt) + i);
       reinterpret_cast<EFI_TABLE_HEADER*>(copy)->CRC32 = 0;
       return equal(rt->Hdr.CRC32, crc(copy, sizeof copy));
     }},
};

}  // namespace

constinit const Chapter kExitBootServices(kTests);

}  // namespace conformance
