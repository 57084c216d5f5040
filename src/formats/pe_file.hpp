// SPDX-License-Identifier: BSD-2-Clause-Patent
// What a PE image says of itself, for any machine: core/images has the loader's own, stricter view of those it can start.
#pragma once

#include "abi/pe.hpp"
#include "base/static_vector.hpp"
#include "formats/input.hpp"

namespace efilite::formats {

struct PeFileSection {
  char name[9];  // NUL-terminated
  uint32_t rva;
  uint32_t characteristics;
  uint64_t offset;
  uint64_t size;  // bytes that are in the file and that memory has room for; inside the file

  std::string_view view() const { return name; }
};

struct PeFile {
  uint64_t header_offset;  // of "PE\0\0"
  uint16_t machine;
  bool is_plus;  // PE32+
  uint16_t subsystem;
  uint16_t dll_characteristics;
  uint32_t entry;  // RVA
  // [PE, attribute certificate table] an offset in the file and a size, as they stand there; size 0: nobody has signed it.
  pe::DataDirectory certificates;
  StaticVector<PeFileSection, pe::kMaxSections> sections;

  const PeFileSection* find(std::string_view name) const;
  bool is_uki() const { return find(".linux") != nullptr; }
  bool nx_compat() const { return (dll_characteristics & pe::kDllNxCompat) != 0; }
};

bool is_pe(const Input& input);
Parsed<PeFile> parse_pe_file(const Input& input);

// Entries for other machines, which a kernel of CONFIG_EFI_MIXED lists in .compat [Linux arch/x86/boot/header.S].
struct CompatEntry {
  uint16_t machine;
  uint32_t entry;  // RVA
};
Parsed<StaticVector<CompatEntry, 4>> read_compat_entries(const Input& input, const PeFile& file);

}  // namespace efilite::formats
