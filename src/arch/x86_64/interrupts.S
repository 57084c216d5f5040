/* SPDX-License-Identifier: BSD-2-Clause-Patent
 *
 * Exception and interrupt entries. Each exception pushes a uniform frame (struct ExceptionFrame in interrupts.cpp);
 * the timer saves only what a C++ call may change. */

#include "arch/layout.h"

    .text
    .code64

    .macro exception vector, has_error
exception_\vector:
    .if \has_error == 0
    pushq $0
    .endif
    pushq $\vector
    jmp   exception_common
    .endm

    .altmacro
    .macro exception_for n
    .if \n == 8 || \n == 10 || \n == 11 || \n == 12 || \n == 13 || \n == 14 || \n == 17 || \n == 21 || \n == 29 || \n == 30
    exception \n, 1
    .else
    exception \n, 0
    .endif
    .endm

    .set i, 0
    .rept 32
    exception_for %i
    .set i, i + 1
    .endr

exception_common:
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rbx
    pushq %rbp
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    cld
    movq  %rsp, %rdi
    movq  %rsp, %rbp
    andq  $-16, %rsp
    call  exception             /* returns when what was amiss is mended */
    movq  %rbp, %rsp
    popq  %r15
    popq  %r14
    popq  %r13
    popq  %r12
    popq  %r11
    popq  %r10
    popq  %r9
    popq  %r8
    popq  %rdi
    popq  %rsi
    popq  %rbp
    popq  %rbx
    popq  %rdx
    popq  %rcx
    popq  %rax
    addq  $16, %rsp             /* vector, error code */
    iretq

    /* The timer interrupts a program of either calling convention, with its SSE registers live: FXSAVE keeps them. */
    .globl timer_entry
timer_entry:
    pushq %rbp
    movq  %rsp, %rbp
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    subq  $512, %rsp
    andq  $-16, %rsp
    fxsave (%rsp)
    cld
    call  timer_interrupt
    fxrstor (%rsp)
    leaq  -72(%rbp), %rsp
    popq  %r11
    popq  %r10
    popq  %r9
    popq  %r8
    popq  %rdi
    popq  %rsi
    popq  %rdx
    popq  %rcx
    popq  %rax
    popq  %rbp
    iretq

    .globl spurious_entry
spurious_entry:
    iretq

    .section .rodata.exceptions, "a"
    .balign 8
    .globl exception_entries
exception_entries:
    .macro entry_for n
    .quad exception_\n
    .endm
    .set i, 0
    .rept 32
    entry_for %i
    .set i, i + 1
    .endr

    .section .note.GNU-stack, "", @progbits
