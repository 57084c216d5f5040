// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/protocols/memory_protection.hpp"

#include <algorithm>
#include <optional>

#include "base/poison.hpp"
#include "core/events/events.hpp"
#include "core/memory/memory_map.hpp"

namespace efilite::core {

using efi::EfiStatus;
using efi::encode;
using efi::MemoryAttributeProtocol;

namespace {

// The pages that the bytes touch.
std::optional<PhysRange> pages_of(uint64_t base, uint64_t length) {
  auto end = checked_add(base, length);
  if (end) end = align_up(*end, kPageSize);
  if (!end) return std::nullopt;
  return PhysRange{{align_down(base, kPageSize)}, {*end}};
}

}  // namespace

EfiStatus EFIAPI MemoryProtection::get_attributes(MemoryAttributeProtocol* self, efi::PhysicalAddress base, uint64_t length,
                                                  uint64_t* attributes) {
  if (self == nullptr || length == 0 || attributes == nullptr) return encode(Status::InvalidParameter);
  auto range = pages_of(base, length);
  if (!range) return encode(Status::Unsupported);
  MemoryProtection& owner = *reinterpret_cast<Interface*>(self)->owner;
  TplGuard guard(owner.events_, efi::kTplNotify);
  auto got = owner.pages_.get(*range);
  if (got) *attributes = *got;
  return encode(got);
}

EfiStatus EFIAPI MemoryProtection::set_attributes(MemoryAttributeProtocol* self, efi::PhysicalAddress base, uint64_t length,
                                                  uint64_t attributes) {
  return change(self, base, length, attributes, 0);
}

EfiStatus EFIAPI MemoryProtection::clear_attributes(MemoryAttributeProtocol* self, efi::PhysicalAddress base, uint64_t length,
                                                    uint64_t attributes) {
  return change(self, base, length, 0, attributes);
}

EfiStatus MemoryProtection::change(MemoryAttributeProtocol* self, efi::PhysicalAddress base, uint64_t length, uint64_t set,
                                   uint64_t clear) {
  if (self == nullptr || length == 0) return encode(Status::InvalidParameter);
  // The text has no other status for a part of a page: the processor cannot protect single bytes.
  auto range = pages_of(base, length);
  if (!range || range->begin.value != base || range->size() != length) return encode(Status::Unsupported);
  if (((set | clear) & ~efi::kMemoryAccessMask) != 0) return encode(Status::Unsupported);
  MemoryProtection& owner = *reinterpret_cast<Interface*>(self)->owner;
  TplGuard guard(owner.events_, efi::kTplNotify);
  return encode(owner.change(*range, set, clear));
}

Result<> MemoryProtection::change(PhysRange range, uint64_t set, uint64_t clear) {
  // Loaders make sure of what is so already, in memory that is not theirs: their stack is not executable, free memory is.
  if (auto now = pages_.get(range); now && ((*now | set) & ~clear) == *now) return {};
  TRY(memory_.check_programs_own(range));
  if (set != 0) {
    if (restricted_.empty()) restricted_ = range;
    restricted_ = {std::min(restricted_.begin, range.begin), std::max(restricted_.end, range.end)};
  }
  Result<> done = pages_.change(range, set, clear);
  if (done.status() == Status::NoMapping) return Status::Unsupported;  // memory that the processor's tables do not reach
  return done;
}

Result<> MemoryProtection::release(PhysRange range) {
  if (range.overlaps(restricted_)) TRY(pages_.set(range, 0));
  poison(reinterpret_cast<void*>(range.begin.value), range.size(), kFreedByte);
  return {};
}

}  // namespace efilite::core
