/* SPDX-License-Identifier: BSD-2-Clause-Patent
 *
 * The way out of long mode. protected_mode.cpp copies all of this into a room below 4 GiB and calls it there, since the last copies go over
 * efilite itself, its stack and its page tables. Behind it lies what the caller fills in: entry, ebx, esi, the number of copies, copies. */

#include "arch/layout.h"

#define ARGUMENTS (protected_mode_begin + PROTECTED_MODE_CODE)
/* from %ebp, which points to the arguments */
#define ENTRY 0
#define EBX 4
#define ESI 8
#define COUNT 12
#define COPIES 16

    .section .rodata.protected_mode, "a"
    .balign 16
    .globl protected_mode_begin
    .code64
protected_mode_begin:
    cli
    cld
    leaq  ARGUMENTS(%rip), %rbp
    movl  ENTRY(%rbp), %eax
    movl  %eax, leave + 1(%rip)
    leaq  gdt(%rip), %rax
    movq  %rax, gdt_pointer + 2(%rip)
    lgdt  gdt_pointer(%rip)
    leaq  compatible(%rip), %rax
    pushq $SELECTOR_FLAT_CODE
    pushq %rax
    lretq

    .code32
compatible:
    movl  $SELECTOR_FLAT_DATA, %eax
    movl  %eax, %ds
    movl  %eax, %es
    movl  %eax, %fs
    movl  %eax, %gs
    movl  %eax, %ss
    movl  $CR0_PE, %eax
    movl  %eax, %cr0            /* without paging there is no long mode */
    movl  $MSR_EFER, %ecx
    rdmsr
    andl  $~(EFER_LME | EFER_NXE), %eax
    wrmsr                       /* before PAE goes: QEMU's SVM cannot come out of a guest that has LME without PAE */
    xorl  %eax, %eax
    movl  %eax, %cr4
    movl  %eax, %cr3
    movl  $SELECTOR_FLAT_TSS, %eax
    ltr   %ax

    movl  COUNT(%ebp), %edx
    leal  COPIES(%ebp), %ebx
1:  decl  %edx
    js    2f
    movl  (%ebx), %edi          /* to, from, bytes, zero_bytes */
    movl  4(%ebx), %esi
    movl  8(%ebx), %ecx
    shrl  $2, %ecx
    rep movsl
    movl  8(%ebx), %ecx
    andl  $3, %ecx
    rep movsb
    xorl  %eax, %eax
    movl  12(%ebx), %ecx
    shrl  $2, %ecx
    rep stosl
    movl  12(%ebx), %ecx
    andl  $3, %ecx
    rep stosb
    addl  $16, %ebx
    jmp   1b

2:  movl  EBX(%ebp), %ebx
    movl  ESI(%ebp), %esi
    xorl  %eax, %eax
    xorl  %ecx, %ecx
    xorl  %edx, %edx
    xorl  %edi, %edi
    xorl  %ebp, %ebp
    xorl  %esp, %esp
leave:
    ljmp  $SELECTOR_FLAT_CODE, $0

    .balign 8
gdt:
    .quad 0
    .quad 0
    .quad 0x00cf9b000000ffff    /* code and data, from 0 to 4 GiB, at the places of Linux's __BOOT_CS and __BOOT_DS */
    .quad 0x00cf93000000ffff
    .quad 0x0000890000000067    /* [Xen docs/misc/pvh.pandoc] a TSS with base 0 and limit 0x67 */
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .quad 0
    .org  ARGUMENTS

    .section .note.GNU-stack, "", @progbits
