// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/end.hpp"

#include "arch/io.hpp"
#include "arch/x86_64/interrupts.hpp"
#include "boot/firmware/console.hpp"

namespace efilite::boot {

namespace {

constinit const efi::RuntimeServices* services = nullptr;
constinit drivers::xen::Hypercalls* xen = nullptr;

}  // namespace

void set_xen_to_end_by(drivers::xen::Hypercalls& hypercalls) {
  xen = &hypercalls;
  arch::set_stop_handler([] {
    drain_console();
    xen->shutdown(SHUTDOWN_crash);
  });
}

void set_end_services(const efi::RuntimeServices& of_runtime) { services = &of_runtime; }

void reset(efi::ResetType type, Status why) {
  if (services != nullptr) services->reset_system(type, efi::encode(why), 0, nullptr);
  drain_console();
  if (xen != nullptr) xen->shutdown(type == efi::ResetType::Shutdown ? SHUTDOWN_poweroff : SHUTDOWN_reboot);
  arch::halt_forever();
}

void power_off() { reset(efi::ResetType::Shutdown, Status::Success); }

}  // namespace efilite::boot
