// SPDX-License-Identifier: BSD-2-Clause-Patent
// Pool: blocks keep what was written into them, never overlap, have their type, and leave nothing behind.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

#include "base/check.hpp"
#include "core/memory/memory_map.hpp"
#include "core/memory/pool.hpp"
#include "tests/support/memory.hpp"

namespace efilite::core {
namespace {

using efi::MemoryType;

struct Live {
  uint64_t size;
  MemoryType type;
  uint8_t fill;
};

class Session {
 public:
  Session(const uint8_t* data, size_t size, PhysRange memory) : in_(data, size), start_(memory.begin.value) {
    CHECK(map_.add(memory, MemoryType::Conventional, kRamAttributes).has_value());
  }

  void run() {
    while (in_.remaining_bytes() > 0) {
      switch (in_.ConsumeIntegralInRange<int>(0, 7)) {
        case 0: case 1: case 2: case 3: allocate(); break;
        case 4: case 5: case 6: free_one(in_.ConsumeIntegral<uint16_t>()); break;
        default: free_wild(); break;
      }
    }
    while (!live_.empty()) free_one(0);
    // All free again, but for the pages that the map took for itself.
    uint64_t free_pages = map_.storage().size() / kPageSize;
    std::vector<std::byte> bytes(map_.read_size());
    CHECK(map_.read(bytes).has_value());
    for (size_t at = 0; at < bytes.size(); at += MemoryMap::kDescriptorSize) {
      efi::MemoryDescriptor d;
      memcpy(&d, &bytes[at], sizeof(d));
      CHECK(d.type == MemoryType::Conventional || d.number_of_pages * kPageSize == map_.storage().size());
      if (d.type == MemoryType::Conventional) free_pages += d.number_of_pages;
    }
    CHECK(free_pages == kArenaPages);
  }

  static constexpr uint64_t kArenaPages = 128;

 private:
  void allocate() {
    static constexpr uint32_t kTypes[] = {0, 1, 2, 4, 4, 4, 6, 9, 7, 14, 0x6FFFFFFF, 0x70000000, 0x80000000, 0x80000001};
    auto type = MemoryType{kTypes[in_.ConsumeIntegralInRange<size_t>(0, std::size(kTypes) - 1)]};
    uint8_t kind = in_.ConsumeIntegral<uint8_t>();
    uint64_t size = kind < 160   ? in_.ConsumeIntegral<uint8_t>()
                    : kind < 240 ? in_.ConsumeIntegral<uint16_t>() % 20000
                    : kind < 252 ? in_.ConsumeIntegral<uint32_t>() % 100000
                                 : in_.ConsumeIntegral<uint64_t>();
    auto got = pool_.allocate(type, size);
    if (!got) {
      CHECK(got.status() == (MemoryMap::allocatable(type) ? Status::OutOfResources : Status::InvalidParameter));
      // With this much free in one piece it must not fail; the pages are left as they were found.
      auto pages = PageCount::covering({std::min(size, uint64_t{1} << 30) + 32});
      auto room = map_.allocate(efi::AllocateType::AnyPages, MemoryType::LoaderData, pages);
      CHECK(!MemoryMap::allocatable(type) || !room);
      if (room) CHECK(map_.free(*room, pages).has_value());
      return;
    }
    uint64_t begin = reinterpret_cast<uintptr_t>(*got);
    CHECK(begin % 16 == 0);
    auto above = live_.lower_bound(begin);
    CHECK(above == live_.end() || begin + size <= above->first);
    if (above != live_.begin()) {
      auto below = std::prev(above);
      CHECK(below->first + below->second.size <= begin);
    }
    for (uint64_t at : {begin, begin + (size ? size - 1 : 0)}) CHECK(map_.find({at})->type == type && map_.owned_by({at}, PageOwner::Pool));
    uint8_t fill = in_.ConsumeIntegral<uint8_t>();
    memset(*got, fill, size);
    live_[begin] = {size, type, fill};
  }

  void free_one(size_t which) {
    if (live_.empty()) return;
    auto block = std::next(live_.begin(), static_cast<std::ptrdiff_t>(which % live_.size()));
    auto* bytes = reinterpret_cast<uint8_t*>(block->first);
    uint64_t size = block->second.size;
    CHECK(size == 0 || (bytes[0] == block->second.fill && memcmp(bytes, bytes + 1, size - 1) == 0));
    CHECK(pool_.free(bytes).has_value());
    CHECK(pool_.free(bytes).status() == Status::InvalidParameter);
    live_.erase(block);
  }

  void free_wild() {
    uint64_t at = in_.ConsumeIntegral<uint64_t>();
    if (in_.ConsumeBool()) at = start_ + at % (kArenaPages * kPageSize);
    if (live_.contains(at)) return;
    CHECK(pool_.free(reinterpret_cast<void*>(at)).status() == Status::InvalidParameter);
  }

  FuzzedDataProvider in_;
  uint64_t start_;
  MemoryMap map_;
  Pool pool_{map_};
  std::map<uint64_t, Live> live_;
};

}  // namespace
}  // namespace efilite::core

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite;
  static test::Arena arena(core::Session::kArenaPages * kPageSize);
  core::Session(data, std::min<size_t>(size, 4096), arena.range()).run();
  return 0;
}
