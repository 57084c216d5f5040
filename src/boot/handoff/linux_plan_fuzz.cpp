// SPDX-License-Identifier: BSD-2-Clause-Patent
// Any bytes as a kernel, on any memory: where it is put is free, aligned and within its limits, or there is no such place; and what it
// reads in the zero page is what the memory map said, byte by byte.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "boot/boot_info.hpp"
#include "boot/handoff/linux_parameters.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/pe_builder.hpp"

namespace efilite::boot {
namespace {

using efi::MemoryType;
using formats::BootEntry;
using formats::BzImage;

constexpr uint64_t kUnit = 64 << 10;

struct Region {
  uint64_t begin, end;
  MemoryType type;
};

// Up to 200 regions one behind the other, some with gaps; the map grows no further than its room where it has it from `storage`.
std::vector<Region> regions_from(test::FuzzInput& input) {
  std::vector<Region> regions;
  uint64_t at = input.byte() * uint64_t{1 << 20};
  for (size_t count = std::min<size_t>(input.byte(), 40); count > 0; --count) {
    at += (input.byte() & 3) * kUnit;
    const uint64_t size = (uint64_t{1} + input.byte()) << (input.byte() % 12);
    const auto type = static_cast<MemoryType>(input.byte() % 15);
    regions.push_back({at, at + size * kUnit, type});
    at += size * kUnit;
  }
  return regions;
}

void check_place(core::MemoryMap& map, const std::vector<Region>& regions, const LinuxPlan& plan) {
  const auto place = place_linux(map, plan);
  if (place) {
    const uint64_t begin = place->address.value, end = begin + plan.size;
    EXPECT(begin >= plan.preferred.value && end - 1 <= std::max(plan.last.value, plan.preferred.value + plan.size - 1));
    EXPECT(place->alignment <= plan.alignment && (place->alignment >= plan.least_alignment || plan.alignment == 0));
    if (begin != plan.preferred.value) EXPECT(plan.alignment != 0 && begin % place->alignment == 0);
    // Free before, the kernel's now.
    for (uint64_t page = begin; page < end; page = map.find({page})->physical_start + map.find({page})->number_of_pages * kPageSize) {
      EXPECT(map.find({page})->type == MemoryType::LoaderCode);
      EXPECT(std::ranges::any_of(regions, [=](const Region& r) {
        return r.type == MemoryType::Conventional && r.begin <= page && page < r.end;
      }));
    }
    EXPECT(map.free(place->address, {plan.size / kPageSize}, core::PageOwner::Image).has_value());
    return;
  }
  if (plan.alignment == 0) {
    EXPECT(place.status() == Status::NotFound);
    return;
  }
  for (const Region& r : regions) {
    if (r.type != MemoryType::Conventional || r.end <= plan.preferred.value) continue;
    const uint64_t begin = (std::max(r.begin, plan.preferred.value) + plan.least_alignment - 1) & ~(plan.least_alignment - 1);
    EXPECT(begin < plan.preferred.value || begin + plan.size - 1 > std::min(r.end - 1, plan.last.value));
  }
}

// As an OS sees the type of each page.
std::map<uint64_t, uint32_t> model_of(const std::vector<Region>& regions) {
  std::map<uint64_t, uint32_t> begins;
  for (const Region& r : regions) {
    E820Type type = E820Type::Reserved;
    switch (r.type) {
      case MemoryType::Conventional: case MemoryType::LoaderCode: case MemoryType::LoaderData: case MemoryType::BootServicesCode:
      case MemoryType::BootServicesData: type = E820Type::Ram; break;
      case MemoryType::AcpiReclaim: type = E820Type::Acpi; break;
      case MemoryType::AcpiNvs: type = E820Type::Nvs; break;
      case MemoryType::Unusable: type = E820Type::Unusable; break;
      case MemoryType::Persistent: type = E820Type::Persistent; break;
      default: break;
    }
    for (uint64_t border : {r.begin, r.end}) begins.try_emplace(border, 0);
    begins[r.begin] = static_cast<uint32_t>(type);
  }
  return begins;
}

void check_parameters(const BzImage& image, const core::MemoryMap& map, const std::vector<Region>& regions, const LinuxPlan& plan) {
  std::vector<std::byte> descriptors(map.read_size());
  EXPECT(map.read(descriptors).has_value());
  const std::string text(image.kernel_size % 300, 'x');
  std::vector<std::byte> pages(LinuxParameters::size_for(text, descriptors.size() / core::MemoryMap::kDescriptorSize), std::byte{0xAA});
  LinuxParameters parameters(pages, image, {plan.preferred, plan.least_alignment});
  const bool whole = parameters.set_command_line(text, plan);
  EXPECT(whole == (text.size() <= plan.command_line_size));
  parameters.add_seed({});
  parameters.set_memory(descriptors);
  const boot_params& params = *parameters.zero_page();
  EXPECT(params.sentinel == 0 && +params.hdr.version == +image.header.version && +params.hdr.setup_sects == +image.header.setup_sects);
  const auto* command_line = reinterpret_cast<const char*>(uint64_t{params.ext_cmd_line_ptr} << 32 | params.hdr.cmd_line_ptr);
  EXPECT(strlen(command_line) == std::min<size_t>(text.size(), plan.command_line_size));

  EXPECT(params.e820_entries <= E820_MAX_ENTRIES_ZEROPAGE);
  const auto model = model_of(regions);
  uint64_t end = 0, told = 0, given = 0;
  for (size_t i = 0; i < params.e820_entries; ++i) {
    const boot_e820_entry& e = params.e820_table[i];
    EXPECT(e.addr >= end && e.size != 0);
    EXPECT(e.addr > end || i == 0 || +e.type != +params.e820_table[i - 1].type);
    end = e.addr + e.size;
    told += e.size;
    for (auto border = std::prev(model.upper_bound(e.addr)); border != model.end() && border->first < end; ++border)
      EXPECT(border->second == e.type);
  }
  for (const Region& r : regions) given += r.end - r.begin;
  EXPECT(told == given);
}

}  // namespace
}  // namespace efilite::boot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite;
  using namespace efilite::boot;
  // The kernel from the front, the memory from the last 256 bytes.
  const size_t of_memory = std::min<size_t>(size, 256);
  test::FuzzInput input(data + size - of_memory, of_memory);
  test::VectorSource source(test::Bytes8(data, data + size));
  auto image = parse_bzimage(formats::Input(source));
  if (!image || image->refusal()) return 0;
  const std::vector<Region> regions = regions_from(input);
  core::MemoryMap map;
  for (const Region& r : regions)
    EXPECT(map.add({{r.begin}, {r.end}}, r.type, core::kRamAttributes).has_value());
  for (formats::BootEntry entry : {formats::BootEntry::Linux64, formats::BootEntry::Linux32}) {
    const LinuxPlan plan = plan_linux(*image, entry);
    EXPECT(plan.size % kPageSize == 0 && plan.size >= image->kernel_size);
    EXPECT(plan.parameters_last.value <= 0xFFFFFFFF);
    check_parameters(*image, map, regions, plan);
    check_place(map, regions, plan);
  }
  return 0;
}
