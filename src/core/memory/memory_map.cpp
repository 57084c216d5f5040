// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/memory/memory_map.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"

namespace efilite::core {

using efi::AllocateType;
using efi::MemoryType;

namespace {

// Below 1 MiB lies the only place where an OS can start its other CPUs, so nothing goes there unless an address or a limit asks for it.
constexpr uint64_t kLowEnd = 0x100000;
constexpr uint64_t k4GiB = uint64_t{1} << 32;
constexpr uint64_t kTop = ~kPageMask;  // the last page of the address space cannot be named, see PhysRange

bool known_type(MemoryType type) { return type < MemoryType::Max || type >= MemoryType::OemFirst; }

bool runtime_type(MemoryType type) { return type == MemoryType::RuntimeServicesCode || type == MemoryType::RuntimeServicesData; }

bool boot_services_type(MemoryType type) { return type == MemoryType::BootServicesCode || type == MemoryType::BootServicesData; }

// What the OS never gets back after boot.
bool outlives_boot(MemoryType type) {
  return runtime_type(type) || type == MemoryType::Reserved || type == MemoryType::AcpiReclaim || type == MemoryType::AcpiNvs;
}

bool well_formed(PhysRange r) { return r.begin.page_aligned() && r.end.page_aligned() && r.begin < r.end; }

}  // namespace

bool MemoryMap::allocatable(MemoryType type) {
  return known_type(type) && type != MemoryType::Conventional && type != MemoryType::Persistent && type != MemoryType::Unaccepted;
}

uint64_t MemoryMap::Region::exported_attributes() const { return attributes | (runtime_type(type) ? efi::kMemoryRuntime : 0); }

efi::MemoryDescriptor MemoryMap::Region::exported() const {
  return {type, 0, begin, 0, (end - begin) / kPageSize, exported_attributes()};
}

Result<> MemoryMap::add(PhysRange range, MemoryType type, uint64_t attributes) {
  if (!well_formed(range) || !known_type(type)) return Status::InvalidParameter;
  size_t at = index_of(range.begin.value);
  if (at < size_ && regions()[at].begin < range.end.value) return Status::AccessDenied;
  if (!has_room(1)) return Status::OutOfResources;
  PageOwner owner = type == MemoryType::Conventional ? PageOwner::Nobody : PageOwner::SetUp;
  insert(at, {range.begin.value, range.end.value, attributes, type, owner});
  merge(at, at + 1);
  changed();
  return {};
}

Result<> MemoryMap::remove(PhysRange range) {
  if (!well_formed(range)) return Status::InvalidParameter;
  if (!all_owned_by(range.begin.value, range.end.value, PageOwner::SetUp)) return Status::NotFound;
  if (!has_room(new_borders(range.begin.value, range.end.value))) return Status::OutOfResources;
  const size_t first = split(range.begin.value);
  const size_t last = split(range.end.value);
  memmove(regions() + first, regions() + last, (size_ - last) * sizeof(Region));
  size_ -= last - first;
  changed();
  return {};
}

Result<> MemoryMap::take(PhysRange range, PageOwner from, MemoryType type) {
  if (!well_formed(range) || !known_type(type) || type == MemoryType::Conventional) return Status::InvalidParameter;
  if (!all_owned_by(range.begin.value, range.end.value, from)) return Status::NotFound;
  if (!has_room(new_borders(range.begin.value, range.end.value))) return Status::OutOfResources;
  convert(range.begin.value, range.end.value, type, PageOwner::SetUp);
  changed();
  return {};
}

Result<> MemoryMap::set_runtime_window(PhysRange window) {
  if (!well_formed(window) || window.begin.value < kLowEnd || window.end.value > k4GiB) return Status::InvalidParameter;
  window_ = window;
  return {};
}

Result<PhysAddr> MemoryMap::allocate(AllocateType how, MemoryType type, PageCount pages, PhysAddr address, PageOwner owner) {
  if (how > AllocateType::Address || !allocatable(type)) return Status::InvalidParameter;
  auto bytes = pages.bytes();
  uint64_t begin = address.value;
  if (how == AllocateType::Address) {
    auto end = bytes ? address.plus(*bytes) : std::nullopt;
    if (!end || !well_formed({address, *end}) || !all_owned_by(begin, end->value, PageOwner::Nobody)) return Status::NotFound;
  } else {
    if (how == AllocateType::MaxAddress && address.value < kPageMask) return Status::NotFound;
    // MaxAddress names the last byte that may be used [UEFI 2.10, 7.2.1].
    uint64_t limit = how == AllocateType::AnyPages ? kTop : align_down(std::min(address.value, kTop - 1) + 1, kPageSize);
    const bool sensible = bytes && bytes->value != 0;
    auto found = sensible ? choose(type, bytes->value, limit, owner) : std::nullopt;
    // Any available range below the limit will do, rather than none.
    if (!found && sensible && how == AllocateType::MaxAddress) found = find_free(kPageSize, std::min(limit, kLowEnd), bytes->value);
    if (!found) return Status::OutOfResources;
    begin = *found;
  }
  if (!has_room(new_borders(begin, begin + bytes->value))) return Status::OutOfResources;
  convert(begin, begin + bytes->value, type, owner);
  changed();
  return PhysAddr{begin};
}

// More than is needed when the alignment is more than a page; what is too much goes back at once.
Result<PhysAddr> MemoryMap::allocate_aligned(AllocateType how, MemoryType type, PageCount pages, uint64_t alignment, PhysAddr address,
                                             PageOwner owner) {
  const uint64_t slack = alignment / kPageSize - 1;
  const PhysAddr at = TRY(allocate(how, type, {pages.value + slack}, address, owner));
  const PhysAddr begin{(at.value + alignment - 1) & ~(alignment - 1)};
  const uint64_t before = (begin.value - at.value) / kPageSize;
  // The map may have no room to tell the parts apart: then they stay taken.
  if (before != 0) static_cast<void>(free(at, {before}, owner));
  if (before != slack) static_cast<void>(free({begin.value + pages.value * kPageSize}, {slack - before}, owner));
  return begin;
}

Result<> MemoryMap::free(PhysAddr address, PageCount pages, PageOwner owner) {
  auto bytes = pages.bytes();
  auto end = bytes ? address.plus(*bytes) : std::nullopt;
  if (!end || !well_formed({address, *end}) || owner == PageOwner::Nobody) return Status::InvalidParameter;
  if (!all_owned_by(address.value, end->value, owner)) return Status::NotFound;
  if (!has_room(new_borders(address.value, end->value))) return Status::OutOfResources;
  if (release_ && owner != PageOwner::SetUp) {
    TRY(release_(release_context_, {address, *end}));
    if (!has_room(new_borders(address.value, end->value))) return Status::OutOfResources;  // it may have allocated
  }
  convert(address.value, end->value, MemoryType::Conventional, PageOwner::Nobody);
  changed();
  return {};
}

uint64_t MemoryMap::read_size() const {
  uint64_t size = 0;
  for_each([&](const efi::MemoryDescriptor&) { size += kDescriptorSize; });
  return size;
}

Result<uint64_t> MemoryMap::read(MutableByteSpan out) const {
  uint64_t size = read_size();
  if (out.size() < size) return Status::BufferTooSmall;
  std::byte* to = out.data();
  for_each([&](const efi::MemoryDescriptor& descriptor) {
    memcpy(to, &descriptor, sizeof(descriptor));
    memset(to + sizeof(descriptor), 0, kDescriptorSize - sizeof(descriptor));
    to += kDescriptorSize;
  });
  return size;
}

std::optional<efi::MemoryDescriptor> MemoryMap::find(PhysAddr address) const {
  size_t at = index_of(address.value);
  if (at == size_ || regions()[at].begin > address.value) return std::nullopt;
  return regions()[at].exported();
}

bool MemoryMap::owned_by(PhysAddr address, PageOwner owner) const {
  size_t at = index_of(address.value);
  return at < size_ && regions()[at].begin <= address.value && regions()[at].owner == owner;
}

Result<> MemoryMap::check_programs_own(PhysRange range) const {
  const Region* r = regions();
  uint64_t begin = range.begin.value;
  for (size_t i = index_of(begin); begin < range.end.value; ++i) {
    if (i == size_ || r[i].begin > begin) return Status::Unsupported;
    if (r[i].type == MemoryType::MemoryMappedIo || r[i].type == MemoryType::MemoryMappedIoPortSpace) return Status::Unsupported;
    if (r[i].owner != PageOwner::Service && r[i].owner != PageOwner::Image) return Status::AccessDenied;
    begin = r[i].end;
  }
  return {};
}

PhysRange MemoryMap::storage() const {
  if (!grown_) return {};
  uint64_t begin = reinterpret_cast<uintptr_t>(grown_);
  return {{begin}, {begin + capacity() * sizeof(Region)}};
}

// The region that holds `address`, else the next one above it.
size_t MemoryMap::index_of(uint64_t address) const {
  const Region* r = regions();
  return std::partition_point(r, r + size_, [=](const Region& region) { return region.end <= address; }) - r;
}

// How many regions a change of [begin, end) may add. None where whole regions change: so a map that cannot grow can still be freed.
size_t MemoryMap::new_borders(uint64_t begin, uint64_t end) const {
  const auto cuts = [this](uint64_t address) -> size_t {
    const size_t at = index_of(address);
    return at < size_ && regions()[at].begin < address;
  };
  return cuts(begin) + cuts(end);
}

bool MemoryMap::all_owned_by(uint64_t begin, uint64_t end, PageOwner owner) const {
  const Region* r = regions();
  for (size_t i = index_of(begin); i < size_ && r[i].begin <= begin; ++i) {
    if (r[i].owner != owner) return false;
    if (r[i].end >= end) return true;
    begin = r[i].end;
  }
  return false;
}

// A place for `bytes` of free memory in [floor, ceiling).
std::optional<uint64_t> MemoryMap::find_free(uint64_t floor, uint64_t ceiling, uint64_t bytes, Place place) const {
  std::optional<uint64_t> best;
  for (size_t i = size_; i-- > 0;) {
    const Region& r = regions()[i];
    if (r.end <= floor) break;
    if (r.type != MemoryType::Conventional) continue;
    uint64_t begin = std::max(r.begin, floor);
    uint64_t end = std::min(r.end, ceiling);
    if (begin >= end || end - begin < bytes) continue;
    best = place == Place::Highest ? end - bytes : begin;
    if (place != Place::Lowest) break;
  }
  return best;
}

// Below 4 GiB first, since Linux wants its kernel there on CPUs with five-level paging and xen.efi cannot run elsewhere; from the top, so
// that the large free range stays whole.
std::optional<uint64_t> MemoryMap::choose(MemoryType type, uint64_t bytes, uint64_t limit, PageOwner owner) const {
  if (limit <= kLowEnd) return find_free(kPageSize, limit, bytes);
  if (owner != PageOwner::Service && boot_services_type(type)) {
    // efilite's own joins efilite, which lies at the bottom: one entry of the map instead of many.
    if (auto at = find_free(kLowEnd, std::min(limit, k4GiB), bytes, Place::Lowest)) return at;
  }
  if (outlives_boot(type)) {
    // Two heaps that grow towards each other: the runtime's from the top, the tables' from the bottom.
    const Place place = runtime_type(type) ? Place::Highest : Place::BottomOfHighestRange;
    if (auto at = find_free(window_.begin.value, std::min(window_.end.value, limit), bytes, place)) return at;
  }
  const uint64_t low_limit = std::min(limit, k4GiB);
  const uint64_t passes[][2] = {
      {std::max(window_.end.value, kLowEnd), low_limit},
      {kLowEnd, std::min(window_.begin.value, low_limit)},
      {k4GiB, limit},
      {kLowEnd, limit},
  };
  for (auto [floor, ceiling] : passes) {
    if (auto at = find_free(floor, ceiling, bytes)) return at;
  }
  return std::nullopt;
}

void MemoryMap::insert(size_t at, const Region& region) {
  CHECK(size_ < capacity());
  Region* r = regions();
  memmove(r + at + 1, r + at, (size_ - at) * sizeof(Region));
  r[at] = region;
  ++size_;
}

// Makes `address` a border between regions; the index of the region that begins there or above.
size_t MemoryMap::split(uint64_t address) {
  size_t at = index_of(address);
  if (at == size_ || regions()[at].begin >= address) return at;
  Region upper = regions()[at];
  regions()[at].end = upper.begin = address;
  insert(at + 1, upper);
  return at + 1;
}

// Joins what can be joined in [first, last) and with the neighbours on both sides.
void MemoryMap::merge(size_t first, size_t last) {
  Region* r = regions();
  size_t to = first == 0 ? 0 : first - 1;
  const size_t end = std::min(last + 1, size_);
  for (size_t from = to + 1; from < end; ++from) {
    if (r[to].joins(r[from])) {
      r[to].end = r[from].end;
    } else {
      r[++to] = r[from];
    }
  }
  memmove(r + to + 1, r + end, (size_ - end) * sizeof(Region));
  size_ -= end - (to + 1);
}

void MemoryMap::convert(uint64_t begin, uint64_t end, MemoryType type, PageOwner owner) {
  size_t first = split(begin);
  size_t last = split(end);
  for (size_t i = first; i < last; ++i) {
    regions()[i].type = type;
    regions()[i].owner = owner;
  }
  merge(first, last);
}

// After a change, never before one: a program that takes a range which the map shows as free must get it. When there is no memory to grow
// into, the spare regions carry on and the next change tries again.
void MemoryMap::grow() {
  PhysRange old = storage();
  const size_t wanted = 2 * capacity();
  const uint64_t bytes = wanted * sizeof(Region);
  static_assert(2 * kInlineRegions * sizeof(Region) % kPageSize == 0);
  auto at = choose(MemoryType::BootServicesData, bytes, kTop, PageOwner::Map);
  if (!at || size_ + new_borders(*at, *at + bytes) > capacity()) return;
  convert(*at, *at + bytes, MemoryType::BootServicesData, PageOwner::Map);
  auto* bigger = reinterpret_cast<Region*>(*at);  // physical memory is mapped one to one
  memcpy(bigger, regions(), size_ * sizeof(Region));
  grown_ = bigger;
  grown_capacity_ = wanted;
  if (!old.empty()) convert(old.begin.value, old.end.value, MemoryType::Conventional, PageOwner::Nobody);
}

void MemoryMap::changed() {
  if (capacity() - size_ < kGrowBelow) grow();
  ++changes_;
  if (listener_) listener_(listener_context_);
}

}  // namespace efilite::core
