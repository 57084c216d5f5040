# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the tests of size and of sameness read of an ELF64 file: its sections and its symbols, by name."""
import bisect
import dataclasses
import pathlib
import re
import struct
import subprocess

SHT_SYMTAB, SHT_NOBITS = 2, 8
SHF_ALLOC = 2
NAMED = (0, 1, 2)  # STT_NOTYPE, STT_OBJECT, STT_FUNC
# What the compiler numbers anew in every build: the copies it makes of a function, and what it outlines.
NUMBERED = re.compile(r"(\.\d+|\.llvm\.\d+)+$|(?<=OUTLINED_FUNCTION)_\d+$")
WIDEST = 100
TEMPLATE = re.compile(r"(?<!operator)<(?:[^<>]|<>)+>")


@dataclasses.dataclass(frozen=True)
class Section:
    name: str
    kind: int
    is_loaded: bool
    address: int
    offset: int
    size: int
    link: int

    def holds(self, offset):
        return self.kind != SHT_NOBITS and self.offset <= offset < self.offset + self.size


@dataclasses.dataclass(frozen=True)
class Symbol:
    address: int
    size: int
    name: str


class ElfFile:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.data = self.path.read_bytes()
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise SystemExit(f"{path} is no little-endian ELF64 file")
        table, = struct.unpack_from("<Q", self.data, 40)
        count, names = struct.unpack_from("<HH", self.data, 60)
        headers = [struct.unpack_from("<IIQQQQII", self.data, table + 64 * index) for index in range(count)]
        self.sections = [Section(self.text(headers[names][4] + name), kind, bool(flags & SHF_ALLOC), address, offset, size, link)
                         for name, kind, flags, address, offset, size, link, _ in headers]

    def text(self, offset):
        return self.data[offset:self.data.index(b"\0", offset)].decode()

    def loaded(self):
        return [section for section in self.sections if section.is_loaded and section.size]

    def at(self, address):
        """What the file has for an address, to the end of the segment."""
        table, = struct.unpack_from("<Q", self.data, 32)
        count, = struct.unpack_from("<H", self.data, 56)
        for index in range(count):
            _, _, offset, begins, _, size = struct.unpack_from("<IIQQQQ", self.data, table + 56 * index)
            if begins <= address < begins + size:
                return self.data[offset + address - begins:offset + size]
        return b""

    def symbols(self):
        """Those that have a size, by address; one for each address."""
        found = {}
        for section in self.sections:
            if section.kind != SHT_SYMTAB:
                continue
            strings = self.sections[section.link].offset
            for at in range(section.offset, section.offset + section.size, 24):
                name, info, _, _, value, size = struct.unpack_from("<IBBHQQ", self.data, at)
                if size and info & 15 in NAMED:
                    found.setdefault(value, (size, self.text(strings + name)))
        names = demangled([name for _, name in found.values()])
        return sorted((Symbol(address, size, name) for (address, (size, _)), name in zip(found.items(), names)),
                      key=lambda symbol: symbol.address)


def readable(name):
    """A template's arguments would fill lines, and a lambda's place; `operator<` and the like stay as they are."""
    while (shorter := TEMPLATE.sub("<>", name)) != name:
        name = shorter
    return name if len(name) <= WIDEST else name[:WIDEST] + "..."


def demangled(names):
    """As people read them: without arguments, and without what is numbered anew in every build."""
    plain = [NUMBERED.sub("", name) for name in names]
    text = subprocess.run(["llvm-cxxfilt-19", "-p"], input="\n".join(plain), capture_output=True, text=True, check=True).stdout
    return [readable(name) for name in text.split("\n")[:len(names)]] if names else []


class Addresses:
    """Which symbol an address lies in."""

    def __init__(self, symbols):
        self.symbols = symbols
        self.starts = [symbol.address for symbol in symbols]

    def at(self, address):
        index = bisect.bisect_right(self.starts, address) - 1
        if index >= 0 and address < self.starts[index] + self.symbols[index].size:
            return self.symbols[index]
        return None
