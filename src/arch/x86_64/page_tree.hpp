// SPDX-License-Identifier: BSD-2-Clause-Patent
// The CPU's four levels of page tables [Intel SDM volume 3, 4.5], as an identity map whose pages can be restricted. It executes nothing
// privileged, so that the host can test it.
#pragma once

#include <cstdint>

#include "abi/uefi/types.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

namespace efilite::arch {

class PageTree {
 public:
  // A page for a table, which need not be cleared and is never given back. It may itself be mapped by the tree.
  using TableAllocator = Result<PhysAddr> (*)();

  static constexpr uint64_t kGiB = uint64_t{1} << 30;
  static constexpr uint64_t kEnd = uint64_t{1} << 47;  // four levels of tables reach no further one to one

  constexpr PageTree(uint64_t* root, TableAllocator allocator) : root_(root), allocator_(allocator) {}
  void set_allocator(TableAllocator allocator) { allocator_ = allocator; }

  // Maps [begin, end), so far unmapped whole gigabytes: each by one page, or by 512 where the CPU has no such pages.
  Result<> map_gigabytes(uint64_t begin, uint64_t end, bool by_one_page);

  bool has_gigabyte(uint64_t at) const { return *leaf_of(at).entry != 0; }

  // As core::PageProtection says. change() tells whether an entry became another one: then the CPU's copies are stale.
  Result<uint64_t> get(PhysRange range) const;
  Result<bool> change(PhysRange range, uint64_t set, uint64_t clear);

 private:
  struct Leaf {
    uint64_t* entry;
    unsigned shift;  // it maps 1 << shift bytes; entry 0: it maps nothing, and has no table either
    uint64_t size() const { return uint64_t{1} << shift; }
  };

  Leaf leaf_of(uint64_t address) const;
  bool is_mapped(PhysRange range) const;  // memory is mapped by whole gigabytes
  Result<> split(Leaf leaf);
  Result<> split_at(uint64_t address, uint64_t set, uint64_t clear);
  template <typename Visit>
  bool walk(PhysRange range, Visit visit) const;

  uint64_t* root_;
  TableAllocator allocator_;
};

}  // namespace efilite::arch
