// SPDX-License-Identifier: BSD-2-Clause-Patent
// From the hypervisor's command line to efilite's options and the payload's LoadOptions.
#pragma once

#include "boot/boot_info.hpp"
#include "boot/options.hpp"
#include "boot/payload.hpp"
#include "core/images/images.hpp"

namespace efilite::boot {

// Takes the efilite.* words out of what was told; info.command_line() is what is left, the payload's.
Options take_firmware_options(BootInfo& info);

// Gives `image` its LoadOptions: the payload's own command line file where there is one, else what is left of info's.
Result<> set_payload_options(const BootInfo& info, const Payload& payload, core::Heap& heap, core::Images& images, efi::Handle image);

}  // namespace efilite::boot
