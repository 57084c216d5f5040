# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What a service costs among few of its kind and among many, as tests/bench/handles.cpp and variables.cpp tell it."""
import dataclasses
import re

import machine
import measure
from row import Row

LINE = re.compile(r"(\d+) (.+) (\d+)$")
# How a firmware is given the program: board, via, disks.
WAYS = {"efilite": ("q35", "module", 0), "ovmf": ("q35", "-kernel", 0), "u-boot": ("pc", "disk", 1)}


@dataclasses.dataclass
class Services:
    program: str  # handles or variables
    firmware: str
    status: str = "ok"
    full: int | None = None  # there was no place for more than these
    costs: dict = dataclasses.field(default_factory=dict)  # operation -> {how many there are: instructions}
    seconds: float = 0

    def name(self):
        return f"{self.firmware}, cost of {self.program}"

    def counts(self):
        return sorted({count for costs in self.costs.values() for count in costs})

    def compared(self):
        """[(operation, cost among each number)]: what was measured among all of them."""
        return [(name, [costs[count] for count in self.counts()]) for name, costs in self.costs.items() if len(costs) == len(self.counts())]

    def worst_percent(self):
        """Of the cost among the second largest number, the cost among the largest."""
        return max((round(100 * costs[-1] / max(1, costs[-2])) for _, costs in self.compared() if len(costs) > 1), default=None)

    def figures(self):
        return (self.status, self.full, self.costs)


def read(found, outcome):
    found.seconds = outcome.seconds
    for line in outcome.lines(f"{found.program}: at "):
        if match := LINE.match(line):
            found.costs.setdefault(match[2], {})[int(match[1])] = int(match[3])
    for line in outcome.lines(f"{found.program}: full at "):
        found.full = int(line)
    failures = outcome.lines(f"{found.program}: failed: ")
    if outcome.error or failures:
        found.status = f"failed: {outcome.error or failures[0]}"
    elif not outcome.lines(f"{found.program}: end") or not found.compared():
        found.status = "failed: it ended before the program did"
    return found


def run(program, firmware, logs, timeout):
    found = Services(program, firmware.name)
    board, via, count = WAYS[firmware.name]
    row = Row(firmware.name, board, 512, program, via, disks=count)
    directory = logs / row.directory()
    try:
        read(found, machine.run(directory, board, row.memory_mib, firmware.arguments(row, directory), timeout=timeout))
        if found.status.startswith("failed: it ended"):
            found.status += f"; last line: {machine.last_line(directory)}"
    except (OSError, SystemExit, ValueError) as error:
        found.status = f"failed: {measure.told(error)}"
    return found
