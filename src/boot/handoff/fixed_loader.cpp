// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/fixed_loader.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace efilite::boot {

namespace {

constexpr uint64_t k4GiB = uint64_t{1} << 32;

PhysRange range_of(const FixedLoader::Segment& segment) { return {{segment.address}, {segment.address + segment.size}}; }

PhysRange pages_of(PhysRange range) {
  // Below 4 GiB nothing overflows.
  return {{align_down(range.begin.value, kPageSize)}, {align_down(range.end.value + kPageMask, kPageSize)}};
}

template <typename... Parts>
Status refuse(Status status, uint64_t segment, Parts... parts) {
  log::line("efilite: ", log::subject(), ": the segment at ", log::Hex{segment}, " ", parts...);
  return status;
}

// Memory that is efilite's until the kernel runs, and nobody's then.
bool ends_with_efilite(efi::MemoryType type) {
  using efi::MemoryType;
  return type >= MemoryType::LoaderCode && type <= MemoryType::RuntimeServicesData;
}

}  // namespace

Result<> FixedLoader::add(const Segment& segment) {
  if (segment.address > k4GiB || segment.size > k4GiB - segment.address)
    return refuse(Status::Unsupported, segment.address, "ends above 4 GiB");
  const PhysRange range = range_of(segment);
  size_t at = 0;
  while (at < segments_.size() && segments_[at].address < segment.address) ++at;
  for (size_t other = at == 0 ? at : at - 1; other < segments_.size() && other <= at; ++other)
    if (range_of(segments_[other]).overlaps(range))
      return refuse(Status::LoadError, segment.address, "overlaps with that at ", log::Hex{segments_[other].address});
  CHECK(segments_.insert(at, segment));
  return {};
}

bool FixedLoader::wants(PhysRange range) const {
  return std::ranges::any_of(segments_, [range](const Segment& segment) { return range_of(segment).overlaps(range); });
}

Result<> FixedLoader::claim() {
  for (const Segment& segment : segments_) {
    const Result<> claimed = claim(pages_of(range_of(segment)));
    if (claimed) continue;
    if (claimed.status() == Status::OutOfResources) refuse(claimed.status(), segment.address, "lies in memory that is too fragmented");
    return claimed;
  }
  return {};
}

Result<> FixedLoader::claim(PhysRange pages) {
  using efi::MemoryType;
  for (PhysAddr at = pages.begin; at < pages.end;) {
    const auto memory = memory_.find(at);
    if (!memory || (memory->type != MemoryType::Conventional && !ends_with_efilite(memory->type)))
      return refuse(Status::Unsupported, pages.begin.value, "wants ", at, ", where there is no memory for it");
    const PhysAddr end{std::min(memory->physical_start + memory->number_of_pages * kPageSize, pages.end.value)};
    if (memory->type == MemoryType::Conventional) {
      const PageCount count{(end.value - at.value) / kPageSize};
      TRY(memory_.allocate(efi::AllocateType::Address, MemoryType::LoaderData, count, at));
      if (!claimed_.push_back({at, end})) return Status::OutOfResources;
    }
    at = end;
  }
  return {};
}

// What of [at, end) is alike from its beginning on.
FixedLoader::Piece FixedLoader::piece_at(uint64_t at, uint64_t end) const {
  for (PhysRange claimed : claimed_) {
    if (claimed.begin.value <= at && at < claimed.end.value) return {{{at}, {std::min(end, claimed.end.value)}}, true};
    if (at < claimed.begin.value) end = std::min(end, claimed.begin.value);
  }
  return {{{at}, {end}}, false};
}

Result<PhysRange> FixedLoader::allocate(uint64_t bytes, PhysAddr last) {
  const PageCount pages = PageCount::covering({bytes});
  for (;;) {
    const PhysAddr at = TRY(memory_.allocate(efi::AllocateType::MaxAddress, efi::MemoryType::LoaderData, pages, last));
    // The memory map may have moved from where a segment goes, since that was claimed. Such pages stay taken.
    if (!wants({at, {at.value + pages.value * kPageSize}})) return PhysRange{at, {at.value + bytes}};
  }
}

Result<MutableByteSpan> FixedLoader::bytes_at(PhysRange range) {
  if (range.empty()) return MutableByteSpan();
  auto window = physical_.window(range);
  return window ? Result<MutableByteSpan>(*window) : Status::NotFound;
}

Result<> FixedLoader::load(core::ByteSource& image) {
  for (const Segment& segment : segments_) {
    const uint64_t end = segment.address + segment.size;
    for (uint64_t at = segment.address; at < end;) {
      const Piece piece = piece_at(at, end);
      if (Result<> done = load(image, segment, piece); !done)
        return refuse(done.status(), segment.address, "cannot be loaded: ", done.status());
      at = piece.range.end.value;
    }
  }
  return {};
}

Result<> FixedLoader::load(core::ByteSource& image, const Segment& segment, Piece piece) {
  const uint64_t into = piece.range.begin.value - segment.address;
  const uint64_t size = piece.range.size();
  const uint64_t from_file = std::min(segment.file_size - std::min(segment.file_size, into), size);
  bytes_read_ += from_file;
  // It is read to its place, or to pages from which it is copied there.
  PhysRange place = piece.range;
  if (!piece.claimed) place = {};
  if (!piece.claimed && from_file != 0) place = TRY(allocate(from_file));
  const MutableByteSpan bytes = TRY(bytes_at(place));
  if (from_file != 0) TRY(image.read(segment.offset + into, bytes.first(from_file)));
  if (piece.claimed) {
    memset(bytes.data() + from_file, 0, size - from_file);
    return {};
  }
  const auto narrow = [](uint64_t value) { return static_cast<uint32_t>(value); };
  const arch::LastCopy copy{narrow(piece.range.begin.value), narrow(place.begin.value), narrow(from_file), narrow(size - from_file)};
  return copies_.push_back(copy) ? Result<>() : Status::OutOfResources;
}

}  // namespace efilite::boot
