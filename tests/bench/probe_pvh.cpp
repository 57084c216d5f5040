// SPDX-License-Identifier: BSD-2-Clause-Patent
//
// probe-pvh.elf: what probe.efi is to firmware with EFI, to whoever starts an ELF file by its PVH entry: it reads the TSC as its first
// act, tells the memory map that it was handed, and ends the machine. Its lines are probe.efi's, as far as there is something to tell.

#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>

#include <xen/arch-x86/hvm/start_info.h>

#include "line.hpp"

using namespace bench;

namespace {

const char* name_of(uint32_t type) {
  switch (type) {
    case XEN_HVM_MEMMAP_TYPE_RAM: return "conventional";
    case XEN_HVM_MEMMAP_TYPE_RESERVED: return "reserved";
    case XEN_HVM_MEMMAP_TYPE_ACPI: return "acpi-reclaim";
    case XEN_HVM_MEMMAP_TYPE_NVS: return "acpi-nvs";
    case XEN_HVM_MEMMAP_TYPE_UNUSABLE: return "unusable";
    case XEN_HVM_MEMMAP_TYPE_DISABLED: return "reserved";
    case XEN_HVM_MEMMAP_TYPE_PMEM: return "persistent";
    default: return "other";
  }
}

}  // namespace

extern "C" [[noreturn, gnu::used]] void probe_main(const hvm_start_info* info, uint64_t tsc) {
  (Line("probe: ") << "tsc entry " << tsc).print();
  if (info->magic != XEN_HVM_START_MAGIC_VALUE || info->version < 1) {
    (Line("probe: ") << "failed: no start_info with a memory map").print();
  } else {
    (Line("probe: ") << "map entries " << info->memmap_entries).print();
    const auto* regions = reinterpret_cast<const hvm_memmap_table_entry*>(info->memmap_paddr);
    for (uint32_t i = 0; i < info->memmap_entries; ++i)
      (Line("probe: ") << "region " << name_of(regions[i].type) << " " << Hex{regions[i].addr} << " " << regions[i].size).print();
  }
  (Line("probe: ") << "end").print();
  out8(kExitPort, 0);
  for (;;) asm volatile("cli; hlt");
}

// [Xen docs/misc/pvh.pandoc] 32-bit protected mode without paging, EBX: start_info. All that is read lies below 4 GiB, which four
// pages map; the compiler's code is of 64 bits.
asm(R"(
  .pushsection .note.Xen, "a", @note
  .balign 4
  .long 4, 8, 18  # XEN_ELFNOTE_PHYS32_ENTRY
  .asciz "Xen"
  .quad _start
  .popsection

  .pushsection .data
  .balign 4096
level4: .quad level3 + 3
  .zero 4088
level3: .quad 0x83, 0x40000083, 0x80000083, 0xc0000083
  .zero 4064
descriptors: .quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff
descriptors_end:
table: .word descriptors_end - descriptors - 1
  .long descriptors
  .balign 16
  .zero 16384
stack:
  .popsection

  .globl _start
  .code32
_start:
  rdtsc
  movl %eax, %esi
  movl %edx, %edi
  lgdt table
  movl $level4, %eax
  movl %eax, %cr3
  movl %cr4, %eax
  orl $0x20, %eax           # PAE
  movl %eax, %cr4
  movl $0xc0000080, %ecx    # EFER
  rdmsr
  orl $0x100, %eax          # LME
  wrmsr
  movl %cr0, %eax
  orl $0x80000000, %eax     # PG
  movl %eax, %cr0
  ljmp $8, $long_mode
  .code64
long_mode:
  movl $16, %eax
  movl %eax, %ss
  movl %eax, %ds
  movl %eax, %es
  movl $stack, %esp
  shlq $32, %rdi
  orq %rdi, %rsi
  movl %ebx, %edi
  call probe_main
)");
