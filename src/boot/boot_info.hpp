// SPDX-License-Identifier: BSD-2-Clause-Patent
// BootInfo: everything that an entry learned from whoever started us. Nothing behind it asks which entry that was.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

#include "abi/pvh_guest.hpp"
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

// Whole pages that one reserved region above 1 MiB holds are RAM after all; the others of a region keep their type. Whether there was one.
bool make_ram(MemoryRegions& regions, PhysRange pages);

struct Module {
  PhysRange range;
  PhysAddr command_line;    // where it was told to lie; 0: none
  uint32_t text_begin = 0;  // in Told::module_text
  uint32_t text_length = 0;
  bool text_truncated = false;   // there was no room for all of it
  bool text_unreadable = false;  // no text lies where it was told to
};

// What the hypervisor told, in its own words, for programs that ask for it (pvh_guest_table.hpp). It is not to be had later: where it lay
// is free memory as soon as there is a memory map.
struct Told {
  efilite_pvh_start_info start_info{};
  uint32_t start_info_length = 0;  // how much of it: that of version 0 ends before the memory map
  StaticVector<efilite_pvh_memory, kMaxRegions> memory;  // less those of size 0
  uint32_t empty_regions = 0;
  uint8_t memory_source = 0;  // EFILITE_PVH_MEMORY_FROM_*
  std::array<char, 4096> module_text{};  // the modules' command lines, one behind the other
  uint32_t module_text_length = 0;

  std::string_view text_of(const Module& module) const { return {module_text.data() + module.text_begin, module.text_length}; }
  std::span<char> module_room() { return std::span(module_text).subspan(module_text_length); }
};

struct BootInfo {
  MemoryRegions memory;  // canonical once the entry has finished
  StaticVector<Module, 16> modules;
  std::array<char, 4096> command_line_text{};  // NUL-terminated
  uint32_t command_line_length = 0;
  bool command_line_truncated = false;
  std::array<char, 4096> program_text{};
  uint32_t program_text_length = 0;
  PhysAddr rsdp{};  // 0: not told
  PhysAddr start_info{};
  const char* source = nullptr;  // which entry told all this; all zero until then, so that the object takes no room in the file
  Told told{};

  std::string_view told_command_line() const { return {command_line_text.data(), command_line_length}; }
  // Less efilite's own options, once they have been taken out: what is for the program.
  std::string_view command_line() const { return {program_text.data(), program_text_length}; }
};

// add_region() for a range that the hypervisor told: kept in its own words as well.
BootResult add_told_region(BootInfo& info, uint64_t address, uint64_t size, uint32_t raw_type);

}  // namespace efilite::boot
