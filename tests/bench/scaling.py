# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What a service of the handle database costs among few handles and among many, as tests/bench/handles.cpp tells it."""
import dataclasses
import re

import machine
import measure

LINE = re.compile(r"(\d+) (.+) (\d+)$")


@dataclasses.dataclass
class Scaling:
    status: str = "ok"
    costs: dict = dataclasses.field(default_factory=dict)  # operation -> {handles: instructions}
    seconds: float = 0

    def compared(self):
        """[(operation, among few, among many)]: what was measured among both."""
        return [(name, costs[min(costs)], costs[max(costs)]) for name, costs in self.costs.items() if len(costs) > 1]

    def worst_percent(self):
        return max((round(100 * many / max(1, few)) for _, few, many in self.compared()), default=None)


def read(outcome):
    scaling = Scaling(seconds=outcome.seconds)
    for line in outcome.lines("handles: at "):
        if found := LINE.match(line):
            scaling.costs.setdefault(found[2], {})[int(found[1])] = int(found[3])
    failures = outcome.lines("handles: failed: ")
    if outcome.error or failures:
        scaling.status = f"failed: {outcome.error or failures[0]}"
    elif not outcome.lines("handles: end") or not scaling.compared():
        scaling.status = "failed: it ended before the program did"
    return scaling


def run(elf, program, logs, timeout):
    try:
        return read(machine.run(logs / "efilite-handles", "q35", 512, ["-kernel", str(elf), "-initrd", str(program)], timeout=timeout))
    except OSError as error:
        return Scaling(f"failed: {measure.told(error)}")
