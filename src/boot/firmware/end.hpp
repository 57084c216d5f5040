// SPDX-License-Identifier: BSD-2-Clause-Patent
// The ends that efilite itself puts to the machine.
#pragma once

#include "abi/uefi/tables.hpp"
#include "base/log.hpp"
#include "boot/firmware/boot_log.hpp"
#include "drivers/xen/hypercalls.hpp"

namespace efilite::boot {

// A guest of Xen's ends by it, also when a CHECK or an exception has been reported: then as one that has crashed.
void set_xen_to_end_by(drivers::xen::Hypercalls& xen);
// Until then the machine can only be stopped, where it is not Xen's.
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
