// SPDX-License-Identifier: BSD-2-Clause-Patent
// MemoryMap: who owns which page of physical memory [UEFI 2.10, 7.2]. The map that programs read and the page allocator are the same
// sorted array of regions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "abi/uefi/types.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

namespace efilite::core {

// What RAM can be mapped as. Linux and Xen distrust RAM that is not WB.
inline constexpr uint64_t kRamAttributes = efi::kMemoryUc | efi::kMemoryWc | efi::kMemoryWt | efi::kMemoryWb;

// Who may free a page. Programs see only the memory type; FreePages must refuse what AllocatePages did not give [UEFI 2.10, 7.2.2].
enum class PageOwner : uint8_t {
  Nobody,   // free memory: Conventional, and only that
  SetUp,    // add() and reserve(): the platform's and efilite's own
  Service,  // AllocatePages
  Image,    // LoadImage
  Pool,     // chunks of Pool
  Map,      // where the regions themselves lie
};

class MemoryMap {
 public:
  // Larger than the structure, so that a program that steps by sizeof instead of by DescriptorSize shows its fault at once; edk2 gives the
  // same number, and so it is the best tested one.
  static constexpr uint64_t kDescriptorSize = 48;
  static_assert(kDescriptorSize > sizeof(efi::MemoryDescriptor));

  using Listener = void (*)(void* context);
  using Release = Result<> (*)(void* context, PhysRange range);

  constexpr MemoryMap() = default;
  MemoryMap(const MemoryMap&) = delete;
  MemoryMap& operator=(const MemoryMap&) = delete;

  // Set-up. add() tells of memory that the map does not know yet (ACCESS_DENIED when it does); kMemoryRuntime in `attributes` keeps an MMIO
  // range mapped for the runtime; remove() makes it forget what add() told and is no memory of anybody's. reserve() takes free memory out
  // at a known place (NOT_FOUND when it is not free); free() with PageOwner::SetUp gives it back, and retype() makes it another type's
  // (NOT_FOUND when it is not all of set-up).
  Result<> add(PhysRange range, efi::MemoryType type, uint64_t attributes);
  Result<> remove(PhysRange range);
  Result<> reserve(PhysRange range, efi::MemoryType type) { return take(range, PageOwner::Nobody, type); }
  Result<> retype(PhysRange range, efi::MemoryType type) { return take(range, PageOwner::SetUp, type); }

  // Where allocations that outlive boot go by preference, and others do not go while there is room elsewhere: so the OS gets few and large
  // free ranges. It lies between 1 MiB and 4 GiB and need not be free memory.
  Result<> set_runtime_window(PhysRange window);

  // AllocatePages and FreePages. `address` is the limit for MaxAddress (its last byte may be used) and the place for Address.
  Result<PhysAddr> allocate(efi::AllocateType how, efi::MemoryType type, PageCount pages, PhysAddr address = {},
                            PageOwner owner = PageOwner::Service);
  // The same at a multiple of `alignment`, a power of two of whole pages; for AnyPages and MaxAddress.
  Result<PhysAddr> allocate_aligned(efi::AllocateType how, efi::MemoryType type, PageCount pages, uint64_t alignment, PhysAddr address = {},
                                    PageOwner owner = PageOwner::Service);
  Result<> free(PhysAddr address, PageCount pages, PageOwner owner = PageOwner::Service);

  // GetMemoryMap. read() fills descriptors kDescriptorSize apart and gives their size in bytes, or BUFFER_TOO_SMALL.
  uint64_t key() const { return changes_ + 1; }  // never 0
  uint64_t read_size() const;
  Result<uint64_t> read(MutableByteSpan out) const;

  // The same descriptors one by one: visit(const efi::MemoryDescriptor&), which must not change the map.
  template <typename Visit>
  void for_each(Visit visit) const;

  // The region around an address, as a program would see it but not merged with equal neighbours.
  std::optional<efi::MemoryDescriptor> find(PhysAddr address) const;
  bool owned_by(PhysAddr address, PageOwner owner) const;
  PhysRange storage() const;  // the pages the map took for itself
  // Whether programs may say who can access the range. ACCESS_DENIED: some of it came neither from AllocatePages nor from LoadImage;
  // UNSUPPORTED: some of it is no memory that the map tells of.
  Result<> check_programs_own(PhysRange range) const;

  // Called after each change, when the map is whole again; it must not allocate. For the MemoryMapChange event group [UEFI 2.10, 7.1.2].
  void set_change_listener(Listener listener, void* context) { listener_ = listener, listener_context_ = context; }

  // Called by free() for pages of programs and the pool that are about to be nobody's, so that the next owner finds nothing of what was
  // done to them. It may allocate; when it fails nothing is freed. Set-up pages are left alone: what lies in them may live on under another
  // owner.
  void set_release_hook(Release release, void* context) { release_ = release, release_context_ = context; }

  // Types that AllocatePages and AllocatePool give out.
  static bool allocatable(efi::MemoryType type);

 private:
  struct Region {
    uint64_t begin;
    uint64_t end;
    uint64_t attributes;
    efi::MemoryType type;
    PageOwner owner;

    bool joins(const Region& next) const {
      return end == next.begin && attributes == next.attributes && type == next.type && owner == next.owner;
    }
    uint64_t exported_attributes() const;
    efi::MemoryDescriptor exported() const;
  };
  static constexpr size_t kInlineRegions = 64;
  static constexpr size_t kRoomToGrow = 1;  // the map's own new place makes two regions out of one
  static constexpr size_t kGrowBelow = 8;

  Result<> take(PhysRange range, PageOwner from, efi::MemoryType type);
  size_t index_of(uint64_t address) const;
  bool all_owned_by(uint64_t begin, uint64_t end, PageOwner owner) const;
  size_t new_borders(uint64_t begin, uint64_t end) const;
  size_t capacity() const { return grown_ ? grown_capacity_ : kInlineRegions; }
  bool has_room(size_t new_regions) const { return new_regions == 0 || size_ + new_regions + kRoomToGrow <= capacity(); }
  enum class Place { Highest, Lowest, BottomOfHighestRange };
  std::optional<uint64_t> find_free(uint64_t floor, uint64_t ceiling, uint64_t bytes, Place place = Place::Highest) const;
  std::optional<uint64_t> choose(efi::MemoryType type, uint64_t bytes, uint64_t limit, PageOwner owner) const;
  void insert(size_t at, const Region& region);
  size_t split(uint64_t address);
  void merge(size_t first, size_t last);
  void convert(uint64_t begin, uint64_t end, efi::MemoryType type, PageOwner owner);
  void grow();
  void changed();

  // All members are zero in the beginning: so the map takes no room in the firmware's file.
  std::array<Region, kInlineRegions> inline_{};
  Region* grown_ = nullptr;  // in pages of our own, once inline_ is too small
  size_t size_ = 0;
  size_t grown_capacity_ = 0;
  uint64_t changes_ = 0;
  PhysRange window_{};
  Listener listener_ = nullptr;
  void* listener_context_ = nullptr;
  Release release_ = nullptr;
  void* release_context_ = nullptr;

  Region* regions() { return grown_ ? grown_ : inline_.data(); }
  const Region* regions() const { return grown_ ? grown_ : inline_.data(); }
};

// Programs do not see owners: neighbours that differ in nothing else are one descriptor.
template <typename Visit>
void MemoryMap::for_each(Visit visit) const {
  const Region* r = regions();
  for (size_t i = 0; i < size_;) {
    efi::MemoryDescriptor out = r[i].exported();
    uint64_t end = r[i].end;
    for (++i; i < size_ && r[i].begin == end && r[i].type == out.type && r[i].exported_attributes() == out.attribute; ++i) {
      end = r[i].end;
    }
    out.number_of_pages = (end - out.physical_start) / kPageSize;
    visit(out);
  }
}

}  // namespace efilite::core
