// SPDX-License-Identifier: BSD-2-Clause-Patent
// A runtime driver that hooks GetVariable, as drivers in the field do to watch or to add to it. It uses all kinds of pointers that a move
// to virtual addresses may break, and answers with what it found.
#include "driver.h"

enum { POOL_MARK = 0x600d };

static EFI_RUNTIME_SERVICES *rt;
static EFI_GET_VARIABLE next_get_variable;
static EFI_EVENT event;
static UINTN notified, loaded_at;
static BOOLEAN statuses_right, notified_rightly;
static UINT32 *pool;
static UINT32 calls;

static int first, second;
static int *volatile untouched = &first;
static int *volatile changed = &first;
static int *volatile converted = &second;

static UINT32 twice(UINT32 x) { return 2 * x; }
static UINT32 square(UINT32 x) { return x * x; }
static UINT32 (*const volatile operations[])(UINT32) = {twice, square};
static const CHAR16 *const volatile texts[] = {L"one", L"two"};

// The compiler may call it.
void *memset(void *to, int value, UINTN size) {
  for (UINTN i = 0; i < size; ++i) ((volatile UINT8 *)to)[i] = (UINT8)value;
  return to;
}

// The address without a relocation.
static UINTN code_address(void) {
  UINTN address;
  __asm__("lea %c1(%%rip), %0" : "=r"(address) : "i"(twice));
  return address;
}

// The address by a relocation among the instructions.
static UINTN address_in_code(void) {
  UINTN address;
  __asm__("movabs %1, %0" : "=r"(address) : "i"(twice));
  return address;
}

static BOOLEAN same(const CHAR16 *a, const CHAR16 *b) {
  while (*a == *b && *a) ++a, ++b;
  return *a == *b;
}
static BOOLEAN same_vendor(const EFI_GUID *vendor) {
  static const EFI_GUID own = REPORT_VENDOR;
  for (UINTN i = 0; i < sizeof own; ++i) {
    if (((const UINT8 *)vendor)[i] != ((const UINT8 *)&own)[i]) return FALSE;
  }
  return TRUE;
}

static UINT32 found_good(void) {
  UINT32 good = 0;
  if (operations[0](21) == 42 && operations[1](12) == 144) good |= REPORT_FUNCTIONS;
  if (same(texts[0], L"one") && same(texts[1], L"two")) good |= REPORT_TEXTS;
  if (untouched == &first) good |= REPORT_POINTER;
  if (changed == &second) good |= REPORT_CHANGED;
  if (converted == &second) good |= REPORT_CONVERTED;
  if (*pool == POOL_MARK) good |= REPORT_POOL;
  if (address_in_code() == code_address()) good |= REPORT_CODE;
  if (notified == 1 && notified_rightly) good |= REPORT_NOTIFIED;
  if (statuses_right) good |= REPORT_STATUSES;
  if (code_address() != loaded_at) good |= REPORT_MOVED;
  return good;
}

static EFI_STATUS EFIAPI get_variable(CHAR16 *name, EFI_GUID *vendor, UINT32 *attributes, UINTN *size, VOID *data) {
  ++calls;
  if (!name || !vendor || !size || !same(name, REPORT_NAME) || !same_vendor(vendor)) {
    return next_get_variable(name, vendor, attributes, size, data);
  }
  UINTN room = *size;
  *size = sizeof(Report);
  if (attributes) *attributes = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS;
  if (room < sizeof(Report)) return EFI_BUFFER_TOO_SMALL;
  Report *report = data;
  report->good = found_good();
  report->calls = calls;
  report->time_status = rt->GetTime(&report->time, NULL);
  return EFI_SUCCESS;
}

static BOOLEAN converts(void *pointer_to_pointer) { return rt->ConvertPointer(0, (VOID **)pointer_to_pointer) == EFI_SUCCESS; }

static VOID EFIAPI on_address_change(EFI_EVENT signaled, VOID *context) {
  VOID *null = NULL, *stray = (VOID *)0xffff8000dead0000;
  ++notified;
  notified_rightly = signaled == event && context == &first;
  statuses_right = rt->ConvertPointer(0, NULL) == EFI_INVALID_PARAMETER && rt->ConvertPointer(0, &null) == EFI_INVALID_PARAMETER &&
                   rt->ConvertPointer(EFI_OPTIONAL_PTR, &null) == EFI_SUCCESS && null == NULL &&
                   rt->ConvertPointer(0, &stray) == EFI_NOT_FOUND && stray == (VOID *)0xffff8000dead0000 &&
                   rt->ConvertPointer(EFI_OPTIONAL_PTR, &stray) == EFI_NOT_FOUND;
  statuses_right &= converts((void *)&changed) & converts((void *)&converted) & converts(&pool) & converts(&next_get_variable);
  statuses_right &= converts(&rt);  // the last, for rt is used above
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *st) {
  (void)image;
  EFI_BOOT_SERVICES *bs = st->BootServices;
  EFI_GUID vendor = REPORT_VENDOR;
  UINT32 nothing = 0;
  rt = st->RuntimeServices;
  loaded_at = code_address();
  EFI_STATUS status = bs->AllocatePool(EfiRuntimeServicesData, sizeof *pool, (VOID **)&pool);
  if (EFI_ERROR(status)) return status;
  *pool = POOL_MARK;
  changed = &second;
  status = bs->CreateEvent(EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_NOTIFY, (EFI_EVENT_NOTIFY)on_address_change, &first, &event);
  if (EFI_ERROR(status)) return status;
  // So that GetNextVariableName tells it.
  status = rt->SetVariable(REPORT_NAME, &vendor, 7, sizeof nothing, &nothing);
  if (EFI_ERROR(status)) return status;
  next_get_variable = rt->GetVariable;
  rt->GetVariable = (EFI_GET_VARIABLE)get_variable;
  rt->Hdr.CRC32 = 0;
  return bs->CalculateCrc32(rt, rt->Hdr.HeaderSize, &rt->Hdr.CRC32);
}
