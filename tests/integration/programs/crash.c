// SPDX-License-Identifier: BSD-2-Clause-Patent
// A program that calls nothing at all and reads by a NULL pointer: what reports that has run nothing for it before.
typedef unsigned long long EFI_STATUS;

EFI_STATUS __attribute__((ms_abi)) efi_main(void *image, void *table) {
  (void)image, (void)table;
  volatile unsigned long long null = 0;  // or the compiler sees what it is
  return *(volatile unsigned *)(null + 0x10);
}
