#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""pack_elf.py PACKER LINKED OUT: the file that ships of what the linker made (src/arch/x86_64/efilite.ld).

What lies from warm_start to cold_end is left out, and two streams at packed_start have it, warm's and then cold's, in the wide form of UEFI's
compressed format (src/core/protocols/compress.hpp), behind all that lies in memory from hot_start on.
There are no sections and no symbols; each segment begins in the file where the one before ends."""
import dataclasses
import pathlib
import re
import struct
import subprocess
import sys

PT_LOAD, PT_NOTE = 1, 4
EHDR, PHDR, SHDR = 64, 56, 64
FIELDS = struct.Struct("<IIQQQQQQ")  # type, flags, offset, address, physical address, size in the file, in memory, alignment
BORDERS = ("hot_start", "hot_end", "warm_start", "warm_end", "cold_start", "cold_end", "packed_start", "packed_end")


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


def packed(packer, memory, begin, end):
    """What lies from `begin` to `end`, packed so that it is unpacked behind what lies before."""
    return subprocess.run([packer, "--wide", str(begin)], input=memory[:end], check=True, capture_output=True).stdout


def main():
    packer, linked, out = sys.argv[1:]
    elf, at = pathlib.Path(linked).read_bytes(), symbols(linked)
    all_segments = list(segments(elf))
    loaded = [segment for segment in all_segments if segment.kind == PT_LOAD]
    text, room = loaded[0], next(segment for segment in loaded if segment.address == at["packed_start"])
    # As it lies in memory: between hot code and the next page there is nothing.
    hot = text.data[at["hot_start"] - text.address:at["hot_end"] - text.address]
    memory = hot.ljust(at["warm_start"] - at["hot_start"], b"\0") + text.data[at["warm_start"] - text.address:]
    memory = memory.ljust(at["cold_end"] - at["hot_start"], b"\0")
    room.data = b"".join(packed(packer, memory, at[f"{group}_start"] - at["hot_start"], at[f"{group}_end"] - at["hot_start"])
                         for group in ("warm", "cold"))
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
