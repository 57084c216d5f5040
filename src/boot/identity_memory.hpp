// SPDX-License-Identifier: BSD-2-Clause-Patent
// Physical memory as the firmware sees it: mapped one to one from the second page (nothing has business in the first 1 KiB but the
// BIOS data area's EBDA pointer, and address 0 means "absent" in every structure we read) up to a limit.
#pragma once

#include <algorithm>

#include "core/ports.hpp"

namespace efilite::boot {

class IdentityMemory final : public core::PhysicalMemory {
 public:
  explicit constexpr IdentityMemory(PhysAddr limit) : limit_(limit) {}
  // Once more is mapped; less never is.
  void extend(PhysAddr limit) { limit_ = std::max(limit_, limit); }
  using core::PhysicalMemory::window;
  std::optional<MutableByteSpan> window(PhysRange range) override {
    constexpr PhysAddr first{0x400};
    if (range.begin < first || range.end < range.begin || range.end > limit_) return std::nullopt;
    return MutableByteSpan(reinterpret_cast<std::byte*>(range.begin.value), range.size());
  }

 private:
  PhysAddr limit_;
};

}  // namespace efilite::boot
