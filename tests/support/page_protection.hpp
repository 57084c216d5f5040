// SPDX-License-Identifier: BSD-2-Clause-Patent
// Page permissions as a list of the pages that are restricted.
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "base/units.hpp"
#include "core/ports.hpp"

namespace efilite::test {

class FakeProtection final : public core::PageProtection {
 public:
  Result<uint64_t> get(PhysRange range) const override {
    if (range.empty() || range.end.value > mapped_end) return Status::NoMapping;
    const uint64_t first = of(range.begin.value);
    for (uint64_t page = range.begin.value; page < range.end.value; page += kPageSize)
      if (of(page) != first) return Status::NoMapping;
    return first;
  }
  Result<> change(PhysRange range, uint64_t set, uint64_t clear) override {
    EXPECT_EQ(range.begin.value % kPageSize, 0u);
    EXPECT_EQ(range.end.value % kPageSize, 0u);
    ++changes;
    if (fails) return Status::OutOfResources;
    if (range.end.value > mapped_end) return Status::NoMapping;
    for (uint64_t page = range.begin.value; page < range.end.value; page += kPageSize) {
      const uint64_t attributes = (of(page) | set) & ~clear;
      if (attributes == 0) {
        pages.erase(page);
      } else {
        pages[page] = attributes;
      }
    }
    return {};
  }
  uint64_t of(uint64_t page) const {
    auto found = pages.find(page);
    return found == pages.end() ? 0 : found->second;
  }

  std::map<uint64_t, uint64_t> pages;  // none: read, write and execute
  uint64_t mapped_end = UINT64_MAX;
  int changes = 0;
  bool fails = false;
};

}  // namespace efilite::test
