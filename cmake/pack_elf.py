#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""pack_elf.py PACKER LINKED OUT: the file that ships of what the linker made (src/arch/x86_64/efilite.ld).

What lies from warm_start to cold_end is left out, and two streams at packed_start have it, warm's and then cold's, in the wide form of
UEFI's compressed format (src/core/protocols/compress.hpp), behind all that lies in memory from hot_start on,
its calls as calls.py has them.
There are no sections and no symbols; each segment begins in the file where the one before ends."""
import dataclasses
import pathlib
import re
import struct
import subprocess
import sys

import calls

PT_LOAD = 1
EHDR, PHDR = 64, 56
FIELDS = struct.Struct("<IIQQQQQQ")  # type, flags, offset, address, physical address, size in the file, in memory, alignment
BORDERS = ("image_start", "hot_start", "hot_end", "warm_start", "warm_code_end", "warm_end", "cold_start", "cold_code_end", "cold_end",
           "packed_start")


@dataclasses.dataclass
class Segment:
    kind: int
    flags: int
    address: int
    data: bytes
    memory: int
    alignment: int


def symbols(path):
    text = subprocess.run(["llvm-nm-19", path], check=True, capture_output=True, text=True).stdout
    found = {name: int(address, 16) for address, name in re.findall(r"^([0-9a-f]+) \w (\w+)$", text, re.M)}
    return {name: found[name] for name in BORDERS}


def segments(elf):
    table, = struct.unpack_from("<Q", elf, 32)
    count, = struct.unpack_from("<H", elf, 56)
    for index in range(count):
        kind, flags, offset, address, _, size, memory, alignment = FIELDS.unpack_from(elf, table + PHDR * index)
        yield Segment(kind, flags, address, elf[offset:offset + size], memory, alignment)


class Memory:
    """What lies from hot code on, as the processor sees it: between that and the next page there is nothing."""

    def __init__(self, text, at):
        hot = text.data[at["hot_start"] - text.address:at["hot_end"] - text.address]
        rest = text.data[at["warm_start"] - text.address:]
        self.bytes = hot.ljust(at["warm_start"] - at["hot_start"], b"\0") + rest.ljust(at["cold_end"] - at["warm_start"], b"\0")
        self.at, self.image = at, range(at["image_start"], at["cold_end"])

    def group(self, packer, name):
        """A group, packed so that it is unpacked behind what lies before."""
        begin, code_end, end = (self.at[f"{name}_{border}"] - self.at["hot_start"] for border in ("start", "code_end", "end"))
        code = calls.absolute(self.bytes[begin:code_end], self.at[f"{name}_start"], self.image)
        return subprocess.run([packer, "--wide", str(begin)], input=self.bytes[:begin] + code + self.bytes[code_end:end], check=True,
                              capture_output=True).stdout


def main():
    packer, linked, out = sys.argv[1:]
    elf, at = pathlib.Path(linked).read_bytes(), symbols(linked)
    all_segments = list(segments(elf))
    loaded = [segment for segment in all_segments if segment.kind == PT_LOAD]
    text, room = loaded[0], next(segment for segment in loaded if segment.address == at["packed_start"])
    memory = Memory(text, at)
    room.data = memory.group(packer, "warm") + memory.group(packer, "cold")
    room.alignment = 1
    if len(room.data) > room.memory:
        sys.exit(f"pack_elf: the packed groups have {len(room.data)} bytes, and there is room for {room.memory}")
    text.data, text.memory = text.data[:at["hot_end"] - text.address], at["cold_end"] - text.address
    pathlib.Path(out).write_bytes(written(elf, all_segments))
    pathlib.Path(out).chmod(0o755)


def written(elf, all_segments):
    """The headers are the first segment's beginning, as they were."""
    image, headers = bytearray(), []
    for segment in all_segments:
        if segment.kind != PT_LOAD:
            offset = segment.address - all_segments[0].address
        else:
            image += bytes((segment.address - len(image)) % segment.alignment)  # a few bytes: the script has seen to that
            offset = len(image)
            image += segment.data
        headers.append(FIELDS.pack(segment.kind, segment.flags, offset, segment.address, segment.address, len(segment.data), segment.memory,
                                   segment.alignment))
    image[EHDR:EHDR + PHDR * len(headers)] = b"".join(headers)
    struct.pack_into("<Q", image, 40, 0)  # no section headers
    struct.pack_into("<HH", image, 60, 0, 0)
    return image


main()
