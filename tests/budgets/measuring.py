# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Measures what has a budget: the sizes of the firmware's file, and boots under QEMU's instruction counter, which come out the same every
time. The machines and what they tell are the bench's."""
import pathlib
import re
import sys

from budget import FILE, Boot
from elf_file import Addresses
from growth import BYTES, Table

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "tests/bench"))
import firmware  # noqa: E402
import machine  # noqa: E402
import measure  # noqa: E402
import payload  # noqa: E402
import row  # noqa: E402

TOOLS = REPO / "build/host/tests/bench"
TIMEOUT = 100
# What efilite tells besides the steps of a boot.
NO_STEPS = {"copied", "tsc-khz"}
UNPACKED = "unpacked-"
# What runs, from where it begins to where it ends.
CODE = (".text", ".warm", ".cold")
BLOCK = re.compile(r"^block: ([0-9a-f]+) (\d+)$", re.M)


def sizes(elf, debug):
    """Of the file that ships, of the sections that its code and data were linked to, and of those that it has packed."""
    return {FILE: len(elf.data)} | {section.name: section.size for section in debug.loaded()} | packed_sizes(elf, debug)


def packed_sizes(elf, debug):
    """A stream for each of the groups, one behind the other, has its size in front."""
    room = next((section for section in debug.loaded() if section.name == ".packed"), None)
    if room is None:
        return {}
    data, found = elf.at(room.address), {}
    for name in ("warm", "cold"):
        size = 8 + int.from_bytes(data[:4], "little")
        found[f".{name}, packed"] = size
        data = data[size:]
    return found


def symbol_table(elf):
    table = Table([], {})
    symbols = elf.symbols()
    amounts = [(symbol.name, symbol.size) for symbol in symbols]
    for section in elf.loaded():
        inside = sum(symbol.size for symbol in symbols if section.address <= symbol.address < section.address + section.size)
        amounts.append((f"({section.name}, what has no name)", max(0, section.size - inside)))
    table.add(BYTES, amounts)
    return table


def phases(ticks):
    """Instructions between one step and the next, by the name of the second."""
    steps = sorted((when, step) for step, when in ticks.items() if step not in NO_STEPS and not step.startswith(UNPACKED))
    return {step: when - before for (before, _), (when, step) in zip(steps, steps[1:])}


class Boots:
    def __init__(self, elf, debug, logs):
        version = machine.version()
        if version is None:
            raise SystemExit(f"budgets: there is no {machine.QEMU}: run scripts/setup")
        api = 1 if version < (9, 0) else 2
        self.marks, self.settle = TOOLS / f"marks-{api}.so", TOOLS / f"settle-{api}.so"
        self.elf, self.debug, self.addresses, self.logs = elf, debug, Addresses(debug.symbols()), logs
        code = [section for section in debug.sections if section.name in CODE]
        self.profile = f"profile={code[0].address:x}-{code[-1].address + code[-1].size:x}"

    def run(self, name, which):
        """One boot: what has a budget, and pairs of symbol and instructions."""
        wanted = row.Row("efilite", which["board"], which["memory_mib"], which["payload"], which["via"], disks=int(which["via"] == "disk"))
        probe = TOOLS / "probe.efi"
        files = {"probe": probe} | ({"large": payload.large(probe)} if wanted.payload == "large" else {})
        mine = firmware.Efilite(self.elf.path, self.debug.path, files)
        directory = self.logs / name
        outcome = machine.run(directory, wanted.board, wanted.memory_mib, mine.arguments(wanted, directory), plugin=self.marks,
                              places=mine.places(wanted), counts=[self.profile], settle=wanted.disks and self.settle, timeout=TIMEOUT)
        if outcome.error or not outcome.lines("probe: end"):
            raise SystemExit(f"budgets: {name} failed: {outcome.error or machine.last_line(directory)}")
        measure.read_map(wanted, outcome)
        ticks = measure.timings(outcome)
        boot = Boot(phases(ticks), wanted.held_bytes, wanted.map_entries, sum(step.startswith(UNPACKED) for step in ticks))
        return boot, self.by_symbol((directory / "marks").read_text())

    def by_symbol(self, log):
        """Of each block of instructions the log has the first address."""
        for address, count in BLOCK.findall(log):
            symbol = self.addresses.at(int(address, 16))
            yield symbol.name if symbol else "(code without a name)", int(count)
