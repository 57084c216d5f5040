// SPDX-License-Identifier: BSD-2-Clause-Patent
// BootInfo: everything that an entry learned from whoever started us. Nothing behind it asks which entry that was.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string_view>

#include "abi/uefi/types.hpp"
#include "base/static_vector.hpp"
#include "base/units.hpp"

namespace efilite::boot {

// What was wrong with what we were given, for one line on the console: which field, its value, and what to do about it.
struct BootError {
  const char* field;
  uint64_t value;
  const char* advice;
};
void print_boot_error(const BootError& error);

class [[nodiscard]] BootResult : public std::expected<void, BootError> {
 public:
  using std::expected<void, BootError>::expected;
  constexpr BootResult(BootError failure) : std::expected<void, BootError>(std::unexpected(failure)) {}
};

// Address range types [ACPI 6.5, 15.3 table 15.4]; 0xEFFFFFFF is a convention that Linux shares.
enum class E820Type : uint32_t {
  Ram = 1,
  Reserved = 2,
  Acpi = 3,
  Nvs = 4,
  Unusable = 5,
  Disabled = 6,
  Persistent = 7,
  SoftReserved = 0xEFFFFFFF,
};
E820Type decode_e820_type(uint32_t raw);  // 12, the older number for persistent memory, is that; what we do not know is reserved

// What a program sees in EFI's memory map for such a range [UEFI 2.10, 7.2.3].
struct EfiMemoryKind {
  efi::MemoryType type;
  uint64_t attributes;
};
EfiMemoryKind efi_type(E820Type type);

struct MemoryRegion {
  PhysRange range;
  E820Type type;
  constexpr bool operator==(const MemoryRegion&) const = default;
};
inline constexpr size_t kMaxRegions = 128;
using MemoryRegions = StaticVector<MemoryRegion, kMaxRegions>;

// x86-64 has at most 52 bits of physical address [Intel SDM 3A, 4.1.4]: whatever claims to lie above is a mistake.
inline constexpr uint64_t kPhysicalLimit = uint64_t{1} << 52;

// Checks one range as it was given and adds it. Empty ranges are left out; wrap-around, beyond 2^52 and one too many are failures.
BootResult add_region(MemoryRegions& regions, uint64_t address, uint64_t size, uint32_t raw_type);

// Makes the map canonical: sorted, page-aligned, free of overlaps, adjacent ranges of one type merged. Where ranges overlap the stricter
// type wins: unusable > disabled > reserved > NVS > ACPI > persistent > soft reserved > RAM. A page that is only partly RAM, soft reserved
// or persistent is left out; one that holds a byte of anything stricter becomes that.
BootResult normalise(MemoryRegions& regions);

struct Module {
  PhysRange range;
  PhysAddr command_line;  // as given, unread; 0: none
};

struct BootInfo {
  MemoryRegions memory;  // canonical once the entry has finished
  StaticVector<Module, 16> modules;
  std::array<char, 4096> command_line_text{};  // NUL-terminated
  uint32_t command_line_length = 0;
  bool command_line_truncated = false;
  PhysAddr rsdp{};  // 0: not told
  PhysAddr start_info{};
  const char* source = nullptr;  // which entry told all this; all zero until then, so that the object takes no room in the file

  std::string_view command_line() const { return {command_line_text.data(), command_line_length}; }
};

}  // namespace efilite::boot
