# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The wide form of UEFI's compressed format [UEFI 2.10, 19.2], unpacked: what the packer made is read by somebody else."""
import struct


class Reader:
    def __init__(self, stream):
        packed, self.size = struct.unpack_from("<II", stream)
        self.bits = "".join(f"{byte:08b}" for byte in stream[8:8 + packed])
        self.at = 0

    def number(self, count):
        self.at += count
        return int(self.bits[self.at - count:self.at] or "0", 2)

    def symbol(self, code):
        if isinstance(code, int):
            return code
        for length in range(1, 17):
            found = code.get(self.bits[self.at:self.at + length])
            if found is not None:
                self.at += length
                return found
        raise ValueError(f"no code at bit {self.at}")

    def small_code(self, width, gap_at):
        count = self.number(width)
        if count == 0:
            return self.number(width)
        lengths = []
        while len(lengths) < count:
            length = self.number(3)
            while length >= 7 and self.number(1):
                length += 1
            lengths.append(length)
            if len(lengths) == gap_at:
                lengths += [0] * self.number(2)
        return code_of(lengths)

    def character_code(self, extra_code):
        count = self.number(9)
        if count == 0:
            return self.number(9)
        lengths = []
        while len(lengths) < count:
            extra = self.symbol(extra_code)
            lengths += [extra - 2] if extra > 2 else [0] * (1, 3 + self.number(4) if extra == 1 else 0, 20 + self.number(9)
                                                          if extra == 2 else 0)[extra]
        return code_of(lengths)

    def unpack(self, before):
        """What comes behind `before`, which it may repeat."""
        out, left = bytearray(before), 0
        while len(out) < len(before) + self.size:
            if left == 0:
                left = self.number(16) or 65536
                characters = self.character_code(self.small_code(5, 3))
                positions = self.small_code(5, 0)
            left -= 1
            character = self.symbol(characters)
            if character < 256:
                out.append(character)
                continue
            width = self.symbol(positions)
            back = 1 + ((1 << width - 1) + self.number(width - 1) if width > 1 else width)
            for _ in range(character - 256 + 3):
                out.append(out[-back])
        return bytes(out[len(before):])


def code_of(lengths):
    """Codes of one length are consecutive numbers, and go on from the doubled end of the shorter ones."""
    codes, value = {}, 0
    for length in range(1, 17):
        for symbol, its in enumerate(lengths):
            if its == length:
                codes[f"{value:0{length}b}"] = symbol
                value += 1
        value <<= 1
    if value != 1 << 17:
        raise ValueError("a set of codes that is not complete")
    return codes


def size(stream):
    """Of the first of several streams that lie one behind the other."""
    return 8 + struct.unpack_from("<I", stream)[0]
