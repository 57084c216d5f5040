# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Limits and what was measured against them. budgets.json has the limits: sizes, and for each boot its machine, instructions by phase, RAM
held, entries of the memory map, and how many groups of packed code it unpacks: none when all that it runs is hot, warm, then cold, too."""
import dataclasses
import json

from growth import BYTES

FILE = "efilite.elf"
# Left when a budget is set anew: so much that no change has to ask for each of its bytes, and so little that a feature has to.
BYTES_LEFT, BYTES_STEP = 200, 256  # a 200th, rounded up to 256
INSTRUCTIONS_LEFT, INSTRUCTIONS_STEP = 100, 100
GROUPS = "groups"
LISTS = "scripts/order lists anew which functions are hot and warm"


@dataclasses.dataclass(frozen=True)
class Figure:
    what: str
    unit: str
    column: str | None  # of the table of symbols: where its growth is told
    value: int | None
    limit: int | None

    def holds(self):
        return self.value is not None and self.limit is not None and self.value <= self.limit

    def line(self):
        value = "-" if self.value is None else f"{self.value:,}"
        limit = "-" if self.limit is None else f"{self.limit:,}"
        return f"  {self.what:<44} {value:>10} of {limit:>10} {self.unit:<12} {'ok' if self.holds() else 'EXCEEDED'}"

    def complaint(self):
        if self.limit is None:
            return f"{self.what} has no budget"
        if self.value is None:
            return f"{self.what} has a budget and is not there any more"
        text = f"{self.what}: {self.value:,} {self.unit}, {self.value - self.limit:,} more than its budget of {self.limit:,}"
        return f"{text}: {LISTS}" if self.unit == GROUPS else text


@dataclasses.dataclass
class Boot:
    instructions: dict  # by phase: the name of the step that ends it
    held_bytes: int
    map_entries: int
    unpacked: int = 0


def size_figures(limits, sizes):
    return [Figure(name, "bytes", BYTES, sizes.get(name), limits.get(name)) for name in {**sizes, **limits}]


def boot_figures(name, limits, boot):
    given = limits["instructions"]
    found = [Figure(f"{name}, to {step}", "instructions", name, boot.instructions.get(step), given.get(step))
             for step in {**boot.instructions, **given}]
    return found + [Figure(f"{name}, RAM held", "bytes", None, boot.held_bytes, limits["held_bytes"]),
                    Figure(f"{name}, memory map", "entries", None, boot.map_entries, limits["map_entries"]),
                    Figure(f"{name}, unpacked", GROUPS, None, boot.unpacked, limits["unpacked"])]


def room(value, left, step):
    return -(-(value + value // left) // step) * step


def renewed(budgets, sizes, boots):
    """The budgets with limits that fit what was measured."""
    new = {"size": {name: room(size, BYTES_LEFT, BYTES_STEP) for name, size in sizes.items()}, "boots": {}}
    for name, boot in boots.items():
        new["boots"][name] = {"machine": budgets["boots"][name]["machine"],
                              "instructions": {step: room(count, INSTRUCTIONS_LEFT, INSTRUCTIONS_STEP)
                                               for step, count in boot.instructions.items()},
                              "held_bytes": boot.held_bytes, "map_entries": boot.map_entries, "unpacked": boot.unpacked}
    return new


def read(path):
    return json.loads(path.read_text())


def write(path, budgets):
    path.write_text(json.dumps(budgets, indent=2) + "\n")
