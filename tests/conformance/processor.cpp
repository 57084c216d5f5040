// SPDX-License-Identifier: BSD-2-Clause-Patent
// The state of an x64 processor in which programs run [UEFI 2.10, 2.3.4].
#include "conformance.hpp"

namespace conformance {
namespace {

UINT64 flags() {
  UINT64 value;
  asm volatile("pushfq; popq %0" : "=r"(value));
  return value;
}
UINT64 cr0() {
  UINT64 value;
  asm volatile("movq %%cr0, %0" : "=r"(value));
  return value;
}
UINT64 cr4() {
  UINT64 value;
  asm volatile("movq %%cr4, %0" : "=r"(value));
  return value;
}
UINT64 efer() {
  UINT32 low, high;
  asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0xC0000080));
  return UINT64{high} << 32 | low;
}

struct Mapping {
  bool present = true, writable = true, executable = true;
  UINT64 physical = 0;
};
// What the page tables say of an address.
Mapping mapping(UINTN where) {
  UINT64 table;
  asm volatile("movq %%cr3, %0" : "=r"(table));
  table &= 0x000FFFFFFFFFF000;
  Mapping result;
  for (int shift = (cr4() & 0x1000) ? 48 : 39;; shift -= 9) {
    UINT64 entry = at<UINT64>(table)[where >> shift & 511];
    if ((entry & 1) == 0) return {.present = false};
    result.writable = result.writable && (entry & 2) != 0;
    result.executable = result.executable && (entry >> 63) == 0;
    bool leaf = shift == 12 || (shift <= 30 && (entry & 0x80) != 0);
    UINT64 mask = (UINT64{1} << shift) - 1;
    if (leaf) {
      result.physical = (entry & 0x000FFFFFFFFFF000 & ~mask) | (where & mask);
      return result;
    }
    table = entry & 0x000FFFFFFFFFF000;
  }
}

bool maps_to_itself(const void* where) {
  Mapping found = mapping(address(where));
  return that(found.present) && equal(found.physical, address(where));
}

UINT8 some_data[64];

const Test kTests[] = {
    {"2.3.4 Long mode is on, in ring 0",
     [] {
       UINT16 cs;
       asm volatile("movw %%cs, %0" : "=r"(cs));
       return equal(efer() & 0x500, 0x500) && equal(cs & 3, 0);
     }},
    {"2.3.4 Paging is on", [] { return equal(cr0() & 0x80000001, 0x80000001); }},
    {"2.3.4 Interrupts are on", [] { return that((flags() & 0x200) != 0); }},
    {"2.3.4 The direction flag is clear", [] { return that((flags() & 0x400) == 0); }},
    {"2.3.4 The x87 control word is 0x37F",
     [] {
       UINT16 word;
       asm volatile("fnstcw %0" : "=m"(word));
       return equal(word, 0x37F);
     }},
    {"2.3.4 MXCSR masks all exceptions and rounds to nearest",
     [] {
       UINT32 word;
       asm volatile("stmxcsr %0" : "=m"(word));
       return equal(word & 0xFFC0, 0x1F80);
     }},
    {"2.3.4 SSE works: CR0.EM is clear, CR4.OSFXSR is set", [] { return equal(cr0() & 4, 0) && equal(cr4() & 0x200, 0x200); }},
    {"2.3.4 Code is mapped to itself", [] { return maps_to_itself(reinterpret_cast<void*>(&maps_to_itself)); }},
    {"2.3.4 Data are mapped to themselves", [] { return maps_to_itself(some_data); }},
    {"2.3.4 The stack is mapped to itself", [] { return maps_to_itself(__builtin_frame_address(0)); }},
    {"2.3.4 The system table is mapped to itself", [] { return maps_to_itself(st); }},
    {"2.3.4 All memory in the map is mapped to itself",
     [] {
       static UINT8 buffer[64 * 1024];
       UINTN size = sizeof buffer, key, stride;
       UINT32 version;
       if (!ok(bs->GetMemoryMap(&size, at<EFI_MEMORY_DESCRIPTOR>(address(buffer)), &key, &stride, &version))) return false;
       for (UINTN i = 0; i < size / stride; ++i) {
         const auto& one = *at<EFI_MEMORY_DESCRIPTOR>(address(buffer) + i * stride);
         if (one.Type != EfiConventionalMemory || one.PhysicalStart == 0) continue;
         if (!maps_to_itself(at<void>(one.PhysicalStart)) ||
             !maps_to_itself(at<void>(one.PhysicalStart + one.NumberOfPages * kPage - kPage)))
           return false;
       }
       return true;
     }},
    {"2.3.4 The stack is not executable", [] { return that(!mapping(address(__builtin_frame_address(0))).executable); }},
    {"2.3.4 Allocated pages can be written",
     [] {
       Pages pages(1);
       return that(mapping(pages.start).writable);
     }},
    {"2.3.4 Pages of EfiLoaderCode can be executed",
     [] {
       Pages pages(1, EfiLoaderCode);
       if (!that(mapping(pages.start).executable)) return false;
       *at<volatile UINT8>(pages.start) = 0xC3;  // ret
       reinterpret_cast<void (*)()>(pages.start)();
       return true;
     }},
};

}  // namespace

constinit const Chapter kProcessor(kTests);

}  // namespace conformance
