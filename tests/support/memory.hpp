// SPDX-License-Identifier: BSD-2-Clause-Patent
// Physical memory for host tests: real pages at addresses as a guest has them, so that MemoryMap and Pool return pointers that can be used.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "base/units.hpp"
#include "core/memory/memory_map.hpp"
#include "core/memory/pool.hpp"
#include "core/ports.hpp"

namespace efilite::test {

// Pages of the test process that stand for guest memory. Without a place of its own an arena lies below 2 GiB, like most guests' RAM; pages
// that are never touched cost nothing. Under ASan a place between 2 GiB and 16 TiB cannot be had.
class Arena {
 public:
  static constexpr uint64_t kAnywhere = 0;

  explicit Arena(uint64_t bytes, uint64_t place = kAnywhere) {
    int where = place == kAnywhere ? MAP_32BIT : MAP_FIXED_NOREPLACE;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | where;
    void* got = mmap(reinterpret_cast<void*>(place), bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    uint64_t begin = reinterpret_cast<uintptr_t>(got);
    if (got == MAP_FAILED || (place != kAnywhere && begin != place)) {
      perror("test arena");
      abort();
    }
    range_ = {{begin}, {begin + bytes}};
  }
  ~Arena() { munmap(reinterpret_cast<void*>(range_.begin.value), range_.size()); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  PhysRange range() const { return range_; }

 private:
  PhysRange range_;
};

// A map whose free memory is one arena, and a pool on it: what most rooms need.
struct Memory {
  explicit Memory(uint64_t bytes = 16 << 20) : arena(bytes) {
    if (!map.add(arena.range(), efi::MemoryType::Conventional, core::kRamAttributes)) abort();
  }
  Arena arena;
  core::MemoryMap map;
  core::Pool pool{map};
};

// The process's own heap as a Heap: ASan then sees overruns, uses after release and leaks of core's objects. `failures_after` counts down
// to the first allocation that finds no memory; all later ones fail as well.
class HostHeap final : public core::Heap {
 public:
  void* allocate(size_t size) override {
    if (failures_after == 0) return nullptr;
    if (failures_after > 0) --failures_after;
    void* block = malloc(size ? size : 1);
    live_.insert(block);
    return block;
  }
  void release(void* block) override {
    if (block && live_.erase(block) == 0) {
      fprintf(stderr, "HostHeap: %p is no live block\n", block);
      abort();
    }
    ::free(block);
  }
  size_t live() const { return live_.size(); }

  int64_t failures_after = -1;  // never

 private:
  std::set<void*> live_;
};

}  // namespace efilite::test
