// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <xen/elfnote.h>

#include <array>

#include "cli/describe.hpp"
#include "cli/names.hpp"
#include "cli/printable.hpp"

namespace efilite::cli {

using formats::BzImage;
using formats::Input;
using formats::XenNotes;

std::string linux_version(const Input& input, const BzImage& image) {
  std::array<char, 256> text;
  return std::string(formats::kernel_version(input, image, text));
}

Group describe_linux(const Input& input, const BzImage& image) {
  Group group{"linux", "Linux kernel", {}};
  auto add = [&](const char* key, const char* label, Value value) { group.facts.push_back({key, label, std::move(value)}); };
  const setup_header& header = image.header;
  const std::string minor = std::to_string(header.version & 0xFF);
  if (std::string version = linux_version(input, image); !version.empty()) add("version", "version", std::move(version));
  add("protocol", "boot protocol", Named{header.version, std::to_string(header.version >> 8) + (minor.size() < 2 ? ".0" : ".") + minor});
  add("loadflags", "loadflags", linux_load_flags(header.loadflags));
  if (image.has(BzImage::kXLoadFlags)) add("xloadflags", "xloadflags", linux_xload_flags(header.xloadflags));
  if (image.has(BzImage::kRelocatable)) {
    add("relocatable", "relocatable", header.relocatable_kernel != 0);
    add("alignment", "alignment", Hex{header.kernel_alignment});
  }
  if (image.has(BzImage::kPreferredAddress)) {
    add("preferred_address", "preferred address", Hex{header.pref_address});
    add("init_size", "memory to unpack", Size{header.init_size});
  }
  if (image.has(BzImage::kCommandLineSize)) add("cmdline_size", "longest cmdline", Size{header.cmdline_size});
  add("initrd_addr_max", "initrd below", Hex{header.initrd_addr_max});
  if (image.has(BzImage::kHandover)) add("handover_offset", "handover offset", Hex{header.handover_offset});
  add("kernel_offset", "kernel at", Hex{image.kernel_offset});
  if (image.has(BzImage::kPayload) && header.payload_length != 0) {
    const uint64_t payload = image.kernel_offset + header.payload_offset;
    add("compression", "payload", std::string(formats::name_of(formats::compression_at(input, payload))));
    add("payload_offset", "payload at", Hex{payload});
    add("payload_size", "payload size", Size{header.payload_length});
  }
  return group;
}

Group describe_elf(const formats::ElfFile& file) {
  Group group{"elf", "ELF", {}};
  auto add = [&](const char* key, const char* label, Value value) { group.facts.push_back({key, label, std::move(value)}); };
  add("class", "class", uint64_t{file.is_64_bit ? 64u : 32u});
  add("machine", "machine", elf_machine(file.machine));
  add("position_independent", "position-independent", file.position_independent);
  add("entry", "entry", Hex{file.entry});
  Rows rows;
  for (const formats::ElfSegment& segment : file.segments)
    rows.push_back({{"physical", "segment at", Hex{segment.physical_address}},
                    {"virtual", "virtual", Hex{segment.virtual_address}},
                    {"offset", "offset", Hex{segment.offset}},
                    {"file_size", "in file", segment.file_size},
                    {"memory_size", "in memory", segment.memory_size},
                    {"permissions", "", std::string("r") + (segment.writable ? "w" : "-") + (segment.executable ? "x" : "-")}});
  add("segments", "segments", std::move(rows));
  return group;
}

namespace {

Value note_value(const Input& input, const XenNotes& notes, uint32_t type) {
  const XenNotes::Place& place = notes.places[type];
  switch (type) {
    case XEN_ELFNOTE_INFO:
    case XEN_ELFNOTE_XEN_VERSION:
    case XEN_ELFNOTE_GUEST_OS:
    case XEN_ELFNOTE_GUEST_VERSION:
    case XEN_ELFNOTE_LOADER:
    case XEN_ELFNOTE_PAE_MODE:
    case XEN_ELFNOTE_FEATURES:
    case XEN_ELFNOTE_BSD_SYMTAB: return text_at(input, place.offset, place.size, 4096);
    case XEN_ELFNOTE_SUPPORTED_FEATURES: return xen_features(notes.numbers[type]);
    case XEN_ELFNOTE_SUSPEND_CANCEL: return notes.numbers[type];
    default: break;
  }
  if (place.size == sizeof(uint32_t) || place.size == sizeof(uint64_t)) return Hex{notes.numbers[type]};
  return Size{place.size};  // pairs of masks, of which there may be many
}

}  // namespace

Group describe_xen(const Input& input, const XenNotes& notes) {
  Group group{"xen", "Xen notes", {}};
  for (uint32_t type = 0; type < XenNotes::kCount; ++type) {
    if (!notes.has(type)) continue;
    const char* name = formats::name_of_xen_note(type);
    group.facts.push_back({lower(name), name, note_value(input, notes, type)});
  }
  return group;
}

Group describe_other_linux(const formats::LinuxImage& image) {
  return {"linux_image", std::string("Linux Image"), {{"architecture", "architecture", std::string(image.architecture)},
                                                      {"text_offset", "text offset", Hex{image.text_offset}},
                                                      {"image_size", "size in memory", Size{image.image_size}},
                                                      {"flags", "flags", Hex{image.flags}}}};
}

Group describe_multiboot(const formats::BootImage& image) {
  Group group{"multiboot", "Multiboot", {}};
  if (const auto& header = image.multiboot1) {
    group.facts.push_back({"multiboot1_offset", "Multiboot 1 at", Hex{header->offset}});
    group.facts.push_back({"multiboot1_flags", "flags", Hex{header->flags}});
  }
  if (const auto& header = image.multiboot2) {
    group.facts.push_back({"multiboot2_offset", "Multiboot 2 at", Hex{header->offset}});
    group.facts.push_back({"multiboot2_architecture", "architecture", multiboot_architecture(header->flags)});
  }
  return group;
}

}  // namespace efilite::cli
