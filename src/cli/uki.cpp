// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/uki.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "cli/input_file.hpp"
#include "cli/log_keeper.hpp"
#include "core/images/pe.hpp"
#include "formats/boot_image.hpp"

namespace efilite::cli {

namespace {

constexpr uint32_t kInitializedData = 0x00000040, kRead = 0x40000000;  // [PE, section flags]
constexpr uint64_t kLargestImage = 0x7FFF'FFFF;                          // what loaders count with signed numbers, too

constexpr uint64_t align_to(uint64_t value, uint64_t alignment) { return (value + alignment - 1) / alignment * alignment; }

// The headers of an image that the loader has accepted, read, changed and written back.
class Headers {
 public:
  explicit Headers(std::string& image) : image_(image) {
    const auto dos = get<pe::DosHeader>(0);
    file_at_ = dos.pe_offset;
    file = get<pe::FileHeader>(file_at_);
    optional_at_ = file_at_ + sizeof(pe::FileHeader);
    // There may be fewer directories than we know of.
    optional_size_ = std::min<size_t>(file.coff.size_of_optional_header, sizeof optional);
    memcpy(&optional, image_.data() + optional_at_, optional_size_);
    table_at_ = optional_at_ + file.coff.size_of_optional_header;
    for (uint16_t i = 0; i < file.coff.number_of_sections; ++i)
      sections.push_back(get<pe::SectionHeader>(table_at_ + i * sizeof(pe::SectionHeader)));
  }

  uint64_t table_end(size_t more) const { return table_at_ + (sections.size() + more) * sizeof(pe::SectionHeader); }
  size_t checksum_at() const { return optional_at_ + offsetof(pe::OptionalHeader, checksum); }
  bool is_signed() const {
    return optional.number_of_rva_and_sizes > pe::kCertificateDirectory && optional.directories[pe::kCertificateDirectory].size != 0;
  }

  void write() {
    file.coff.number_of_sections = static_cast<uint16_t>(sections.size());
    put(file_at_, &file, sizeof file);
    put(optional_at_, &optional, optional_size_);
    for (size_t i = 0; i < sections.size(); ++i) put(table_at_ + i * sizeof(pe::SectionHeader), &sections[i], sizeof sections[i]);
  }

  pe::FileHeader file;
  pe::OptionalHeader optional{};
  std::vector<pe::SectionHeader> sections;

 private:
  template <typename T>
  T get(size_t at) const {
    T value;
    memcpy(&value, image_.data() + at, sizeof value);
    return value;
  }
  void put(size_t at, const void* from, size_t size) { memcpy(image_.data() + at, from, size); }

  std::string& image_;
  size_t file_at_, optional_at_, optional_size_, table_at_;
};

std::string_view name_of(const pe::SectionHeader& section) {
  return {section.name, std::find(section.name, section.name + sizeof section.name, '\0')};
}

// Where the headers must end: at the first byte that a section has in the file, and before the first in memory.
uint64_t headers_limit(const Headers& headers) {
  uint64_t limit = headers.optional.size_of_headers;
  for (const pe::SectionHeader& section : headers.sections) {
    if (section.size_of_raw_data != 0 && section.pointer_to_raw_data != 0) limit = std::min<uint64_t>(limit, section.pointer_to_raw_data);
    if (section.virtual_size != 0 || section.size_of_raw_data != 0) limit = std::min<uint64_t>(limit, section.virtual_address);
  }
  return limit;
}

Outcome<> check_stub(const std::string& stub, std::span<const NewSection> sections) {
  LogKeeper keeper;
  TextSource source(stub);
  auto plan = std::make_unique<core::PePlan>();
  if (!core::parse_pe(source, *plan)) {
    const auto lines = keeper.take();
    return Failure{lines.empty() ? "cannot be read" : lines[0].substr(lines[0].find(": ") + 2)};
  }
  std::string copy = stub;
  const Headers headers(copy);
  if (headers.is_signed()) return Failure{"is signed, which no longer holds with sections added: take the stub without a signature"};
  for (const NewSection& section : sections)
    if (std::ranges::find(headers.sections, section.name, name_of) != headers.sections.end())
      return Failure{fmt::format("has a section {} already", section.name)};
  if (headers.sections.size() + sections.size() > pe::kMaxSections) return Failure{"has too many sections"};
  const uint64_t limit = headers_limit(headers), end = headers.table_end(sections.size());
  if (end <= limit) return {};
  return Failure{fmt::format("has no room for {} more section headers: they end at {:#x}, and may at {:#x}", sections.size(), end, limit)};
}

uint64_t first_free_address(const Headers& headers) {
  uint64_t end = headers.optional.size_of_image;
  for (const pe::SectionHeader& section : headers.sections)
    end = std::max(end, uint64_t{section.virtual_address} + std::max(section.virtual_size, section.size_of_raw_data));
  return end;
}

// [PE, optional header, FileAlignment] a power of two from 512 to 65536; what is none of them says nothing.
uint64_t alignment_in_file(const Headers& headers) {
  const uint32_t told = headers.optional.file_alignment;
  return std::has_single_bit(told) && told >= 512 && told <= 65536 ? told : 512;
}

void append(std::string& image, Headers& headers, const NewSection& section, uint64_t address, uint64_t file_alignment) {
  const uint64_t raw_at = align_to(image.size(), file_alignment), raw_size = align_to(section.contents.size(), file_alignment);
  image.resize(raw_at);
  image += section.contents;
  image.resize(raw_at + raw_size);
  pe::SectionHeader header{};
  std::ranges::copy(section.name, header.name);
  header.virtual_size = static_cast<uint32_t>(section.contents.size());
  header.virtual_address = static_cast<uint32_t>(address);
  header.size_of_raw_data = static_cast<uint32_t>(raw_size);
  header.pointer_to_raw_data = static_cast<uint32_t>(raw_at);
  header.characteristics = kRead | (section.is_code ? pe::kSectionCode : kInitializedData);
  (section.is_code ? headers.optional.size_of_code : headers.optional.size_of_initialized_data) += header.size_of_raw_data;
  headers.sections.push_back(header);
}

}  // namespace

uint32_t pe_checksum(std::string_view image, size_t field) {
  uint32_t sum = 0;
  for (size_t at = 0; at < image.size(); at += 2) {
    if (at == field || at == field + 2) continue;
    const auto low = static_cast<uint8_t>(image[at]);
    const auto high = at + 1 < image.size() ? static_cast<uint8_t>(image[at + 1]) : uint8_t{0};
    sum += low | uint32_t{high} << 8;
    sum = (sum & 0xFFFF) + (sum >> 16);
  }
  return sum + static_cast<uint32_t>(image.size());
}

Outcome<std::string> add_sections(std::string stub, std::span<const NewSection> sections) {
  TRY(check_stub(stub, sections));
  Headers headers(stub);
  const uint64_t alignment = std::max<uint64_t>(headers.optional.section_alignment, kPageSize);
  const uint64_t file_alignment = alignment_in_file(headers);
  uint64_t address = align_to(first_free_address(headers), alignment), file_size = stub.size();
  for (const NewSection& section : sections) {
    file_size += align_to(section.contents.size(), file_alignment) + file_alignment;
    const uint64_t end = std::max(address + section.contents.size(), file_size);
    if (end > kLargestImage) return Failure{"becomes larger than 2 GiB with all sections"};
    append(stub, headers, section, address, file_alignment);
    address = align_to(address + section.contents.size(), alignment);
  }
  headers.optional.size_of_image = static_cast<uint32_t>(align_to(address, alignment));
  headers.write();
  const uint32_t checksum = pe_checksum(stub, headers.checksum_at());
  memcpy(stub.data() + headers.checksum_at(), &checksum, sizeof checksum);
  return stub;
}

Outcome<std::string> make_uki(UkiParts parts) {
  std::vector<NewSection> sections;
  auto add = [&](const char* name, std::string contents) {
    if (!contents.empty()) sections.push_back({name, std::move(contents)});
  };
  std::string initrd;
  for (std::string& part : parts.initrds) {
    // [Linux Documentation/driver-api/early-userspace/buffer-format.rst] an archive begins at a multiple of 4.
    initrd.resize(align_to(initrd.size(), 4));
    initrd += part;
    part = {};
  }
  add(".osrel", std::move(parts.os_release));
  parts.cmdline += '\0';
  add(".cmdline", std::move(parts.cmdline));
  add(".uname", std::move(parts.uname));
  add(".splash", std::move(parts.splash));
  add(".initrd", std::move(initrd));
  // Last: a kernel that is run where it lies may use memory behind its file.
  sections.push_back({".linux", std::move(parts.kernel), true});
  return add_sections(std::move(parts.stub), sections);
}

}  // namespace efilite::cli
