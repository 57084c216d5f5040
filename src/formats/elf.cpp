// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "formats/elf.hpp"

#include <xen/elfnote.h>

#include <algorithm>
#include <array>

#include "abi/elf.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

namespace efilite::formats {

namespace {

static_assert(XenNotes::kCount == XEN_ELFNOTE_MAX + 1);

constexpr uint16_t kExtendedCount = 0xFFFF;  // the number stands elsewhere: no kernel has so many
constexpr uint64_t kNoteAlignment = 4;

// Cannot overflow: sizes have 32 bits.
constexpr uint64_t padded(uint64_t size) { return align_down(size + kNoteAlignment - 1, kNoteAlignment); }

template <typename Raw>
Parsed<ElfSegment> check_segment(const Input& input, uint64_t at, const Raw& raw) {
  if (raw.file_size > raw.memory_size) return Problem{at, "p_filesz", "is larger than p_memsz", raw.file_size};
  if (!input.holds(raw.offset, raw.file_size)) return Problem{at, "p_offset", "the segment reaches behind the end of the file", raw.offset};
  if (!checked_add(uint64_t{raw.physical_address}, uint64_t{raw.memory_size}))
    return Problem{at, "p_paddr", "wraps around with p_memsz", raw.physical_address};
  return ElfSegment{raw.offset, raw.file_size, raw.memory_size, raw.virtual_address, raw.physical_address,
                    (raw.flags & elf::kExecutable) != 0, (raw.flags & elf::kWritable) != 0};
}

Parsed<> add_notes(const Input& input, ElfFile& file, uint64_t at, const char* field, uint64_t offset, uint64_t size) {
  if (!input.holds(offset, size)) return Problem{at, field, "the notes reach behind the end of the file", offset};
  if (size != 0 && !file.note_tables.push_back({offset, size})) return Problem{at, field, "there are more than 8 tables of notes"};
  return {};
}

template <typename Raw>
Parsed<> read_segments(const Input& input, ElfFile& file, uint64_t table, uint16_t count) {
  for (uint16_t i = 0; i < count; ++i) {
    const uint64_t at = table + uint64_t{i} * sizeof(Raw);
    const Raw raw = TRY(input.get<Raw>(at, "a program header"));
    if (raw.type == elf::kNote) TRY(add_notes(input, file, at, "p_offset", raw.offset, raw.file_size));
    if (raw.type != elf::kLoad || raw.memory_size == 0) continue;
    const ElfSegment segment = TRY(check_segment(input, at, raw));
    if (!file.segments.push_back(segment)) return Problem{at, "e_phnum", "there are more than 32 segments to load", count};
  }
  return {};
}

template <typename Raw>
Parsed<> read_note_sections(const Input& input, ElfFile& file, uint64_t table, uint16_t count) {
  for (uint16_t i = 0; i < count; ++i) {
    const uint64_t at = table + uint64_t{i} * sizeof(Raw);
    const Raw raw = TRY(input.get<Raw>(at, "a section header"));
    if (raw.type == elf::kSectionNote) TRY(add_notes(input, file, at, "sh_offset", raw.offset, raw.size));
  }
  return {};
}

template <typename Header, typename Segment, typename Section>
Parsed<ElfFile> parse_class(const Input& input, bool is_64_bit) {
  const auto header = TRY(input.get<Header>(0, "the ELF header"));
  if (header.machine != elf::kMachine386 && header.machine != elf::kMachineX86_64)
    return Problem{offsetof(Header, machine), "e_machine", "is not x86", header.machine};
  if (header.type != elf::kTypeExecutable && header.type != elf::kTypeShared)
    return Problem{offsetof(Header, type), "e_type", "is no program", header.type};
  if (header.program_header_count != 0 && header.program_header_size != sizeof(Segment))
    return Problem{offsetof(Header, program_header_size), "e_phentsize", "is not that of its class", header.program_header_size};
  if (header.program_header_count == kExtendedCount)
    return Problem{offsetof(Header, program_header_count), "e_phnum", "counts more program headers than any kernel has", kExtendedCount};
  ElfFile file{};
  file.is_64_bit = is_64_bit;
  file.position_independent = header.type == elf::kTypeShared;
  file.machine = header.machine;
  file.entry = header.entry;
  TRY((read_segments<Segment>(input, file, header.program_headers, header.program_header_count)));
  if (file.segments.empty()) return Problem{offsetof(Header, program_header_count), "e_phnum", "there is no segment to load"};
  // Linkers that do not know of PT_NOTE leave notes in sections alone, and Xen looks there, too.
  const bool sections = header.section_headers != 0 && header.section_header_size == sizeof(Section);
  if (file.note_tables.empty() && sections)
    TRY((read_note_sections<Section>(input, file, header.section_headers, header.section_header_count)));
  return file;
}

class XenNoteReader final : public NoteVisitor {
 public:
  XenNoteReader(const Input& input, XenNotes& notes) : input_(input), notes_(notes) {}
  void note(std::string_view name, uint32_t type, uint64_t descriptor, uint32_t size) override {
    if (name != "Xen" || type >= XenNotes::kCount) return;
    notes_.present |= 1u << type;
    notes_.places[type] = {descriptor, size};
    if (size == sizeof(uint64_t)) notes_.numbers[type] = input_.peek<uint64_t>(descriptor).value_or(0);
    if (size == sizeof(uint32_t)) notes_.numbers[type] = input_.peek<uint32_t>(descriptor).value_or(0);
  }

 private:
  const Input& input_;
  XenNotes& notes_;
};

}  // namespace

const ElfSegment* ElfFile::at_physical(uint64_t address, uint64_t bytes) const {
  for (const ElfSegment& segment : segments) {
    if (address < segment.physical_address) continue;
    const uint64_t into = address - segment.physical_address;
    if (into <= segment.file_size && bytes <= segment.file_size - into) return &segment;
  }
  return nullptr;
}

bool is_elf(const Input& input) { return input.peek<uint32_t>(0) == elf::kMagic; }

Parsed<ElfFile> parse_elf(const Input& input) {
  const auto id = TRY(input.get<elf::Identification>(0, "e_ident"));
  if (id.magic != elf::kMagic) return Problem{0, "e_ident", "is not that of an ELF file", id.magic};
  if (id.data != elf::kLittleEndian) return Problem{offsetof(elf::Identification, data), "EI_DATA", "is not little-endian", id.data};
  switch (id.file_class) {
    case elf::kClass32: return parse_class<elf::Header32, elf::ProgramHeader32, elf::SectionHeader32>(input, false);
    case elf::kClass64: return parse_class<elf::Header64, elf::ProgramHeader64, elf::SectionHeader64>(input, true);
    default: return Problem{offsetof(elf::Identification, file_class), "EI_CLASS", "is neither 32 nor 64 bits", id.file_class};
  }
}

Parsed<> for_each_note(const Input& input, const ElfFile& file, NoteVisitor& visitor) {
  for (const ElfFile::NoteTable& table : file.note_tables) {
    const uint64_t end = table.offset + table.size;
    for (uint64_t at = table.offset; end - at >= sizeof(elf::NoteHeader);) {
      const auto header = TRY(input.get<elf::NoteHeader>(at, "a note"));
      const uint64_t name = at + sizeof header;
      const uint64_t descriptor = name + padded(header.name_size);
      const uint64_t next = descriptor + padded(header.descriptor_size);
      // The last one's padding may be missing.
      if (descriptor + header.descriptor_size > end)
        return Problem{at, "n_descsz", "the note reaches behind its table", header.descriptor_size};
      std::array<char, 8> text{};
      const size_t length = std::min<size_t>(header.name_size, text.size());
      TRY(input.read(name, std::as_writable_bytes(std::span(text).first(length)), "n_name"));
      const bool ended = length != 0 && text[length - 1] == '\0';
      visitor.note({text.data(), ended ? length - 1 : length}, header.type, descriptor, header.descriptor_size);
      if (next >= end) break;
      at = next;
    }
  }
  return {};
}

Parsed<XenNotes> read_xen_notes(const Input& input, const ElfFile& file) {
  XenNotes notes{};
  XenNoteReader reader(input, notes);
  TRY(for_each_note(input, file, reader));
  return notes;
}

const char* name_of_xen_note(uint32_t type) {
  constexpr const char* kNames[XenNotes::kCount] = {
      "INFO",          "ENTRY",      "HYPERCALL_PAGE", "VIRT_BASE",    "PADDR_OFFSET", "XEN_VERSION",    "GUEST_OS",
      "GUEST_VERSION", "LOADER",     "PAE_MODE",       "FEATURES",     "BSD_SYMTAB",   "HV_START_LOW",   "L1_MFN_VALID",
      "SUSPEND_CANCEL", "INIT_P2M",  "MOD_START_PFN",  "SUPPORTED_FEATURES", "PHYS32_ENTRY"};
  return kNames[type];
}

Parsed<std::optional<uint32_t>> pvh_entry(const ElfFile& file, const XenNotes& notes) {
  constexpr uint32_t kType = XEN_ELFNOTE_PHYS32_ENTRY;
  if (!notes.has(kType)) return std::optional<uint32_t>();
  const auto [offset, size] = notes.places[kType];
  const uint64_t entry = notes.numbers[kType];
  if (size != sizeof(uint32_t) && size != sizeof(uint64_t))
    return Problem{offset, "XEN_ELFNOTE_PHYS32_ENTRY", "has neither 4 nor 8 bytes", size};
  if (entry > UINT32_MAX) return Problem{offset, "XEN_ELFNOTE_PHYS32_ENTRY", "lies above 4 GiB", entry};
  const ElfSegment* segment = file.at_physical(entry, 1);
  if (segment == nullptr) return Problem{offset, "XEN_ELFNOTE_PHYS32_ENTRY", "lies in no segment of the file", entry};
  return std::optional(static_cast<uint32_t>(entry));
}

}  // namespace efilite::formats
