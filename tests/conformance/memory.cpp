// SPDX-License-Identifier: BSD-2-Clause-Patent
// Pages, pool and the memory map [UEFI 2.10, 7.2].
#include "conformance.hpp"

namespace conformance {
namespace {

constexpr UINT32 kMaxMemoryType = 16;
constexpr UINT32 kUnaccepted = 15;
constexpr UINT32 kPersistent = 14;
constexpr UINT32 kOem = 0x70000001;
constexpr UINT32 kOs = 0x80000001;

// The memory map as it is now, in memory that taking it does not change.
struct Map {
  static inline UINT8 buffer[64 * 1024];
  UINTN size = sizeof buffer, key = 0, stride = 0;
  UINT32 version = 0;
  EFI_STATUS status;
  Map() { status = bs->GetMemoryMap(&size, at<EFI_MEMORY_DESCRIPTOR>(address(buffer)), &key, &stride, &version); }
  UINTN count() const { return status == EFI_SUCCESS && stride != 0 ? size / stride : 0; }
  const EFI_MEMORY_DESCRIPTOR& operator[](UINTN i) const { return *at<EFI_MEMORY_DESCRIPTOR>(address(buffer) + i * stride); }
  const EFI_MEMORY_DESCRIPTOR* find(UINTN where) const {
    for (UINTN i = 0; i < count(); ++i) {
      const auto& one = (*this)[i];
      if (one.PhysicalStart <= where && where - one.PhysicalStart < one.NumberOfPages * kPage) return &one;
    }
    return nullptr;
  }
  template <typename Predicate>
  bool all(Predicate predicate) const {
    for (UINTN i = 0; i < count(); ++i) {
      if (!predicate((*this)[i])) return false;
    }
    return count() > 0;
  }
};

EFI_STATUS pages(UINT32 how, UINT32 type, UINTN count, EFI_PHYSICAL_ADDRESS start = 0) {
  EFI_STATUS status = bs->AllocatePages(static_cast<EFI_ALLOCATE_TYPE>(how), static_cast<EFI_MEMORY_TYPE>(type), count, &start);
  if (!EFI_ERROR(status)) bs->FreePages(start, count);
  return status;
}

bool told_as_out(EFI_STATUS status) { return status == EFI_OUT_OF_RESOURCES || status == EFI_NOT_FOUND; }

// Pages of this type are in the map with it, and go again.
template <UINT32 type>
bool pages_of_type() {
  Pages taken(2, type);
  if (!that(taken.start != 0) || !equal(taken.start % kPage, 0)) return false;
  Map map;
  const auto* found = map.find(taken.start + kPage);
  return that(found != nullptr) && equal(found->Type, type);
}

template <UINT32 type>
bool pool_of_type() {
  void* buffer = nullptr;
  if (!ok(bs->AllocatePool(static_cast<EFI_MEMORY_TYPE>(type), 300, &buffer))) return false;
  Map map;
  const auto* found = map.find(address(buffer));
  UINT32 seen = found ? found->Type : ~0u;
  return ok(bs->FreePool(buffer)) && equal(seen, type);
}

EFI_STATUS pool(UINT32 type, UINTN size) {
  void* buffer = nullptr;
  EFI_STATUS status = bs->AllocatePool(static_cast<EFI_MEMORY_TYPE>(type), size, &buffer);
  if (!EFI_ERROR(status)) bs->FreePool(buffer);
  return status;
}

const Test kTests[] = {
    {"7.2.1 AllocatePages: any pages, aligned to 4 KiB",
     [] {
       Pages taken(5);
       return that(taken.start != 0) && equal(taken.start % kPage, 0);
     }},
    {"7.2.1 AllocatePages: EfiReservedMemoryType", pages_of_type<EfiReservedMemoryType>},
    {"7.2.1 AllocatePages: EfiLoaderCode", pages_of_type<EfiLoaderCode>},
    {"7.2.1 AllocatePages: EfiLoaderData", pages_of_type<EfiLoaderData>},
    {"7.2.1 AllocatePages: EfiBootServicesCode", pages_of_type<EfiBootServicesCode>},
    {"7.2.1 AllocatePages: EfiBootServicesData", pages_of_type<EfiBootServicesData>},
    {"7.2.1 AllocatePages: EfiRuntimeServicesCode", pages_of_type<EfiRuntimeServicesCode>},
    {"7.2.1 AllocatePages: EfiRuntimeServicesData", pages_of_type<EfiRuntimeServicesData>},
    {"7.2.1 AllocatePages: EfiACPIReclaimMemory", pages_of_type<EfiACPIReclaimMemory>},
    {"7.2.1 AllocatePages: EfiACPIMemoryNVS", pages_of_type<EfiACPIMemoryNVS>},
    {"7.2.1 AllocatePages: a type of an OEM", pages_of_type<kOem>},
    {"7.2.1 AllocatePages: a type of an operating system's loader", pages_of_type<kOs>},
    {"7.2.1 AllocatePages: a type above MaxAllocateType is INVALID_PARAMETER", [] { return is(pages(3, EfiLoaderData, 1), kInvalid); }},
    {"7.2.1 AllocatePages: EfiMaxMemoryType is INVALID_PARAMETER", [] { return is(pages(AllocateAnyPages, kMaxMemoryType, 1), kInvalid); }},
    {"7.2.1 AllocatePages: memory type 0x6FFFFFFF is INVALID_PARAMETER",
     [] { return is(pages(AllocateAnyPages, 0x6FFFFFFF, 1), kInvalid); }},
    {"7.2.1 AllocatePages: EfiPersistentMemory is INVALID_PARAMETER", [] { return is(pages(AllocateAnyPages, kPersistent, 1), kInvalid); }},
    {"7.2.1 AllocatePages: EfiUnacceptedMemoryType is INVALID_PARAMETER",
     [] { return is(pages(AllocateAnyPages, kUnaccepted, 1), kInvalid); }},
    {"7.2.1 AllocatePages: EfiConventionalMemory is INVALID_PARAMETER",
     [] { return is(pages(AllocateAnyPages, EfiConventionalMemory, 1), kInvalid); }},
    {"7.2.1 AllocatePages: no place for the address is INVALID_PARAMETER",
     [] { return is(bs->AllocatePages(AllocateAnyPages, EfiLoaderData, 1, nullptr), kInvalid); }},
    {"7.2.1 AllocatePages: more than there is, is OUT_OF_RESOURCES",
     [] { return is(pages(AllocateAnyPages, EfiLoaderData, UINTN{1} << 40), EFI_OUT_OF_RESOURCES); }},
    {"7.2.1 AllocatePages: a count whose bytes overflow is OUT_OF_RESOURCES",
     [] { return is(pages(AllocateAnyPages, EfiLoaderData, (UINTN{1} << 52) + 1), EFI_OUT_OF_RESOURCES); }},
    {"7.2.1 AllocatePages: the largest count is refused",
     [] { return that(told_as_out(pages(AllocateAnyPages, EfiLoaderData, ~UINTN{0}))); }},
    {"7.2.1 AllocatePages: what it gives is not given twice",
     [] {
       Pages a(4), b(4);
       return that(a.start != 0 && b.start != 0) && that(a.start + 4 * kPage <= b.start || b.start + 4 * kPage <= a.start);
     }},
    {"7.2.1 AllocatePages: what it gives was free before",
     [] {
       Pages taken(16);
       EFI_PHYSICAL_ADDRESS start = taken.start;
       bs->FreePages(start, 16);
       Map map;
       const auto* found = map.find(start);
       UINT32 type = found ? found->Type : ~0u;
       taken.start = 0;
       return equal(type, EfiConventionalMemory);
     }},
    {"7.2.1 AllocatePages: the pages can be written and read",
     [] {
       Pages taken(2);
       if (!that(taken.start != 0)) return false;
       auto* words = at<volatile UINT64>(taken.start);
       for (UINTN i = 0; i < 1024; ++i) words[i] = i * 0x9E3779B97F4A7C15;
       for (UINTN i = 0; i < 1024; ++i) {
         if (words[i] != i * 0x9E3779B97F4A7C15) return that(false);
       }
       return true;
     }},
    {"7.2.1 AllocatePages: AllocateMaxAddress stays below the address",
     [] {
       EFI_PHYSICAL_ADDRESS start = 0x3FFFFFF;
       if (!ok(bs->AllocatePages(AllocateMaxAddress, EfiLoaderData, 7, &start))) return false;
       return ok(bs->FreePages(start, 7)) && that(start + 7 * kPage - 1 <= 0x3FFFFFF);
     }},
    {"7.2.1 AllocatePages: AllocateMaxAddress of the highest address is any address",
     [] { return ok(pages(AllocateMaxAddress, EfiLoaderData, 4, ~UINT64{0})); }},
    {"7.2.1 AllocatePages: AllocateMaxAddress of an address within a page does not take that page",
     [] {
       Pages hole(3);
       if (!that(hole.start != 0)) return false;
       EFI_PHYSICAL_ADDRESS start = hole.start + kPage + 5;
       if (!ok(bs->AllocatePages(AllocateMaxAddress, EfiLoaderData, 1, &start))) return false;
       return ok(bs->FreePages(start, 1)) && that(start + kPage - 1 <= hole.start + kPage + 5);
     }},
    {"7.2.1 AllocatePages: AllocateMaxAddress with too little below it is refused",
     [] { return that(told_as_out(pages(AllocateMaxAddress, EfiLoaderData, 64, 0x1FFFF))); }},
    {"7.2.1 AllocatePages: AllocateAddress gives the pages that were asked for",
     [] {
       EFI_PHYSICAL_ADDRESS start;
       {
         Pages free(8);
         start = free.start;
       }
       EFI_PHYSICAL_ADDRESS got = start + kPage;
       return ok(bs->AllocatePages(AllocateAddress, EfiLoaderData, 3, &got)) && equal(got, start + kPage) && ok(bs->FreePages(got, 3));
     }},
    {"7.2.1 AllocatePages: AllocateAddress of pages in use is NOT_FOUND",
     [] {
       Pages taken(1);
       return is(pages(AllocateAddress, EfiLoaderData, 1, taken.start), EFI_NOT_FOUND);
     }},
    {"7.2.1 AllocatePages: AllocateAddress that reaches into pages in use is NOT_FOUND",
     [] {
       EFI_PHYSICAL_ADDRESS start;
       {
         Pages free(8);
         start = free.start;
       }
       EFI_PHYSICAL_ADDRESS last = start + 7 * kPage;
       if (!ok(bs->AllocatePages(AllocateAddress, EfiLoaderData, 1, &last))) return false;
       EFI_STATUS status = pages(AllocateAddress, EfiLoaderData, 8, start);
       return ok(bs->FreePages(last, 1)) && is(status, EFI_NOT_FOUND);
     }},
    {"7.2.1 AllocatePages: AllocateAddress where there is no memory is NOT_FOUND",
     [] { return is(pages(AllocateAddress, EfiLoaderData, 1, UINT64{1} << 45), EFI_NOT_FOUND); }},

    {"7.2.2 FreePages: pages twice are NOT_FOUND",
     [] {
       Pages taken(1);
       EFI_PHYSICAL_ADDRESS start = taken.start;
       taken.start = 0;
       return ok(bs->FreePages(start, 1)) && is(bs->FreePages(start, 1), EFI_NOT_FOUND);
     }},
    {"7.2.2 FreePages: an address within a page is INVALID_PARAMETER",
     [] {
       Pages taken(2);
       return is(bs->FreePages(taken.start + 8, 1), kInvalid);
     }},
    {"7.2.2 FreePages: a count of 0 is INVALID_PARAMETER",
     [] {
       Pages taken(1);
       return is(bs->FreePages(taken.start, 0), kInvalid);
     }},
    {"7.2.2 FreePages: a count whose bytes overflow is refused",
     [] {
       Pages taken(1);
       EFI_STATUS status = bs->FreePages(taken.start, ~UINTN{0});
       return that(status == kInvalid || status == EFI_NOT_FOUND);
     }},
    {"7.2.2 FreePages: where there is no memory it is NOT_FOUND", [] { return is(bs->FreePages(UINT64{1} << 45, 1), EFI_NOT_FOUND); }},
    {"7.2.2 FreePages: pages from the middle can go first",
     [] {
       Pages taken(5);
       EFI_PHYSICAL_ADDRESS start = taken.start;
       taken.start = 0;
       return ok(bs->FreePages(start + 2 * kPage, 1)) && is(bs->FreePages(start + 2 * kPage, 1), EFI_NOT_FOUND) &&
              ok(bs->FreePages(start, 2)) && ok(bs->FreePages(start + 3 * kPage, 2));
     }},
    {"7.2.2 FreePages: more pages than were taken are NOT_FOUND",
     [] {
       EFI_PHYSICAL_ADDRESS start;
       {
         Pages free(8);
         start = free.start;
       }
       EFI_PHYSICAL_ADDRESS taken = start;
       if (!ok(bs->AllocatePages(AllocateAddress, EfiLoaderData, 2, &taken))) return false;
       EFI_STATUS status = bs->FreePages(taken, 4);
       bs->FreePages(taken, 2);  // whether the first two are gone is not said
       return is(status, EFI_NOT_FOUND);
     }},

    {"7.2.3 GetMemoryMap: it succeeds with room enough", [] { return ok(Map().status); }},
    {"7.2.3 GetMemoryMap: no size is INVALID_PARAMETER",
     [] {
       UINTN key, stride;
       UINT32 version;
       return is(bs->GetMemoryMap(nullptr, at<EFI_MEMORY_DESCRIPTOR>(address(Map::buffer)), &key, &stride, &version), kInvalid);
     }},
    {"7.2.3 GetMemoryMap: room enough but no buffer is INVALID_PARAMETER",
     [] {
       UINTN size = 64 * 1024, key, stride;
       UINT32 version;
       return is(bs->GetMemoryMap(&size, nullptr, &key, &stride, &version), kInvalid);
     }},
    {"7.2.3 GetMemoryMap: too small a buffer is BUFFER_TOO_SMALL, with the size",
     [] {
       Map map;
       UINTN size = 40, key, stride = 0;
       UINT32 version = 0;
       return is(bs->GetMemoryMap(&size, at<EFI_MEMORY_DESCRIPTOR>(address(Map::buffer)), &key, &stride, &version), EFI_BUFFER_TOO_SMALL) &&
              that(size >= map.size) && equal(stride, map.stride) && equal(version, 1);
     }},
    {"7.2.3 GetMemoryMap: a size of 0 needs no buffer",
     [] {
       UINTN size = 0, key, stride = 0;
       UINT32 version;
       return is(bs->GetMemoryMap(&size, nullptr, &key, &stride, &version), EFI_BUFFER_TOO_SMALL) && that(size > 0);
     }},
    {"7.2.3 GetMemoryMap: the version of a descriptor is 1", [] { return equal(Map().version, 1); }},
    {"7.2.3 GetMemoryMap: a descriptor has all its fields", [] { return that(Map().stride >= sizeof(EFI_MEMORY_DESCRIPTOR)); }},
    {"7.2.3 GetMemoryMap: descriptors are aligned to 8", [] { return equal(Map().stride % 8, 0); }},
    {"7.2.3 GetMemoryMap: the size is a multiple of the descriptor's",
     [] {
       Map map;
       return that(map.stride != 0) && equal(map.size % map.stride, 0);
     }},
    {"7.2.3 GetMemoryMap: the key stays while the map does",
     [] {
       UINTN first = Map().key, second = Map().key;
       return equal(second, first);
     }},
    {"7.2.3 GetMemoryMap: the key changes with the map",
     [] {
       UINTN first = Map().key;
       Pages taken(1, EfiRuntimeServicesData);
       return that(Map().key != first);
     }},
    {"7.2.3 GetMemoryMap: every region begins at a page and has pages",
     [] {
       return that(Map().all([](const EFI_MEMORY_DESCRIPTOR& one) { return one.PhysicalStart % kPage == 0 && one.NumberOfPages > 0; }));
     }},
    {"7.2.3 GetMemoryMap: no two regions overlap",
     [] {
       Map map;
       for (UINTN i = 0; i < map.count(); ++i) {
         for (UINTN j = 0; j < i; ++j) {
           const auto &a = map[i], &b = map[j];
           if (a.PhysicalStart < b.PhysicalStart + b.NumberOfPages * kPage && b.PhysicalStart < a.PhysicalStart + a.NumberOfPages * kPage)
             return that(false);
         }
       }
       return that(map.count() > 0);
     }},
    {"7.2.3 GetMemoryMap: every type is known",
     [] { return that(Map().all([](const EFI_MEMORY_DESCRIPTOR& one) { return one.Type < 16 || one.Type >= 0x70000000; })); }},
    {"7.2.3 GetMemoryMap: runtime services' regions are EFI_MEMORY_RUNTIME",
     [] {
       return that(Map().all([](const EFI_MEMORY_DESCRIPTOR& one) {
         return (one.Type != EfiRuntimeServicesCode && one.Type != EfiRuntimeServicesData) || (one.Attribute & EFI_MEMORY_RUNTIME) != 0;
       }));
     }},
    {"7.2.3 GetMemoryMap: free memory is not EFI_MEMORY_RUNTIME",
     [] {
       return that(Map().all([](const EFI_MEMORY_DESCRIPTOR& one) {
         return one.Type != EfiConventionalMemory || (one.Attribute & EFI_MEMORY_RUNTIME) == 0;
       }));
     }},
    {"7.2.3 GetMemoryMap: free memory can be EFI_MEMORY_WB",
     [] {
       return that(Map().all(
           [](const EFI_MEMORY_DESCRIPTOR& one) { return one.Type != EfiConventionalMemory || (one.Attribute & EFI_MEMORY_WB) != 0; }));
     }},
    {"7.2.3 GetMemoryMap: there is free memory",
     [] {
       UINTN free = 0;
       Map map;
       for (UINTN i = 0; i < map.count(); ++i) free += map[i].Type == EfiConventionalMemory ? map[i].NumberOfPages : 0;
       return that(free * kPage > 16 << 20);
     }},
    {"7.2.3 GetMemoryMap: this program's code lies in EfiLoaderCode",
     [] {
       Map map;
       const auto* found = map.find(address(reinterpret_cast<void*>(&told_as_out)));
       return that(found != nullptr) && equal(found->Type, EfiLoaderCode);
     }},
    {"7.2.3 GetMemoryMap: the stack lies in EfiBootServicesData",
     [] {
       Map map;
       const auto* found = map.find(address(__builtin_frame_address(0)));
       return that(found != nullptr) && equal(found->Type, EfiBootServicesData);
     }},
    {"2.3.4 The stack has 128 KiB or more",
     [] {
       Map map;
       UINTN here = address(__builtin_frame_address(0));
       const auto* found = map.find(here);
       return that(found != nullptr) && that(here - found->PhysicalStart > 100 * 1024);
     }},
    {"7.2.3 GetMemoryMap: the boot services' code is EfiBootServicesCode or EfiRuntimeServicesCode",
     [] {
       Map map;
       const auto* found = map.find(address(reinterpret_cast<void*>(bs->AllocatePages)));
       return that(found != nullptr) && that(found->Type == EfiBootServicesCode || found->Type == EfiRuntimeServicesCode);
     }},
    {"7.2.3 GetMemoryMap: the runtime services' code is EfiRuntimeServicesCode",
     [] {
       Map map;
       const auto* found = map.find(address(reinterpret_cast<void*>(rt->GetVariable)));
       return that(found != nullptr) && equal(found->Type, EfiRuntimeServicesCode);
     }},
    {"7.2.3 GetMemoryMap: the system table is EfiRuntimeServicesData",
     [] {
       Map map;
       const auto* found = map.find(address(st));
       return that(found != nullptr) && equal(found->Type, EfiRuntimeServicesData);
     }},
    {"7.2.3 GetMemoryMap: the runtime services table is EfiRuntimeServicesData",
     [] {
       Map map;
       const auto* found = map.find(address(rt));
       return that(found != nullptr) && equal(found->Type, EfiRuntimeServicesData);
     }},
    {"7.2.3 GetMemoryMap: pages that were freed are free again",
     [] {
       EFI_PHYSICAL_ADDRESS start;
       {
         Pages taken(4, kOs);
         start = taken.start;
       }
       Map map;
       const auto* found = map.find(start);
       return that(found != nullptr) && equal(found->Type, EfiConventionalMemory);
     }},

    {"7.2.4 AllocatePool: the buffer is aligned to 8",
     [] {
       for (UINTN size = 1; size < 200; size += 7) {
         void* buffer = nullptr;
         if (!ok(bs->AllocatePool(EfiLoaderData, size, &buffer)) || !equal(address(buffer) % 8, 0) || !ok(bs->FreePool(buffer)))
           return false;
       }
       return true;
     }},
    {"7.2.4 AllocatePool: no place for the buffer is INVALID_PARAMETER",
     [] { return is(bs->AllocatePool(EfiLoaderData, 8, nullptr), kInvalid); }},
    {"7.2.4 AllocatePool: EfiMaxMemoryType is INVALID_PARAMETER", [] { return is(pool(kMaxMemoryType, 8), kInvalid); }},
    {"7.2.4 AllocatePool: memory type 0x6FFFFFFF is INVALID_PARAMETER", [] { return is(pool(0x6FFFFFFF, 8), kInvalid); }},
    {"7.2.4 AllocatePool: EfiPersistentMemory is INVALID_PARAMETER", [] { return is(pool(kPersistent, 8), kInvalid); }},
    {"7.2.4 AllocatePool: EfiConventionalMemory is INVALID_PARAMETER", [] { return is(pool(EfiConventionalMemory, 8), kInvalid); }},
    {"7.2.4 AllocatePool: more than there is, is OUT_OF_RESOURCES",
     [] { return is(pool(EfiLoaderData, UINTN{1} << 50), EFI_OUT_OF_RESOURCES); }},
    {"7.2.4 AllocatePool: the largest size is OUT_OF_RESOURCES", [] { return is(pool(EfiLoaderData, ~UINTN{0}), EFI_OUT_OF_RESOURCES); }},
    {"7.2.4 AllocatePool: EfiLoaderData", pool_of_type<EfiLoaderData>},
    {"7.2.4 AllocatePool: EfiLoaderCode", pool_of_type<EfiLoaderCode>},
    {"7.2.4 AllocatePool: EfiBootServicesData", pool_of_type<EfiBootServicesData>},
    {"7.2.4 AllocatePool: EfiBootServicesCode", pool_of_type<EfiBootServicesCode>},
    {"7.2.4 AllocatePool: EfiRuntimeServicesData", pool_of_type<EfiRuntimeServicesData>},
    {"7.2.4 AllocatePool: EfiACPIReclaimMemory", pool_of_type<EfiACPIReclaimMemory>},
    {"7.2.4 AllocatePool: EfiACPIMemoryNVS", pool_of_type<EfiACPIMemoryNVS>},
    {"7.2.4 AllocatePool: EfiReservedMemoryType", pool_of_type<EfiReservedMemoryType>},
    {"7.2.4 AllocatePool: a type of an operating system's loader", pool_of_type<kOs>},
    {"7.2.4 AllocatePool: buffers do not overlap",
     [] {
       UINT8* buffers[32];
       for (UINTN i = 0; i < 32; ++i) {
         if (!ok(bs->AllocatePool(EfiLoaderData, 100 + i, reinterpret_cast<void**>(&buffers[i])))) return false;
         bs->SetMem(buffers[i], 100 + i, static_cast<UINT8>(i));
       }
       bool good = true;
       for (UINTN i = 0; i < 32; ++i) {
         for (UINTN j = 0; j < 100 + i; ++j) good = good && buffers[i][j] == i;
         bs->FreePool(buffers[i]);
       }
       return that(good);
     }},
    {"7.2.4 AllocatePool: a buffer of a MiB",
     [] {
       UINT8* buffer;
       if (!ok(bs->AllocatePool(EfiLoaderData, 1 << 20, reinterpret_cast<void**>(&buffer)))) return false;
       buffer[0] = 1, buffer[(1 << 20) - 1] = 2;
       return ok(bs->FreePool(buffer));
     }},

    {"7.2.5 FreePool: no buffer is INVALID_PARAMETER", [] { return is(bs->FreePool(nullptr), kInvalid); }},
    {"7.2.5 FreePool: memory that is no pool is INVALID_PARAMETER",
     [] {
       static UINT64 mine[64];
       return is(bs->FreePool(&mine[32]), kInvalid);
     }},
    {"7.2.5 FreePool: a buffer twice is INVALID_PARAMETER",
     [] {
       void* buffer;
       return ok(bs->AllocatePool(EfiLoaderData, 64, &buffer)) && ok(bs->FreePool(buffer)) && is(bs->FreePool(buffer), kInvalid);
     }},
    {"7.2.5 FreePool: an address within a buffer is INVALID_PARAMETER",
     [] {
       UINT8* buffer;
       if (!ok(bs->AllocatePool(EfiLoaderData, 256, reinterpret_cast<void**>(&buffer)))) return false;
       bs->SetMem(buffer, 256, 0);
       EFI_STATUS status = bs->FreePool(buffer + 128);
       return ok(bs->FreePool(buffer)) && is(status, kInvalid);
     }},
    {"7.2.5 FreePool: pages of runtime data come back",
     [] {
       void* buffer;
       return ok(bs->AllocatePool(EfiRuntimeServicesData, 3 * kPage, &buffer)) && ok(bs->FreePool(buffer));
     }},
};

}  // namespace

constinit const Chapter kMemory(kTests);

}  // namespace conformance
