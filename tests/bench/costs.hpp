// SPDX-License-Identifier: BSD-2-Clause-Patent
// What the bench's programs have in common that tell what a service costs among few of its kind and among many.
#pragma once

#include <efi.h>

#include "line.hpp"

namespace bench {

inline const char* program = "";  // leads each line
inline EFI_SYSTEM_TABLE* st;

[[noreturn]] inline void end_machine() {
  out8(kExitPort, 0);  // first: not every firmware has a ResetSystem that comes to its end
  st->RuntimeServices->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, nullptr);
  for (;;) asm volatile("cli; hlt");
}

[[noreturn]] inline void fail(const char* what, EFI_STATUS status) {
  (Line(program) << ": failed: " << what << " " << Hex{status}).print();
  end_machine();
}
inline void check(const char* what, EFI_STATUS status) {
  if (EFI_ERROR(status)) fail(what, status);
}

constexpr UINTN kStride = 7919;  // a prime, so that a sample jumps about

// The mean of one operation, whose argument is a number below `count`: each time another one.
template <typename Operation>
void measure(UINTN count, const char* name, Operation operation, UINTN times, UINTN returned = 1) {
  const UINT64 before = read_tsc();
  for (UINTN i = 0; i < times; ++i) operation(i * kStride % count);
  const UINT64 ticks = read_tsc() - before;
  (Line(program) << ": at " << count << " " << name << " " << ticks / times / returned).print();
}

}  // namespace bench
