# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Calls and jumps name their targets, most significant byte first, instead of how far away they are: the same function is the same bytes
wherever it is called, which packs better. src/arch/x86_64/calls.cpp restores them.

What only looks like a call, and as it is would look like a changed one, is changed the other way, as often as it takes: anything is the
same again in the end."""
CALL, JUMP = 0xE8, 0xE9
LEFT_ALONE = 12
MODULO = 1 << 32


def each(code, change):
    code, at = bytearray(code), 0
    while at + LEFT_ALONE <= len(code):
        if code[at] not in (CALL, JUMP):
            at += 1
            continue
        code[at + 1:at + 5] = change(bytes(code[at + 1:at + 5]), at + 5)
        at += 5
    return bytes(code)


def absolute(code, address, image):
    """`code`, which lies at `address`, with its calls into the range `image` changed."""
    def change(operand, offset):
        target = (int.from_bytes(operand, "little") + address + offset) % MODULO
        if target in image:
            return target.to_bytes(4, "big")
        while int.from_bytes(operand, "big") in image:
            operand = ((int.from_bytes(operand, "big") - address - offset) % MODULO).to_bytes(4, "little")
        return operand
    return each(code, change)


def relative(code, address, image):
    """The same as it was."""
    def change(operand, offset):
        target = int.from_bytes(operand, "big")
        if target in image:
            return ((target - address - offset) % MODULO).to_bytes(4, "little")
        while (target := (int.from_bytes(operand, "little") + address + offset) % MODULO) in image:
            operand = target.to_bytes(4, "big")
        return operand
    return each(code, change)
