# SPDX-License-Identifier: BSD-2-Clause-Patent
"""All that was measured, and the JSON file that has it."""
import dataclasses
import json

import growth
import promises
import reading
import services
import xen
from row import Row


@dataclasses.dataclass
class Figures:
    about: dict = dataclasses.field(default_factory=dict)
    file_bytes: dict = dataclasses.field(default_factory=dict)
    rows: list = dataclasses.field(default_factory=list)
    growth: list = dataclasses.field(default_factory=list)
    services: list = dataclasses.field(default_factory=list)
    readings: list = dataclasses.field(default_factory=list)
    xen_reading: xen.Reading | None = None

    def everything(self):
        """All that has a status."""
        return [*self.rows, *(point.row for point in self.growth), *self.services, *self.readings,
                *([self.xen_reading] if self.xen_reading else [])]

    def row(self, *which, **fields):
        """The one that is called so, measured or failed: firmware, board, MiB, payload, via."""
        for row in self.rows:
            if (row.firmware, row.board, row.memory_mib, row.payload, row.via) == which and all(
                    getattr(row, name) == value for name, value in fields.items()):
                return row
        raise LookupError(f"the figures have no row {which} {fields}")

    def service(self, program, firmware):
        return next((each for each in self.services if (each.program, each.firmware) == (program, firmware)), None)


def without_seconds(document):
    """What a second measurement would tell otherwise, but for CPU seconds."""
    return {name: value for name, value in document.items() if name != "seconds"}


def document(figures):
    def row(each):
        return without_seconds(dataclasses.asdict(each)) | {"cpu_seconds": round(each.cpu_seconds, 1)}
    return {"about": figures.about, "file_bytes": figures.file_bytes, "rows": [row(each) for each in figures.rows],
            "growth": [point.document() for point in figures.growth],
            "services": [without_seconds(dataclasses.asdict(each)) for each in figures.services],
            "reading": [without_seconds(dataclasses.asdict(each)) for each in figures.readings],
            "xen_reading": figures.xen_reading and without_seconds(dataclasses.asdict(figures.xen_reading)),
            "promises": [dataclasses.asdict(each) | {"reached": each.reached()} for each in promises.promised(figures)]}


def with_numbers(costs):
    """JSON has no numbers as names: {operation: {how many: cost}}."""
    return {name: {int(count): cost for count, cost in each.items()} for name, each in costs.items()}


def from_document(told):
    def point(each):
        series = growth.SERIES[each["series"]]
        line = next(line for line in series.lines if line.label == each["line"])
        return growth.Point(each["series"], each["line"], each["x"], dataclasses.replace(
            line.row, status=each["status"], **{series.field: each["x"]}, **{name: each[name] for name in series.figures if name in each}))
    return Figures(
        told["about"], told["file_bytes"], [Row(**row) for row in told["rows"]], [point(each) for each in told["growth"]],
        [services.Services(**each | {"costs": with_numbers(each["costs"])}) for each in told["services"]],
        [reading.Reading(**each | {"costs": with_numbers(each["costs"])}) for each in told["reading"]],
        told["xen_reading"] and xen.Reading(**told["xen_reading"] | {"costs": with_numbers(told["xen_reading"]["costs"])}))


def write(path, figures):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document(figures), file, indent=1)
        file.write("\n")


def read(path):
    try:
        return from_document(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, LookupError, TypeError, StopIteration) as error:
        raise SystemExit(f"bench: {path} has no figures of this bench: {error}") from None
