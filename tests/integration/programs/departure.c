// SPDX-License-Identifier: BSD-2-Clause-Patent
// An EFI program that leaves boot services like an operating system that takes nothing for granted: with a memory map in
// hundreds of pieces, and with runtime code and data moved by different distances. Its own page tables then lack the
// runtime's old addresses, so that whatever still points there faults. It writes to the serial port itself, for there
// is no console any more, or where there is none (every bit reads as 1) to Xen's port 0xE9. Written against gnu-efi's headers, not ours.
// Told "driver", it starts a runtime driver first (the image of runtime_driver.c, whose path is DRIVER), and uses it at every stage.
#include <efilite/pvh_guest.h>

#include "driver.h"

enum { READ_ONLY = 0x20000, NOT_EXECUTABLE = 0x4000 };  // EFI_MEMORY_RO and _XP
enum { PAGE = 4096, MIB2 = 2 << 20, PIECES = 600, TABLES = 32 };
static const UINT64 CODE = 0xffff800000000000, DATA = 0xffffc00000000000;  // where runtime code and data go: physical address added

static EFI_SYSTEM_TABLE *st;
static UINTN ok, failed;
static UINT8 map[(2 * PIECES + 200) * 64];
static UINTN map_size, descriptor_size;
static UINT32 descriptor_version;
static UINT64 (*tables)[512];  // zero, in pages of the program's own
static UINTN tables_used;

void *memset(void *to, int value, UINTN size) {
  for (UINTN i = 0; i < size; ++i) ((volatile UINT8 *)to)[i] = (UINT8)value;
  return to;
}

static void put_byte(UINT8 byte) {
  UINT8 state;
  do __asm__ volatile("inb %w1, %0" : "=a"(state) : "Nd"((UINT16)0x3fd));
  while (!(state & 0x20));
  __asm__ volatile("outb %0, %w1" : : "a"(byte), "Nd"((UINT16)(state == 0xff ? 0xe9 : 0x3f8)));
}
static void put(const char *text) {
  for (; *text; ++text) put_byte((UINT8)*text);
}
static void put_number(UINTN value) {
  if (value >= 10) put_number(value / 10);
  put_byte((UINT8)('0' + value % 10));
}
static void check(const char *name, BOOLEAN good) {
  put(good ? "CHECK ok " : "CHECK FAIL "), put(name), put(good ? "\r\n" : ": not as the specification says\r\n");
  good ? ++ok : ++failed;
}

static EFI_MEMORY_DESCRIPTOR *descriptor(UINTN index) { return (EFI_MEMORY_DESCRIPTOR *)(map + index * descriptor_size); }
static UINTN descriptors(void) { return map_size / descriptor_size; }
static BOOLEAN is_runtime(const EFI_MEMORY_DESCRIPTOR *d) { return (d->Attribute & EFI_MEMORY_RUNTIME) != 0; }
static UINT64 base_of(const EFI_MEMORY_DESCRIPTOR *d) { return d->Type == EfiRuntimeServicesCode ? CODE : DATA; }

// Every second page of a large block is free again: so many regions more.
static void break_memory_up(void) {
  EFI_PHYSICAL_ADDRESS block = 0;
  check("large-block", st->BootServices->AllocatePages(AllocateAnyPages, EfiLoaderData, 2 * PIECES, &block) == EFI_SUCCESS);
  UINTN freed = 0;
  for (UINTN i = 0; i < PIECES; ++i) freed += st->BootServices->FreePages(block + 2 * i * PAGE, 1) == EFI_SUCCESS;
  check("pieces-freed", freed == PIECES);
}

static UINT64 *below(UINT64 *entry) {
  if (!(*entry & 1)) *entry = (UINT64)tables[tables_used++] | 3;
  return (UINT64 *)(*entry & ~(UINT64)0xfff);
}
static void map_page(UINT64 virtual, UINT64 physical) {
  UINT64 *table = tables[0];
  for (int shift = 39; shift > 12; shift -= 9) table = below(&table[virtual >> shift & 511]);
  table[virtual >> 12 & 511] = physical | 3;
}
// The low 4 GiB as they are, less the runtime's pages; those at their new places only.
static void make_page_tables(void) {
  tables_used = 1;
  UINT64 *directories = below(&tables[0][0]);
  for (UINT64 at = 0; at < 1024ull * 4 * 1024 * 1024; at += MIB2) below(&directories[at >> 30])[at >> 21 & 511] = at | 0x83;
  for (UINTN i = 0; i < descriptors(); ++i) {
    EFI_MEMORY_DESCRIPTOR *d = descriptor(i);
    if (!is_runtime(d)) continue;
    for (UINTN page = 0; page < d->NumberOfPages; ++page) {
      UINT64 at = d->PhysicalStart + page * PAGE;
      UINT64 *large = &below(&directories[at >> 30])[at >> 21 & 511];
      if (*large & 0x80) {
        *large = 0;
        UINT64 *table = below(large);
        for (UINTN k = 0; k < 512; ++k) table[k] = ((at & ~(UINT64)(MIB2 - 1)) + k * PAGE) | 3;
      }
      below(large)[at >> 12 & 511] = 0;
      map_page(base_of(d) + at, at);
    }
  }
}

extern UINT8 driver_begin[], driver_end[];
__asm__(".section .rdata, \"dr\"\n driver_begin: .incbin \"" DRIVER "\"\n driver_end: .text");
static UINT64 driver_code, driver_image;  // 0: there is none

static UINT32 driver_report(EFI_RUNTIME_SERVICES *rt) {
  EFI_GUID vendor = REPORT_VENDOR;
  Report report = {0};
  UINTN size = sizeof report;
  return rt->GetVariable(REPORT_NAME, &vendor, NULL, &size, &report) == EFI_SUCCESS && report.calls != 0 ? report.good : 0;
}

static void start_driver(EFI_HANDLE self) {
  EFI_GUID loaded_image = LOADED_IMAGE_PROTOCOL;
  EFI_HANDLE image = NULL;
  EFI_LOADED_IMAGE *loaded = NULL;
  st->BootServices->HandleProtocol(self, &loaded_image, (void **)&loaded);
  const CHAR16 *options = loaded->LoadOptions;
  if (options == NULL || options[0] != L'd') return;
  check("driver-loaded", st->BootServices->LoadImage(FALSE, self, NULL, driver_begin, driver_end - driver_begin, &image) == EFI_SUCCESS);
  check("driver-started", st->BootServices->StartImage(image, NULL, NULL) == EFI_SUCCESS);
  check("driver-stays", st->BootServices->HandleProtocol(image, &loaded_image, (void **)&loaded) == EFI_SUCCESS);
  driver_image = (UINT64)loaded->ImageBase;
  driver_code = (UINT64)st->RuntimeServices->GetVariable;
  check("driver-hooks", driver_code > driver_image && driver_code < driver_image + loaded->ImageSize);
  check("driver-works", driver_report(st->RuntimeServices) == REPORT_AT_BOOT);
}

static void *find_table(EFI_GUID guid) {
  void *table = NULL;
  for (UINTN i = 0; i < st->NumberOfTableEntries; ++i) {
    const UINT64 *have = (const UINT64 *)&st->ConfigurationTable[i].VendorGuid, *want = (const UINT64 *)&guid;
    if (have[0] == want[0] && have[1] == want[1]) table = st->ConfigurationTable[i].VendorTable;
  }
  return table;
}

// [UEFI 2.10, 4.6.4] each entry lies inside one region of its type; the driver's code and data have their attributes.
static void check_permissions(void) {
  typedef struct { UINT32 version, entries, size, reserved; } Header;
  Header *table = find_table((EFI_GUID){0xdcfa911d, 0x26eb, 0x469f, {0xa2, 0x20, 0x38, 0xb7, 0xdc, 0x46, 0x12, 0x20}});
  UINTN inside = 0, code = 0, data = 0;
  for (UINTN i = 0; i < table->entries; ++i) {
    EFI_MEMORY_DESCRIPTOR *e = (EFI_MEMORY_DESCRIPTOR *)((UINT8 *)(table + 1) + i * table->size);
    UINT64 end = e->PhysicalStart + e->NumberOfPages * PAGE, rights = e->Attribute & (READ_ONLY | NOT_EXECUTABLE);
    for (UINTN k = 0; k < descriptors(); ++k) {
      EFI_MEMORY_DESCRIPTOR *d = descriptor(k);
      inside += d->Type == e->Type && e->PhysicalStart >= d->PhysicalStart && end <= d->PhysicalStart + d->NumberOfPages * PAGE;
    }
    code += driver_code >= e->PhysicalStart && driver_code < end && rights == READ_ONLY;
    data += driver_image >= e->PhysicalStart && driver_image < end && rights == NOT_EXECUTABLE;
  }
  check("attributes-inside-regions", inside == table->entries && inside != 0);
  if (driver_code) check("driver-permissions", code == 1 && data == 1);
}

static BOOLEAN variable_works(EFI_RUNTIME_SERVICES *rt) {
  EFI_GUID vendor = {0x12345678, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
  UINT8 value[4] = {1, 2, 3, 4}, read[8] = {0};
  UINTN size = sizeof read;
  UINT32 attributes = 0;
  if (rt->SetVariable(L"Moved", &vendor, 7, sizeof value, value) != EFI_SUCCESS) return FALSE;
  if (rt->GetVariable(L"Moved", &vendor, &attributes, &size, read) != EFI_SUCCESS) return FALSE;
  return size == 4 && read[3] == 4 && attributes == 7 && rt->SetVariable(L"Moved", &vendor, 7, 0, NULL) == EFI_SUCCESS;
}

// There is no service for it any more.
static BOOLEAN sum_is_right(EFI_TABLE_HEADER *header) {
  UINT32 told = header->CRC32, sum = ~0u;
  header->CRC32 = 0;
  for (UINTN i = 0; i < header->HeaderSize; ++i) {
    sum ^= ((UINT8 *)header)[i];
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
  }
  header->CRC32 = told;
  return told == ~sum;
}

static void use_moved_runtime(EFI_SYSTEM_TABLE *moved, UINT64 pvh_guest) {
  EFI_RUNTIME_SERVICES *rt = moved->RuntimeServices;
  check("table-moved-with-data", (UINT64)rt >= DATA);
  check("functions-moved-with-code", (UINT64)rt->GetVariable >= CODE && (UINT64)rt->GetVariable < DATA);
  check("vendor-moved", (UINT64)moved->FirmwareVendor >= CODE && moved->FirmwareVendor[0] != 0);
  check("sums", sum_is_right(&moved->Hdr) && sum_is_right(&rt->Hdr));
  if (driver_code) {
    check("driver-moved", (UINT64)rt->GetVariable == CODE + driver_code);
    check("driver-works-moved", driver_report(rt) == REPORT_ALL);
  }
  check("pvh-guest-where-it-is-mapped", efilite_pvh_guest_is_good((void *)(DATA + pvh_guest), PAGE - pvh_guest % PAGE));
  check("variables", variable_works(rt));
  EFI_TIME time;
  check("time", rt->GetTime(&time, NULL) == EFI_SUCCESS && time.Year >= 2024);
  UINT32 count;
  check("monotonic-count", rt->GetNextHighMonotonicCount(&count) == EFI_SUCCESS);
  check("second-time-refused",
        rt->SetVirtualAddressMap(map_size, descriptor_size, descriptor_version, (void *)map) == EFI_UNSUPPORTED);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system_table) {
  st = system_table;
  EFI_RUNTIME_SERVICES *rt = st->RuntimeServices;
  put("PROBE here\r\nFACT vendor ");
  for (const CHAR16 *c = st->FirmwareVendor; *c; ++c) put_byte((UINT8)*c);
  put("\r\n");
  EFI_PHYSICAL_ADDRESS pages = 0;
  check("page-tables", st->BootServices->AllocatePages(AllocateAnyPages, EfiLoaderData, TABLES, &pages) == EFI_SUCCESS);
  tables = memset((void *)pages, 0, TABLES * PAGE);
  start_driver(image);
  break_memory_up();
  UINTN key;
  check("before-exit", rt->SetVirtualAddressMap(descriptor_size, 48, 1, (void *)map) == EFI_UNSUPPORTED);
  map_size = sizeof map;
  check("map", st->BootServices->GetMemoryMap(&map_size, (void *)map, &key, &descriptor_size, &descriptor_version) == EFI_SUCCESS);
  check("map-in-pieces", descriptors() > PIECES);
  check("exit", st->BootServices->ExitBootServices(image, key) == EFI_SUCCESS);

  const UINT64 pvh_guest = (UINT64)find_table((EFI_GUID)EFILITE_PVH_GUEST_TABLE_GUID);
  volatile UINTN null = 0;
  (void)*(volatile UINT16 *)(null + 0x40E);  // a fault would stop the machine
  check("page-0-can-be-read-again", TRUE);
  check_permissions();
  if (driver_code) check("driver-works-after-exit", driver_report(rt) == REPORT_AT_BOOT);
  UINTN runtime = 0;
  for (UINTN i = 0; i < descriptors(); ++i) {
    EFI_MEMORY_DESCRIPTOR *d = descriptor(i);
    if (is_runtime(d)) d->VirtualStart = base_of(d) + d->PhysicalStart, ++runtime;
  }
  check("runtime-regions", runtime >= 2);
  UINT64 system_table_base = 0;
  for (UINTN i = 0; i < descriptors(); ++i) {
    EFI_MEMORY_DESCRIPTOR *d = descriptor(i);
    if ((UINT64)st - d->PhysicalStart < d->NumberOfPages * PAGE) system_table_base = is_runtime(d) ? base_of(d) : 0;
  }
  check("system-table-in-runtime-region", system_table_base != 0);
  check("virtual-map", rt->SetVirtualAddressMap(map_size, descriptor_size, descriptor_version, (void *)map) == EFI_SUCCESS);
  make_page_tables();
  check("tables-suffice", tables_used <= TABLES);
  __asm__ volatile("mov %0, %%cr3" : : "r"((UINT64)&tables[0][0]) : "memory");
  EFI_SYSTEM_TABLE *moved = (EFI_SYSTEM_TABLE *)(system_table_base + (UINT64)st);
  use_moved_runtime(moved, pvh_guest);
  put("GUEST-DONE ok="), put_number(ok), put(" failed="), put_number(failed), put("\r\n");
  moved->RuntimeServices->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
  return EFI_ABORTED;
}
