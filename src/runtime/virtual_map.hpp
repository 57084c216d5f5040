// SPDX-License-Identifier: BSD-2-Clause-Patent
// SetVirtualAddressMap and ConvertPointer [UEFI 2.10, 8.4].
#pragma once

#include <cstdint>

#include "runtime/state.hpp"

namespace efilite::runtime {

inline constexpr uint64_t kOptionalPointer = 1;  // EFI_OPTIONAL_PTR

// The composition calls this at ExitBootServices for each descriptor of the final memory map, in ascending order. Runtime regions must be
// given a virtual address by the OS later. OUT_OF_RESOURCES: one region too many; it will not be checked, all else works.
Status note_memory(RuntimeState& state, const efi::MemoryDescriptor& descriptor);
// And this for each VirtualAddressChange event, in the order in which they shall be notified.
[[nodiscard]] Status note_address_change(RuntimeState& state, const AddressChangeNotify& notify);
// And this for each runtime driver that is still loaded.
void note_image(RuntimeState& state, MovableImage& image);

// Does everything but patching the pointer to the state, whose new value is left in `moved`.
[[nodiscard]] Status set_virtual_address_map(RuntimeState& state, uint64_t map_size, uint64_t descriptor_size, uint32_t version,
                                             const void* map, RuntimeState*& moved);
[[nodiscard]] Status convert_pointer(const RuntimeState& state, uint64_t disposition, void** address);

}  // namespace efilite::runtime
