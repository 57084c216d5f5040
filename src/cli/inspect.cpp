// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/inspect.hpp"

#include <fmt/format.h>
#include <xen/elfnote.h>

#include "cli/describe.hpp"
#include "cli/input_file.hpp"
#include "cli/log_keeper.hpp"
#include "cli/names.hpp"
#include "core/images/pe.hpp"

namespace efilite::cli {

using formats::BootEntry;
using formats::BootImage;
using formats::BzImage;
using formats::Compression;
using formats::Input;
using formats::Wish;

std::string text_of(const formats::Problem& problem) {
  std::string text = fmt::format("at {:#x}, {}: {}", problem.offset, problem.field, problem.what);
  if (problem.value != 0) text += fmt::format(" ({:#x})", problem.value);
  return text;
}

namespace {

std::vector<EntryFact> list_entries(const BootImage& image) {
  std::vector<EntryFact> all;
  auto add = [&](BootEntry entry, std::string what, const char* place, uint64_t address) {
    if (image.offers(entry)) all.push_back({entry, std::move(what), place, address});
  };
  if (image.pe) add(BootEntry::Efi, pe_subsystem(image.pe->subsystem).name + ", x86-64", "rva", image.pe->entry);
  if (image.bzimage) {
    const setup_header& header = image.bzimage->header;
    const std::string protocol = fmt::format("Linux boot protocol {}.{:02}", header.version >> 8, header.version & 0xFF);
    // [boot.rst, EFI Handover Protocol] the 64-bit entry lies 512 bytes behind the 32-bit one.
    add(BootEntry::EfiHandover64, "EFI handover protocol, 64 bits", "kernel", header.handover_offset + BzImage::k64BitEntry);
    add(BootEntry::EfiHandover32, "EFI handover protocol, 32 bits", "kernel", header.handover_offset);
    add(BootEntry::Linux64, protocol + ", 64-bit entry", "kernel", BzImage::k64BitEntry);
    add(BootEntry::Linux32, protocol + ", 32-bit entry", "kernel", 0);
  }
  if (image.pvh) add(BootEntry::Pvh, "PVH", "physical", *image.pvh);
  if (image.xen) add(BootEntry::XenPv, "Xen PV", "virtual", image.xen->numbers[XEN_ELFNOTE_ENTRY]);
  if (image.multiboot1) add(BootEntry::Multiboot1, "Multiboot 1", "file", image.multiboot1->offset);
  if (image.multiboot2) add(BootEntry::Multiboot2, "Multiboot 2", "file", image.multiboot2->offset);
  if (image.linux_image) add(BootEntry::LinuxOther, fmt::format("Linux for {}", image.linux_image->architecture), "file", 0);
  return all;
}

std::string kind_of(const Input& input, const BootImage& image) {
  std::vector<std::string> kinds;
  if (image.pe && image.pe->is_uki()) {
    const auto* os = image.pe->find(".osrel");
    const std::string name = os != nullptr ? os_name(text_at(input, os->offset, os->size)) : "";
    kinds.push_back(name.empty() ? "unified kernel image" : "unified kernel image: " + name);
  } else if (image.bzimage) {
    const std::string version = linux_version(input, *image.bzimage);
    kinds.push_back("Linux kernel " + version.substr(0, version.find(' ')));
  } else if (image.linux_image) {
    kinds.push_back(fmt::format("Linux kernel for {}", image.linux_image->architecture));
  } else if (image.pe) {
    if (std::string name = sbat_name(input, *image.pe); !name.empty()) kinds.push_back(std::move(name));
  }
  if (image.pe) kinds.push_back(fmt::format("{} for {}", pe_subsystem(image.pe->subsystem).name, pe_machine(image.pe->machine).name));
  if (image.elf) kinds.push_back(fmt::format("{}-bit ELF for {}", image.elf->is_64_bit ? 64 : 32, elf_machine(image.elf->machine).name));
  if (kinds.empty() && (image.multiboot1 || image.multiboot2)) kinds.emplace_back("Multiboot kernel");
  std::string text;
  for (const std::string& kind : kinds) text += (text.empty() ? "" : ", ") + kind;
  return text;
}

// What is no image, told by how it begins.
struct Signature {
  uint64_t offset;
  std::string_view bytes;
  const char* what;
};
constexpr Signature kSignatures[] = {
    {0, "QFI\xFB", "is a qcow2 disk image, no boot image: see --disk"},
    {0, "070701", "is a cpio archive: an initrd, no boot image"},
    {0, "070702", "is a cpio archive: an initrd, no boot image"},
    {0, "!<arch>\n", "is an archive, no boot image"},
    {0, "#!", "is a script, no boot image"},
    {0x8001, "CD001", "is the image of a CD, no boot image: see --disk"},
    {0x200, "EFI PART", "is a disk image, no boot image: see --disk"},
    {0x1000, "EFI PART", "is a disk image, no boot image: see --disk"},
    {510, "\x55\xAA", "has a boot sector: is it a disk image? Then see --disk"},
};

std::string what_else(const Input& input) {
  if (input.size() == 0) return "is empty";
  struct Unpacker {
    Compression compression;
    const char* command;
  };
  constexpr Unpacker kUnpackers[] = {{Compression::Gzip, "gzip -dc"}, {Compression::Bzip2, "bzip2 -dc"}, {Compression::Lzma, "xz -dc"},
                                     {Compression::Xz, "xz -dc"},     {Compression::Lzo, "lzop -dc"},    {Compression::Lz4, "lz4 -dc"},
                                     {Compression::Zstd, "zstd -dc"}};
  const Compression compression = formats::compression_at(input, 0);
  for (const Unpacker& unpacker : kUnpackers)
    if (unpacker.compression == compression)
      return fmt::format("is compressed by {}: look at what `{}` makes of it", name_of(compression), unpacker.command);
  for (const Signature& signature : kSignatures)
    if (has_bytes(input, signature.offset, signature.bytes)) return signature.what;
  return "is no boot image: neither PE, bzImage, ELF nor Multiboot, nor Linux for arm64 or RISC-V";
}

std::optional<std::string> loader_refusal(core::ByteSource& source) {
  constexpr std::string_view kSubject = "an image: ";
  LogKeeper keeper;
  auto plan = std::make_unique<core::PePlan>();
  if (core::parse_pe(source, *plan)) return std::nullopt;
  const auto lines = keeper.take();
  if (lines.empty()) return "the file cannot be read";
  return lines[0].starts_with(kSubject) ? lines[0].substr(kSubject.size()) : lines[0];
}

std::string reason(const BootImage& image, BootEntry entry, Wish wish) {
  if (!image.offers(entry)) return "it is asked for: Xen unpacks the kernel, and only then can it be seen whether it has such an entry";
  if (wish != Wish::Any) return "it is asked for";
  switch (entry) {
    case BootEntry::Efi: return "the EFI entry comes before all others";
    case BootEntry::EfiHandover64: return "there is no PE entry for x86-64, and EFI's handover entry is next";
    case BootEntry::Linux64: return "there is no EFI entry, and the 64-bit entry of Linux is next";
    case BootEntry::Linux32: return "there is neither an EFI entry nor a 64-bit one, and the 32-bit entry of Linux is next";
    case BootEntry::Pvh: return "there is no EFI entry, it is no bzImage, and PVH is next";
    default: return "there is no other: it needs Xen, and xen-shim beside it";
  }
}

std::string no_reason(const Report& report, Wish wish) {
  if (wish != Wish::Any) return "the image has no such entry";
  std::string names;
  for (const EntryFact& entry : report.entries) names += (names.empty() ? "" : ", ") + entry.what;
  return names.empty() ? "the image has no boot entry" : "efilite starts no image by " + names;
}

void choose(const BootImage& image, core::ByteSource& source, Wish wish, Report& report) {
  const std::optional<BootEntry> first = choose_entry(image, wish);
  report.chosen = first;
  report.why = first ? reason(image, *first, wish) : no_reason(report, wish);
  if (first == BootEntry::Efi) report.refusal = loader_refusal(source);
}

void remark(const BootImage& image, std::vector<std::string>& remarks) {
  if (image.pe && image.offers(BootEntry::Efi)) {
    if (!image.pe->nx_compat()) remarks.emplace_back("not NX_COMPAT: its memory stays writable and executable");
    constexpr uint32_t kBoth = pe::kSectionWrite | pe::kSectionExecute;
    for (const formats::PeFileSection& section : image.pe->sections)
      if (image.pe->nx_compat() && (section.characteristics & kBoth) == kBoth)
        remarks.push_back(fmt::format("NX_COMPAT, and yet its section {} is writable and executable", section.view()));
    if (image.pe->certificates.size != 0 && image.pe->find(".sbat") == nullptr)
      remarks.emplace_back("signed, but without SBAT: shim itself starts no such image");
  }
  if (image.elf && !image.pvh && image.problems.empty())
    remarks.emplace_back("no note XEN_ELFNOTE_PHYS32_ENTRY: a kernel without CONFIG_PVH, or no kernel");
}

void describe(const Input& input, const BootImage& image, Report& report) {
  auto& groups = report.groups;
  if (image.pe) groups.push_back(describe_pe(input, *image.pe, report.problems));
  if (image.pe && image.pe->is_uki()) groups.push_back(describe_uki(input, *image.pe));
  if (image.bzimage) groups.push_back(describe_linux(input, *image.bzimage));
  if (image.elf) groups.push_back(describe_elf(*image.elf));
  if (image.xen && image.xen->present != 0) groups.push_back(describe_xen(input, *image.xen));
  if (image.linux_image) groups.push_back(describe_other_linux(*image.linux_image));
  if (image.multiboot1 || image.multiboot2) groups.push_back(describe_multiboot(image));
}

Outcome<Report> describe_image(const Input& input, const BootImage& image, const std::string& name) {
  Report report;
  report.name = name;
  report.size = input.size();
  report.entries = list_entries(image);
  report.kind = kind_of(input, image);
  report.problems.assign(image.problems.begin(), image.problems.end());
  if (report.kind.empty()) return Failure{report.problems.empty() ? what_else(input) : text_of(report.problems[0])};
  describe(input, image, report);
  remark(image, report.remarks);
  return report;
}

// The kernel that a program has in one of its sections. What that has inside is its own matter: a section may name the whole file.
void look_inside(core::ByteSource& source, const BootImage& image, Report& report) {
  if (!image.pe) return;
  for (const char* name : {".linux", ".kernel"}) {
    const formats::PeFileSection* section = image.pe->find(name);
    if (section == nullptr || section->size == 0) continue;
    Part part(source, section->offset, section->size);
    const Input input(part);
    auto kernel = std::make_unique<BootImage>();
    examine(input, *kernel);
    if (auto inside = describe_image(input, *kernel, name)) report.inside.push_back(*std::move(inside));
    else report.remarks.push_back(std::string(name) + " " + inside.error().text);
  }
}

}  // namespace

Outcome<Report> inspect(core::ByteSource& source, const std::string& name, Wish wish) {
  const Input input(source);
  auto image = std::make_unique<BootImage>();
  examine(input, *image);
  Report report = TRY(describe_image(input, *image, name));
  choose(*image, source, wish, report);
  look_inside(source, *image, report);
  return report;
}

}  // namespace efilite::cli
