// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/boot_info.hpp"

#include "base/check.hpp"
#include "base/log.hpp"

namespace efilite::boot {

namespace {

// The higher the stricter. The first three may be used by programs, so that a page of them must be whole.
int strictness(E820Type type) {
  switch (type) {
    case E820Type::Ram: return 1;
    case E820Type::SoftReserved: return 2;
    case E820Type::Persistent: return 3;
    case E820Type::Acpi: return 4;
    case E820Type::Nvs: return 5;
    case E820Type::Reserved: return 6;
    case E820Type::Disabled: return 7;
    case E820Type::Unusable: return 8;
  }
  return 6;
}
bool usable(E820Type type) { return strictness(type) <= 3; }

class Edges {
 public:
  void add(uint64_t edge) {
    size_t at = count_;
    while (at > 0 && edges_[at - 1] >= edge) --at;
    if (at < count_ && edges_[at] == edge) return;
    for (size_t i = count_++; i > at; --i) edges_[i] = edges_[i - 1];
    edges_[at] = edge;
  }
  size_t count() const { return count_; }
  PhysAddr operator[](size_t i) const { return PhysAddr{edges_[i]}; }

 private:
  std::array<uint64_t, 2 * kMaxRegions> edges_;
  size_t count_ = 0;
};

const MemoryRegion* strictest_over(const MemoryRegions& regions, PhysRange piece) {
  const MemoryRegion* best = nullptr;
  for (const MemoryRegion& region : regions) {
    if (region.range.contains(piece) && (best == nullptr || strictness(region.type) > strictness(best->type))) best = &region;
  }
  return best;
}

// Sorted, without overlaps, merged. Between two neighbouring edges nothing changes, so each such piece has one type.
bool resolve(MemoryRegions& regions) {
  Edges edges;
  for (const MemoryRegion& region : regions) {
    edges.add(region.range.begin.value);
    edges.add(region.range.end.value);
  }
  MemoryRegions out;
  for (size_t i = 1; i < edges.count(); ++i) {
    PhysRange piece{edges[i - 1], edges[i]};
    const MemoryRegion* region = strictest_over(regions, piece);
    if (region == nullptr) continue;
    MemoryRegion* last = out.empty() ? nullptr : &out[out.size() - 1];
    if (last != nullptr && last->type == region->type && last->range.end == piece.begin) {
      last->range.end = piece.end;
    } else if (!out.push_back({piece, region->type})) {
      return false;
    }
  }
  regions = out;
  return true;
}

void round_to_pages(MemoryRegions& regions) {
  for (size_t i = regions.size(); i-- > 0;) {
    auto& [begin, end] = regions[i].range;
    bool shrink = usable(regions[i].type);
    // Neither sum overflows: everything lies below 2^52.
    begin.value = align_down(begin.value + (shrink ? kPageMask : 0), kPageSize);
    end.value = align_down(end.value + (shrink ? 0 : kPageMask), kPageSize);
    if (begin >= end) regions.erase(i);
  }
}

constexpr uint64_t k1MiB = 1 << 20;

constexpr BootError kTooMany = {"memory map entries", kMaxRegions + 1, "at most 128 ranges are taken, after overlaps are resolved"};

}  // namespace

void print_boot_error(const BootError& error) {
  log::line("efilite: ", error.field, " is ", log::Hex{error.value}, ": ", error.advice);
}

E820Type decode_e820_type(uint32_t raw) {
  if (raw == 12) return E820Type::Persistent;
  switch (auto type = static_cast<E820Type>(raw)) {
    case E820Type::Ram:
    case E820Type::Acpi:
    case E820Type::Nvs:
    case E820Type::Unusable:
    case E820Type::Disabled:
    case E820Type::Persistent:
    case E820Type::SoftReserved: return type;
    case E820Type::Reserved: break;
  }
  return E820Type::Reserved;
}

EfiMemoryKind efi_type(E820Type type) {
  using efi::MemoryType;
  constexpr uint64_t cacheable = efi::kMemoryUc | efi::kMemoryWc | efi::kMemoryWt | efi::kMemoryWb;
  switch (type) {
    case E820Type::Ram: return {MemoryType::Conventional, cacheable};
    case E820Type::SoftReserved: return {MemoryType::Conventional, cacheable | efi::kMemorySp};
    case E820Type::Persistent: return {MemoryType::Persistent, cacheable | efi::kMemoryNv};
    case E820Type::Acpi: return {MemoryType::AcpiReclaim, cacheable};
    case E820Type::Nvs: return {MemoryType::AcpiNvs, cacheable};
    case E820Type::Unusable: return {MemoryType::Unusable, efi::kMemoryUc};
    case E820Type::Reserved:
    case E820Type::Disabled: break;
  }
  return {MemoryType::Reserved, efi::kMemoryUc};
}

BootResult add_region(MemoryRegions& regions, uint64_t address, uint64_t size, uint32_t raw_type) {
  if (size == 0) return {};
  auto end = checked_add(address, size);
  if (!end) return BootError{"memory map entry's size", size, "address and size together wrap around"};
  if (*end > kPhysicalLimit) return BootError{"memory map entry's end", *end, "no CPU has more than 52 bits of physical address"};
  if (!regions.push_back({{{address}, {*end}}, decode_e820_type(raw_type)})) return kTooMany;
  return {};
}

BootResult add_told_region(BootInfo& info, uint64_t address, uint64_t size, uint32_t raw_type) {
  TRY(add_region(info.memory, address, size, raw_type));
  if (size == 0) ++info.told.empty_regions;
  else if (!info.told.memory.push_back({address, size, raw_type, 0})) return kTooMany;
  return {};
}

BootResult normalise(MemoryRegions& regions) {
  if (!resolve(regions)) return kTooMany;
  round_to_pages(regions);
  // Reservations grew into their neighbours.
  if (!resolve(regions)) return kTooMany;
  return {};
}

bool make_ram(MemoryRegions& regions, PhysRange pages) {
  for (size_t i = 0; i < regions.size(); ++i) {
    const auto [range, type] = regions[i];
    if (type != E820Type::Reserved || !range.contains(pages) || pages.empty() || range.begin.value < k1MiB) continue;
    const PhysRange below{range.begin, pages.begin}, above{pages.end, range.end};
    if (regions.size() + !below.empty() + !above.empty() > regions.capacity()) return false;
    regions[i] = {pages, E820Type::Ram};
    if (!above.empty()) CHECK(regions.insert(i + 1, {above, type}));
    if (!below.empty()) CHECK(regions.insert(i, {below, type}));
    return true;
  }
  return false;
}

}  // namespace efilite::boot
