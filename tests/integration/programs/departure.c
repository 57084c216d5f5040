// SPDX-License-Identifier: BSD-2-Clause-Patent
// An EFI program that leaves boot services like an operating system that takes nothing for granted: with a memory map in
// hundreds of pieces, and with runtime code and data moved by different distances. Its own page tables then lack the
// runtime's old addresses, so that whatever still points there faults. It writes to the serial port itself, for there
// is no console any more. Written against gnu-efi's headers, not ours.
#include <efi.h>

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
  __asm__ volatile("outb %0, %w1" : : "a"(byte), "Nd"((UINT16)0x3f8));
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

static BOOLEAN variable_works(EFI_RUNTIME_SERVICES *rt) {
  EFI_GUID vendor = {0x12345678, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
  UINT8 value[4] = {1, 2, 3, 4}, read[8] = {0};
  UINTN size = sizeof read;
  UINT32 attributes = 0;
  if (rt->SetVariable(L"Moved", &vendor, 7, sizeof value, value) != EFI_SUCCESS) return FALSE;
  if (rt->GetVariable(L"Moved", &vendor, &attributes, &size, read) != EFI_SUCCESS) return FALSE;
  return size == 4 && read[3] == 4 && attributes == 7 && rt->SetVariable(L"Moved", &vendor, 7, 0, NULL) == EFI_SUCCESS;
}

static void use_moved_runtime(EFI_SYSTEM_TABLE *moved) {
  EFI_RUNTIME_SERVICES *rt = moved->RuntimeServices;
  check("table-moved-with-data", (UINT64)rt >= DATA);
  check("functions-moved-with-code", (UINT64)rt->GetVariable >= CODE && (UINT64)rt->GetVariable < DATA);
  check("vendor-moved", (UINT64)moved->FirmwareVendor >= CODE && moved->FirmwareVendor[0] != 0);
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
  break_memory_up();
  UINTN key;
  check("before-exit", rt->SetVirtualAddressMap(descriptor_size, 48, 1, (void *)map) == EFI_UNSUPPORTED);
  map_size = sizeof map;
  check("map", st->BootServices->GetMemoryMap(&map_size, (void *)map, &key, &descriptor_size, &descriptor_version) == EFI_SUCCESS);
  check("map-in-pieces", descriptors() > PIECES);
  check("exit", st->BootServices->ExitBootServices(image, key) == EFI_SUCCESS);

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
  use_moved_runtime(moved);
  put("GUEST-DONE ok="), put_number(ok), put(" failed="), put_number(failed), put("\r\n");
  moved->RuntimeServices->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
  return EFI_ABORTED;
}
