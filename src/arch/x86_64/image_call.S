/* SPDX-License-Identifier: BSD-2-Clause-Patent
 *
 * Starting an image and leaving it from any depth [UEFI 2.10, 7.4.3 and 7.4.5].
 * The image is called by the Microsoft convention, which keeps all that ours keeps. Exit() comes back here by the saved stack. */

    .text
    .code64

/* uint64_t call_image(entry, handle, system_table, context) */
    .globl call_image
call_image:
    pushq %rbp
    movq  %rsp, %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq  %rbp, (%rcx)
    stmxcsr 8(%rcx)
    fnstcw 12(%rcx)
    movq  %rdi, %rax
    movq  %rsi, %rcx
    subq  $40, %rsp             /* 32 bytes of home space, and the call leaves the stack 16-byte aligned */
    cld
    callq *%rax
    jmp   image_returned

/* [[noreturn]] void unwind_image(context, status) */
    .globl unwind_image
unwind_image:
    movq  (%rdi), %rbp
    ldmxcsr 8(%rdi)
    fldcw 12(%rdi)
    movq  %rsi, %rax
image_returned:
    leaq  -40(%rbp), %rsp
    cld
    popq  %r15
    popq  %r14
    popq  %r13
    popq  %r12
    popq  %rbx
    popq  %rbp
    ret

    .section .note.GNU-stack, "", @progbits
