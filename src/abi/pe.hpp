// SPDX-License-Identifier: BSD-2-Clause-Patent
// The parts of a PE32+ image that a loader reads [Microsoft PE format specification; UEFI 2.10, 2.1.1]. Section names below are the
// PE specification's. Unlike its own text, every field that a 64-bit image has is naturally aligned, so nothing is packed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace efilite::pe {

// [PE, MS-DOS stub] Only the magic and the offset at 0x3C matter.
struct DosHeader {
  uint16_t magic;
  uint8_t unused[58];
  uint32_t pe_offset;
};
static_assert(sizeof(DosHeader) == 64 && offsetof(DosHeader, pe_offset) == 0x3C);
inline constexpr uint16_t kDosMagic = 0x5A4D;      // "MZ"
inline constexpr uint32_t kPeSignature = 0x4550;   // "PE\0\0"

// [PE, COFF file header]
struct CoffHeader {
  uint16_t machine;
  uint16_t number_of_sections;
  uint32_t time_date_stamp;
  uint32_t pointer_to_symbol_table;
  uint32_t number_of_symbols;
  uint16_t size_of_optional_header;
  uint16_t characteristics;
};
static_assert(sizeof(CoffHeader) == 20);

struct FileHeader {
  uint32_t signature;
  CoffHeader coff;
};
static_assert(sizeof(FileHeader) == 24);

// [PE, machine types]
inline constexpr uint16_t kMachineI386 = 0x014C;
inline constexpr uint16_t kMachineAmd64 = 0x8664;
inline constexpr uint16_t kMachineArm64 = 0xAA64;
#if defined(__aarch64__)
inline constexpr uint16_t kMachineNative = kMachineArm64;
#else
inline constexpr uint16_t kMachineNative = kMachineAmd64;
#endif

// [PE, characteristics]
inline constexpr uint16_t kFileRelocsStripped = 0x0001;

// [PE, optional header data directories]
struct DataDirectory {
  uint32_t virtual_address;
  uint32_t size;
};
static_assert(sizeof(DataDirectory) == 8);
inline constexpr uint32_t kResourceDirectory = 2;
inline constexpr uint32_t kCertificateDirectory = 4;
inline constexpr uint32_t kBaseRelocationDirectory = 5;

// [PE, optional header] PE32+, up to and with the base relocation directory: nothing behind it is looked at.
struct OptionalHeader {
  uint16_t magic;
  uint8_t major_linker_version;
  uint8_t minor_linker_version;
  uint32_t size_of_code;
  uint32_t size_of_initialized_data;
  uint32_t size_of_uninitialized_data;
  uint32_t address_of_entry_point;
  uint32_t base_of_code;
  uint64_t image_base;
  uint32_t section_alignment;
  uint32_t file_alignment;
  uint16_t versions[6];
  uint32_t win32_version_value;
  uint32_t size_of_image;
  uint32_t size_of_headers;
  uint32_t checksum;
  uint16_t subsystem;
  uint16_t dll_characteristics;
  uint64_t size_of_stack_reserve;
  uint64_t size_of_stack_commit;
  uint64_t size_of_heap_reserve;
  uint64_t size_of_heap_commit;
  uint32_t loader_flags;
  uint32_t number_of_rva_and_sizes;
  DataDirectory directories[kBaseRelocationDirectory + 1];
};
inline constexpr uint32_t kOptionalHeaderFixedSize = offsetof(OptionalHeader, directories);
static_assert(kOptionalHeaderFixedSize == 112 && sizeof(OptionalHeader) == 160);
static_assert(offsetof(OptionalHeader, image_base) == 24 && offsetof(OptionalHeader, size_of_image) == 56);
static_assert(offsetof(OptionalHeader, subsystem) == 68 && offsetof(OptionalHeader, number_of_rva_and_sizes) == 108);
inline constexpr uint16_t kPe32PlusMagic = 0x20B;
// PE32 is shorter: its image base and its four sizes of stack and heap have 32 bits, and BaseOfData is there.
inline constexpr uint16_t kPe32Magic = 0x10B;
inline constexpr uint32_t kPe32FixedSize = kOptionalHeaderFixedSize - 16;

// [PE, Windows subsystem; UEFI 2.10, 2.1.1 table 2.1]
enum class Subsystem : uint16_t { EfiApplication = 10, EfiBootServiceDriver = 11, EfiRuntimeDriver = 12 };

// [PE, DLL characteristics]
inline constexpr uint16_t kDllNxCompat = 0x0100;

// [PE, section table]
struct SectionHeader {
  char name[8];
  uint32_t virtual_size;
  uint32_t virtual_address;
  uint32_t size_of_raw_data;
  uint32_t pointer_to_raw_data;
  uint32_t pointer_to_relocations;
  uint32_t pointer_to_line_numbers;
  uint16_t number_of_relocations;
  uint16_t number_of_line_numbers;
  uint32_t characteristics;
};
static_assert(sizeof(SectionHeader) == 40 && offsetof(SectionHeader, characteristics) == 36);
inline constexpr uint16_t kMaxSections = 96;  // [PE, COFF file header] what Windows takes

// [PE, section flags]
inline constexpr uint32_t kSectionCode = 0x00000020;
inline constexpr uint32_t kSectionExecute = 0x20000000;
inline constexpr uint32_t kSectionWrite = 0x80000000;

// [PE, the .reloc section] A block header, then 16-bit entries: the type in the high 4 bits, an offset into the page in the low 12.
struct BaseRelocationBlock {
  uint32_t page_rva;
  uint32_t block_size;
};
static_assert(sizeof(BaseRelocationBlock) == 8);
inline constexpr uint16_t kRelocationAbsolute = 0;  // padding
inline constexpr uint16_t kRelocationHighLow = 3;   // 32 bits
inline constexpr uint16_t kRelocationDir64 = 10;    // 64 bits

// [PE, the .rsrc section] A tree of directories by type, name and language; offsets count from the section's begin.
struct ResourceDirectory {
  uint32_t characteristics;
  uint32_t time_date_stamp;
  uint16_t versions[2];
  uint16_t named_entries;  // these first, then those by number
  uint16_t id_entries;
};
static_assert(sizeof(ResourceDirectory) == 16 && offsetof(ResourceDirectory, named_entries) == 12);
struct ResourceEntry {
  uint32_t name;  // a number; with the high bit the offset of a string: 16 bits of length, then UTF-16
  uint32_t data;  // the offset of ResourceData; with the high bit, of a directory
};
static_assert(sizeof(ResourceEntry) == 8);
inline constexpr uint32_t kResourceHighBit = 0x80000000;
struct ResourceData {
  uint32_t rva;
  uint32_t size;
  uint32_t code_page;
  uint32_t reserved;
};
static_assert(sizeof(ResourceData) == 16);

}  // namespace efilite::pe
