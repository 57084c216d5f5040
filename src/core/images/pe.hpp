// SPDX-License-Identifier: BSD-2-Clause-Patent
// PE32+ images: headers of foreign bytes become a PePlan in which every number has been checked; the loading functions trust the plan
// and nothing else. A refused image gets one log line that names the field.
#pragma once

#include "abi/pe.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/static_vector.hpp"
#include "core/ports.hpp"
#include "runtime/movable_image.hpp"

namespace efilite::core {

// What of a section matters in memory. raw_size never exceeds memory_size, and what is behind it is zero.
struct PeSection {
  uint32_t rva;
  uint32_t memory_size;  // not 0; rva + memory_size <= PePlan::size_of_image
  uint32_t raw_offset;   // raw_offset + raw_size <= size of the source
  uint32_t raw_size;
  uint32_t characteristics;

  bool executable() const { return (characteristics & (pe::kSectionExecute | pe::kSectionCode)) != 0; }
  bool writable() const { return (characteristics & pe::kSectionWrite) != 0; }
};

struct PePlan {
  pe::Subsystem subsystem;
  bool nx_compat;
  bool relocs_stripped;        // runs at image_base or not at all
  uint64_t image_base;
  uint32_t entry;              // RVA, inside the raw bytes or the zero tail of an executable section
  uint32_t size_of_image;      // not 0
  uint32_t section_alignment;  // a power of two
  uint32_t headers_size;       // bytes of the source that lie at RVA 0; end at or before the first section
  pe::DataDirectory relocations;  // inside the image; size 0 when there are none
  pe::DataDirectory resources;    // as the headers say
  StaticVector<PeSection, pe::kMaxSections> sections;  // by rva, none overlap, empty ones left out

  uint64_t alignment() const;  // what the image's base needs: pages, or more when the sections do
  bool page_granular() const;  // every section begins on a page of its own: permissions can be set
};

// LOAD_ERROR: malformed. UNSUPPORTED: another machine, PE32, no EFI subsystem. DEVICE_ERROR and the like: the source's own.
Result<> parse_pe(ByteSource& source, PePlan& plan);

// Reads headers and sections into `image` (size_of_image bytes or more) and clears all the rest of it. `copied` grows by the bytes read.
Result<> read_pe(const PePlan& plan, ByteSource& source, MutableByteSpan image, uint64_t& copied);

// How far before the file's first byte the image's base lies when the largest section stays where it is in the file; nullopt when the other
// sections cannot be moved into place around it. 0 for a file that is laid out like its image: then nothing needs to move.
std::optional<uint32_t> in_place_lead(const PePlan& plan);

// The image in `image`, whose file lies at image + lead: moves what is not in place and clears the rest. `copied` grows by the bytes moved.
void settle_pe(const PePlan& plan, uint32_t lead, MutableByteSpan image, uint64_t& copied);

// Adjusts a loaded image from plan.image_base to `base`. LOAD_ERROR: a relocation points outside the image or at the relocations
// themselves; UNSUPPORTED: a type that this machine has not, or an image without relocations that needs its own base.
Result<> relocate_pe(const PePlan& plan, MutableByteSpan image, uint64_t base);

// The HII package list among the resources of a loaded image [UEFI 2.10, 7.4.1]: its RVA. One that is not whole is none.
std::optional<uint32_t> find_hii_package_list(const PePlan& plan, ByteSpan image);

// For an image that will be moved once more: how many places of it relocate_pe() adjusts wherever it moves the image, refused for the same
// reasons, and what these places hold now. `fixups` has room for all of them.
Result<uint64_t> count_fixups(const PePlan& plan, ByteSpan image);
void read_fixups(const PePlan& plan, ByteSpan image, runtime::Fixup* fixups);

}  // namespace efilite::core
