// SPDX-License-Identifier: BSD-2-Clause-Patent
// CHECK is for our own bugs only: input from a guest, disk, host or user always gets a Result and a message.
#pragma once

namespace efilite {

// Prints where and what, and stops the machine (firmware) or aborts (host). Defined by the build's arch room.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace efilite

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::efilite::check_failed(#condition, __FILE_NAME__, __LINE__))
