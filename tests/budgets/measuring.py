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
# What efilite tells besides times.
NO_STEPS = {"copied", "tsc-khz"}
BLOCK = re.compile(r"^block: ([0-9a-f]+) (\d+)$", re.M)


def sizes(elf):
    return {FILE: len(elf.data)} | {section.name: section.size for section in elf.loaded()}


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
    steps = sorted((when, step) for step, when in ticks.items() if step not in NO_STEPS)
    return {step: when - before for (before, _), (when, step) in zip(steps, steps[1:])}


class Boots:
    def __init__(self, elf, debug, logs):
        version = machine.version()
        if version is None:
            raise SystemExit(f"budgets: there is no {machine.QEMU}: run scripts/setup")
        api = 1 if version < (9, 0) else 2
        self.marks, self.settle = TOOLS / f"marks-{api}.so", TOOLS / f"settle-{api}.so"
        self.elf, self.debug, self.addresses, self.logs = elf, debug, Addresses(debug.symbols()), logs
        section = next(section for section in debug.sections if section.name == ".text")
        self.profile = f"profile={section.address:x}-{section.address + section.size:x}"

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
        boot = Boot(phases(measure.timings(outcome)), wanted.held_bytes, wanted.map_entries)
        return boot, self.by_symbol((directory / "marks").read_text())

    def by_symbol(self, log):
        """Of each block of instructions the log has the first address."""
        for address, count in BLOCK.findall(log):
            symbol = self.addresses.at(int(address, 16))
            yield symbol.name if symbol else "(code without a name)", int(count)
