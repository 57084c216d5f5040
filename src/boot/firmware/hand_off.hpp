// SPDX-License-Identifier: BSD-2-Clause-Patent
// Kernels that are not started by EFI's entry: what each way in wants in its place. src/boot/handoff has what can be tested without a
// machine.
#pragma once

#include "boot/firmware/start.hpp"

namespace efilite::boot {

// By payload.entry. What is wrong is told in one line, and the machine is powered off.
[[noreturn]] void hand_off(const Machine& machine);

// Linux by boot_params.
[[noreturn]] void start_linux(const Machine& machine);
// A kernel as the program that it is by its EFI handover entry.
efi::Handle load_handover(const Machine& machine, efi::Handle device, const efi::DevicePath* path);

// The final memory map, and boot services are over: there is no allocating any more, no console and no log. The bytes lie in pages of their
// own of loader data.
struct FinalMap {
  MutableByteSpan descriptors;  // core::MemoryMap::kDescriptorSize apart
  static constexpr uint32_t kVersion = 1;  // EFI_MEMORY_DESCRIPTOR_VERSION [UEFI 2.10, 7.2.3]
};
FinalMap leave_boot_services(const Machine& machine);

// What the configuration tables have for ACPI's root pointer; 0: nothing.
PhysAddr published_rsdp(const Machine& machine);

}  // namespace efilite::boot
