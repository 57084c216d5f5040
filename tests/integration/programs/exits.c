// SPDX-License-Identifier: BSD-2-Clause-Patent
// An application on a disk: it reads itself from where it was started, tells the words after its name, and exits with the number that is
// the first of them. Written against gnu-efi's headers, not ours.
#include <efi.h>

static EFI_SYSTEM_TABLE *st;
static EFI_BOOT_SERVICES *bs;

static void put(const CHAR16 *text) { st->ConOut->OutputString(st->ConOut, (CHAR16 *)text); }

static void *protocol(EFI_HANDLE handle, EFI_GUID guid) {
  void *found = NULL;
  return EFI_ERROR(bs->HandleProtocol(handle, &guid, &found)) ? NULL : found;
}

static BOOLEAN is_file_path(EFI_DEVICE_PATH *node) { return node->Type == MEDIA_DEVICE_PATH && node->SubType == MEDIA_FILEPATH_DP; }

// Whether the file that the image came from begins as an image does. Each node of its path may be a part of its name, as GRUB has it.
static BOOLEAN found_itself(EFI_LOADED_IMAGE *image) {
  EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *volume = protocol(image->DeviceHandle, (EFI_GUID)EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID);
  EFI_DEVICE_PATH *node = image->FilePath;
  EFI_FILE_PROTOCOL *file, *next;
  UINT8 magic[2] = {0, 0};
  UINTN size = sizeof magic;
  if (volume == NULL || !is_file_path(node)) return FALSE;
  if (EFI_ERROR(volume->OpenVolume(volume, &file))) return FALSE;
  for (; is_file_path(node); node = NextDevicePathNode(node)) {
    EFI_STATUS status = file->Open(file, &next, ((FILEPATH_DEVICE_PATH *)node)->PathName, EFI_FILE_MODE_READ, 0);
    file->Close(file);
    if (EFI_ERROR(status)) return FALSE;
    file = next;
  }
  file->Read(file, &size, magic);
  file->Close(file);
  return magic[0] == 'M' && magic[1] == 'Z';
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *table) {
  st = table, bs = table->BootServices;
  EFI_LOADED_IMAGE *image = protocol(self, (EFI_GUID)LOADED_IMAGE_PROTOCOL);
  put(found_itself(image) ? L"exits: found itself\r\n" : L"exits: did not find itself\r\n");
  // The Shell gives the whole line.
  CHAR16 *words = image->LoadOptions;
  UINTN at = 0, count = image->LoadOptionsSize / sizeof(CHAR16), number = 0;
  while (at < count && words[at] != 0 && words[at] != ' ') ++at;
  put(L"exits: with");
  put(at < count ? words + at : L"");
  put(L"\r\n");
  for (++at; at < count && words[at] >= '0' && words[at] <= '9'; ++at) number = number * 10 + words[at] - '0';
  bs->Exit(self, number, 0, NULL);
  return EFI_ABORTED;
}
