// SPDX-License-Identifier: BSD-2-Clause-Patent
// An EFI program that starts a runtime driver and then an operating system, whose images it brings along from the
// paths DRIVER and SYSTEM.
#include <efi.h>

extern UINT8 driver_begin[], driver_end[], system_begin[], system_end[];
__asm__(".section .rdata, \"dr\"\n driver_begin: .incbin \"" DRIVER "\"\n driver_end: .p2align 4\n"
        "system_begin: .incbin \"" SYSTEM "\"\n system_end: .text");

static EFI_STATUS start(EFI_BOOT_SERVICES *bs, EFI_HANDLE self, UINT8 *begin, UINT8 *end) {
  EFI_HANDLE image = NULL;
  EFI_STATUS status = bs->LoadImage(FALSE, self, NULL, begin, end - begin, &image);
  return status == EFI_SUCCESS ? bs->StartImage(image, NULL, NULL) : status;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *st) {
  EFI_STATUS status = start(st->BootServices, self, driver_begin, driver_end);
  return status == EFI_SUCCESS ? start(st->BootServices, self, system_begin, system_end) : status;
}
