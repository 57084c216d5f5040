// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "formats/pe_file.hpp"

#include <algorithm>
#include <cstring>

namespace efilite::formats {

namespace {

constexpr char kUkiSection[] = ".linux";

Parsed<> read_sections(const Input& input, PeFile& file) {
  for (uint16_t i = 0; i < file.section_count; ++i) {
    const uint64_t at = file.section_table + uint64_t{i} * sizeof(pe::SectionHeader);
    const auto header = TRY(input.get<pe::SectionHeader>(at, "a section header"));
    const uint32_t memory_size = header.virtual_size != 0 ? header.virtual_size : header.size_of_raw_data;
    // A section without initialized data has no place in the file, whatever size it says that it has there.
    const uint64_t size = header.pointer_to_raw_data != 0 ? std::min(header.size_of_raw_data, memory_size) : 0;
    if (size != 0 && !input.holds(header.pointer_to_raw_data, size))
      return Problem{at + offsetof(pe::SectionHeader, pointer_to_raw_data), "PointerToRawData",
                     "the section reaches behind the end of the file", header.pointer_to_raw_data};
    PeFileSection section{{}, header.virtual_address, header.characteristics, header.pointer_to_raw_data, size};
    std::copy_n(header.name, sizeof header.name, section.name);
    (void)file.sections.push_back(section);
  }
  return {};
}

// Where there is such a directory at all.
pe::DataDirectory read_certificates(const Input& input, uint64_t optional, bool is_plus) {
  const uint64_t fixed = is_plus ? pe::kOptionalHeaderFixedSize : pe::kPe32FixedSize;
  const auto count = input.peek<uint32_t>(optional + fixed - sizeof(uint32_t));
  if (count.value_or(0) <= pe::kCertificateDirectory) return {};
  const uint64_t at = optional + fixed + pe::kCertificateDirectory * sizeof(pe::DataDirectory);
  return input.peek<pe::DataDirectory>(at).value_or(pe::DataDirectory{});
}

struct RawCompatEntry {
  static constexpr uint8_t kType = 1;
  uint8_t type;  // 0 ends the list
  uint8_t size;
  uint16_t machine;
  uint32_t entry;
};
static_assert(sizeof(RawCompatEntry) == 8);

}  // namespace

bool PeHead::is_efi() const {
  return subsystem >= static_cast<uint16_t>(pe::Subsystem::EfiApplication) &&
         subsystem <= static_cast<uint16_t>(pe::Subsystem::EfiRuntimeDriver);
}

const PeFileSection* PeFile::find(std::string_view name) const {
  for (const PeFileSection& section : sections)
    if (section.view() == name) return &section;
  return nullptr;
}

bool is_pe(const Input& input) {
  const auto dos = input.peek<pe::DosHeader>(0);
  return dos && dos->magic == pe::kDosMagic && input.peek<uint32_t>(dos->pe_offset) == pe::kPeSignature;
}

Parsed<PeHead> parse_pe_head(const Input& input) {
  const auto dos = TRY(input.get<pe::DosHeader>(0, "the MS-DOS header"));
  if (dos.magic != pe::kDosMagic) return Problem{0, "e_magic", "is not MZ", dos.magic};
  const auto header = TRY(input.get<pe::FileHeader>(dos.pe_offset, "the PE header"));
  if (header.signature != pe::kPeSignature) return Problem{dos.pe_offset, "Signature", "is not PE", header.signature};
  const uint64_t optional = uint64_t{dos.pe_offset} + sizeof(pe::FileHeader);
  const auto magic = TRY(input.get<uint16_t>(optional, "Magic"));
  if (magic != pe::kPe32Magic && magic != pe::kPe32PlusMagic) return Problem{optional, "Magic", "is neither PE32 nor PE32+", magic};
  PeHead head{};
  head.header_offset = dos.pe_offset;
  head.section_table = optional + header.coff.size_of_optional_header;
  head.section_count = header.coff.number_of_sections;
  head.machine = header.coff.machine;
  head.is_plus = magic == pe::kPe32PlusMagic;
  // The two differ in front of these fields by nothing.
  head.entry = TRY(input.get<uint32_t>(optional + offsetof(pe::OptionalHeader, address_of_entry_point), "AddressOfEntryPoint"));
  head.subsystem = TRY(input.get<uint16_t>(optional + offsetof(pe::OptionalHeader, subsystem), "Subsystem"));
  head.dll_characteristics = TRY(input.get<uint16_t>(optional + offsetof(pe::OptionalHeader, dll_characteristics), "DllCharacteristics"));
  head.certificates = read_certificates(input, optional, head.is_plus);
  if (head.section_count > pe::kMaxSections) return Problem{head.header_offset, "NumberOfSections", "is above 96", head.section_count};
  return head;
}

Parsed<PeFile> parse_pe_file(const Input& input, const PeHead& head) {
  PeFile file{head, {}};
  TRY(read_sections(input, file));
  return file;
}

Parsed<PeFile> parse_pe_file(const Input& input) { return parse_pe_file(input, TRY(parse_pe_head(input))); }

bool is_uki(const Input& input, const PeHead& head) {
  for (uint16_t i = 0; i < head.section_count; ++i) {
    const auto header = input.peek<pe::SectionHeader>(head.section_table + uint64_t{i} * sizeof(pe::SectionHeader));
    if (!header) return false;
    if (memcmp(header->name, kUkiSection, sizeof kUkiSection) == 0) return true;
  }
  return false;
}

Parsed<StaticVector<CompatEntry, 4>> read_compat_entries(const Input& input, const PeFile& file) {
  StaticVector<CompatEntry, 4> entries;
  const PeFileSection* section = file.find(".compat");
  const uint64_t size = section != nullptr ? section->size : 0;
  for (uint64_t at = 0; size - at >= sizeof(RawCompatEntry);) {
    const auto entry = TRY(input.get<RawCompatEntry>(section->offset + at, ".compat"));
    if (entry.type == 0) break;
    if (entry.size < sizeof entry || entry.size > size - at)
      return Problem{section->offset + at + offsetof(RawCompatEntry, size), ".compat", "an entry's size cannot be", entry.size};
    if (entry.type == RawCompatEntry::kType && !entries.push_back({entry.machine, entry.entry})) break;
    at += entry.size;
  }
  return entries;
}

}  // namespace efilite::formats
