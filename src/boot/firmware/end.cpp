// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/end.hpp"

#include "arch/io.hpp"

namespace efilite::boot {

namespace {

constinit const efi::RuntimeServices* services = nullptr;

}  // namespace

void set_end_services(const efi::RuntimeServices& of_runtime) { services = &of_runtime; }

void reset(efi::ResetType type, Status why) {
  if (services != nullptr) services->reset_system(type, efi::encode(why), 0, nullptr);
  arch::halt_forever();
}

void power_off() { reset(efi::ResetType::Shutdown, Status::Success); }

}  // namespace efilite::boot
