/* SPDX-License-Identifier: BSD-2-Clause-Patent
 *
 * The PVH entry [xen docs/misc/pvh.pandoc]: 32-bit flat protected mode, paging off, ebx = physical address of
 * hvm_start_info. From here to 64-bit C++ with a first identity map of the low 4 GiB; paging.cpp refines it. */

#include "arch/layout.h"

    .section .note.Xen, "a", @note
    .balign 4
    .long 4                     /* namesz */
    .long 8                     /* descsz: QEMU reads eight bytes from an ELF64 */
    .long 18                    /* XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .quad pvh_entry

    .section .text.entry, "ax"
    .code32
    .globl pvh_entry
pvh_entry:
    cli
    cld
    rdtsc                       /* the first thing: all cost is counted from here */
    movl  %eax, entry_timestamp
    movl  %edx, entry_timestamp + 4
    movl  $stack_top, %esp
    movl  %ebx, %edi            /* first argument of boot_main */

    /* Long mode and no-execute pages, or nothing of this works: CPUID 0x80000001 EDX bits 29 and 20 */
    movl  $0x80000000, %eax
    cpuid
    cmpl  $0x80000001, %eax
    jb    no_long_mode
    movl  $0x80000001, %eax
    cpuid
    andl  $((1 << 29) | (1 << 20)), %edx
    cmpl  $((1 << 29) | (1 << 20)), %edx
    jne   no_long_mode

    /* PML4[0] -> PDPT */
    movl  $early_pdpt, %eax
    orl   $PAGE_TABLE, %eax
    movl  %eax, early_pml4

    /* 1 GiB pages where the CPU has them: CPUID 0x80000001 EDX bit 26 */
    movl  $0x80000001, %eax
    cpuid
    testl $(1 << 26), %edx
    jz    2f
    xorl  %ecx, %ecx
1:  movl  %ecx, %eax
    shll  $30, %eax
    orl   $PAGE_LEAF_LARGE, %eax
    movl  %eax, early_pdpt(, %ecx, 8)
    incl  %ecx
    cmpl  $4, %ecx
    jne   1b
    jmp   4f

    /* else 2048 pages of 2 MiB in the four page directories, which lie behind each other */
2:  movl  $PAGE_LEAF_LARGE, %eax
    xorl  %ecx, %ecx
3:  movl  %eax, early_pd(, %ecx, 8)
    addl  $0x200000, %eax
    incl  %ecx
    cmpl  $2048, %ecx
    jne   3b
    movl  $early_pd, %eax
    orl   $PAGE_TABLE, %eax
    xorl  %ecx, %ecx
3:  movl  %eax, early_pdpt(, %ecx, 8)
    addl  $4096, %eax
    incl  %ecx
    cmpl  $4, %ecx
    jne   3b

4:  movl  $early_pml4, %eax
    movl  %eax, %cr3
    movl  $CR4_BOOT, %eax
    movl  %eax, %cr4
    movl  $MSR_EFER, %ecx
    rdmsr
    orl   $(EFER_LME | EFER_NXE), %eax
    wrmsr
    movl  $CR0_BOOT, %eax
    movl  %eax, %cr0
    lgdt  gdt_pointer
    ljmp  $SELECTOR_CODE, $long_mode

/* There is no C++ to say it yet: the line goes to COM1 and to the debug port as it is. */
no_long_mode:
    movl  $no_long_mode_text, %esi
1:  lodsb
    testb %al, %al
    jz    2f
    movw  $0x3f8, %dx
    outb  %al, %dx
    movw  $0x402, %dx
    outb  %al, %dx
    jmp   1b
2:  cli
    hlt
    jmp   2b

    .code64
long_mode:
    movl  $SELECTOR_DATA, %eax
    movl  %eax, %ds
    movl  %eax, %es
    movl  %eax, %fs
    movl  %eax, %gs
    movl  %eax, %ss
    fninit
    movl  %edi, %edi            /* the upper halves are undefined after the mode switch */
    movl  $stack_top, %esp
    xorl  %ebp, %ebp            /* where stack walks end */
    call  boot_main
1:  cli
    hlt
    jmp   1b

    .section .rodata.entry, "a"
no_long_mode_text:
    .asciz "efilite: this CPU has no 64-bit mode, or no NX bit: give the machine one that has. Stopped.\r\n"

    .section .rodata.gdt, "a"
    .balign 16
    .globl boot_gdt
boot_gdt:
    .quad 0
    .quad 0x00cf9b000000ffff    /* 0x08: 32-bit code, for programs that go back to it */
    .quad 0x00cf93000000ffff    /* 0x10: data */
    .quad 0x00af9b000000ffff    /* 0x18: 64-bit code */
boot_gdt_end:
gdt_pointer:
    .word boot_gdt_end - boot_gdt - 1
    .long boot_gdt

    .section .bss.entry, "aw", @nobits
    .balign 4096
    .globl early_pml4, early_pdpt, early_pd
early_pml4: .skip 4096
early_pdpt: .skip 4096
early_pd:   .skip 4096 * 4
    .balign 8
    .globl entry_timestamp
entry_timestamp: .skip 8

    .section .note.GNU-stack, "", @progbits
