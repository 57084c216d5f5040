# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The figures as a table for people and as JSON for programs."""
import dataclasses
import json

import reading
from row import MANY

KIB = 1024
LEGEND = """\
In millions of guest instructions, counted from the firmware's own first one (efilite: PVH entry; the others: reset); a
string instruction counts once for each repetition, so `rep movsq` over 8 MiB counts a million:
  before        what ran before efilite: SeaBIOS or qboot
  to entry      until the first instruction of the program that the firmware starts
  to kernel     until the first instruction of the kernel: of its EFI entry (in a UKI systemd's stub has loaded it before), of its real-mode
                set-up (SeaBIOS), of its 32-bit entry (qboot), or of its PVH entry (vmlinux, the ELF file in Debian's kernel)
  to startup    until the kernel's 32- or 64-bit entry, behind its EFI stub or its real-mode set-up; of a vmlinux the PVH entry
  waiting       of what came before the entry, waiting for time to pass (OVMF: 1.5 s for the answer of a TPM that the machine does not have;
                U-Boot: 2 s for a key)
  to exit-boot  until ExitBootServices has returned to the program (OVMF does not log it: told by the probe alone)
  to init       until the guest's init
copied: bytes of program and initrd that efilite moved in memory.
map: entries of the EFI memory map; for a kernel with the ones its own allocations made; without EFI, those of the e820 map.
CPU s: seconds of the host's CPU that QEMU took for the whole machine, the count of instructions included; the one figure that is the host's.
program: "large" is the probe in an image as large as a UKI. A disk's requests take no time: the processor stands still meanwhile.
machine: "xen" is a PVH guest of Xen. Xen and dom0 run on the same processor: counted are the guest's own instructions, as far as it is the
  firmware's or the program's. How often it looks whether others have answered depends on them, so that these figures differ a little each
  time.
handed: RAM that the memory map handed to a kernel keeps from it; held: RAM that the system cannot use after boot, which a kernel tells by
  iomem. Both without the legacy hole (0xa0000-0xfffff)."""

COLUMNS = ["firmware", "machine", "MiB", "program", "by", "before", "to entry", "to kernel", "to startup", "waiting", "to exit-boot",
           "to init", "copied", "handed", "held", "map", "CPU s"]


def millions(value):
    if value is None:
        return "-"
    value /= 1e6
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def size(value):
    if value is None:
        return "-"
    if value < 10 * KIB and value % KIB:
        return f"{value} B"
    return f"{value / KIB:.0f} KiB" if value < 10 * KIB * KIB else f"{value / KIB / KIB:.1f} MiB"


def cells(row):
    return [row.firmware, row.board, str(row.memory_mib), row.payload, row.via] + [
        millions(figure) for figure in (row.before_entry, row.to_payload, row.to_kernel, row.to_startup, row.waiting,
                                        row.to_exit_boot_services, row.to_init)] + [
        size(row.copied_bytes), size(row.handed_over_bytes), size(row.held_bytes),
        "-" if row.map_entries is None else str(row.map_entries), f"{row.cpu_seconds:.1f}" if row.cpu_seconds else "-"]


def table(rows):
    lines = [COLUMNS] + [cells(row) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    text = []
    for line, row in zip(lines, [None] + rows):
        # Words to the left, figures to the right.
        padded = [cell.ljust(width) if column in (0, 1, 3, 4) else cell.rjust(width)
                  for column, (cell, width) in enumerate(zip(line, widths))]
        if row is not None and row.status != "ok":
            text.append("  ".join(padded[:5]) + "  " + row.status)
        else:
            text.append("  ".join(padded).rstrip())
    text.insert(1, "-" * max(map(len, text[:1])))
    return "\n".join(text)


def held(rows):
    """One line per different answer to: what is the held RAM held for?"""
    lines = {}
    for row in rows:
        if row.held_by_type:
            parts = ", ".join(f"{kind} {size(amount)}" for kind, amount in sorted(row.held_by_type.items()))
            lines.setdefault((row.firmware, row.board, parts), set()).add(row.memory_mib)
    return [f"  {firmware} {board} {', '.join(map(str, sorted(memory)))} MiB: {parts}"
            for (firmware, board, parts), memory in lines.items()]


def disk_boots(rows):
    return [f"  {row.name()}, {size(row.file_bytes)}: drivers were at {row.touched_disks} of {row.disks()}"
            for row in rows if row.status == "ok" and row.disks()]


def readings_table(readings):
    lines = []
    for found in readings:
        if found.status != "ok":
            lines.append(f"  {found.firmware:<8} {found.status}")
            continue
        for chunk, percent in found.percent().items():
            file, blocks = (millions(found.costs[way][chunk]) for way in reading.WAYS)
            lines.append(f"  {found.firmware:<8} {size(chunk):>8}  {file:>9} {blocks:>9} {percent:>6} %")
    return lines


def xen_reading_table(found):
    if found.status != "ok":
        return [f"  {found.status}"]
    costs, percent = found.costs, found.percent()
    return [f"  {size(chunk):>8}  {millions(costs['file'][chunk][0]):>9} {millions(costs['blocks'][chunk][0]):>9} "
            f"{millions(costs['blocks'][chunk][1]):>9} {percent[chunk]:>6} %" for chunk in percent]


@dataclasses.dataclass
class Figure:
    name: str
    value: int | None
    limit: int  # the value must be at most this
    unit: str

    def reached(self):
        return self.value is not None and self.value <= self.limit

    def line(self):
        verdict = "not measured" if self.value is None else "ok" if self.reached() else "MISSED"
        value = "-" if self.value is None else f"{self.value:,}"
        return f"  {self.name:<52} {value:>12} of at most {self.limit:>9,} {self.unit:<12} {verdict}"


def disk_figures(mine, readings):
    found = []
    from_disk = [row for row in mine if row.disks()]
    if from_disk:
        # The device puts the bytes where they belong: there is nothing to be taken off for copying them.
        found.append(Figure("PVH entry to the entry of a loader on a disk", max(row.to_payload for row in from_disk), 4_999_999,
                            "instructions"))
    touched = [row.touched_disks for row in from_disk if row.disks() == MANY]
    if touched:
        found.append(Figure(f"of {MANY} disks, those that a driver has been at", max(touched), 1, "disks"))
    by_firmware = {each.firmware: each for each in readings if each.status == "ok"}
    if "efilite" in by_firmware:
        ours = by_firmware["efilite"]
        found.append(Figure("reading a file of 64 MiB, of reading its blocks", max(ours.percent().values()), 150, "percent"))
        if "ovmf" in by_firmware:
            found.append(Figure("reading a file of 64 MiB, of OVMF's doing so", max(ours.file_percent_of(by_firmware["ovmf"]).values()), 20,
                                "percent"))
    return found


def xen_figures(rows, found):
    figures = []
    entries = [row.to_kernel or row.to_payload for row in rows]
    if entries:
        figures.append(Figure("on Xen, PVH entry to the entry of a module", max(entries), 1_499_999, "instructions"))
    if found:
        percent = max(found.percent().values()) if found.status == "ok" else None
        figures.append(Figure("on Xen, reading a file, of moving its blocks by the ring", percent, 150, "percent"))
    return figures


def figures(rows, sizes, handles=None, readings=(), xen_reading=None):
    """What efilite promises, the worst row counting. The payload is a module: nothing has to be fetched for it."""
    mine = [row for row in rows if row.firmware == "efilite" and row.status == "ok"]
    guests = [row for row in mine if row.board == "xen"]

    def worst(chosen, field):
        return max((getattr(row, field) for row in chosen if getattr(row, field) is not None), default=None)

    modules = [row for row in mine if row.via == "module" and row not in guests]
    kernels = [row for row in modules if row.payload != "probe"]  # none in a quick run
    found = []
    if not rows or any(row.board != "xen" for row in rows):
        found.append(Figure("PVH entry to the entry of a module", worst(modules, "to_payload"), 999_999, "instructions"))
        if kernels:
            found.append(Figure("PVH entry to the kernel's EFI entry, UKI or module", worst(kernels, "to_kernel"), 999_999, "instructions"))
        found.append(Figure("cost among 10,000 handles, of that among 1,000", handles and handles.worst_percent(), 200, "percent"))
        found += disk_figures([row for row in mine if row not in guests], readings)
    return found + [
        *xen_figures(guests, xen_reading),
        Figure("RAM held after boot, without the legacy hole", worst(mine, "held_bytes"), 256 * KIB - 1, "bytes"),
        Figure("entries of the EFI memory map handed over", worst(mine, "map_entries"), 24, "entries"),
        Figure("the firmware's file", sizes.get("efilite"), 350 * KIB - 1, "bytes"),
    ]


def handle_costs(handles):
    if handles.status != "ok":
        return [f"Handles and protocols: {handles.status}"]
    lines = ["What handles and protocols cost efilite, in instructions for each operation among 1,000 and among 10,000 handles:"]
    return lines + [f"  {name:<40} {few:>7,} {many:>7,}" for name, few, many in handles.compared()]


def human(rows, sizes, handles, readings, xen_reading, about):
    parts = [f"{about}", "", table(rows), "", LEGEND, ""]
    by_type = held(rows)
    if by_type:
        parts += ["RAM held, by the type of its memory map entry:", *by_type, ""]
    parts += ["Firmware files: " + ", ".join(f"{name} {size(amount)}" for name, amount in sizes.items()), ""]
    if boots := disk_boots(rows):
        parts += ["Loaders on disks:", *boots, ""]
    if readings:
        parts += ["Reading a file of 64 MiB by SimpleFileSystem, and its blocks by BlockIo, in millions of instructions:",
                  f"  {'':<8} {'chunks':>8}  {'file':>9} {'blocks':>9}  file of blocks", *readings_table(readings), ""]
    if xen_reading:
        parts += ["Reading the file in a guest of Xen, and its blocks, in millions of the guest's instructions;",
                  "ring: of those for the blocks, what moves them: the code of ring, grants and event channels:",
                  f"  {'chunks':>8}  {'file':>9} {'blocks':>9} {'ring':>9}  file of ring", *xen_reading_table(xen_reading), ""]
    if handles:
        parts += [*handle_costs(handles), ""]
    notes = [f"  {row.name()}: {note}" for row in rows for note in row.notes]
    if notes:
        parts += ["Notes:", *notes, ""]
    if any(row.firmware == "efilite" for row in rows):
        parts += ["Promised of efilite (the worst row counts):", 
                  *(figure.line() for figure in figures(rows, sizes, handles, readings, xen_reading))]
    return "\n".join(parts).rstrip()


def write_json(path, rows, sizes, handles, readings, xen_reading, about):
    document = {"about": about, "file_bytes": sizes, "rows": [dataclasses.asdict(row) for row in rows],
                "handle_costs": handles and handles.costs,
                "reading_costs": {each.firmware: each.costs for each in readings},
                "xen_reading_costs": xen_reading and xen_reading.costs,
                "figures": [dataclasses.asdict(figure) | {"reached": figure.reached()}
                            for figure in figures(rows, sizes, handles, readings, xen_reading)]}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
        file.write("\n")
