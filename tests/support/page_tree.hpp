// SPDX-License-Identifier: BSD-2-Clause-Patent
// A page tree in memory of the host, and a CPU that walks it as Intel's manual says (volume 3, 4.5), without the tree's help.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "arch/x86_64/page_tree.hpp"

namespace efilite::test {

struct PageTreeMachine {
  struct alignas(4096) Table {
    std::array<uint64_t, 512> entries{};
  };
  struct Translation {
    bool present = false, writable = true, executable = true;
    uint64_t physical = 0, size = 0;
  };

  PageTreeMachine() { current = this; }
  ~PageTreeMachine() { current = nullptr; }

  Translation translate(uint64_t address) const {
    Translation t;
    const uint64_t* table = root.entries.data();
    for (int shift = 39; shift >= 12; shift -= 9) {
      const uint64_t entry = table[address >> shift & 511];
      if ((entry & 1) == 0) return t;
      t.writable = t.writable && (entry & 2) != 0;
      t.executable = t.executable && (entry >> 63) == 0;
      t.size = uint64_t{1} << shift;
      const uint64_t frame = entry & 0x000FFFFFFFFFF000;
      if (shift != 12 && (entry & 0x80) == 0) {
        table = reinterpret_cast<const uint64_t*>(frame);
        continue;
      }
      if ((frame & (t.size - 1)) != 0) __builtin_trap();  // reserved bits of a large page
      t.present = true;
      t.physical = frame | (address & (t.size - 1));
      return t;
    }
    return t;
  }

  static Result<PhysAddr> allocate() {
    if (current->tables_left == 0) return Status::OutOfResources;
    --current->tables_left;
    ++current->tables_made;
    current->tables.push_back(std::make_unique<Table>());
    current->tables.back()->entries.fill(0xA5A5A5A5A5A5A5A5);  // nobody clears them
    return PhysAddr{reinterpret_cast<uint64_t>(current->tables.back().get())};
  }

  static inline PageTreeMachine* current = nullptr;
  Table root;
  std::vector<std::unique_ptr<Table>> tables;
  size_t tables_left = SIZE_MAX;
  size_t tables_made = 0;
  arch::PageTree tree{root.entries.data(), allocate};
};

}  // namespace efilite::test
