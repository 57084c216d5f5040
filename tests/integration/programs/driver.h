// SPDX-License-Identifier: BSD-2-Clause-Patent
// What runtime_driver.c tells about itself: GetVariable's answer for a name of its own.
#include <efi.h>

#define REPORT_NAME L"DriverReport"
#define REPORT_VENDOR {0x6d1a5c0e, 0x4f0b, 0x4a5e, {0x9b, 0x6b, 0x72, 0x74, 0x64, 0x72, 0x76, 0x21}}

enum {
  REPORT_FUNCTIONS = 1,    // calls through a table of functions arrive
  REPORT_TEXTS = 2,        // a table of pointers to constants leads to them
  REPORT_POINTER = 4,      // a pointer that was never touched points to what it shall
  REPORT_CHANGED = 8,      // so does one that the driver changed, and converted itself
  REPORT_CONVERTED = 16,   // and one that it did not change, but converted itself: it must not be moved twice
  REPORT_POOL = 32,        // runtime pool that it allocated is there
  REPORT_CODE = 64,        // an address inside the code itself is right: the loader has to write into read-only pages
  REPORT_AT_BOOT = 127,    // all of the above
  REPORT_NOTIFIED = 128,   // the notification came once, with its event and its context
  REPORT_STATUSES = 256,   // ConvertPointer said in it what the specification says
  REPORT_MOVED = 512,      // the code runs elsewhere than where it was loaded
  REPORT_ALL = 1023
};

typedef struct {
  UINT32 good;
  UINT32 calls;  // of GetVariable
  EFI_TIME time; // as GetTime tells it to the driver, which Linux on this machine never asks itself
  UINT64 time_status;
} Report;
