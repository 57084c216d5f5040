// SPDX-License-Identifier: BSD-2-Clause-Patent
// An EFI program that calls what Linux never does: timers, task priorities, Stall, GetTime, keys, and ResetSystem on
// machines where Linux takes another way out. It is written against gnu-efi's headers, not ours, so that a mistake in
// ours shows. Its command line is one word, what to do at the end: shutdown, cold, warm or return; or stall.
#include <efi.h>

static EFI_SYSTEM_TABLE *st;
static EFI_BOOT_SERVICES *bs;
static EFI_RUNTIME_SERVICES *rt;
static UINTN ok, failed;

// The compiler may call these.
void *memset(void *to, int value, UINTN size) {
  for (UINTN i = 0; i < size; ++i) ((volatile UINT8 *)to)[i] = (UINT8)value;
  return to;
}
void *memcpy(void *to, const void *from, UINTN size) {
  for (UINTN i = 0; i < size; ++i) ((volatile UINT8 *)to)[i] = ((const UINT8 *)from)[i];
  return to;
}

static void put(const CHAR16 *text) { st->ConOut->OutputString(st->ConOut, (CHAR16 *)text); }

static void put_number(UINT64 value, UINTN digits) {
  CHAR16 text[24];
  UINTN at = 23;
  text[at] = 0;
  do {
    text[--at] = (CHAR16)(L'0' + value % 10);
    value /= 10;
  } while (value != 0 || 23 - at < digits);
  put(text + at);
}

static void check(const CHAR16 *name, BOOLEAN good) {
  put(good ? L"CHECK ok " : L"CHECK FAIL ");
  put(name);
  put(good ? L"\r\n" : L": not as the specification says\r\n");
  good ? ++ok : ++failed;
}

static BOOLEAN same(const CHAR16 *a, const CHAR16 *b) {
  while (*a == *b && *a) ++a, ++b;
  return *a == *b;
}

// [UEFI 2.10, 4.2] the sum is taken with its own field as zero.
static BOOLEAN sum_is_right(const EFI_TABLE_HEADER *table) {
  static UINT8 copy[1024];
  UINT32 sum = 0;
  if (table->HeaderSize < sizeof *table || table->HeaderSize > sizeof copy) return FALSE;
  memcpy(copy, table, table->HeaderSize);
  ((EFI_TABLE_HEADER *)copy)->CRC32 = 0;
  return bs->CalculateCrc32(copy, table->HeaderSize, &sum) == EFI_SUCCESS && sum == table->CRC32;
}

static void check_tables(void) {
  check(L"system-table", st->Hdr.Signature == EFI_SYSTEM_TABLE_SIGNATURE && sum_is_right(&st->Hdr));
  check(L"boot-services-table", bs->Hdr.Signature == EFI_BOOT_SERVICES_SIGNATURE && sum_is_right(&bs->Hdr));
  check(L"runtime-services-table", rt->Hdr.Signature == EFI_RUNTIME_SERVICES_SIGNATURE && sum_is_right(&rt->Hdr));
  put(L"FACT vendor ");
  put(st->FirmwareVendor);
  put(L"\r\n");
}

static void check_clock(void) {
  EFI_TIME time;
  EFI_TIME_CAPABILITIES capabilities;
  UINT64 first = 0, second = 0;
  check(L"get-time", rt->GetTime(&time, &capabilities) == EFI_SUCCESS);
  put(L"FACT clock ");
  put_number(time.Year, 4), put(L"-"), put_number(time.Month, 2), put(L"-"), put_number(time.Day, 2), put(L"T");
  put_number(time.Hour, 2), put(L":"), put_number(time.Minute, 2), put(L":"), put_number(time.Second, 2);
  put(L"\r\n");
  check(L"get-time-null", rt->GetTime(NULL, NULL) == EFI_INVALID_PARAMETER);
  check(L"monotonic-count", bs->GetNextMonotonicCount(&first) == EFI_SUCCESS &&
                                bs->GetNextMonotonicCount(&second) == EFI_SUCCESS && second > first);
}

static volatile UINTN ticks;
static VOID EFIAPI tick(EFI_EVENT event, VOID *context) {
  (void)event;
  ++*(volatile UINTN *)context;
}

static void check_timers(void) {
  EFI_EVENT timer, periodic;
  UINTN index = 9, held;
  // Long enough that it has not come when it is first looked at, though others may have had the processor in between.
  check(L"timer-wait", bs->CreateEvent(EVT_TIMER, TPL_CALLBACK, NULL, NULL, &timer) == EFI_SUCCESS &&
                           bs->SetTimer(timer, TimerRelative, 10000000) == EFI_SUCCESS &&
                           bs->CheckEvent(timer) == EFI_NOT_READY &&
                           bs->WaitForEvent(1, &timer, &index) == EFI_SUCCESS && index == 0);
  check(L"timer-clears", bs->CheckEvent(timer) == EFI_NOT_READY && bs->CloseEvent(timer) == EFI_SUCCESS);

  check(L"periodic-timer", bs->CreateEvent(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, (EFI_EVENT_NOTIFY)tick,
                                           (void *)&ticks, &periodic) == EFI_SUCCESS &&
                               bs->SetTimer(periodic, TimerPeriodic, 500000) == EFI_SUCCESS);
  put(L"FACT stall-begins\r\n");
  bs->Stall(1000000);
  put(L"FACT stall-ends\r\n");
  check(L"ticks-while-stalling", ticks >= 2);  // twenty, but a busy host delivers few of them

  EFI_TPL old = bs->RaiseTPL(TPL_NOTIFY);
  held = ticks;
  bs->Stall(200000);
  check(L"raised-priority-holds-back", old == TPL_APPLICATION && ticks == held);
  bs->RestoreTPL(old);
  check(L"restored-priority-lets-go", ticks > held);
  bs->SetTimer(periodic, TimerCancel, 0);
  bs->CloseEvent(periodic);
}

static void check_memory(void) {
  EFI_PHYSICAL_ADDRESS pages = 0xFFFFFFFF;
  void *pool = NULL;
  UINTN size = 0, key, descriptor = 0;
  UINT32 version;
  check(L"pages-below-limit", bs->AllocatePages(AllocateMaxAddress, EfiLoaderData, 3, &pages) == EFI_SUCCESS &&
                                  pages + 3 * 4096 - 1 <= 0xFFFFFFFF && (pages & 4095) == 0);
  check(L"page-of-pages-freed", bs->FreePages(pages + 4096, 1) == EFI_SUCCESS);
  check(L"freed-twice", bs->FreePages(pages + 4096, 1) == EFI_NOT_FOUND);
  check(L"other-pages-freed", bs->FreePages(pages, 1) == EFI_SUCCESS && bs->FreePages(pages + 8192, 1) == EFI_SUCCESS);
  check(L"pool", bs->AllocatePool(EfiLoaderData, 100, &pool) == EFI_SUCCESS && ((UINTN)pool & 7) == 0 &&
                     bs->FreePool(pool) == EFI_SUCCESS);
  check(L"map-size", bs->GetMemoryMap(&size, NULL, &key, &descriptor, &version) == EFI_BUFFER_TOO_SMALL &&
                         descriptor >= sizeof(EFI_MEMORY_DESCRIPTOR) && size >= descriptor);
}

static void check_variables(void) {
  EFI_GUID guid = {0x4dd5c1a9, 0x92e0, 0x4d53, {0x9a, 0x5c, 0x0e, 0x5b, 0x3f, 0x70, 0x4e, 0x21}};
  CHAR16 name[] = L"Probe";
  UINT32 value = 0x12345678, got = 0, attributes = 0;
  UINTN size = 2;
  check(L"variable-volatile",
        rt->SetVariable(name, &guid, EFI_VARIABLE_BOOTSERVICE_ACCESS, sizeof value, &value) == EFI_SUCCESS);
  check(L"variable-needs-space",
        rt->GetVariable(name, &guid, NULL, &size, &got) == EFI_BUFFER_TOO_SMALL && size == sizeof value);
  check(L"variable-read", rt->GetVariable(name, &guid, &attributes, &size, &got) == EFI_SUCCESS && got == value &&
                              attributes == EFI_VARIABLE_BOOTSERVICE_ACCESS);
  check(L"variable-deleted",
        rt->SetVariable(name, &guid, EFI_VARIABLE_BOOTSERVICE_ACCESS, 0, NULL) == EFI_SUCCESS &&
            rt->GetVariable(name, &guid, NULL, &size, &got) == EFI_NOT_FOUND);
}

static BOOLEAN next_key(EFI_INPUT_KEY *key) {
  UINTN index;
  bs->WaitForEvent(1, &st->ConIn->WaitForKey, &index);
  return st->ConIn->ReadKeyStroke(st->ConIn, key) == EFI_SUCCESS;
}

static void check_keys(void) {
  EFI_INPUT_KEY key;
  st->ConIn->Reset(st->ConIn, FALSE);
  check(L"no-key", st->ConIn->ReadKeyStroke(st->ConIn, &key) == EFI_NOT_READY);
  put(L"PRESS\r\n");  // the harness answers with q and cursor up
  check(L"key", next_key(&key) && key.UnicodeChar == L'q' && key.ScanCode == SCAN_NULL);
  check(L"cursor-key", next_key(&key) && key.UnicodeChar == 0 && key.ScanCode == SCAN_UP);
}

static void check_exit_with_old_key(EFI_HANDLE image) {
  check(L"exit-with-a-wrong-key", bs->ExitBootServices(image, ~(UINTN)0) == EFI_INVALID_PARAMETER);
}

// Ways to break the machine, each of which efilite has to report.
static int deeper(volatile int *above) {
  volatile int room[256];
  room[0] = *above + 1;
  if (room[0] < 0) return 0;
  return deeper(room) + room[0];
}

static void crash(const CHAR16 *end) {
  if (same(end, L"crash-instruction")) __builtin_trap();
  // The firmware's own code is not for writing.
  if (same(end, L"crash-write")) *(volatile UINT8 *)(UINTN)bs->RaiseTPL = 0xC3;
  volatile int start = 0;
  if (same(end, L"crash-stack")) deeper(&start);
  // A debug build has filled what was freed with a pattern that is no address.
  if (same(end, L"crash-freed")) {
    UINT32 *volatile *block;
    bs->AllocatePool(EfiLoaderData, 64, (void **)&block);
    bs->FreePool((void *)block);
    *block[4] = 1;
  }
  volatile UINTN null = 0;  // or the compiler sees what it is
  if (same(end, L"crash-null-read")) (void)*(volatile UINT32 *)(null + 0x40E);
  if (same(end, L"crash-null-write")) *(volatile UINT64 *)null = 1;
  if (same(end, L"crash-null-call")) ((void (*)(void))null)();
}

static UINT64 stall(UINTN microseconds) {
  UINT64 begin = __builtin_ia32_rdtsc();
  bs->Stall(microseconds);
  return __builtin_ia32_rdtsc() - begin;
}

// Loaders take the TSC's rate from a first short Stall. Only where the machine counts instructions is this not at the host's mercy.
static void check_first_stall(void) {
  UINT64 first = stall(1000);
  bs->Stall(20000);
  UINT64 later = stall(1000);
  check(L"first-stall-lasts-as-long-as-later-ones", first < later + later / 4 && later < first + first / 4);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table) {
  EFI_GUID loaded_image = LOADED_IMAGE_PROTOCOL;
  EFI_LOADED_IMAGE *self = NULL;
  st = table, bs = table->BootServices, rt = table->RuntimeServices;
  put(L"\r\nPROBE here\r\n");
  check(L"loaded-image", bs->HandleProtocol(image, &loaded_image, (void **)&self) == EFI_SUCCESS &&
                             self->SystemTable == table && (UINTN)efi_main - (UINTN)self->ImageBase < self->ImageSize);
  const CHAR16 *end = self->LoadOptionsSize >= sizeof(CHAR16) ? self->LoadOptions : L"";
  check_tables();
  if (same(end, L"stall")) {
    check_first_stall();
  } else {
    check_clock();
    check_timers();
    check_memory();
    check_variables();
    check_keys();
  }

  if (!same(end, L"return")) check_exit_with_old_key(image);
  put(L"GUEST-DONE ok="), put_number(ok, 1), put(L" failed="), put_number(failed, 1), put(L"\r\n");
  if (same(end, L"shutdown") || same(end, L"stall")) rt->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
  if (same(end, L"cold")) rt->ResetSystem(EfiResetCold, EFI_SUCCESS, 0, NULL);
  if (same(end, L"warm")) rt->ResetSystem(EfiResetWarm, EFI_SUCCESS, 0, NULL);
  crash(end);
  return same(end, L"return") ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}
