# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The plots of docs/bench: which figures they show."""
import growth
import maps
import report
import svg

INSTRUCTIONS = "instructions"


def of_growth(figures, name, figure, title, is_log=True, units=svg.SI):
    series = growth.SERIES[name]
    mine = [point for point in figures.growth if point.series == name]
    lines = []
    for label in dict.fromkeys(point.line for point in mine):
        points = [(point.x, growth.told(point, mine, figure)) for point in mine if point.line == label]
        lines.append(svg.Line(label.split(",")[0], points, "," in label))
    ticks = [(x, report.amount(x, series.unit)) for x in growth.measured_at(name, mine)]
    unit = {"to_payload": INSTRUCTIONS, "to_unpacked": INSTRUCTIONS, "held_bytes": "bytes", "map_entries": "entries",
            "cpu_seconds": "seconds"}[figure]
    return svg.Lines(title, series.title, unit, ticks, lines, is_log, units)


def seconds(figures, name, title):
    return [of_growth(figures, name, "cpu_seconds", title, is_log=False)] if growth.has(name, figures.growth, "cpu_seconds") else []


def of_services(figures, program, operation):
    lines, counts = [], set()
    for each in figures.services:
        if each.program == program and operation in each.costs:
            counts |= set(each.costs[operation])
            lines.append(svg.Line(each.firmware, sorted(each.costs[operation].items())))
    # A firmware that has come to its end before the others has failed there, and says why in the table.
    for line in lines:
        line.points += [(count, None) for count in sorted(counts) if count > line.points[-1][0]]
    return svg.Lines(operation, program, INSTRUCTIONS, [(count, f"{count:,}") for count in sorted(counts)], lines)


def legend(figures, *more):
    return [(name, name, False) for name in svg.KINDS if name in figures.file_bytes] + list(more)


# By which of its rows a firmware is known: the shortest way that it has to start a program, and a kernel.
PROGRAM = {"efilite": ("efilite", "q35", 512, "probe", "module"), "ovmf": ("ovmf", "q35", 512, "probe", "-kernel"),
           "u-boot": ("u-boot", "pc", 512, "large", "disk"), "seabios": ("seabios", "q35", 512, "vmlinux", "-kernel"),
           "qboot": ("qboot", "q35", 512, "vmlinux", "-kernel")}
KERNEL = PROGRAM | {"efilite": ("efilite", "q35", 512, "kernel", "module"), "ovmf": ("ovmf", "q35", 512, "kernel", "-kernel"),
                    "u-boot": ("u-boot", "pc", 512, "uki", "disk"), "seabios": ("seabios", "q35", 512, "kernel", "-kernel"),
                    "qboot": ("qboot", "q35", 512, "kernel", "-kernel")}


def row_of(figures, which):
    return figures.row(*which, entry="", **({"disks": 1} if which[4] == "disk" else {}))


def boots(figures):
    def dots(title, unit, ways, told, units=svg.SI, is_log=True):
        rows = []
        for name, which in ways.items():
            row = row_of(figures, which)
            value, part = told(row) if row.status == "ok" else (None, None)
            words = "failed" if value is None else svg.number(value, units)
            rows.append((name, words, value, part))
        return svg.Dots(title, unit, rows, units, is_log)

    def entry(row):
        return row.to_payload, row.to_payload - row.waiting if row.waiting and row.waiting > row.to_payload / 100 else None
    sizes = svg.Dots("The firmware's file", "bytes", [(name, svg.number(figures.file_bytes[name], svg.IEC), figures.file_bytes[name], None)
                                                      for name in PROGRAM], svg.IEC)
    return svg.figure("What a boot costs, by firmware", [
        dots("To the first instruction of a program", INSTRUCTIONS, PROGRAM, entry),
        dots("RAM that the OS does not get", "bytes", PROGRAM, lambda row: (row.held_bytes, None), svg.IEC),
        sizes,
        dots("QEMU's CPU time until a Debian kernel's init", "seconds", KERNEL, lambda row: (row.cpu_seconds, None), is_log=False),
    ], note="Hollow: without what is waited for. efilite from its PVH entry, which SeaBIOS or qboot come before; the others from reset.")


def ram(figures):
    return svg.figure("How a boot's costs grow with RAM", [
        of_growth(figures, "ram", "to_payload", "To the first instruction of a program"),
        of_growth(figures, "ram", "held_bytes", "RAM that the OS does not get", units=svg.IEC),
        of_growth(figures, "ram", "map_entries", "Entries of the memory map", is_log=False),
        *seconds(figures, "ram", "QEMU's CPU time until then")],
        legend(figures), "A cross: it failed there.")


def machines(figures):
    return svg.figure("How a boot's costs grow with the machine", [
        of_growth(figures, "cpus", "to_payload", "Processors"),
        of_growth(figures, "disks", "to_payload", "Disks"),
        of_growth(figures, "initrd", "to_unpacked", "Initrd, what is added", is_log=False),
        *seconds(figures, "cpus", "QEMU's CPU time, by processors")],
        legend(figures), "Dashed: the program is on the first disk; the initrd is a module. A cross: it failed there.")


def services(figures):
    return svg.figure("What services cost among many", [
        of_services(figures, "handles", "HandleProtocol"), of_services(figures, "handles", "install a handle with 4 protocols"),
        of_services(figures, "variables", "GetVariable"), of_services(figures, "variables", "SetVariable, making one")],
        [each for each in legend(figures) if each[0] in ("efilite", "ovmf", "u-boot")], "A cross: it has no place for so many.")


def memory_maps(figures):
    """Of figures that have none, which an older bench measured, there is no picture."""
    rows = [row_of(figures, PROGRAM[name]) for name in ("efilite", "ovmf")]
    return maps.draw(rows) if all(row.memory_map for row in rows) else None


PLOTS = {"boots": boots, "memory": memory_maps, "ram": ram, "machines": machines, "services": services}
