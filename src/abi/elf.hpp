// SPDX-License-Identifier: BSD-2-Clause-Patent
// The parts of an ELF file that a loader reads [System V ABI, chapters 4 and 5], in both classes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace efilite::elf {

inline constexpr uint32_t kMagic = 0x464C457F;  // "\x7FELF"
inline constexpr uint8_t kClass32 = 1;
inline constexpr uint8_t kClass64 = 2;
inline constexpr uint8_t kLittleEndian = 1;
inline constexpr uint16_t kTypeExecutable = 2;
inline constexpr uint16_t kTypeShared = 3;  // position independent
inline constexpr uint16_t kMachine386 = 3;
inline constexpr uint16_t kMachineX86_64 = 62;

struct Identification {
  uint32_t magic;
  uint8_t file_class;
  uint8_t data;  // byte order
  uint8_t version;
  uint8_t rest[9];
};
static_assert(sizeof(Identification) == 16);

template <typename Address>
struct Header {
  Identification identification;
  uint16_t type;
  uint16_t machine;
  uint32_t version;
  Address entry;
  Address program_headers;  // offset of their table; 0: none
  Address section_headers;
  uint32_t flags;
  uint16_t header_size;
  uint16_t program_header_size;
  uint16_t program_header_count;
  uint16_t section_header_size;
  uint16_t section_header_count;
  uint16_t section_names;
};
using Header32 = Header<uint32_t>;
using Header64 = Header<uint64_t>;
static_assert(sizeof(Header32) == 52 && sizeof(Header64) == 64);

inline constexpr uint32_t kLoad = 1;
inline constexpr uint32_t kInterpreter = 3;
inline constexpr uint32_t kNote = 4;
inline constexpr uint32_t kExecutable = 1;
inline constexpr uint32_t kWritable = 2;

struct ProgramHeader32 {
  uint32_t type, offset, virtual_address, physical_address, file_size, memory_size, flags, alignment;
};
struct ProgramHeader64 {
  uint32_t type, flags;
  uint64_t offset, virtual_address, physical_address, file_size, memory_size, alignment;
};
static_assert(sizeof(ProgramHeader32) == 32 && sizeof(ProgramHeader64) == 56);

inline constexpr uint32_t kSectionNote = 7;
struct SectionHeader32 {
  uint32_t name, type, flags, address, offset, size, link, info, alignment, entry_size;
};
struct SectionHeader64 {
  uint32_t name, type;
  uint64_t flags, address, offset, size;
  uint32_t link, info;
  uint64_t alignment, entry_size;
};
static_assert(sizeof(SectionHeader32) == 40 && sizeof(SectionHeader64) == 64);

// Then the name and the descriptor, each padded to 4 bytes in both classes, as all notes of kernels are.
struct NoteHeader {
  uint32_t name_size, descriptor_size, type;
};
static_assert(sizeof(NoteHeader) == 12);

}  // namespace efilite::elf
