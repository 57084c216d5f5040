// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/images/pe.hpp"

#include <algorithm>

#include "base/copy.hpp"
#include "base/log.hpp"

namespace efilite::core {
namespace {

std::string_view name() { return log::subject().empty() ? "an image" : log::subject(); }

// The file is shorter than its headers say.
Status truncated(const char* what, uint64_t from, uint64_t size, uint64_t end) {
  log::line("efilite: ", name(), ": PE image is truncated: ", what, " of ", log::Hex{size}, " bytes at ", log::Hex{from},
            ", the file ends at ", log::Hex{end});
  return Status::LoadError;
}

Status malformed(const char* field, uint64_t value) {
  log::line("efilite: ", name(), ": malformed PE image: ", field, " is ", log::Hex{value});
  return Status::LoadError;
}

// `offset`: of the field in the file.
Status malformed(uint64_t offset, const char* field, uint64_t value) {
  log::line("efilite: ", name(), ": malformed PE image: at ", log::Hex{offset}, ", ", field, " is ", log::Hex{value});
  return Status::LoadError;
}

Status unsupported(const char* field, uint64_t value) {
  log::line("efilite: ", name(), ": not a program for this machine: ", field, " is ", log::Hex{value});
  return Status::Unsupported;
}

bool power_of_two(uint32_t n) { return n != 0 && (n & (n - 1)) == 0; }

// `size` bytes at `offset`; what lies behind the end of the source is malformed, not a read error.
Result<> read_header(ByteSource& source, uint64_t offset, void* out, size_t size, const char* what) {
  if (offset > source.size() || size > source.size() - offset) return truncated(what, offset, size, source.size());
  return source.read(offset, MutableByteSpan(static_cast<std::byte*>(out), size));
}

Result<> check_optional_header(const pe::OptionalHeader& h, uint64_t at, uint64_t headers_end, uint64_t source_size, PePlan& plan) {
  if (h.magic != pe::kPe32PlusMagic) return unsupported("the optional header's magic", h.magic);
  if (h.subsystem < static_cast<uint16_t>(pe::Subsystem::EfiApplication) ||
      h.subsystem > static_cast<uint16_t>(pe::Subsystem::EfiRuntimeDriver)) {
    return unsupported("the subsystem", h.subsystem);
  }
  if (!power_of_two(h.section_alignment))
    return malformed(at + offsetof(pe::OptionalHeader, section_alignment), "SectionAlignment", h.section_alignment);
  if (h.size_of_image < headers_end) return malformed(at + offsetof(pe::OptionalHeader, size_of_image), "SizeOfImage", h.size_of_image);
  if (h.size_of_headers < headers_end || h.size_of_headers > source_size || h.size_of_headers > h.size_of_image) {
    return malformed(at + offsetof(pe::OptionalHeader, size_of_headers), "SizeOfHeaders", h.size_of_headers);
  }
  plan.subsystem = pe::Subsystem{h.subsystem};
  plan.nx_compat = (h.dll_characteristics & pe::kDllNxCompat) != 0;
  plan.image_base = h.image_base;
  plan.entry = h.address_of_entry_point;
  plan.size_of_image = h.size_of_image;
  plan.section_alignment = h.section_alignment;
  plan.headers_size = h.size_of_headers;

  plan.relocations = plan.resources = {};
  if (h.number_of_rva_and_sizes > pe::kResourceDirectory) plan.resources = h.directories[pe::kResourceDirectory];
  if (h.number_of_rva_and_sizes > pe::kBaseRelocationDirectory) plan.relocations = h.directories[pe::kBaseRelocationDirectory];
  const auto& r = plan.relocations;
  if (r.size != 0 && (r.virtual_address > h.size_of_image || r.size > h.size_of_image - r.virtual_address)) {
    return malformed(at + offsetof(pe::OptionalHeader, directories[pe::kBaseRelocationDirectory]), "the relocation directory",
                     r.virtual_address);
  }
  return {};
}

// Puts one section into the plan, by its RVA.
Result<> add_section(const pe::SectionHeader& h, uint64_t header_at, uint64_t headers_end, uint64_t source_size, PePlan& plan) {
  // Images whose linker left VirtualSize 0 mean the raw size. Raw data behind VirtualSize is padding: it may reach over the next section
  // (data sections of systemd's stub do) or over the end of the file, so it is never read.
  uint32_t memory_size = h.virtual_size != 0 ? h.virtual_size : h.size_of_raw_data;
  if (memory_size == 0) return {};
  uint32_t raw_size = h.pointer_to_raw_data != 0 ? std::min(h.size_of_raw_data, memory_size) : 0;

  if (h.virtual_address < headers_end || h.virtual_address > plan.size_of_image ||
      memory_size > plan.size_of_image - h.virtual_address) {
    return malformed(header_at + offsetof(pe::SectionHeader, virtual_address), "a section's VirtualAddress", h.virtual_address);
  }
  if (raw_size != 0 && (h.pointer_to_raw_data > source_size || raw_size > source_size - h.pointer_to_raw_data)) {
    return truncated("a section, by its PointerToRawData,", h.pointer_to_raw_data, raw_size, source_size);
  }

  size_t at = plan.sections.size();
  while (at > 0 && plan.sections[at - 1].rva > h.virtual_address) --at;
  bool over_previous = at > 0 && h.virtual_address - plan.sections[at - 1].rva < plan.sections[at - 1].memory_size;
  bool over_next = at < plan.sections.size() && plan.sections[at].rva - h.virtual_address < memory_size;
  if (over_previous || over_next)
    return malformed(header_at + offsetof(pe::SectionHeader, virtual_address), "the VirtualAddress of a section that overlaps another",
                     h.virtual_address);
  CHECK(plan.sections.insert(at, {h.virtual_address, memory_size, h.pointer_to_raw_data, raw_size, h.characteristics}));
  return {};
}

bool entry_is_code(const PePlan& plan) {
  return std::ranges::any_of(plan.sections, [&](const PeSection& s) {
    return s.executable() && plan.entry >= s.rva && plan.entry - s.rva < s.memory_size;
  });
}

void clear(MutableByteSpan image, uint64_t begin, uint64_t end) {
  if (begin < end) clear_bulk(image.data() + begin, static_cast<size_t>(end - begin));
}

// All that no source byte was put into: BSS, the gaps between sections, and the rest of the last page.
void clear_the_rest(const PePlan& plan, MutableByteSpan image) {
  uint64_t position = plan.headers_size;
  for (const PeSection& s : plan.sections) {
    clear(image, position, s.rva);
    position = uint64_t{s.rva} + s.raw_size;
  }
  uint64_t page_end = (uint64_t{plan.size_of_image} + kPageMask) & ~kPageMask;
  clear(image, position, std::min<uint64_t>(image.size(), page_end));
}

}  // namespace

uint64_t PePlan::alignment() const { return std::max<uint64_t>(section_alignment, kPageSize); }

bool PePlan::page_granular() const {
  return section_alignment >= kPageSize && std::ranges::all_of(sections, [](const PeSection& s) { return (s.rva & kPageMask) == 0; });
}

Result<> parse_pe(ByteSource& source, PePlan& plan) {
  pe::DosHeader dos;
  TRY(read_header(source, 0, &dos, sizeof dos, "a DOS header"));
  if (dos.magic != pe::kDosMagic) return malformed(0, "the DOS magic", dos.magic);
  pe::FileHeader file;
  TRY(read_header(source, dos.pe_offset, &file, sizeof file, "a PE header"));
  if (file.signature != pe::kPeSignature) return malformed(dos.pe_offset, "the PE signature", file.signature);
  if (file.coff.machine != pe::kMachineNative) return unsupported("the machine", file.coff.machine);
  const uint64_t coff_at = dos.pe_offset + offsetof(pe::FileHeader, coff);
  if (file.coff.number_of_sections > pe::kMaxSections)
    return malformed(coff_at + offsetof(pe::CoffHeader, number_of_sections), "NumberOfSections", file.coff.number_of_sections);

  uint64_t optional_at = uint64_t{dos.pe_offset} + sizeof file;
  uint64_t optional_size = file.coff.size_of_optional_header;
  if (optional_size < pe::kOptionalHeaderFixedSize)
    return malformed(coff_at + offsetof(pe::CoffHeader, size_of_optional_header), "SizeOfOptionalHeader", optional_size);
  pe::OptionalHeader optional = {};
  TRY(read_header(source, optional_at, &optional, std::min<size_t>(optional_size, sizeof optional), "an optional header"));
  // A count that says more directories than the header has room for would make section headers out of directories, or the reverse.
  if (optional.number_of_rva_and_sizes > (optional_size - pe::kOptionalHeaderFixedSize) / sizeof(pe::DataDirectory)) {
    return malformed(optional_at + offsetof(pe::OptionalHeader, number_of_rva_and_sizes), "NumberOfRvaAndSizes",
                     optional.number_of_rva_and_sizes);
  }

  uint64_t table_at = optional_at + optional_size;
  uint64_t headers_end = table_at + file.coff.number_of_sections * sizeof(pe::SectionHeader);
  TRY(check_optional_header(optional, optional_at, headers_end, source.size(), plan));
  plan.relocs_stripped = (file.coff.characteristics & pe::kFileRelocsStripped) != 0;
  plan.sections.clear();
  for (uint64_t at = table_at; at < headers_end; at += sizeof(pe::SectionHeader)) {
    pe::SectionHeader section;
    TRY(read_header(source, at, &section, sizeof section, "a section header"));
    TRY(add_section(section, at, headers_end, source.size(), plan));
  }
  if (!entry_is_code(plan))
    return malformed(optional_at + offsetof(pe::OptionalHeader, address_of_entry_point), "AddressOfEntryPoint", plan.entry);
  plan.headers_size = std::min(plan.headers_size, plan.sections[0].rva);  // padding of the headers may reach over the first section
  return {};
}

Result<> read_pe(const PePlan& plan, ByteSource& source, MutableByteSpan image, uint64_t& copied) {
  CHECK(image.size() >= plan.size_of_image);
  TRY(source.read(0, image.first(plan.headers_size)));
  copied += plan.headers_size;
  for (const PeSection& s : plan.sections) {
    if (s.raw_size == 0) continue;
    TRY(source.read(s.raw_offset, image.subspan(s.rva, s.raw_size)));
    copied += s.raw_size;
  }
  clear_the_rest(plan, image);
  return {};
}

std::optional<uint32_t> in_place_lead(const PePlan& plan) {
  // With the same order in the file as in memory, a section that moves down can only hit one before it that moves down too, and one that
  // moves up only one behind it that moves up too: so the former go first to last, the latter last to first.
  uint64_t raw_end = plan.headers_size;
  uint32_t largest = plan.headers_size;
  int64_t lead = 0;
  for (const PeSection& s : plan.sections) {
    if (s.raw_size == 0) continue;
    if (s.raw_offset < raw_end) return std::nullopt;
    raw_end = uint64_t{s.raw_offset} + s.raw_size;
    if (s.raw_size > largest) {
      largest = s.raw_size;
      lead = int64_t{s.rva} - s.raw_offset;
    }
  }
  return lead >= 0 ? std::optional(static_cast<uint32_t>(lead)) : std::nullopt;
}

void settle_pe(const PePlan& plan, uint32_t lead, MutableByteSpan image, uint64_t& copied) {
  CHECK(image.size() >= plan.size_of_image);
  auto move = [&](uint64_t to, uint64_t from, size_t size) {
    memmove(image.data() + to, image.data() + from, size);
    copied += size;
  };
  const auto& all = plan.sections;
  if (lead != 0) move(0, lead, plan.headers_size);
  for (const PeSection& s : all) {
    uint64_t from = uint64_t{lead} + s.raw_offset;
    if (s.raw_size != 0 && s.rva < from) move(s.rva, from, s.raw_size);
  }
  for (size_t i = all.size(); i-- > 0;) {
    uint64_t from = uint64_t{lead} + all[i].raw_offset;
    if (all[i].raw_size != 0 && all[i].rva > from) move(all[i].rva, from, all[i].raw_size);
  }
  clear_the_rest(plan, image);
}

namespace {

// What one entry of a relocation block adjusts; nullopt for padding. The relocations themselves are out of bounds, so that they say the
// same from start to end.
Result<std::optional<runtime::Fixup>> fixup_of(const PePlan& plan, uint64_t at, uint16_t type) {
  if (type == pe::kRelocationAbsolute) return std::optional<runtime::Fixup>();
  if (type != pe::kRelocationDir64 && type != pe::kRelocationHighLow) return unsupported("a relocation's type", type);
  const uint32_t size = type == pe::kRelocationDir64 ? 8 : 4;
  const auto& own = plan.relocations;
  bool hits_own = at < uint64_t{own.virtual_address} + own.size && own.virtual_address < at + size;
  if (at + size > plan.size_of_image || hits_own) return malformed("a relocation's target", at);
  return runtime::Fixup{static_cast<uint32_t>(at), size, 0};
}

// visit(fixup) for each place that holds an address of the image, in the order of the relocations.
template <typename Visit>
Result<> for_each_fixup(const PePlan& plan, ByteSpan image, Visit visit) {
  CHECK(image.size() >= plan.size_of_image);
  if (plan.relocs_stripped) return unsupported("without relocations, and not free, its ImageBase", plan.image_base);

  if (plan.relocations.size == 0) return {};  // and yet not stripped: position-independent, as Linux is
  ByteSpan table = image.subspan(plan.relocations.virtual_address, plan.relocations.size);
  for (uint64_t at = 0; auto block = read_at<pe::BaseRelocationBlock>(table, at);) {
    if (block->block_size == 0 && block->page_rva == 0) break;  // a linker's padding
    if (block->block_size < sizeof *block || block->block_size > table.size() - at) {
      return malformed("a relocation block's size", block->block_size);
    }
    for (uint64_t i = at + sizeof *block; i + 2 <= at + block->block_size; i += 2) {
      uint16_t entry = *read_at<uint16_t>(table, i);
      auto fixup = TRY(fixup_of(plan, uint64_t{block->page_rva} + (entry & 0xFFF), static_cast<uint16_t>(entry >> 12)));
      if (fixup) visit(*fixup);
    }
    at += block->block_size;
  }
  return {};
}

uint64_t value_at(ByteSpan image, const runtime::Fixup& fixup) {
  uint64_t value = 0;
  memcpy(&value, image.data() + fixup.rva, fixup.size);
  return value;
}

}  // namespace

Result<> relocate_pe(const PePlan& plan, MutableByteSpan image, uint64_t base) {
  const uint64_t delta = base - plan.image_base;
  if (delta == 0) return {};
  return for_each_fixup(plan, image, [&](const runtime::Fixup& fixup) {
    const uint64_t value = value_at(image, fixup) + delta;
    memcpy(image.data() + fixup.rva, &value, fixup.size);
  });
}

Result<uint64_t> count_fixups(const PePlan& plan, ByteSpan image) {
  uint64_t count = 0;
  TRY(for_each_fixup(plan, image, [&](const runtime::Fixup&) { ++count; }));
  return count;
}

void read_fixups(const PePlan& plan, ByteSpan image, runtime::Fixup* fixups) {
  auto read = for_each_fixup(plan, image, [&](runtime::Fixup fixup) {
    fixup.value = value_at(image, fixup);
    *fixups++ = fixup;
  });
  CHECK(read.has_value());
}

}  // namespace efilite::core
