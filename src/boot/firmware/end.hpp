// SPDX-License-Identifier: BSD-2-Clause-Patent
// The ends that efilite itself puts to the machine.
#pragma once

#include "abi/uefi/tables.hpp"
#include "base/log.hpp"
#include "boot/firmware/boot_log.hpp"

namespace efilite::boot {

// Until then the machine can only be stopped.
void set_end_services(const efi::RuntimeServices& services);

[[noreturn]] void reset(efi::ResetType type, Status why);
[[noreturn]] void power_off();

// For what a boot cannot go on without.
template <typename T>
T must(Result<T> result, const char* what) {
  if (!result) {
    FailureLog urgent;
    log::line("efilite: ", what, ": ", result.status());
    power_off();
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace efilite::boot
