// SPDX-License-Identifier: BSD-2-Clause-Patent
// An EFI program that has other people's programs inside and starts them from memory, with the line that was typed as their
// options: a shell for a machine without a disk. PROGRAMS is the name of a file with a line for each of them:
//   PROGRAM(index, "path of an EFI image", "name")
// Its own words: handles, whether any stayed behind; unload NAME, a driver; quit, back to the firmware. Written against gnu-efi's
// headers, not ours.
#include <efi.h>

#define PROGRAM(index, path, name)                                                                                   \
  __asm__(".section .rdata,\"dr\"\n.balign 16\nimage" #index ":\n.incbin \"" path "\"\nimage_end" #index ":\n.text"); \
  extern const UINT8 image##index[], image_end##index[];
#include PROGRAMS
#undef PROGRAM

static struct program {
  const char *name;
  const UINT8 *begin, *end;
  EFI_HANDLE resident;  // a driver, after its entry returned
} programs[] = {
#define PROGRAM(index, path, name) {name, image##index, image_end##index, NULL},
#include PROGRAMS
};
enum { COUNT = sizeof programs / sizeof *programs };

static EFI_SYSTEM_TABLE *st;
static EFI_BOOT_SERVICES *bs;
static EFI_HANDLE self;

// The compiler may call these.
void *memset(void *to, int value, UINTN size) {
  for (UINTN i = 0; i < size; ++i) ((volatile UINT8 *)to)[i] = (UINT8)value;
  return to;
}

static void put(const CHAR16 *text) { st->ConOut->OutputString(st->ConOut, (CHAR16 *)text); }

static void tell(const CHAR16 *what, UINT64 number, UINTN base) {
  CHAR16 text[24];
  UINTN at = 23;
  text[at] = 0;
  do text[--at] = L"0123456789abcdef"[number % base];
  while (number /= base);
  put(what), put(base == 16 ? L" 0x" : L" "), put(text + at), put(L"\r\n");
}

static void read_line(CHAR16 *line, UINTN room) {
  UINTN length = 0, index;
  EFI_INPUT_KEY key = {0};
  st->ConIn->Reset(st->ConIn, FALSE);  // some programs wait for a key and do not read it
  put(L"launcher> ");
  while (key.UnicodeChar != L'\r') {
    if (bs->WaitForEvent(1, &st->ConIn->WaitForKey, &index) || st->ConIn->ReadKeyStroke(st->ConIn, &key)) continue;
    if (key.UnicodeChar < L' ' || length + 1 >= room) continue;
    line[length++] = key.UnicodeChar;
    put((CHAR16[]){key.UnicodeChar, 0});
  }
  line[length] = 0;
  put(L"\r\n");
}

// What follows `word` and its spaces, if the line begins with it.
static CHAR16 *after(const char *word, CHAR16 *line) {
  for (; *word; ++word, ++line) {
    if (*line != (CHAR16)*word) return NULL;
  }
  if (*line != 0 && *line != L' ') return NULL;
  while (*line == L' ') ++line;
  return line;
}

static struct program *find(CHAR16 *line) {
  for (UINTN i = 0; i < COUNT; ++i) {
    if (after(programs[i].name, line) != NULL) return &programs[i];
  }
  return NULL;
}

static UINT32 size_of(const CHAR16 *line) {
  UINT32 length = 0;
  while (line[length++] != 0) continue;
  return length * sizeof *line;
}

static EFI_STATUS start(struct program *program, CHAR16 *line) {
  static EFI_GUID loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;
  EFI_HANDLE image = NULL;
  EFI_LOADED_IMAGE *info;
  EFI_STATUS status = bs->LoadImage(FALSE, self, NULL, (void *)program->begin, (UINTN)(program->end - program->begin), &image);
  if (!EFI_ERROR(status)) status = bs->HandleProtocol(image, &loaded_image, (void **)&info);
  if (EFI_ERROR(status)) return put(L"cannot be loaded\r\n"), status;
  info->LoadOptions = line;
  info->LoadOptionsSize = size_of(line);
  status = bs->StartImage(image, NULL, NULL);
  bs->SetWatchdogTimer(0, 0, 0, NULL);  // some set it and go
  if (!EFI_ERROR(bs->HandleProtocol(image, &loaded_image, (void **)&info))) program->resident = image;
  return status;
}

static UINTN count_handles(void) {
  UINTN count = 0;
  EFI_HANDLE *handles;
  if (!EFI_ERROR(bs->LocateHandleBuffer(AllHandles, NULL, NULL, &count, &handles))) bs->FreePool(handles);
  return count;
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table) {
  static CHAR16 line[80];
  st = table;
  bs = st->BootServices;
  self = image;
  const UINTN handles = count_handles();
  for (read_line(line, 80); after("quit", line) == NULL; read_line(line, 80)) {
    CHAR16 *rest = after("unload", line);
    struct program *program = find(rest != NULL ? rest : line);
    if (after("handles", line) != NULL) {
      put(count_handles() == handles ? L"as many as at the start\r\n" : L"more or less than at the start\r\n");
    } else if (program == NULL) {
      put(L"there is no such program\r\n");
    } else if (rest != NULL) {
      tell(L"status", bs->UnloadImage(program->resident), 16);
    } else {
      tell(L"status", start(program, line), 16);
    }
  }
  return EFI_SUCCESS;
}
