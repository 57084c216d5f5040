# SPDX-License-Identifier: BSD-2-Clause-Patent
"""How a boot's cost grows with the machine: each point is one run of one machine, in which one thing is larger than at the point before.

In these machines an instruction takes longer than in the table's, so that what they wait for costs little and does not hide what grows."""
import dataclasses

import measure
from row import Row

GIB = 1024  # MiB


@dataclasses.dataclass(frozen=True)
class Line:
    """A way to boot; `label` is the firmware's name, and what else has to be told."""
    label: str
    row: Row


@dataclasses.dataclass(frozen=True)
class Series:
    title: str
    unit: str
    points: tuple
    field: str  # of the row: what grows
    figures: tuple  # fields of the row: what is told
    lines: tuple


def line(label, *row, **fields):
    return Line(label, Row(label.split(",")[0], *row, **fields))


# One program by each firmware's shortest way.
PROBES = (line("efilite", "q35", 512, "probe", "module"), line("ovmf", "q35", 512, "probe", "-kernel"),
          line("seabios", "q35", 512, "pvh", "-kernel"), line("qboot", "q35", 512, "pvh", "-kernel"))
UBOOT = line("u-boot", "pc", 512, "large", "disk", disks=1)
ROOMY = 2048
OF_PROGRAMS = ("to_payload", "cpu_seconds", "held_bytes", "map_entries")

SERIES = {
    "ram": Series("RAM", "MiB", (128, 512, 2 * GIB, 8 * GIB, 64 * GIB, 512 * GIB, 1024 * GIB), "memory_mib",
                  OF_PROGRAMS, (*PROBES, UBOOT)),
    "cpus": Series("processors", "", (1, 4, 16, 64), "cpus", OF_PROGRAMS, (*PROBES, UBOOT)),
    "disks": Series("disks", "", (0, 1, 4, 16, 64), "disks", OF_PROGRAMS, (
        *PROBES, line("efilite, from the first", "q35", 512, "large", "disk"), line("ovmf, from the first", "q35", 512, "large", "disk"),
        line("u-boot, from the first", "pc", 512, "large", "disk"))),
    "initrd": Series("initrd", "MiB", (1, 8, 64, 512), "initrd_mib", ("to_unpacked", "cpu_seconds"), (
        line("efilite", "q35", ROOMY, "kernel", "fw_cfg"), line("efilite, as a module", "q35", ROOMY, "kernel", "split"),
        *(line(name, "q35", ROOMY, "kernel", "-kernel") for name in ("ovmf", "seabios", "qboot")))),
}


@dataclasses.dataclass
class Point:
    series: str
    line: str
    x: int
    row: Row

    def name(self):
        return f"{self.series}: {self.row.name()}"

    def document(self):
        return {"series": self.series, "line": self.line, "x": self.x, "status": self.row.status} | {
            field: getattr(self.row, field) for field in SERIES[self.series].figures} | {"cpu_seconds": round(self.row.cpu_seconds, 1)}


def plan(names, firmwares):
    """What takes longest first."""
    points = []
    for name in names:
        series = SERIES[name]
        for each in series.lines:
            # Booting from a disk wants one.
            points += [Point(name, each.label, x, dataclasses.replace(each.row, **{series.field: x}, held_by_type={}, notes=[]))
                       for x in series.points if each.row.firmware in firmwares and (x or each.row.via != "disk")]
    slowest = ("ovmf", "u-boot")
    return sorted(points, key=lambda point: slowest.index(point.row.firmware) if point.row.firmware in slowest else len(slowest))


def fill(bench, row):
    """`bench` has the plugin: it is the one teller here."""
    outcome = bench.run(row, measure.SLOW_SHIFT, None if row.is_probe() else "unpacked")
    row.cpu_seconds = outcome.cpu_seconds
    measure.check_marks(row, outcome, {})
    if row.is_probe():
        measure.read_map(row, outcome)


def has(name, points, figure):
    """Earlier benches did not tell all figures of all series."""
    return any(getattr(point.row, figure) for point in points if point.series == name)


def measured_at(name, points):
    """What grows, as far as it was measured."""
    return sorted({point.x for point in points if point.series == name})


def told(point, points, figure):
    """The figure of a point; of the kernel's unpacking, which hides everything else, what it takes more than with the smallest initrd."""
    value = getattr(point.row, figure)
    if point.row.status != "ok":
        return None
    if figure != "to_unpacked" or value is None:
        return value
    smallest = next((each for each in points if (each.series, each.line) == (point.series, point.line) and each.row.status == "ok"), point)
    return max(0, value - smallest.row.to_unpacked)


def run(bench, point):
    measure.guarded(fill, bench, point.row)
    return point
