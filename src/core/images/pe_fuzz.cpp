// SPDX-License-Identifier: BSD-2-Clause-Patent
// Any bytes as a PE image. What is accepted is compared with a second, naive reading of the same bytes: fields, the loaded image byte for
// byte, the relocated image, and the image that was made in place.
#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>

#include "core/images/pe.hpp"
#include "tests/support/pe_builder.hpp"

namespace efilite::core {
namespace {

using test::Bytes8;
using test::VectorSource;

void require(bool truth, const char* what) {
  if (truth) return;
  fprintf(stderr, "violated: %s\n", what);
  abort();
}

constexpr size_t kMostImage = 256 << 10;  // larger images cost time and say nothing new

MutableByteSpan span_of(Bytes8& bytes) { return std::as_writable_bytes(std::span(bytes)); }

struct Naive {
  const Bytes8& file;
  uint64_t at(uint64_t offset, unsigned size) const {
    uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) value |= uint64_t{file.at(offset + i)} << (8 * i);
    return value;
  }
  uint64_t coff() const { return at(0x3C, 4) + 4; }
  uint64_t optional() const { return coff() + 20; }
  uint64_t sections() const { return at(coff() + 2, 2); }
  uint64_t section(uint64_t i) const { return optional() + at(coff() + 16, 2) + 40 * i; }
  uint64_t size_of_image() const { return at(optional() + 56, 4); }

  Bytes8 load() const {
    Bytes8 image(size_of_image());
    uint64_t first = size_of_image();
    for (uint64_t i = 0; i < sections(); ++i) {
      uint64_t s = section(i), virtual_size = at(s + 8, 4), rva = at(s + 12, 4), raw_size = at(s + 16, 4), raw = at(s + 20, 4);
      if (virtual_size == 0) virtual_size = raw_size;
      if (virtual_size == 0) continue;
      first = std::min(first, rva);
      if (raw == 0) continue;
      for (uint64_t b = 0; b < std::min(virtual_size, raw_size); ++b) image.at(rva + b) = file.at(raw + b);
    }
    for (uint64_t b = 0; b < std::min(first, at(optional() + 60, 4)); ++b) image.at(b) = file.at(b);
    return image;
  }
};

void check_fields(const Naive& naive, const PePlan& plan) {
  require(plan.entry == naive.at(naive.optional() + 16, 4), "entry");
  require(plan.image_base == naive.at(naive.optional() + 24, 8), "image base");
  require(plan.size_of_image == naive.size_of_image(), "size of image");
  require(static_cast<uint16_t>(plan.subsystem) == naive.at(naive.optional() + 68, 2), "subsystem");
  require(plan.nx_compat == ((naive.at(naive.optional() + 70, 2) & 0x100) != 0), "NX_COMPAT");

  uint64_t end = plan.headers_size;
  bool entry_found = false;
  for (const PeSection& s : plan.sections) {
    require(s.rva >= end && s.memory_size != 0 && s.raw_size <= s.memory_size, "sections disjoint and in order");
    end = uint64_t{s.rva} + s.memory_size;
    require(s.raw_size == 0 || uint64_t{s.raw_offset} + s.raw_size <= naive.file.size(), "section inside the file");
    if (plan.entry >= s.rva && plan.entry < end) entry_found = s.executable();
  }
  require(end <= plan.size_of_image, "sections inside the image");
  require(entry_found, "entry in code");
}

// Relocates as the PE specification tells it, one byte at a time. False: it must be refused. `overlap`: a target was hit twice.
bool naive_relocate(const PePlan& plan, Bytes8& image, uint64_t delta, bool& overlap) {
  const uint64_t table = plan.relocations.virtual_address, size = plan.relocations.size;
  Naive now{image};
  std::map<uint64_t, int> hits;
  for (uint64_t at = 0; at + 8 <= size;) {
    uint64_t page = now.at(table + at, 4), block = now.at(table + at + 4, 4);
    if (page == 0 && block == 0) break;
    if (block < 8 || at + block > size) return false;
    for (uint64_t entry = at + 8; entry + 2 <= at + block; entry += 2) {
      uint64_t word = now.at(table + entry, 2), target = page + (word & 0xFFF), type = word >> 12;
      if (type == 0) continue;
      unsigned width = type == 10 ? 8 : type == 3 ? 4 : 0;
      if (width == 0 || target + width > plan.size_of_image) return false;
      uint64_t value = now.at(target, width) + delta;
      for (unsigned b = 0; b < width; ++b) {
        if (target + b >= table && target + b < table + size) return false;
        overlap |= hits[target + b]++ != 0;
        image[target + b] = static_cast<uint8_t>(value >> (8 * b));
      }
    }
    at += block;
  }
  return true;
}

void check_relocation(const PePlan& plan, const Bytes8& loaded, uint64_t base) {
  Bytes8 image = loaded, model = loaded;
  require(relocate_pe(plan, span_of(image), plan.image_base).has_value() && image == loaded, "at home nothing is relocated");
  bool done = relocate_pe(plan, span_of(image), base).has_value();
  if (base == plan.image_base) return;
  if (plan.relocs_stripped) return require(!done && image == loaded, "a stripped image does not move");
  bool overlap = false;
  bool model_done = plan.relocations.size == 0 || naive_relocate(plan, model, base - plan.image_base, overlap);
  require(done == model_done, "relocation accepted by one and refused by the other");
  if (!done) return;
  require(image == model, "relocated bytes");
  if (overlap) return;
  PePlan back = plan;
  back.image_base = base;
  require(relocate_pe(back, span_of(image), plan.image_base).has_value() && image == loaded, "relocating there and back");
}

// The record of a runtime driver: it must lie inside the image, and move the image as loading it there would have.
void check_record(const PePlan& plan, const Bytes8& loaded) {
  constexpr uint64_t kFirst = 0x7654000, kSecond = 0xFFFFFFEF12345000;
  Bytes8 image = loaded, there = loaded;
  const bool relocates = relocate_pe(plan, span_of(image), kFirst).has_value();
  auto count = count_fixups(plan, span_of(image));
  if (plan.image_base == kFirst || plan.image_base == kSecond) return;
  require(count.has_value() == relocates, "a record exactly of what can be relocated");
  if (!relocates) return;
  require(*count <= plan.relocations.size / 2, "no more fixups than relocations");
  std::vector<runtime::Fixup> fixups(*count);
  read_fixups(plan, span_of(image), fixups.data());
  std::map<uint64_t, int> hits;
  bool overlap = false;
  for (const runtime::Fixup& f : fixups) {
    require((f.size == 4 || f.size == 8) && uint64_t{f.rva} + f.size <= plan.size_of_image, "a fixup inside the image");
    for (unsigned b = 0; b < f.size; ++b) overlap |= hits[f.rva + b]++ != 0;
    require(f.value == Naive{image}.at(f.rva, f.size), "a fixup's value");
  }
  if (overlap) return;
  for (const runtime::Fixup& f : fixups) {
    const uint64_t value = f.value + (kSecond - kFirst);
    memcpy(image.data() + f.rva, &value, f.size);
  }
  require(relocate_pe(plan, span_of(there), kSecond).has_value() && image == there, "moved twice as moved once");
}

// Walks the resources by exceptions: what cannot be read is not there.
std::optional<uint64_t> naive_package_list(const Naive& file, const Bytes8& image) try {
  if (file.at(file.optional() + 108, 4) <= 2) return std::nullopt;
  const uint64_t at = file.at(file.optional() + 128, 4), size = file.at(file.optional() + 132, 4);
  if (size == 0 || at + size > image.size()) return std::nullopt;
  const Bytes8 bytes(image.begin() + at, image.begin() + at + size);
  const Naive resources{bytes};
  const auto is_hii = [&](uint64_t name) {
    if (name < 0x80000000) return false;
    name -= 0x80000000;
    try {
      return resources.at(name, 2) == 3 && resources.at(name + 2, 6) == 0x004900490048;
    } catch (const std::out_of_range&) {
      return false;
    }
  };
  resources.at(0, 8), resources.at(8, 8);
  uint64_t next = ~uint64_t{0};
  for (uint64_t i = 0; i < resources.at(12, 2) && next == ~uint64_t{0}; ++i) {
    const uint64_t entry = resources.at(16 + 8 * i, 8);
    if (is_hii(entry & 0xFFFFFFFF)) next = entry >> 32;
  }
  if (next == ~uint64_t{0}) return std::nullopt;
  for (int level = 0; level < 2 && next >= 0x80000000; ++level) {
    const uint64_t directory = next - 0x80000000;
    if (resources.at(directory + 12, 2) + resources.at(directory + 14, 2) == 0) return std::nullopt;
    next = resources.at(directory + 16, 8) >> 32;
  }
  resources.at(next + 8, 8);
  const uint64_t rva = resources.at(next, 4), length = resources.at(next + 4, 4);
  if (rva + length > image.size() || length < 20) return std::nullopt;
  const uint64_t told = Naive{image}.at(rva + 16, 4);
  return told >= 20 && told <= length ? std::optional(rva) : std::nullopt;
} catch (const std::out_of_range&) {
  return std::nullopt;
}

void check_in_place(const PePlan& plan, const Bytes8& file, const Bytes8& loaded) {
  auto lead = in_place_lead(plan);
  if (!lead) return;
  Bytes8 memory(std::max<size_t>(loaded.size(), *lead + file.size()), 0xDD);
  std::copy(file.begin(), file.end(), memory.begin() + *lead);
  uint64_t moved = 0;
  settle_pe(plan, *lead, span_of(memory), moved);
  require(std::equal(loaded.begin(), loaded.end(), memory.begin()), "the image in place");
}

void run(Bytes8 file) {
  VectorSource source(file);
  PePlan plan;
  if (!parse_pe(source, plan).has_value()) return;
  Naive naive{file};
  check_fields(naive, plan);
  if (plan.size_of_image > kMostImage) return;

  Bytes8 image(plan.size_of_image, 0xEE);  // exactly: the address sanitizer watches the ends
  uint64_t copied = 0;
  require(read_pe(plan, source, span_of(image), copied).has_value(), "an accepted image loads");
  require(image == naive.load(), "the loaded image");
  require(copied <= plan.size_of_image, "no byte is read twice");
  check_relocation(plan, image, 0x7654000);
  check_record(plan, image);
  const auto list = naive_package_list(naive, image);
  require(find_hii_package_list(plan, span_of(image)) == (list ? std::optional(static_cast<uint32_t>(*list)) : std::nullopt), "HII");
  check_in_place(plan, file, image);
}

}  // namespace
}  // namespace efilite::core

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  efilite::core::run({data, data + size});
  return 0;
}
