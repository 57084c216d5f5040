// SPDX-License-Identifier: BSD-2-Clause-Patent
// The way to ACPI's tables: root pointer, XSDT or RSDT, and what they list [ACPI 6.5, 5.2.5 to 5.2.8].
#pragma once

#include <algorithm>

#include "abi/acpi.hpp"
#include "core/ports.hpp"

namespace efilite::platform {

// Where the BIOS put the root pointer; 0: nowhere.
PhysAddr search_rsdp(core::PhysicalMemory& memory);
std::optional<acpi::Rsdp> rsdp_at(core::PhysicalMemory& memory, PhysAddr at);

enum class Checksum : bool { Ignored, Verified };
// The whole table, or nullopt after a word in the log.
std::optional<ByteSpan> table_at(core::PhysicalMemory& memory, PhysAddr at, Checksum checksum);

// The pointers of an XSDT or RSDT.
class TableList {
 public:
  // Without a readable one, which is told in the log: an empty list.
  TableList(core::PhysicalMemory& memory, const acpi::Rsdp& rsdp);
  uint64_t count() const { return std::min<uint64_t>(entries_.size() / width_, kMostTables); }
  PhysAddr operator[](uint64_t i) const {
    uint64_t address = 0;
    memcpy(&address, entries_.data() + i * width_, width_);
    return PhysAddr{address};
  }

 private:
  static constexpr uint64_t kMostTables = 256;
  ByteSpan entries_;
  unsigned width_;
};

}  // namespace efilite::platform
