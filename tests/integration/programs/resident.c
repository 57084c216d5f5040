// SPDX-License-Identifier: BSD-2-Clause-Patent
// An EFI program that starts a runtime driver and then an operating system, whose images it brings along from the
// paths DRIVER and SYSTEM. For the system it leaves more than the driver: a table of resources (ESRT), and pages that are marked, and
// that Linux is to keep for good by a table of its own (LINUX_EFI_MEMRESERVE). Both tables lie in runtime services data.
#include <efi.h>

enum { PAGE = 4096, PAGES = 3, RANGES = 2, HIGHEST = 128 << 20 };
static const UINT64 MARK = 0x6566696c69746521;  // as in kexec/physical.cpp

static EFI_BOOT_SERVICES *bs;

extern UINT8 driver_begin[], driver_end[], system_begin[], system_end[];
__asm__(".section .rdata, \"dr\"\n driver_begin: .incbin \"" DRIVER "\"\n driver_end: .p2align 4\n"
        "system_begin: .incbin \"" SYSTEM "\"\n system_end: .text");

static EFI_STATUS start(EFI_HANDLE self, UINT8 *begin, UINT8 *end) {
  EFI_HANDLE image = NULL;
  EFI_STATUS status = bs->LoadImage(FALSE, self, NULL, begin, end - begin, &image);
  return status == EFI_SUCCESS ? bs->StartImage(image, NULL, NULL) : status;
}

// [Linux, include/linux/efi.h: struct linux_efi_memreserve]
typedef struct {
  INT32 size, count;
  UINT64 next;
  struct {
    UINT64 base, size;
  } entry[RANGES];
} MemReserve;

static EFI_STATUS reserve(void) {
  EFI_GUID guid = {0x888eb0c6, 0x8ede, 0x4ff5, {0xa8, 0xf0, 0x9a, 0xee, 0x5c, 0xb9, 0x77, 0xc2}};
  MemReserve *table;
  EFI_STATUS status = bs->AllocatePool(EfiRuntimeServicesData, sizeof *table, (VOID **)&table);
  if (EFI_ERROR(status)) return status;
  table->size = RANGES;
  table->count = 0;
  table->next = 0;
  for (; table->count < RANGES; ++table->count) {
    // By its type this is memory that any system may use: nothing but the table keeps it. At the end of memory not even that would do, for
    // Linux's kexec loads its next kernel there and on this machine asks nobody.
    EFI_PHYSICAL_ADDRESS base = HIGHEST;
    status = bs->AllocatePages(AllocateMaxAddress, EfiLoaderData, PAGES, &base);
    if (EFI_ERROR(status)) return status;
    for (UINT64 at = base; at < base + PAGES * PAGE; at += sizeof at) *(UINT64 *)at = at ^ MARK;
    table->entry[table->count].base = base;
    table->entry[table->count].size = PAGES * PAGE;
  }
  return bs->InstallConfigurationTable(&guid, table);
}

// [UEFI 2.10, 23.4] with one resource, the system's firmware.
typedef struct {
  UINT32 count, most;
  UINT64 version;
  EFI_GUID class;
  UINT32 type, firmware_version, lowest_version, capsule_flags, last_version, last_status;
} Esrt;

static EFI_STATUS tell_resources(void) {
  static const Esrt content = {1, 1, 1, {0x5eb1c9d0, 0x20a3, 0x4d6c, {0x8f, 0x21, 0x65, 0x66, 0x69, 0x6c, 0x69, 0x74}}, 1, 7, 3, 0, 6, 0};
  EFI_GUID guid = {0xb122a263, 0x3661, 0x4f68, {0x99, 0x29, 0x78, 0xf8, 0xb0, 0xd6, 0x21, 0x80}};
  Esrt *table;
  EFI_STATUS status = bs->AllocatePool(EfiRuntimeServicesData, sizeof *table, (VOID **)&table);
  if (EFI_ERROR(status)) return status;
  bs->CopyMem(table, (VOID *)&content, sizeof content);
  return bs->InstallConfigurationTable(&guid, table);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *st) {
  bs = st->BootServices;
  EFI_STATUS status = start(self, driver_begin, driver_end);
  if (!EFI_ERROR(status)) status = reserve();
  if (!EFI_ERROR(status)) status = tell_resources();
  return EFI_ERROR(status) ? status : start(self, system_begin, system_end);
}
