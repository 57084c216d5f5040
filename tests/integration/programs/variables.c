// SPDX-License-Identifier: BSD-2-Clause-Patent
// Tells the boot manager's variables as a program finds them that was started by it: FACT name attributes value, in hexadecimal, or none.
#include <efi.h>

static EFI_SYSTEM_TABLE *st;

static void put(const CHAR16 *text) { st->ConOut->OutputString(st->ConOut, (CHAR16 *)text); }

static void put_hex(UINTN number, int digits) {
  CHAR16 text[17];
  for (int i = digits; i-- > 0; number >>= 4) text[i] = L"0123456789abcdef"[number & 15];
  text[digits] = 0;
  put(text);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *table) {
  static CHAR16 *const names[] = {L"BootCurrent", L"BootNext", L"BootOrder", L"BootOptionSupport", L"OsIndicationsSupported", L"Timeout",
                                  L"PlatformRecovery0000"};
  EFI_GUID global = EFI_GLOBAL_VARIABLE;
  EFI_LOADED_IMAGE *image = NULL;
  EFI_GUID loaded = LOADED_IMAGE_PROTOCOL;
  st = table;
  for (UINTN i = 0; i < sizeof names / sizeof *names; ++i) {
    UINT8 value[256];
    UINTN size = sizeof value;
    UINT32 attributes = 0;
    put(L"FACT "), put(names[i]);
    if (EFI_ERROR(st->RuntimeServices->GetVariable(names[i], &global, &attributes, &size, value))) {
      put(L" none\r\n");
      continue;
    }
    put(L" "), put_hex(attributes, 1), put(L" ");
    for (UINTN at = 0; at < size; ++at) put_hex(value[at], 2);
    put(L"\r\n");
  }
  st->BootServices->HandleProtocol(self, &loaded, (void **)&image);
  put(L"FACT parent "), put(image->ParentHandle == NULL ? L"none\r\n" : L"another\r\n");
  return EFI_SUCCESS;
}
