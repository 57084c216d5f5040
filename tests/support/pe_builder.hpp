// SPDX-License-Identifier: BSD-2-Clause-Patent
// Makes PE images for tests, right or wrong: the headers lie open to be spoiled before build().
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include "abi/pe.hpp"
#include "core/ports.hpp"

namespace efilite::test {

using Bytes8 = std::vector<uint8_t>;

struct PeBuilder {
  struct Section {
    pe::SectionHeader header;
    Bytes8 data;
  };
  static constexpr uint32_t kText = 0x60000020;
  static constexpr uint32_t kData = 0xC0000040;
  static constexpr uint32_t kReadOnly = 0x40000040;

  pe::DosHeader dos{pe::kDosMagic, {}, 0x40};
  pe::FileHeader file{pe::kPeSignature, {pe::kMachineNative, 0, 0, 0, 0, sizeof(pe::OptionalHeader), 0x206}};
  pe::OptionalHeader optional{};
  std::vector<Section> sections;
  bool count_sections = true;

  PeBuilder() {
    optional.magic = pe::kPe32PlusMagic;
    optional.address_of_entry_point = 0x1000;
    optional.section_alignment = 0x1000;
    optional.file_alignment = 0x200;
    optional.size_of_headers = 0x400;
    optional.subsystem = 10;
    optional.number_of_rva_and_sizes = 6;
  }

  // Grows SizeOfImage to the section's end, rounded to SectionAlignment.
  PeBuilder& section(std::string_view name, uint32_t rva, uint32_t virtual_size, uint32_t raw_offset, Bytes8 data, uint32_t flags) {
    const auto raw_size = static_cast<uint32_t>(data.size());
    Section s{{{}, virtual_size, rva, raw_size, raw_size == 0 ? 0 : raw_offset, 0, 0, 0, 0, flags}, std::move(data)};
    memcpy(s.header.name, name.data(), std::min<size_t>(name.size(), 8));
    uint32_t end = rva + std::max(virtual_size, s.header.size_of_raw_data);
    end = (end + optional.section_alignment - 1) / optional.section_alignment * optional.section_alignment;
    optional.size_of_image = std::max(optional.size_of_image, end);
    sections.push_back(std::move(s));
    return *this;
  }

  // A .reloc section for DIR64 relocations at `targets`, all in the page of the first.
  PeBuilder& relocations(uint32_t rva, uint32_t raw_offset, const std::vector<uint32_t>& targets, uint16_t type = pe::kRelocationDir64) {
    pe::BaseRelocationBlock block{targets.at(0) & ~0xFFFu, static_cast<uint32_t>(sizeof block + 2 * targets.size())};
    Bytes8 data(sizeof block);
    memcpy(data.data(), &block, sizeof block);
    for (uint32_t target : targets) {
      uint16_t entry = static_cast<uint16_t>(type << 12 | ((target - block.page_rva) & 0xFFF));
      data.push_back(static_cast<uint8_t>(entry));
      data.push_back(static_cast<uint8_t>(entry >> 8));
    }
    optional.directories[5] = {rva, block.block_size};
    return section(".reloc", rva, static_cast<uint32_t>(data.size()), raw_offset, data, 0x42000040);
  }

  // A .rsrc section with an HII package list of `size` bytes, which says that it has `told`: by type, name and language, as resource
  // compilers write it. There is another resource before it.
  PeBuilder& hii_resource(uint32_t rva, uint32_t raw_offset, uint32_t size, uint32_t told) {
    constexpr uint32_t kHigh = pe::kResourceHighBit;
    constexpr uint32_t kTypesAt = 0, kNamesAt = 32, kLanguagesAt = 56, kDataAt = 80, kTextAt = 96, kListAt = 104;
    Bytes8 bytes(kListAt + size);
    auto put = [&](uint32_t at, auto value) { memcpy(bytes.data() + at, &value, sizeof value); };
    put(kTypesAt, pe::ResourceDirectory{0, 0, {}, 1, 1});
    put(kTypesAt + 16, pe::ResourceEntry{kTextAt | kHigh, kNamesAt | kHigh});
    put(kTypesAt + 24, pe::ResourceEntry{16, kDataAt});
    put(kNamesAt, pe::ResourceDirectory{0, 0, {}, 0, 1});
    put(kNamesAt + 16, pe::ResourceEntry{1, kLanguagesAt | kHigh});
    put(kLanguagesAt, pe::ResourceDirectory{0, 0, {}, 0, 1});
    put(kLanguagesAt + 16, pe::ResourceEntry{0x409, kDataAt});
    put(kDataAt, pe::ResourceData{rva + kListAt, size, 0, 0});
    put(kTextAt, std::array<char16_t, 4>{3, 'H', 'I', 'I'});
    if (size >= 20) put(kListAt + 16, told);
    optional.directories[pe::kResourceDirectory] = {rva, static_cast<uint32_t>(bytes.size())};
    return section(".rsrc", rva, static_cast<uint32_t>(bytes.size()), raw_offset, bytes, kReadOnly);
  }

  Bytes8 build() const {
    auto header = file;
    if (count_sections) header.coff.number_of_sections = static_cast<uint16_t>(sections.size());
    Bytes8 out;
    auto put = [&](uint64_t at, const void* from, size_t size) {
      if (size == 0) return;
      if (out.size() < at + size) out.resize(at + size);
      memcpy(out.data() + at, from, size);
    };
    put(0, &dos, sizeof dos);
    put(dos.pe_offset, &header, sizeof header);
    uint64_t at = dos.pe_offset + sizeof header;
    put(at, &optional, sizeof optional);
    at += file.coff.size_of_optional_header;
    for (const Section& s : sections) {
      put(at, &s.header, sizeof s.header);
      at += sizeof s.header;
    }
    if (out.size() < optional.size_of_headers) out.resize(std::min<size_t>(optional.size_of_headers, 0x10000));
    for (const Section& s : sections) put(s.header.pointer_to_raw_data, s.data.data(), s.data.size());
    return out;
  }
};

// A program's bytes as a source that has them nowhere in memory.
class VectorSource final : public core::ByteSource {
 public:
  explicit VectorSource(Bytes8 bytes) : bytes_(std::move(bytes)) {}
  uint64_t size() const override { return bytes_.size(); }
  Result<> read(uint64_t offset, MutableByteSpan out) override {
    if (fail) return Status::DeviceError;
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) return Status::EndOfFile;
    if (!out.empty()) memcpy(out.data(), bytes_.data() + offset, out.size());
    read_bytes += out.size();
    return {};
  }
  bool fail = false;
  uint64_t read_bytes = 0;

 private:
  Bytes8 bytes_;
};

}  // namespace efilite::test
