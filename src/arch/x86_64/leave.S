/* SPDX-License-Identifier: BSD-2-Clause-Patent
 *
 * The way to a kernel in long mode: leave.hpp. */

/* [Linux arch/x86/include/asm/segment.h] */
#define BOOT_CS 0x10
#define BOOT_DS 0x18

    .text
    .code64

/* [[noreturn]] void leave_in_long_mode(entry, parameters, gdt) */
    .globl leave_in_long_mode
leave_in_long_mode:
    cli
    cld
    pushq %rdx
    pushw $(4 * 8 - 1)
    lgdt  (%rsp)
    movl  $BOOT_DS, %eax
    movl  %eax, %ds
    movl  %eax, %es
    movl  %eax, %ss
    xorl  %eax, %eax
    movl  %eax, %fs
    movl  %eax, %gs
    pushq $BOOT_CS
    pushq %rdi
    lretq

    .section .note.GNU-stack, "", @progbits
