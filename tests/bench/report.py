# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The figures as tables for people."""
import growth
import promises
import reading

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
  adds          what the firmware's part until init is of the rest, the kernel's own share: for efilite all that its code runs, boot and
                runtime services among it; for the others what came before the kernel, which is the least
copied: bytes of program and initrd that efilite moved in memory.
map: entries of the EFI memory map; for a kernel with the ones its own allocations made; without EFI, those of the e820 map.
CPU s: seconds of the host's CPU that QEMU took for the whole machine and for counting; the one figure that is the host's.
program: "large" is the probe in an image as large as a UKI. A disk's requests take no time: the processor stands still meanwhile.
machine: "xen" is a PVH guest of Xen. Xen and dom0 run on the same processor: counted are the guest's own instructions, as far as it is the
  firmware's or the program's. How often it looks whether others have answered depends on them, so that these figures differ a little each
  time.
handed: RAM that the memory map handed to a kernel keeps from it; held: RAM that the system cannot use after boot, which a kernel tells by
  iomem. Both without the legacy hole (0xa0000-0xfffff)."""

COLUMNS = ["firmware", "machine", "MiB", "program", "by", "before", "to entry", "to kernel", "to startup", "waiting", "to exit-boot",
           "to init", "adds", "copied", "handed", "held", "map", "CPU s"]


def millions(value):
    if value is None:
        return "-"
    value /= 1e6
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def share(value):
    return "-" if value is None else f"{value:.3f} %" if value < 1 else f"{value:.1f} %"


def size(value):
    if value is None:
        return "-"
    if value < 10 * KIB and value % KIB:
        return f"{value} B"
    return f"{value / KIB:.0f} KiB" if value < 10 * KIB * KIB else f"{value / KIB / KIB:.1f} MiB"


def cells(row):
    by = f"{row.disks} disks" if row.disks > 1 else row.via
    return [row.firmware, row.board, str(row.memory_mib), row.program(), by] + [
        millions(figure) for figure in (row.before_entry, row.to_payload, row.to_kernel, row.to_startup, row.waiting,
                                        row.to_exit_boot_services, row.to_init)] + [
        share(row.firmware_percent), size(row.copied_bytes), size(row.handed_over_bytes), size(row.held_bytes),
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
    return [f"  {row.name()}, {size(row.file_bytes)}: drivers were at {row.touched_disks} of {row.disks}"
            for row in rows if row.status == "ok" and row.disks]


def unpackings(rows):
    """One line for each part and each way of booting: where somebody came to it first, and last."""
    found = {}
    for row in rows:
        for part, instructions in row.unpacked.items():
            found.setdefault((row.program(), row.via, part), []).append(instructions)
    lines = [f"  {program} by {via}: {part} after {millions(min(counts))}" + (f" to {millions(max(counts))}" if len(counts) > 1 else "")
             for (program, via, part), counts in found.items()]
    never = sorted({f"{row.program()} by {row.via}" for row in rows if row.firmware == "efilite" and not row.unpacked}) if found else []
    return lines + ([f"  nothing: {', '.join(never)}"] if never else [])


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


def service_costs(found):
    where = f"What {found.program} cost {found.firmware}, in instructions for each operation"
    if not found.compared():
        return [f"{where}: {found.status}", ""]
    lines = [f"{where}, among {', '.join(f'{count:,}' for count in found.counts())} {found.program}:"]
    lines += [f"  {name:<40}" + "".join(f" {cost:>11,}" for cost in costs) for name, costs in found.compared()]
    if found.full is not None:
        lines.append(f"  there was no place for more than {found.full:,}")
    return lines + ([f"  {found.status}"] if found.status != "ok" else []) + [""]


def amount(value, unit):
    """Of what grows."""
    if unit == "MiB" and value >= KIB:
        return f"{value // KIB} GiB" if value < KIB * KIB else f"{value // KIB // KIB} TiB"
    return f"{value:,} {unit}".rstrip()


# What is told of each point, and how.
GROWING = {"to_payload": ("millions of instructions to the program's entry", millions),
           "to_unpacked": ("millions of instructions to the unpacked kernel, more than with the smallest", millions),
           "cpu_seconds": ("seconds of the host's CPU that QEMU took until then, counting included", "{:.1f}".format),
           "held_bytes": ("RAM that the system cannot use", size), "map_entries": ("entries of the memory map", str)}


def growth_table(name, points):
    series = growth.SERIES[name]
    mine = [point for point in points if point.series == name]
    lines, measured = [], growth.measured_at(name, mine)
    for figure in (each for each in series.figures if growth.has(name, mine, each)):
        title, told = GROWING[figure]
        lines += [f"With more {series.title}: {title}:", f"  {'':<24}" + "".join(f" {amount(x, series.unit):>9}" for x in measured)]
        for label in dict.fromkeys(point.line for point in mine):
            at = {point.x: point for point in mine if point.line == label}
            cells = ["" if x not in at else "failed" if at[x].row.status != "ok" else told(growth.told(at[x], mine, figure))
                     for x in measured]
            lines.append(f"  {label:<24}" + "".join(f" {cell:>9}" for cell in cells))
    failed = [f"  {point.row.name()}: {point.row.status}" for point in mine if point.row.status != "ok"]
    return [*lines, *failed, ""]


def about(told, firmwares):
    return ", ".join([f"QEMU {told['qemu']} (TCG, -cpu {told['cpu']})", *(told[name] for name in firmwares if name in told)])


def boots(figures):
    rows = figures.rows
    parts = [table(rows), "", LEGEND, ""]
    if by_type := held(rows):
        parts += ["RAM held, by the type of its memory map entry:", *by_type, ""]
    if from_disks := disk_boots(rows):
        parts += ["Loaders on disks:", *from_disks, ""]
    if parted := unpackings([row for row in rows if row.status == "ok"]):
        parts += ["Packed parts of efilite that were come to and unpacked, in millions of instructions from its entry:", *parted, ""]
    if notes := [f"  {row.name()}: {note}" for row in rows for note in row.notes]:
        parts += ["Notes:", *notes, ""]
    return parts


def human(figures):
    parts = [about(figures.about, figures.file_bytes), ""]
    if figures.rows:
        parts += boots(figures)
    for name in dict.fromkeys(point.series for point in figures.growth):
        parts += growth_table(name, figures.growth)
    parts += ["Firmware files: " + ", ".join(f"{name} {size(amount)}" for name, amount in figures.file_bytes.items()), ""]
    if figures.readings:
        parts += ["Reading a file of 64 MiB by SimpleFileSystem, and its blocks by BlockIo, in millions of instructions:",
                  f"  {'':<8} {'chunks':>8}  {'file':>9} {'blocks':>9}  file of blocks", *readings_table(figures.readings), ""]
    if figures.xen_reading:
        parts += ["Reading the file in a guest of Xen, and its blocks, in millions of the guest's instructions;",
                  "ring: of those for the blocks, what moves them: the code of ring, grants and event channels:",
                  f"  {'chunks':>8}  {'file':>9} {'blocks':>9} {'ring':>9}  file of ring", *xen_reading_table(figures.xen_reading), ""]
    for found in figures.services:
        parts += service_costs(found)
    if "efilite" in figures.file_bytes:
        parts += ["Promised of efilite (the worst row counts):", *(promise.line() for promise in promises.promised(figures))]
    return "\n".join(parts).rstrip()
