// SPDX-License-Identifier: BSD-2-Clause-Patent
// ELF files of x86 as a boot loader reads them: where they are loaded, where they start, and the notes that say so for Xen and PVH.
#pragma once

#include "base/static_vector.hpp"
#include "formats/input.hpp"

namespace efilite::formats {

struct ElfSegment {
  uint64_t offset;
  uint64_t file_size;  // not above memory_size; inside the file
  uint64_t memory_size;
  uint64_t virtual_address;
  uint64_t physical_address;  // does not wrap around with memory_size
  bool executable;
  bool writable;
};

struct ElfFile {
  static constexpr size_t kMaxSegments = 32;
  static constexpr size_t kMaxNoteTables = 8;
  struct NoteTable {
    uint64_t offset;
    uint64_t size;  // inside the file
  };

  bool is_64_bit;
  bool position_independent;
  uint16_t machine;
  uint64_t entry;  // virtual, as in the header
  StaticVector<ElfSegment, kMaxSegments> segments;       // those to be loaded, empty ones left out
  StaticVector<NoteTable, kMaxNoteTables> note_tables;   // of PT_NOTE; of sections where there is no PT_NOTE

  // The segment whose `bytes` bytes at a physical address are from the file; nullptr when none has them.
  const ElfSegment* at_physical(uint64_t address, uint64_t bytes) const;
};

bool is_elf(const Input& input);
Parsed<ElfFile> parse_elf(const Input& input);

class NoteVisitor {
 public:
  // `descriptor` says where in the file.
  virtual void note(std::string_view name, uint32_t type, uint64_t descriptor, uint32_t size) = 0;

 protected:
  ~NoteVisitor() = default;
};
// Stops at the first that is malformed.
Parsed<> for_each_note(const Input& input, const ElfFile& file, NoteVisitor& visitor);

// What Xen's notes say [Xen public/elfnote.h]. A number may have 4 or 8 bytes.
struct XenNotes {
  static constexpr uint32_t kCount = 19;
  struct Place {
    uint64_t offset = 0;
    uint32_t size = 0;
  };
  Place places[kCount];      // by type
  uint32_t present = 0;      // a bit for each type
  uint64_t numbers[kCount];  // of those with 4 or 8 bytes

  bool has(uint32_t type) const { return (present >> type & 1) != 0; }
};
Parsed<XenNotes> read_xen_notes(const Input& input, const ElfFile& file);
// "PHYS32_ENTRY"; type < XenNotes::kCount.
const char* name_of_xen_note(uint32_t type);

// The PVH entry, a physical address [Xen docs/misc/pvh.pandoc]; nullopt: there is none. A problem when it lies in no segment that is loaded
// from the file, or above 4 GiB.
Parsed<std::optional<uint32_t>> pvh_entry(const ElfFile& file, const XenNotes& notes);

}  // namespace efilite::formats
