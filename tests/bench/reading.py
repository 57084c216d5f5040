# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What reading a file costs, and what reading its blocks does, as tests/bench/reader.cpp tells it."""
import dataclasses
import re
import struct

import disks
import machine
import measure
from cached import cached, digest
from row import Row

SIZE, PAGE = 64 << 20, 4096
MAGIC = 0x4154_4144_6E65_4245  # of reader.cpp
LINE = re.compile(r"(file|blocks) in chunks of (\d+) (\d+)$")
WAYS = ("file", "blocks")
BOARDS = {"u-boot": "pc"}  # else q35


@dataclasses.dataclass
class Reading:
    firmware: str
    status: str = "ok"
    costs: dict = dataclasses.field(default_factory=dict)  # way -> {bytes of a chunk: instructions}
    seconds: float = 0

    def name(self):
        return f"{self.firmware}, reading"

    def figures(self):
        return (self.status, self.costs)

    def percent(self):
        """Of the instructions that the blocks take, those that the file does: {chunk: percent}."""
        return {chunk: round(100 * cost / max(1, self.costs["blocks"][chunk])) for chunk, cost in self.costs["file"].items()}

    def file_percent_of(self, other):
        """Of the instructions of another firmware's file: {chunk: percent}."""
        return {chunk: round(100 * cost / max(1, other.costs["file"][chunk])) for chunk, cost in self.costs["file"].items()}


def read(firmware, outcome):
    reading = Reading(firmware, seconds=outcome.seconds)
    for line in outcome.lines("reader: by "):
        if found := LINE.match(line):
            reading.costs.setdefault(found[1], {})[int(found[2])] = int(found[3])
    failures = outcome.lines("reader: failed: ")
    told = [set(reading.costs.get(way, ())) for way in WAYS]
    if outcome.error or failures:
        reading.status = f"failed: {outcome.error or failures[0]}"
    elif not outcome.lines("reader: end") or not told[0] or told[0] != told[1]:
        reading.status = "failed: it ended before the program did"
    return reading


def data():
    """A file in which each page says which it is."""
    def write(path):
        with open(path, "wb") as file:
            for page in range(SIZE // PAGE):
                file.write(struct.pack("<QQ", MAGIC, page).ljust(PAGE, b"\0"))
    return cached("bench-data", ".bin", digest(str((SIZE, PAGE, MAGIC))), write)


def run(firmware, program, logs, settle, timeout):
    # The firmware's own way to put a program on a disk is used, with another disk.
    row = Row(firmware.name, BOARDS.get(firmware.name, "q35"), 512, "reader", "disk", disks=1)
    try:
        image = disks.image(program, **{"DATA.BIN": data()})
        directory = logs / row.directory()
        arguments = firmware.arguments(row, directory, image)
        outcome = machine.run(directory, row.board, row.memory_mib, arguments, settle=settle, timeout=timeout)
        reading = read(firmware.name, outcome)
        if reading.status.startswith("failed: it ended"):
            reading.status += f"; last line: {machine.last_line(directory)}"
        return reading
    except (OSError, SystemExit, ValueError) as error:
        return Reading(firmware.name, f"failed: {measure.told(error)}")
