// SPDX-License-Identifier: BSD-2-Clause-Patent
// Makes kernel files for tests, right or wrong: bzImages and ELF files with notes, whose headers lie open to be spoiled before build().
#pragma once

#include <asm/bootparam.h>

#include <cstring>
#include <string_view>

#include "abi/elf.hpp"
#include "tests/support/pe_builder.hpp"

namespace efilite::test {

struct LinuxBuilder {
  static constexpr size_t kKernelSize = 0x2000;
  setup_header header{};

  LinuxBuilder() {
    header.setup_sects = 3;
    header.boot_flag = 0xAA55;
    header.jump = 0x6AEB;  // to 0x26C
    header.header = 0x53726448;
    header.version = 0x020F;
    header.loadflags = LOADED_HIGH;
    header.relocatable_kernel = 1;
    header.kernel_alignment = 0x200000;
    header.min_alignment = 21;
    header.xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G | XLF_EFI_HANDOVER_64;
    header.cmdline_size = 2047;
    header.initrd_addr_max = 0x7FFFFFFF;
    header.pref_address = 0x1000000;
    header.init_size = 0x10000;
    header.handover_offset = 0x190;
    header.payload_offset = 0x400;
    header.payload_length = 0x100;
  }
  Bytes8 build() const {
    Bytes8 file((header.setup_sects + 1) * 512 + kKernelSize);
    if (header.setup_sects > 16) file.resize(16 * 512);
    memcpy(file.data() + 0x1F1, &header, sizeof header);
    return file;
  }
};

struct ElfBuilder {
  static constexpr uint64_t kAddress = 0x100000;
  static constexpr uint64_t kFileSize = 0x100, kMemorySize = 0x300;
  bool wide = false;
  bool notes_in_section = false;
  Bytes8 notes;

  ElfBuilder& note(std::string_view name, uint32_t type, const Bytes8& descriptor) {
    const elf::NoteHeader header{static_cast<uint32_t>(name.size() + 1), static_cast<uint32_t>(descriptor.size()), type};
    append(notes, header);
    notes.insert(notes.end(), name.begin(), name.end());
    notes.resize((notes.size() + 4) / 4 * 4);  // with its NUL
    notes.insert(notes.end(), descriptor.begin(), descriptor.end());
    notes.resize((notes.size() + 3) / 4 * 4);
    return *this;
  }
  ElfBuilder& note_number(uint32_t type, uint64_t value) {
    Bytes8 bytes;
    if (wide) append(bytes, value);
    else append(bytes, static_cast<uint32_t>(value));
    return note("Xen", type, bytes);
  }
  Bytes8 build() const {
    return wide ? build_class<elf::Header64, elf::ProgramHeader64, elf::SectionHeader64>(elf::kClass64, elf::kMachineX86_64)
                : build_class<elf::Header32, elf::ProgramHeader32, elf::SectionHeader32>(elf::kClass32, elf::kMachine386);
  }

 private:
  template <typename T>
  static void append(Bytes8& to, const T& value) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
    to.insert(to.end(), bytes, bytes + sizeof value);
  }
  template <typename Header, typename Segment, typename Section>
  Bytes8 build_class(uint8_t file_class, uint16_t machine) const {
    Header header{};
    header.identification = {elf::kMagic, file_class, elf::kLittleEndian, 1, {}};
    header.type = elf::kTypeExecutable;
    header.machine = machine;
    header.entry = kAddress;
    header.program_headers = sizeof(Header);
    header.program_header_size = sizeof(Segment);
    header.program_header_count = notes_in_section ? 1 : 2;
    Segment load{}, note{};
    load.type = elf::kLoad;
    load.flags = elf::kExecutable;
    load.virtual_address = load.physical_address = kAddress;
    load.offset = sizeof(Header) + 2 * sizeof(Segment) + sizeof(Section);
    load.file_size = kFileSize;
    load.memory_size = kMemorySize;
    note.type = elf::kNote;
    note.offset = load.offset + kFileSize;
    note.file_size = note.memory_size = notes.size();
    Section section{};
    section.type = elf::kSectionNote;
    section.offset = note.offset;
    section.size = note.file_size;
    if (notes_in_section) {
      header.section_headers = sizeof(Header) + 2 * sizeof(Segment);
      header.section_header_size = sizeof(Section);
      header.section_header_count = 1;
    }
    Bytes8 file;
    append(file, header);
    append(file, load);
    append(file, note);
    append(file, section);
    file.resize(file.size() + kFileSize);
    file.insert(file.end(), notes.begin(), notes.end());
    return file;
  }
};

}  // namespace efilite::test
