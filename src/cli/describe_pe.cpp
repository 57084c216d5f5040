// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <algorithm>
#include <array>

#include "cli/describe.hpp"
#include "cli/names.hpp"
#include "formats/sbat.hpp"

namespace efilite::cli {

using formats::Input;
using formats::PeFile;
using formats::PeFileSection;

namespace {

std::string permissions(uint32_t characteristics) {
  constexpr uint32_t kRead = 0x40000000;  // [PE, section flags] IMAGE_SCN_MEM_READ
  std::string text = "---";
  if ((characteristics & kRead) != 0) text[0] = 'r';
  if ((characteristics & pe::kSectionWrite) != 0) text[1] = 'w';
  if ((characteristics & pe::kSectionExecute) != 0) text[2] = 'x';
  return text;
}

// [UAPI group, Unified Kernel Image] and, where it is a boot loader's or a kernel's own, what shim and systemd look for.
std::string meaning(std::string_view section) {
  constexpr std::array<std::array<std::string_view, 2>, 20> kMeanings{{
      {".linux", "kernel"},
      {".osrel", "os-release"},
      {".cmdline", "command line"},
      {".initrd", "initrd"},
      {".ucode", "microcode"},
      {".splash", "picture"},
      {".dtb", "device tree"},
      {".dtbauto", "device tree, by machine"},
      {".efifw", "firmware image"},
      {".hwids", "machines"},
      {".uname", "kernel version"},
      {".sbat", "SBAT"},
      {".pcrsig", "PCR signatures"},
      {".pcrpkey", "PCR key"},
      {".profile", "profile"},
      {".compat", "entries for other machines"},
      {".sdmagic", "systemd's name"},
      {".kernel", "kernel of Xen's dom0"},
      {".ramdisk", "initrd of Xen's dom0"},
      {".vendor_c", "shim's certificates"},
  }};
  for (const auto& [name, text] : kMeanings)
    if (name == section) return std::string(text);
  return "";
}

Rows section_rows(const PeFile& file) {
  Rows rows;
  for (const PeFileSection& section : file.sections)
    rows.push_back({{"name", "section", std::string(section.view())},
                    {"rva", "RVA", Hex{section.rva}},
                    {"offset", "offset", Hex{section.offset}},
                    {"size", "size", section.size},
                    {"permissions", "", permissions(section.characteristics)},
                    {"meaning", "", meaning(section.view())}});
  return rows;
}

Rows certificate_rows(const Input& input, const pe::DataDirectory& table, std::vector<formats::Problem>& problems) {
  // [PE, the attribute certificate table] entries begin at multiples of 8.
  struct Certificate {
    uint32_t length;
    uint16_t revision;
    uint16_t type;
  };
  Rows rows;
  if (!input.holds(table.virtual_address, table.size)) {
    problems.push_back({table.virtual_address, "Certificate Table", "reaches behind the end of the file", table.size});
    return rows;
  }
  for (uint64_t at = table.virtual_address, end = at + table.size; end - at >= sizeof(Certificate);) {
    const auto certificate = input.peek<Certificate>(at);
    if (!certificate || certificate->length < sizeof(Certificate) || certificate->length > end - at) {
      problems.push_back({at, "dwLength", "a certificate's length cannot be", certificate ? certificate->length : 0});
      break;
    }
    // [PE, certificate types] 2: PKCS#7 SignedData, Authenticode
    rows.push_back({{"offset", "certificate at", Hex{at}},
                    {"size", "size", uint64_t{certificate->length}},
                    {"type", "type", Named{certificate->type, certificate->type == 2 ? "PKCS signed data" : "unknown"}}});
    at += std::min<uint64_t>((uint64_t{certificate->length} + 7) & ~uint64_t{7}, end - at);
  }
  return rows;
}

Rows sbat_rows(const Input& input, const PeFileSection& section, std::vector<formats::Problem>* problems) {
  Rows rows;
  const std::string text = text_at(input, section.offset, section.size);
  for (formats::SbatReader reader(text, section.offset); auto entry = reader.next();) {
    if (!*entry) {
      if (problems != nullptr) problems->push_back(entry->error());
      continue;
    }
    rows.push_back({{"component", "SBAT", std::string((*entry)->component)},
                    {"generation", "generation", uint64_t{(*entry)->generation}},
                    {"vendor", "vendor", std::string((*entry)->vendor)},
                    {"package", "package", std::string((*entry)->package)},
                    {"version", "version", std::string((*entry)->version)},
                    {"url", "", std::string((*entry)->url)}});
  }
  return rows;
}

std::string unquoted(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
    value = value.substr(1, value.size() - 2);
  std::string text;
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) ++i;  // [os-release(5)] as a shell would read it
    text += value[i];
  }
  return text;
}

std::string os_release_value(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.starts_with(key) && line.substr(key.size()).starts_with('=')) return unquoted(line.substr(key.size() + 1));
  }
  return "";
}

}  // namespace

std::string sbat_name(const Input& input, const PeFile& file) {
  const PeFileSection* sbat = file.find(".sbat");
  if (sbat == nullptr) return "";
  for (const Row& row : sbat_rows(input, *sbat, nullptr)) {
    if (std::get<std::string>(row[0].value) == "sbat") continue;  // of the format itself
    return std::get<std::string>(row[2].value) + ' ' + std::get<std::string>(row[4].value);
  }
  return "";
}

std::string os_name(std::string_view os_release) {
  for (const char* key : {"PRETTY_NAME", "NAME", "ID"})
    if (std::string name = os_release_value(os_release, key); !name.empty()) return name;
  return "";
}

std::string text_at(const Input& input, uint64_t offset, uint64_t size, size_t limit) {
  std::string text(static_cast<size_t>(std::min<uint64_t>(size, limit)), '\0');
  if (!input.read(offset, std::as_writable_bytes(std::span(text)), "")) return "";
  text.resize(std::min(text.size(), text.find('\0')));
  return text;
}

bool has_bytes(const Input& input, uint64_t offset, std::string_view bytes) {
  std::array<char, 16> found{};
  const auto part = std::span(found).first(bytes.size());
  return input.read(offset, std::as_writable_bytes(part), "") && std::ranges::equal(part, bytes);
}

Group describe_pe(const Input& input, const PeFile& file, std::vector<formats::Problem>& problems) {
  Group group{"pe", "PE image", {}};
  auto add = [&](const char* key, const char* label, Value value) { group.facts.push_back({key, label, std::move(value)}); };
  add("format", "format", std::string(file.is_plus ? "PE32+" : "PE32"));
  add("machine", "machine", pe_machine(file.machine));
  add("subsystem", "subsystem", pe_subsystem(file.subsystem));
  add("entry", "entry", Hex{file.entry});
  add("nx_compat", "NX_COMPAT", file.nx_compat());
  if (auto compat = formats::read_compat_entries(input, file); !compat) {
    problems.push_back(compat.error());
  } else if (!compat->empty()) {
    Rows rows;
    for (const formats::CompatEntry& entry : *compat)
      rows.push_back({{"machine", "entry for", pe_machine(entry.machine)}, {"entry", "RVA", Hex{entry.entry}}});
    add("compat_entries", "other machines", std::move(rows));
  }
  add("signed", "signed", file.certificates.size != 0);
  if (file.certificates.size != 0) add("certificates", "certificates", certificate_rows(input, file.certificates, problems));
  if (const PeFileSection* sbat = file.find(".sbat")) add("sbat", "SBAT", sbat_rows(input, *sbat, &problems));
  add("sections", "sections", section_rows(file));
  return group;
}

Group describe_uki(const Input& input, const PeFile& file) {
  Group group{"uki", "Unified kernel image", {}};
  struct Text {
    const char *section, *key, *label;
  };
  constexpr Text kTexts[] = {{".osrel", "os_release", "os-release"}, {".uname", "uname", "uname"}, {".cmdline", "cmdline", "command line"},
                             {".profile", "profile", "profile"}};
  for (const Text& text : kTexts)
    if (const PeFileSection* section = file.find(text.section))
      group.facts.push_back({text.key, text.label, text_at(input, section->offset, section->size)});
  return group;
}

}  // namespace efilite::cli
