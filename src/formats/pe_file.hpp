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

// All but the sections, which are many.
struct PeHead {
  uint64_t header_offset;  // of "PE\0\0"
  uint64_t section_table;
  uint16_t section_count;  // not above pe::kMaxSections
  uint16_t machine;
  bool is_plus;  // PE32+
  uint16_t subsystem;
  uint16_t dll_characteristics;
  uint32_t entry;  // RVA
  // [PE, attribute certificate table] an offset in the file and a size, as they stand there; size 0: nobody has signed it.
  pe::DataDirectory certificates;

  bool nx_compat() const { return (dll_characteristics & pe::kDllNxCompat) != 0; }
  bool is_efi() const;  // whatever machine it is for
};

struct PeFile : PeHead {
  StaticVector<PeFileSection, pe::kMaxSections> sections;

  const PeFileSection* find(std::string_view name) const;
  bool is_uki() const { return find(".linux") != nullptr; }
};

bool is_pe(const Input& input);
Parsed<PeHead> parse_pe_head(const Input& input);
Parsed<PeFile> parse_pe_file(const Input& input, const PeHead& head);
Parsed<PeFile> parse_pe_file(const Input& input);
// The same as PeFile::is_uki() without all the sections; one that the file ends before is none.
bool is_uki(const Input& input, const PeHead& head);

// Entries for other machines, which a kernel of CONFIG_EFI_MIXED lists in .compat [Linux arch/x86/boot/header.S].
struct CompatEntry {
  uint16_t machine;
  uint32_t entry;  // RVA
};
Parsed<StaticVector<CompatEntry, 4>> read_compat_entries(const Input& input, const PeFile& file);

}  // namespace efilite::formats
