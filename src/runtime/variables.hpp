// SPDX-License-Identifier: BSD-2-Clause-Patent
// The variable services on a store in memory [UEFI 2.10, 8.2]. The store lies in runtime data and holds no pointers, so it may be
// moved to virtual addresses as it is. NON_VOLATILE variables live as long as the machine; `changes` lets a persistent back end follow.
#pragma once

#include <cstddef>
#include <cstdint>

#include "abi/uefi/guids.hpp"
#include "abi/uefi/types.hpp"

namespace efilite::runtime {

// [UEFI 2.10, 8.2.4.2 and 32.3.1]
inline constexpr efi::Guid kHardwareErrorVariable = {0x414e6bdd, 0xe47b, 0x47cc, {0xb2, 0x44, 0xbb, 0x61, 0x02, 0x0c, 0xf5, 0x16}};
inline constexpr efi::Guid kImageSecurityDatabase = {0xd719b2cb, 0x3d3a, 0x4596, {0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f}};

enum class Phase : uint8_t { Boot, Runtime };  // Runtime: ExitBootServices has succeeded

struct VariableStore {
  uint64_t area_offset;  // from this object to the packed entries, so that both may move together
  uint32_t capacity;     // bytes of the area
  uint32_t lasting;      // bytes of it in memory that the OS does not get: entries are in no other, which may still become such
  uint32_t used;         // bytes of it that hold entries, packed from the start
  uint32_t max_variable;  // name with its null, plus data
  uint32_t changes;      // of NON_VOLATILE variables, since set-up
};

// Each entry: this header, the name with its null, the data; padded to 8 bytes.
struct VariableEntry {
  efi::Guid vendor;
  uint32_t attributes;
  uint32_t read_only;  // 1: only the firmware may change it
  uint32_t name_size;  // bytes
  uint32_t data_size;
};
static_assert(sizeof(VariableEntry) == 32);

// `area` is aligned to 8, lies in the same runtime region as `store`, behind it, and moves with it.
void start_variables(VariableStore& store, std::byte* area, uint32_t capacity);
// ExitBootServices: what has not become lasting memory by now is the OS's.
void keep_lasting_variables(VariableStore& store);
// How much a call of set_variable may add to what is used; 0: nothing, since it cannot succeed.
uint64_t largest_growth(const VariableStore& store, const char16_t* name, uint64_t size);

// The services themselves; parameters and statuses are those of the specification. `size` and `name_size` are in and out.
[[nodiscard]] Status get_variable(const VariableStore& store, Phase phase, const char16_t* name, const efi::Guid* vendor,
                                  uint32_t* attributes, uint64_t* size, void* data);
[[nodiscard]] Status get_next_variable_name(const VariableStore& store, Phase phase, uint64_t* name_size, char16_t* name,
                                            efi::Guid* vendor);
[[nodiscard]] Status set_variable(VariableStore& store, Phase phase, const char16_t* name, const efi::Guid* vendor, uint32_t attributes,
                                  uint64_t size, const void* data);
[[nodiscard]] Status query_variable_info(const VariableStore& store, Phase phase, uint32_t attributes, uint64_t* max_storage,
                                         uint64_t* remaining, uint64_t* max_variable);

// The firmware's own way in: no rule about names, attributes or phase holds it up; size 0 deletes. `read_only` variables refuse
// everybody else with WRITE_PROTECTED.
[[nodiscard]] Status set_firmware_variable(VariableStore& store, const char16_t* name, const efi::Guid& vendor, uint32_t attributes,
                                           uint64_t size, const void* data, bool read_only);

}  // namespace efilite::runtime
