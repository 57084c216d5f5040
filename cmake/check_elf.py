#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""check_elf.py ELF DEBUG: the promises of the file itself, checked at every build.

What PVH loaders ask (docs/architecture.md): ELF64, x86-64, an executable, loaded and entered at 1 MiB or above, one
XEN_ELFNOTE_PHYS32_ENTRY whose descriptor is 8 bytes with a zero high half, no Multiboot header. And of the runtime
region: nothing in it may call or point out of it, since it is copied away on its own. What is packed unpacks to what was linked."""
import pathlib
import re
import struct
import subprocess
import sys

import calls
import compressed

MIB = 1 << 20


def fail(why: str) -> None:
    sys.exit(f"check_elf: {why}")


def check_header(data: bytes) -> None:
    if data[:6] != b"\x7fELF\x02\x01":
        fail("not a little-endian ELF64")
    e_type, machine, _, entry, phoff = struct.unpack_from("<HHIQQ", data, 16)
    phentsize, phnum = struct.unpack_from("<HH", data, 54)
    if (e_type, machine) != (2, 62):
        fail(f"type {e_type} machine {machine}: wanted an x86-64 executable")
    if entry < MIB:
        fail(f"entry {entry:#x} is below 1 MiB")
    notes = 0
    for i in range(phnum):
        p_type, flags, offset, vaddr, paddr, filesz, memsz, _ = struct.unpack_from("<IIQQQQQQ", data, phoff + i * phentsize)
        if p_type == 1:
            if paddr < MIB or paddr != vaddr:
                fail(f"segment {i} at {paddr:#x}/{vaddr:#x}: wanted an identity address of at least 1 MiB")
            if flags & 3 == 3:
                fail(f"segment {i} is writable and executable")
        elif p_type == 4:
            notes += check_note(data[offset:offset + filesz], entry)
    if notes != 1:
        fail(f"{notes} PHYS32_ENTRY notes: wanted one")
    for at in range(0, min(len(data), 8192), 4):
        if data[at:at + 4] == b"\x02\xb0\xad\x1b":
            fail("a Multiboot 1 header: QEMU would take that entry and refuse an x86-64 ELF")


def check_note(note: bytes, entry: int) -> int:
    namesz, descsz, kind = struct.unpack_from("<III", note)
    if (namesz, kind, note[12:16]) != (4, 18, b"Xen\0"):
        return 0
    if descsz != 8 or struct.unpack_from("<Q", note, 16)[0] != entry:
        fail("PHYS32_ENTRY is not the entry point in 8 bytes")
    return 1


def loaded(data: bytes) -> list:
    """(address, bytes, size in memory) of each segment."""
    phoff, phnum = *struct.unpack_from("<Q", data, 32), *struct.unpack_from("<H", data, 56)
    fields = [struct.unpack_from("<IIQQQQQQ", data, phoff + 56 * i) for i in range(phnum)]
    return [(vaddr, data[offset:offset + filesz], memsz) for p_type, _, offset, vaddr, _, filesz, memsz, _ in fields if p_type == 1]


def check_packed(elf: bytes, linked: bytes, debug: str) -> None:
    at = dict((n, int(a, 16)) for a, n in re.findall(r"^([0-9a-f]+) \w (\w+)$", run("llvm-nm-19", debug), re.M))
    base, text, memory = loaded(elf)[0]
    if base + memory != at["cold_end"]:
        fail("the room of packed code is not a loader's to keep free")
    before = text[at["hot_start"] - base:].ljust(at["warm_start"] - at["hot_start"], b"\0")
    streams = next(content for address, content, _ in loaded(elf) if address == at["packed_start"])
    whole = loaded(linked)[0][1].ljust(memory, b"\0")
    for name in ("warm", "cold"):
        start, code_end, end = (at[f"{name}_{border}"] for border in ("start", "code_end", "end"))
        group = compressed.Reader(streams).unpack(before)
        group = calls.relative(group[:code_end - start], start, range(base, base + memory)) + group[code_end - start:]
        if group != whole[start - base:end - base]:
            fail(f"what is packed of {name} code is not what was linked")
        before += group
        streams = streams[compressed.size(streams):]


def check_runtime(debug: str) -> None:
    symbols = dict((n, int(a, 16)) for a, n in re.findall(
        r"^([0-9a-f]+) \w (runtime_start|runtime_end)$", run("llvm-nm-19", debug), re.M))
    start, end = symbols["runtime_start"], symbols["runtime_end"]
    text = run("llvm-objdump-19", "-d", "--no-show-raw-insn", "--no-leading-headers",
               f"--start-address={start}", f"--stop-address={end}", debug)
    count = 0
    for line in text.splitlines():
        count += 1
        target = re.search(r"\b(?:call|jmp|j[a-z]+)q?\s+0x([0-9a-f]+)\b|# 0x([0-9a-f]+)\b", line)
        if target:
            address = int(target.group(1) or target.group(2), 16)
            if not start <= address < end:
                fail(f"the runtime region reaches out of itself:{line}")
        absolute = re.search(r"\$0x([0-9a-f]+)\b", line)
        if absolute and MIB <= int(absolute.group(1), 16) < MIB + 0x100000 and symbol_at(debug, int(absolute.group(1), 16)):
            fail(f"the runtime region has an absolute address:{line}")
    if end > start and not count:
        fail("nothing was disassembled")


def symbol_at(debug: str, address: int) -> bool:
    return re.search(rf"^0*{address:x} ", run("llvm-nm-19", debug), re.M) is not None


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


elf_data, debug_data = (pathlib.Path(path).read_bytes() for path in sys.argv[1:3])
check_header(elf_data)
check_packed(elf_data, debug_data, sys.argv[2])
check_runtime(sys.argv[2])
