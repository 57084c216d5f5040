// SPDX-License-Identifier: BSD-2-Clause-Patent
// Memory protection [UEFI 2.10, 37.7]: not only what the protocol tells, but what the processor does about it. The tests put a page fault
// handler of their own in place and try.
#include "conformance.hpp"

extern "C" {
UINT64 fault_seen, fault_resume, fault_stack;
UINT64 EFIAPI try_access(UINT64 how, EFI_PHYSICAL_ADDRESS at);
VOID page_fault_entry();
}
// The handler drops the error code and goes on behind the access, on the stack as it was there.
asm(R"(
  .text
  .globl page_fault_entry
page_fault_entry:
  movq $1, fault_seen(%rip)
  addq $8, %rsp
  movq fault_resume(%rip), %rax
  movq %rax, (%rsp)
  movq fault_stack(%rip), %rax
  movq %rax, 24(%rsp)
  iretq
  .globl try_access
try_access:
  movq $0, fault_seen(%rip)
  leaq 3f(%rip), %rax
  movq %rax, fault_resume(%rip)
  movq %rsp, fault_stack(%rip)
  cmpq $1, %rcx
  jb 1f
  je 2f
  callq *%rdx
  jmp 3f
1: movb (%rdx), %al
  jmp 3f
2: movb $0xC3, (%rdx)
3: movq fault_seen(%rip), %rax
  retq
)");

namespace conformance {
namespace {

constexpr UINT64 kRp = 0x2000, kXp = 0x4000, kRo = 0x20000, kWb = 8;
constexpr UINT64 kMine = 0xC3;  // the tests' pages are full of the instruction "return"

// gnu-efi does not have it.
struct MemoryAttribute {
  EFI_STATUS(EFIAPI* GetMemoryAttributes)(MemoryAttribute*, EFI_PHYSICAL_ADDRESS base, UINT64 length, UINT64* attributes);
  EFI_STATUS(EFIAPI* SetMemoryAttributes)(MemoryAttribute*, EFI_PHYSICAL_ADDRESS base, UINT64 length, UINT64 attributes);
  EFI_STATUS(EFIAPI* ClearMemoryAttributes)(MemoryAttribute*, EFI_PHYSICAL_ADDRESS base, UINT64 length, UINT64 attributes);
};
EFI_GUID kMemoryAttributeGuid = {0xf4560cf6, 0x40ec, 0x4b4a, {0xa1, 0x92, 0xbf, 0x1d, 0x57, 0xd0, 0xb1, 0x89}};

enum How : UINT64 { kRead, kWrite, kCall };

bool faults(How how, EFI_PHYSICAL_ADDRESS at_address) {
  struct [[gnu::packed]] {
    UINT16 limit;
    UINT64 base;
  } table;
  asm volatile("sidt %0" : "=m"(table));
  auto* gate = at<volatile UINT64>(table.base + 14 * 16);
  const UINT64 low = gate[0], high = gate[1], entry = address(reinterpret_cast<void*>(page_fault_entry));
  UINT16 code;
  asm volatile("mov %%cs, %0" : "=r"(code));
  gate[0] = (entry & 0xFFFF) | UINT64{code} << 16 | UINT64{0x8E} << 40 | (entry >> 16 & 0xFFFF) << 48;
  gate[1] = entry >> 32;
  const bool seen = try_access(how, at_address) != 0;
  gate[0] = low;
  gate[1] = high;
  return seen;
}

// Pages of the test's own. They are open again at its end, since FreePages owes that to nobody but the next owner.
struct Subject {
  MemoryAttribute& protocol;
  Pages pages;
  Subject(MemoryAttribute& with_protocol, UINTN count) : protocol(with_protocol), pages(count) {
    protocol.ClearMemoryAttributes(&protocol, pages.start, count * kPage, kRp | kXp | kRo);
    bs->SetMem(at<void>(pages.start), count * kPage, kMine);
  }
  ~Subject() { protocol.ClearMemoryAttributes(&protocol, pages.start, pages.count * kPage, kRp | kXp | kRo); }
  EFI_PHYSICAL_ADDRESS page(UINTN n = 0) const { return pages.start + n * kPage; }
  EFI_STATUS set(UINT64 attributes, UINTN first = 0, UINTN count = 1) {
    return protocol.SetMemoryAttributes(&protocol, page(first), count * kPage, attributes);
  }
  EFI_STATUS clear(UINT64 attributes, UINTN first = 0, UINTN count = 1) {
    return protocol.ClearMemoryAttributes(&protocol, page(first), count * kPage, attributes);
  }
  bool has(UINT64 attributes, UINTN first = 0, UINTN count = 1) {
    UINT64 got = ~UINT64{0};
    return ok(protocol.GetMemoryAttributes(&protocol, page(first), count * kPage, &got)) && equal(got, attributes);
  }
};

template <typename Body>
bool with(UINTN count, Body body) {
  auto* protocol = locate<MemoryAttribute>(kMemoryAttributeGuid);
  if (!protocol) return skip("no MemoryAttribute");
  Subject subject(*protocol, count);
  return that(subject.pages.start != 0) && body(subject);
}

const Test kTests[] = {
    {"37.7 GetMemoryAttributes: a length of 0 is INVALID_PARAMETER",
     [] {
       return with(1, [](Subject& s) {
         UINT64 got;
         return is(s.protocol.GetMemoryAttributes(&s.protocol, s.page(), 0, &got), kInvalid);
       });
     }},
    {"37.7 GetMemoryAttributes: no place for the attributes is INVALID_PARAMETER",
     [] {
       return with(1, [](Subject& s) { return is(s.protocol.GetMemoryAttributes(&s.protocol, s.page(), kPage, nullptr), kInvalid); });
     }},
    {"37.7 GetMemoryAttributes: pages that differ are NO_MAPPING",
     [] {
       return with(2, [](Subject& s) {
         UINT64 got;
         return ok(s.set(kRo)) && is(s.protocol.GetMemoryAttributes(&s.protocol, s.page(), 2 * kPage, &got), EFI_NO_MAPPING);
       });
     }},
    {"37.7 GetMemoryAttributes: an address that the processor cannot have is UNSUPPORTED or NO_MAPPING",
     [] {
       return with(1, [](Subject& s) {
         UINT64 got;
         EFI_STATUS status = s.protocol.GetMemoryAttributes(&s.protocol, UINT64{1} << 56, kPage, &got);
         return that(status == EFI_UNSUPPORTED || status == EFI_NO_MAPPING);
       });
     }},
    {"37.7 SetMemoryAttributes: a read-only page is told",
     [] { return with(1, [](Subject& s) { return ok(s.set(kRo)) && s.has(kRo); }); }},
    {"37.7 SetMemoryAttributes: a read-only page can be read and not be written",
     [] {
       return with(1, [](Subject& s) {
         if (!that(!faults(kWrite, s.page())) || !ok(s.set(kRo))) return false;
         return that(faults(kWrite, s.page())) && that(!faults(kRead, s.page())) && that(!faults(kCall, s.page()));
       });
     }},
    {"37.7 SetMemoryAttributes: a page that is not for execution can be written and not be called",
     [] {
       return with(1, [](Subject& s) {
         if (!that(!faults(kCall, s.page())) || !ok(s.set(kXp))) return false;
         return that(faults(kCall, s.page())) && that(!faults(kRead, s.page())) && that(!faults(kWrite, s.page()));
       });
     }},
    {"37.7 SetMemoryAttributes: a page that is not for reading cannot be touched",
     [] {
       return with(1, [](Subject& s) {
         if (!that(!faults(kRead, s.page())) || !ok(s.set(kRp)) || !s.has(kRp)) return false;
         return that(faults(kRead, s.page())) && that(faults(kWrite, s.page())) && that(faults(kCall, s.page()));
       });
     }},
    {"37.7 SetMemoryAttributes: the pages beside are as they were",
     [] {
       return with(3, [](Subject& s) {
         if (!ok(s.set(kRo | kXp | kRp, 1)) || !s.has(0, 0) || !s.has(0, 2)) return false;
         return that(!faults(kWrite, s.page(1) - 1)) && that(!faults(kCall, s.page(2)));
       });
     }},
    {"37.7 SetMemoryAttributes: it adds to what is set",
     [] { return with(1, [](Subject& s) { return ok(s.set(kRo)) && ok(s.set(kXp)) && s.has(kRo | kXp); }); }},
    {"37.7 SetMemoryAttributes: nothing to set is SUCCESS", [] { return with(1, [](Subject& s) { return ok(s.set(0)) && s.has(0); }); }},
    {"37.7 SetMemoryAttributes: a length of 0 is INVALID_PARAMETER",
     [] { return with(1, [](Subject& s) { return is(s.set(kRo, 0, 0), kInvalid); }); }},
    {"37.7 SetMemoryAttributes: an attribute of caching is UNSUPPORTED",
     [] { return with(1, [](Subject& s) { return is(s.set(kRo | kWb), EFI_UNSUPPORTED) && s.has(0); }); }},
    {"37.7 SetMemoryAttributes: an address within a page is UNSUPPORTED",
     [] {
       return with(2, [](Subject& s) {
         return is(s.protocol.SetMemoryAttributes(&s.protocol, s.page() + 8, kPage, kRo), EFI_UNSUPPORTED) && s.has(0, 0, 2);
       });
     }},
    {"37.7 SetMemoryAttributes: a part of a page is UNSUPPORTED",
     [] {
       return with(1, [](Subject& s) {
         return is(s.protocol.SetMemoryAttributes(&s.protocol, s.page(), kPage - 1, kRo), EFI_UNSUPPORTED) && s.has(0);
       });
     }},
    {"37.7 SetMemoryAttributes: an address that the processor cannot have is UNSUPPORTED",
     [] {
       return with(1, [](Subject& s) {
         return is(s.protocol.SetMemoryAttributes(&s.protocol, UINT64{1} << 56, kPage, kRo), EFI_UNSUPPORTED);
       });
     }},
    {"37.7 ClearMemoryAttributes: it takes away what it names, and no more",
     [] {
       return with(1, [](Subject& s) {
         if (!ok(s.set(kRo | kXp)) || !ok(s.clear(kXp)) || !s.has(kRo)) return false;
         return that(!faults(kCall, s.page())) && that(faults(kWrite, s.page()));
       });
     }},
    {"37.7 ClearMemoryAttributes: a page that may be read again is what it was",
     [] {
       return with(1, [](Subject& s) {
         return ok(s.set(kRp)) && ok(s.clear(kRp)) && s.has(0) && that(!faults(kRead, s.page())) && equal(*at<UINT8>(s.page()), kMine);
       });
     }},
    {"37.7 ClearMemoryAttributes: what is not set is SUCCESS",
     [] { return with(1, [](Subject& s) { return ok(s.clear(kRo | kXp | kRp)); }); }},
    {"37.7 ClearMemoryAttributes: a length of 0 is INVALID_PARAMETER",
     [] { return with(1, [](Subject& s) { return is(s.clear(kRo, 0, 0), kInvalid); }); }},
    {"37.7 ClearMemoryAttributes: an attribute of caching is UNSUPPORTED",
     [] { return with(1, [](Subject& s) { return is(s.clear(kWb), EFI_UNSUPPORTED); }); }},
    {"37.7 ClearMemoryAttributes: the firmware's own code is ACCESS_DENIED",
     [] {
       return with(1, [](Subject& s) {
         const EFI_PHYSICAL_ADDRESS code = address(reinterpret_cast<void*>(bs->RaiseTPL)) & ~(kPage - 1);
         return is(s.protocol.ClearMemoryAttributes(&s.protocol, code, kPage, kRo), EFI_ACCESS_DENIED) &&
                is(s.protocol.SetMemoryAttributes(&s.protocol, code, kPage, kXp), EFI_ACCESS_DENIED);
       });
     }},
    {"37.7 SetMemoryAttributes: the runtime services' code is ACCESS_DENIED",
     [] {
       return with(1, [](Subject& s) {
         const EFI_PHYSICAL_ADDRESS code = address(reinterpret_cast<void*>(rt->GetTime)) & ~(kPage - 1);
         return is(s.protocol.SetMemoryAttributes(&s.protocol, code, kPage, kXp), EFI_ACCESS_DENIED);
       });
     }},
    {"37.7 A range larger than the processor's large pages changes and changes back",
     [] {
       return with(1200, [](Subject& s) {
         if (!ok(s.set(kRo, 1, 1198)) || !s.has(kRo, 1, 1198) || !s.has(0, 0) || !s.has(0, 1199)) return false;
         const UINTN somewhere[] = {1, 511, 512, 513, 1024, 1198};
         for (UINTN n : somewhere) {
           if (!that(faults(kWrite, s.page(n)))) return false;
         }
         return ok(s.clear(kRo, 1, 1198)) && s.has(0, 0, 1200) && that(!faults(kWrite, s.page(700)));
       });
     }},
    {"7.2.2 FreePages: pages that were restricted are open to their next owner",
     [] {
       return with(1, [](Subject& s) {
         EFI_PHYSICAL_ADDRESS pages = 0, again;
         if (!ok(bs->AllocatePages(AllocateAnyPages, EfiLoaderData, 3, &pages))) return false;
         if (!ok(s.protocol.SetMemoryAttributes(&s.protocol, pages + kPage, kPage, kRo | kXp | kRp))) return false;
         if (!ok(bs->FreePages(pages, 3))) return false;
         again = pages;
         if (!ok(bs->AllocatePages(AllocateAddress, EfiLoaderCode, 3, &again))) return false;
         bool open = that(!faults(kWrite, again + kPage)) && that(!faults(kRead, again + kPage)) && that(!faults(kCall, again + kPage));
         return ok(bs->FreePages(again, 3)) && open;
       });
     }},
    {"37.7 An image's own pages can be restricted",
     [] {
       return with(1, [](Subject& s) {
         alignas(4096) static UINT8 mine[2 * kPage];
         const EFI_PHYSICAL_ADDRESS page = address(mine);
         UINT64 before;
         if (!ok(s.protocol.GetMemoryAttributes(&s.protocol, page, kPage, &before))) return false;
         if (!ok(s.protocol.SetMemoryAttributes(&s.protocol, page, kPage, kRo))) return false;
         bool held = that(faults(kWrite, page)) && that(!faults(kWrite, page + kPage));
         return ok(s.protocol.ClearMemoryAttributes(&s.protocol, page, kPage, kRo & ~before)) && held && that(!faults(kWrite, page));
       });
     }},
};

}  // namespace

constinit const Chapter kMemoryProtection(kTests);

}  // namespace conformance
