// SPDX-License-Identifier: BSD-2-Clause-Patent
// Runs the tables of all chapters and prints TAP on ConOut. The program's exit status is the count of failures.
// Words of its command line: "runtime" leaves boot services and tries what stays, "shutdown" ends by ResetSystem, "manager" only looks at
// what a boot manager leaves to the program that it starts.
#include "conformance.hpp"

// The compiler may call these.
extern "C" void* memset(void* to, int value, UINTN size) {
  for (UINTN i = 0; i < size; ++i) static_cast<volatile UINT8*>(to)[i] = static_cast<UINT8>(value);
  return to;
}
extern "C" void* memcpy(void* to, const void* from, UINTN size) {
  for (UINTN i = 0; i < size; ++i) static_cast<volatile UINT8*>(to)[i] = static_cast<const UINT8*>(from)[i];
  return to;
}

namespace conformance {

EFI_HANDLE self;
EFI_SYSTEM_TABLE* st;
EFI_BOOT_SERVICES* bs;
EFI_RUNTIME_SERVICES* rt;
UINTN calls_made;

namespace {

const Chapter* const kBootTime[] = {
    &kProcessor,
    &kTables,
    &kEvents,
    &kTimers,
    &kMemory,
    &kProtocols,
    &kLocate,
    &kOpens,
    &kCloses,
    &kDrivers,
    &kOverrides,
    &kImages,
    &kDriverImages,
    &kMisc,
    &kVariables,
    &kGlobals,
    &kBootManager,
    &kTime,
    &kConsole,
    &kSerial,
    &kDevicePaths,
    &kText,
    &kHii,
    &kHiiStrings,
    &kHiiConfig,
    &kHiiFont,
    &kHiiGlyphs,
    &kPci,
    &kPciIo,
    &kMedia,
    &kStorage, &kPartitions,
    &kFiles,
    &kFileInfo,
    &kSecurity,
    &kMemoryProtection,
    &kTimestamp,
    &kResetNotification,
};
const Chapter* const kByBootManager[] = {&kBootManager};
const Chapter* const kAfterwards[] = {
    &kBeforeExit,
    &kExitBootServices,
    &kRuntime,
    &kResidentDriver,
};

bool by_serial_port;
const char* skipped;
struct {
  int line;
  bool numbers;
  UINT64 got, wanted;
} complaint;

void out(UINT16 port, UINT8 value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
UINT8 in(UINT16 port) {
  UINT8 value;
  asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

void put(CHAR16* words) {
  if (!by_serial_port) {
    st->ConOut->OutputString(st->ConOut, words);
    return;
  }
  for (; *words != 0; ++words) {
    while ((in(0x3F8 + 5) & 0x20) == 0) {}
    out(0x3F8, static_cast<UINT8>(*words));
  }
}

bool complain(int line, bool numbers, UINT64 got, UINT64 wanted) {
  if (complaint.line == 0) complaint = {line, numbers, got, wanted};
  return false;
}

void say_hex(UINT64 number) {
  char digits[20] = "0x";
  int length = 2;
  for (int shift = 60; shift >= 0; shift -= 4) {
    UINT64 rest = number >> shift;
    if (rest != 0 || shift == 0) digits[length++] = "0123456789abcdef"[rest & 15];
  }
  say(digits);
}

// The verdict comes with the number in front and the name last; the runner puts lines that the terminal broke together.
bool run(const Test& test, UINTN number) {
  complaint = {};
  skipped = nullptr;
  bool good = test.run();
  say(good ? "ok " : "not ok ");
  say(number);
  say(" - ");
  say(test.name);
  if (skipped) say(" # SKIP "), say(skipped);
  say("\r\n");
  if (good) return true;
  say("# at line ");
  say(static_cast<UINT64>(complaint.line));
  if (complaint.numbers) {
    say(": got "), say_hex(complaint.got);
    say(", wanted "), say_hex(complaint.wanted);
  }
  say("\r\n");
  return false;
}

template <UINTN N>
UINTN run_all(const Chapter* const (&chapters)[N]) {
  UINTN count = 0, failures = 0, number = 0;
  for (const Chapter* chapter : chapters) count += chapter->count;
  say("\r\n# UEFI "), say(UINT64{st->Hdr.Revision >> 16}), say("."), say(UINT64{(st->Hdr.Revision & 0xFFFF) / 10});
  say("\r\n1.."), say(count), say("\r\n");
  for (const Chapter* chapter : chapters) {
    for (UINTN i = 0; i < chapter->count; ++i) failures += !run(chapter->tests[i], ++number);
  }
  say("# failures: "), say(failures), say("\r\n");
  return failures;
}

bool told(const EFI_LOADED_IMAGE* image, const wchar_t* word) {
  const CHAR16* options = static_cast<const CHAR16*>(image->LoadOptions);
  UINTN length = image->LoadOptionsSize / sizeof(CHAR16);
  for (UINTN start = 0; start < length; ++start) {
    UINTN i = 0;
    while (word[i] != 0 && start + i < length && options[start + i] == word[i]) ++i;
    if (word[i] == 0) return true;
  }
  return false;
}

}  // namespace

bool is(EFI_STATUS got, EFI_STATUS wanted, int line) { return got == wanted || complain(line, true, got, wanted); }
bool ok(EFI_STATUS got, int line) { return is(got, EFI_SUCCESS, line); }
bool equal(UINT64 got, UINT64 wanted, int line) { return got == wanted || complain(line, true, got, wanted); }
bool that(bool condition, int line) { return condition || complain(line, false, 0, 0); }
bool skip(const char* why) {
  skipped = why;
  return true;
}

void speak_by_serial_port() { by_serial_port = true; }

void say(const char* words) {
  CHAR16 line[128];
  while (*words != 0) {
    UINTN length = 0;
    while (*words != 0 && length < 127) line[length++] = static_cast<UINT8>(*words++);
    line[length] = 0;
    put(line);
  }
}

void say(UINT64 number) {
  char digits[24];
  int at_digit = 23;
  digits[at_digit] = 0;
  do digits[--at_digit] = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  say(digits + at_digit);
}

bool same(const void* a, const void* b, UINTN size) {
  for (UINTN i = 0; i < size; ++i) {
    if (static_cast<const UINT8*>(a)[i] != static_cast<const UINT8*>(b)[i]) return false;
  }
  return true;
}

bool same(const CHAR16* a, const CHAR16* b) {
  while (*a == *b && *a != 0) ++a, ++b;
  return *a == *b;
}

VOID EFIAPI note(EFI_EVENT event, VOID* context) {
  auto* calls = static_cast<Calls*>(context);
  ++calls->count;
  calls->tpl = current_tpl();
  calls->event = event;
  calls->order = ++calls_made;
}

extern "C" EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE* table) {
  self = image, st = table, bs = table->BootServices, rt = table->RuntimeServices;
  EFI_LOADED_IMAGE* loaded = nullptr;
  bs->HandleProtocol(image, &kLoadedImageGuid, reinterpret_cast<void**>(&loaded));
  bs->SetWatchdogTimer(0, 0, 0, nullptr);
  bool runtime = told(loaded, L"runtime");
  UINTN failures = runtime ? run_all(kAfterwards) : told(loaded, L"manager") ? run_all(kByBootManager) : run_all(kBootTime);
  if (runtime || told(loaded, L"shutdown")) rt->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, nullptr);
  bs->Exit(image, failures, 0, nullptr);
  return EFI_ABORTED;  // [UEFI 2.10, 7.4.5] Exit does not come back
}

}  // namespace conformance
